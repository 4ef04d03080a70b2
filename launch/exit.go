package launch

import (
	"os"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// ExitLike ends this process as another one ended: with its exit status, or
// by the same signal. Then our own parent sees what it would have seen without
// us. No core is dumped: the other one's could be overwritten. If the signal
// cannot kill us (an init process of a PID namespace, say) the exit status is
// 128 more than its number.
//
// Nothing that is deferred runs. A status that is not an end, a stop, counts
// as a failure: exit status 1.
func ExitLike(status syscall.WaitStatus) {
	switch {
	case status.Exited():
		os.Exit(status.ExitStatus())
	case !status.Signaled():
		os.Exit(1)
	}
	sig := status.Signal()
	die(sig)
	os.Exit(128 + int(sig))
}

// die sends this process a signal for which it has no handler, not even the
// runtime's.
func die(sig syscall.Signal) {
	runtime.LockOSThread()
	unix.Prlimit(0, unix.RLIMIT_CORE, &unix.Rlimit{}, nil)
	// The limit is not looked at when cores go to a pipe (core(5)).
	unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)

	var action [4]uint64 // SIG_DFL
	set := uint64(1) << (uint(sig) - 1)
	unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig), uintptr(unsafe.Pointer(&action)), 0, sigsetSize, 0, 0)
	unix.RawSyscall6(unix.SYS_RT_SIGPROCMASK, unix.SIG_UNBLOCK, uintptr(unsafe.Pointer(&set)), 0, sigsetSize, 0, 0)
	unix.Tgkill(unix.Getpid(), unix.Gettid(), sig)
}
