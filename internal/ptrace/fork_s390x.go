package ptrace

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// rawFork is clone(2) without a new stack, which comes first here.
//
//go:norace
//go:nosplit
func rawFork(flags uintptr) (pid, r2 uintptr, errno syscall.Errno) {
	return syscall.RawSyscall6(unix.SYS_CLONE, 0, flags, 0, 0, 0, 0)
}
