// Package syscalls knows the system calls of Linux by number and by name: for
// every ABI that a thread can call the kernel with, the calls, how many
// arguments they take and which of the classes of strace's -e trace=%CLASS they
// belong to. It also parses that option's whole grammar (see [ParseSet]).
//
// The tables are generated; they hold no code and import nothing that depends
// on the machine, so a recording of one architecture can be read on another.
package syscalls

//go:generate go run ./internal/gen

import (
	"fmt"
	"runtime"
)

// An ABI is one way of calling the kernel: a numbering of its system calls and
// the layout of the memory that the arguments point to. A process may use
// several: the same x86 thread can enter through syscall (x86_64, or x32 when
// bit 30 of the number is set) and through int $0x80 (i386).
type ABI struct {
	// Name is the usual name of the ABI, "x86_64" for example.
	Name string
	// Personality is what strace calls the ABI in -e trace=CALL@PERSONALITY:
	// "64", "32" or "x32".
	Personality string
	// AuditArch is the AUDIT_ARCH_* value with which ptrace and seccomp
	// report the ABI. x32 shares that of x86_64.
	AuditArch uint32
	// WordSize is the size of a register's part that carries an argument,
	// and LongSize that of C's long and of pointers in memory, in bytes.
	// They differ for x32 only.
	WordSize, LongSize int
	// BigEndian tells the byte order of memory.
	BigEndian bool

	index  int // in allABIs, and in the bit sets of a Set
	calls  []Call
	byName map[string]*Call
}

// A Call is one system call of an ABI.
type Call struct {
	Number  int    // without x32's bit 30
	Name    string // as in the kernel's headers
	NArgs   int    // registers used: a 64-bit argument of i386 takes two
	Classes Class
}

// The ABIs of x86.
var (
	X86_64 = &ABI{Name: "x86_64", Personality: "64", AuditArch: 0xc000003e, WordSize: 8, LongSize: 8, calls: x86_64Calls[:]}
	I386   = &ABI{Name: "i386", Personality: "32", AuditArch: 0x40000003, WordSize: 4, LongSize: 4, calls: i386Calls[:]}
	X32    = &ABI{Name: "x32", Personality: "x32", AuditArch: 0xc000003e, WordSize: 8, LongSize: 4, calls: x32Calls[:]}
)

// The ABIs of other architectures.
var (
	ARM64   = &ABI{Name: "arm64", Personality: "64", AuditArch: 0xc00000b7, WordSize: 8, LongSize: 8, calls: arm64Calls[:]}
	PPC64LE = &ABI{Name: "ppc64le", Personality: "64", AuditArch: 0xc0000015, WordSize: 8, LongSize: 8, calls: ppc64leCalls[:]}
	RISCV64 = &ABI{Name: "riscv64", Personality: "64", AuditArch: 0xc00000f3, WordSize: 8, LongSize: 8, calls: riscv64Calls[:]}
	ARM     = &ABI{Name: "arm", Personality: "32", AuditArch: 0x40000028, WordSize: 4, LongSize: 4, calls: armCalls[:]}
	S390X   = &ABI{Name: "s390x", Personality: "64", AuditArch: 0x80000016, WordSize: 8, LongSize: 8, BigEndian: true, calls: s390xCalls[:]}
)

var allABIs = [...]*ABI{X86_64, I386, X32, ARM64, PPC64LE, RISCV64, S390X, ARM}

func init() {
	for i, a := range allABIs {
		a.index = i
		a.byName = make(map[string]*Call, len(a.calls))
		for nr := range a.calls {
			if c := &a.calls[nr]; c.Name != "" {
				a.byName[c.Name] = c
			}
		}
	}
}

// x32Bit in a number passed to syscall selects x32
// (__X32_SYSCALL_BIT in asm/unistd.h).
const x32Bit = 0x40000000

// ABIByName returns the ABI with this Name, nil for an unknown one.
func ABIByName(name string) *ABI {
	for _, a := range allABIs {
		if a.Name == name {
			return a
		}
	}
	return nil
}

// ByAuditArch returns the ABI that the kernel reports as arch in
// PTRACE_GET_SYSCALL_INFO and in struct seccomp_data, nil for an unknown one.
// For x86_64 see [ABI.ForNumber] too.
func ByAuditArch(arch uint32) *ABI {
	for _, a := range allABIs {
		if a.AuditArch == arch {
			return a
		}
	}
	return nil
}

// ForNumber returns the ABI of a call with number nr when the thread's entry
// is that of a: X32 for a number with bit 30 set under x86_64, otherwise a.
func (a *ABI) ForNumber(nr uint64) *ABI {
	if a == X86_64 && nr&x32Bit != 0 && int32(nr) >= 0 {
		return X32
	}
	return a
}

// Native returns the ABIs of the machine that the program runs on, the one of
// its own processes first; nil on an architecture without a table.
func Native() []*ABI {
	switch runtime.GOARCH {
	case "amd64":
		return allABIs[0:3]
	case "386":
		return []*ABI{I386, X86_64, X32}
	case "arm64":
		return []*ABI{ARM64, ARM}
	case "ppc64le":
		return allABIs[4:5]
	case "riscv64":
		return allABIs[5:6]
	case "s390x":
		return allABIs[6:7]
	}
	return nil
}

// Lookup returns the call with number nr, which may carry x32's bit 30, or be that of a
// call behind another one (see [ABI.Behind]).
func (a *ABI) Lookup(nr uint64) (*Call, bool) {
	if a == X32 {
		nr &^= x32Bit
	}
	if i, ok := a.subcall(nr); ok && subcalls[i].Name != "" {
		return &subcalls[i], true
	}
	if nr >= uint64(len(a.calls)) || a.calls[nr].Name == "" {
		return nil, false
	}
	return &a.calls[nr], true
}

// ByName returns the call of that name.
func (a *ABI) ByName(name string) (*Call, bool) {
	c, ok := a.byName[name]
	return c, ok
}

// Calls returns all calls of the ABI in the order of their numbers. An entry
// without a Name is a hole in the numbering. The slice is shared: do not change
// it.
func (a *ABI) Calls() []Call { return a.calls }

// CallName returns the name of call nr, and for a number without one what
// strace prints: syscall_0x14f.
func (a *ABI) CallName(nr uint64) string {
	if c, ok := a.Lookup(nr); ok {
		return c.Name
	}
	return fmt.Sprintf("syscall_%#x", nr)
}

func (a *ABI) String() string { return a.Name }
