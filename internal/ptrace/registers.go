package ptrace

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// GetRegset reads the register set of an ELF note type and returns how many
// bytes the kernel gave. The length of buf must be a multiple of the set's
// slot size, or EINVAL. The layout is that of the tracee's own mode, whatever
// the tracer is.
func GetRegset(tid int, note uint32, buf []byte) (int, error) {
	return moveRegset(unix.PTRACE_GETREGSET, tid, note, buf)
}

// SetRegset writes the first len(buf) bytes of a register set and returns how
// many the kernel took. On ppc64le it knows a set that the kernel has other
// requests for (regset.NotePPCWatch).
func SetRegset(tid int, note uint32, buf []byte) (int, error) {
	if note == watchNote {
		return setWatches(tid, buf)
	}
	return moveRegset(unix.PTRACE_SETREGSET, tid, note, buf)
}

func moveRegset(request, tid int, note uint32, buf []byte) (int, error) {
	iov := unix.Iovec{Base: unsafe.SliceData(buf)}
	iov.SetLen(len(buf))
	_, _, e := syscall.RawSyscall6(unix.SYS_PTRACE, uintptr(request), uintptr(tid), uintptr(note),
		uintptr(unsafe.Pointer(&iov)), 0, 0)
	if e != 0 {
		return 0, e
	}
	return int(iov.Len), nil
}

// PeekUser reads the word at an offset of the kernel's struct user as the
// tracer's own ABI lays it out: a 32-bit tracer has 32-bit words and offsets.
func PeekUser(tid int, offset uintptr) (uint64, error) {
	// The system call, other than the library's function, stores the word
	// where data points to, so that no value is mistaken for an error.
	var word uintptr
	_, _, e := syscall.RawSyscall6(unix.SYS_PTRACE, unix.PTRACE_PEEKUSR, uintptr(tid), offset,
		uintptr(unsafe.Pointer(&word)), 0, 0)
	if e != 0 {
		return 0, e
	}
	return uint64(word), nil
}

// PokeUser writes the word at an offset of struct user. The kernel allows it
// for general and debug registers only, and checks their values.
func PokeUser(tid int, offset uintptr, value uint64) error {
	if uint64(uintptr(value)) != value {
		return syscall.EINVAL // a 32-bit tracer cannot pass it
	}
	return raw(unix.PTRACE_POKEUSR, tid, offset, uintptr(value))
}
