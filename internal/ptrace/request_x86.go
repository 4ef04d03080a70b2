//go:build amd64 || 386

package ptrace

import "unsafe"

// Requests that the architectures number differently or do not have at all.
const (
	requestSysemu      = 31
	requestSingleBlock = 33

	requestGetThreadArea = 25
	requestSetThreadArea = 26
)

// UserDesc is the kernel's struct user_desc: a segment descriptor.
type UserDesc struct {
	EntryNumber uint32
	BaseAddr    uint32
	Limit       uint32
	Flags       uint32 // bit fields: seg_32bit, contents:2, read_exec_only, ...
}

// GetThreadArea reads one TLS descriptor by its index in the GDT. Unlike the
// NT_386_TLS register set it works on 64-bit tracees as well.
func GetThreadArea(tid, index int, desc *UserDesc) error {
	return pointer(requestGetThreadArea, tid, uintptr(index), unsafe.Pointer(desc))
}

// SetThreadArea writes one TLS descriptor.
func SetThreadArea(tid, index int, desc *UserDesc) error {
	return pointer(requestSetThreadArea, tid, uintptr(index), unsafe.Pointer(desc))
}

// commonNotes are the register sets whose sizes a report shows.
var commonNotes = []noteName{
	{"NT_PRSTATUS", 0x1},
	{"NT_PRFPREG", 0x2},
	{"NT_X86_XSTATE", 0x202},
	{"NT_X86_SHSTK", 0x204},
}
