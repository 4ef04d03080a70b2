package waitloop

import (
	"fmt"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// saNoCldStop is SA_NOCLDSTOP, the same on every architecture of Linux.
const saNoCldStop = 1

// QuietStops keeps the kernel from sending this process a SIGCHLD for each stop
// of each tracee (do_notify_parent_cldstop), a signal that nobody needs here and
// that interrupts a thread of the program, mostly the tracer itself, at every
// stop. It sets SA_NOCLDSTOP for SIGCHLD and leaves Go's handler in place, so
// SIGCHLD for exits is as before. Undo puts the flag back as it was.
//
// It is for programs that are tracers in the first place: it holds for the whole
// process, whose os/signal then hears no SIGCHLD either when a child of its own is
// stopped by job control.
func QuietStops() (undo func() error, err error) {
	before, err := setNoCldStop(saNoCldStop)
	if err != nil {
		return nil, err
	}
	return func() error {
		_, err := setNoCldStop(before)
		return err
	}, nil
}

// setNoCldStop sets the flag of SIGCHLD to value and returns what it was. The
// kernel's struct sigaction begins with the handler and the flags, one word each;
// what follows depends on the architecture and is written back as it was read.
func setNoCldStop(value uintptr) (before uintptr, err error) {
	const sigsetSize = 8
	var action [8]uintptr
	_, _, e := syscall.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(unix.SIGCHLD), 0,
		uintptr(unsafe.Pointer(&action)), sigsetSize, 0, 0)
	if e == 0 {
		before = action[1] & saNoCldStop
		action[1] = action[1]&^saNoCldStop | value
		_, _, e = syscall.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(unix.SIGCHLD),
			uintptr(unsafe.Pointer(&action)), 0, sigsetSize, 0, 0)
	}
	runtime.KeepAlive(&action)
	if e != 0 {
		return 0, fmt.Errorf("rt_sigaction of SIGCHLD: %w", e)
	}
	return before, nil
}
