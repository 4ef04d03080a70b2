package seccomp

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Available returns nil if the kernel knows filters that answer with RetTrace
// (Linux 4.14 for the question, 4.8 for tracing by filters as it is now), else
// an error that says what is missing. It changes nothing.
func Available() error { return Supports(RetTrace) }

// Supports is Available for any answer.
func Supports(answer uint32) error {
	action := answer & unix.SECCOMP_RET_ACTION_FULL
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_GET_ACTION_AVAIL, 0, uintptr(unsafe.Pointer(&action)))
	switch errno {
	case 0:
		return nil
	case unix.ENOSYS:
		return fmt.Errorf("seccomp: the kernel is built without seccomp(2), or forbids it: %w", errno)
	case unix.EOPNOTSUPP:
		return fmt.Errorf("seccomp: the kernel has filters, but not the action %#x: %w", action, errno)
	}
	return fmt.Errorf("seccomp: cannot ask the kernel which filter actions it has: %w", errno)
}
