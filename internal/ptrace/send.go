package ptrace

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// QueueThread sends a signal with a siginfo of the caller's making to one
// thread (rt_tgsigqueueinfo(2)). The kernel insists on a negative si_code
// other than SI_TKILL, so that nobody can pretend to be the kernel.
func QueueThread(tgid, tid, signal int, info *Siginfo) error {
	_, _, e := syscall.RawSyscall6(unix.SYS_RT_TGSIGQUEUEINFO, uintptr(tgid), uintptr(tid), uintptr(signal),
		uintptr(unsafe.Pointer(info)), 0, 0)
	if e != 0 {
		return e
	}
	return nil
}

// QueueProcess is QueueThread for a process (rt_sigqueueinfo(2)).
func QueueProcess(tgid, signal int, info *Siginfo) error {
	_, _, e := syscall.RawSyscall(unix.SYS_RT_SIGQUEUEINFO, uintptr(tgid), uintptr(signal), uintptr(unsafe.Pointer(info)))
	if e != 0 {
		return e
	}
	return nil
}

// OpenPidfd returns a descriptor of a process, dead or alive, until it has been
// reaped: ESRCH then.
func OpenPidfd(pid int) (int, error) {
	fd, _, e := syscall.RawSyscall(unix.SYS_PIDFD_OPEN, uintptr(pid), 0, 0)
	if e != 0 {
		return -1, e
	}
	return int(fd), nil
}

// OpenThreadPidfd is OpenPidfd for a single thread: the descriptor is readable as
// soon as the thread has ended. EINVAL: before Linux 6.9.
func OpenThreadPidfd(tid int) (int, error) {
	const thread = unix.O_EXCL // PIDFD_THREAD
	fd, _, e := syscall.RawSyscall(unix.SYS_PIDFD_OPEN, uintptr(tid), thread, 0)
	if e != 0 {
		return -1, e
	}
	return int(fd), nil
}

// PidfdAlive reports whether the process has not been reaped yet. EPERM is an
// answer as well: there is somebody who must not be signalled.
func PidfdAlive(fd int) bool {
	_, _, e := syscall.RawSyscall6(unix.SYS_PIDFD_SEND_SIGNAL, uintptr(fd), 0, 0, 0, 0, 0)
	return e != syscall.ESRCH
}
