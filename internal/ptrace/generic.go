package ptrace

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Block makes any request whose data is the address of a block of memory. It is
// for who passes on what another program has asked for.
func Block(request, tid int, addr uintptr, block []byte) (int, error) {
	n, _, e := syscall.RawSyscall6(unix.SYS_PTRACE, uintptr(request), uintptr(tid), addr,
		uintptr(unsafe.Pointer(unsafe.SliceData(block))), 0, 0)
	if e != 0 {
		return 0, e
	}
	return int(n), nil
}

// Number makes any request whose data is a number.
func Number(request, tid int, addr, data uintptr) error { return raw(request, tid, addr, data) }
