//go:build !s390x

package ptrace

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// rawFork is clone(2) without a new stack. The kernel takes the flags first on
// all architectures that Go knows but s390x.
//
//go:norace
//go:nosplit
func rawFork(flags uintptr) (pid, r2 uintptr, errno syscall.Errno) {
	return syscall.RawSyscall6(unix.SYS_CLONE, flags, 0, 0, 0, 0, 0)
}
