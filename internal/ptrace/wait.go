package ptrace

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// WaitAll is the option without which the kernel hides children that were
// cloned with an exit signal other than SIGCHLD, that is, all threads.
const WaitAll = unix.WALL

// Wait waits until a tracee (id > 0) or any tracee or child (id -1) changes its
// state, and takes the change. With [unix.WNOTHREAD] it looks at those of the
// calling OS thread only, so that the children of other parts of the program
// are left alone. EINTR is not retried: the caller may have been woken on
// purpose.
func Wait(id int, status *unix.WaitStatus, options int) (int, error) {
	n, _, e := syscall.Syscall6(unix.SYS_WAIT4, uintptr(id),
		uintptr(unsafe.Pointer(status)), uintptr(options), 0, 0, 0)
	if e != 0 {
		return 0, e
	}
	return int(n), nil
}

// Poll is Wait that does not block: it returns 0 if nothing has changed.
func Poll(id int, status *unix.WaitStatus, options int) (int, error) {
	n, _, e := syscall.RawSyscall6(unix.SYS_WAIT4, uintptr(id),
		uintptr(unsafe.Pointer(status)), uintptr(options|unix.WNOHANG), 0, 0, 0)
	if e != 0 {
		return 0, e
	}
	return int(n), nil
}

// Event is the ptrace event of a stop status, or 0. WaitStatus.TrapCause does
// not do: it knows events only of stops by SIGTRAP, but EventStop comes with
// the signal of the group-stop.
func Event(status unix.WaitStatus) int {
	if !status.Stopped() {
		return 0
	}
	return int(uint32(status) >> 16)
}
