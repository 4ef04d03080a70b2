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

// requestArchPrctl is PTRACE_ARCH_PRCTL, on x86_64 only.
const requestArchPrctl = 30

// ArchPrctl makes the queries of arch_prctl(2) about a thread: the kernel
// stores the answer where the address points to.
func ArchPrctl(tid int, code uintptr) (uint64, error) {
	var word uint64
	_, _, e := syscall.RawSyscall6(unix.SYS_PTRACE, requestArchPrctl, uintptr(tid),
		uintptr(unsafe.Pointer(&word)), code, 0, 0)
	if e != 0 {
		return 0, e
	}
	return word, nil
}
