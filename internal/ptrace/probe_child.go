package ptrace

import (
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// probeChild is a seized child that does nothing but getppid(2), in a loop.
type probeChild struct{ pid int }

// startProbeChild forks and seizes. The calling goroutine must be locked to
// its thread.
//
// The child is a fork of a program with many threads that never comes back to
// Go: it owns one thread of a copy of everybody's memory, so it may use no
// lock, no stack growth and no signal handler. It shares the descriptor table
// (a copy would keep the write ends of other people's pipes open), has no exit
// signal (the program's SIGCHLD handler is not concerned), and dies with the
// thread that made it.
func startProbeChild(options uintptr) (probeChild, error) {
	// A signal in the child would run the Go handler, which needs what the
	// child has not. It inherits this mask.
	var old, all unix.Sigset_t
	ones := ^all.Val[0]
	for i := range all.Val {
		all.Val[i] = ones
	}
	if err := unix.PthreadSigmask(unix.SIG_SETMASK, &all, &old); err != nil {
		return probeChild{}, err
	}
	pid, errno := forkSpinner(unix.CLONE_FILES | unix.CLONE_FS)
	unix.PthreadSigmask(unix.SIG_SETMASK, &old, nil)
	if errno != 0 {
		return probeChild{}, errno
	}
	child := probeChild{int(pid)}
	if err := Seize(child.pid, options|OptSyscallGood|OptExitKill); err != nil {
		child.end()
		return probeChild{}, err
	}
	return child, nil
}

// forkSpinner returns in the parent only.
//
//go:norace
//go:nosplit
//go:noinline
func forkSpinner(flags uintptr) (uintptr, syscall.Errno) {
	pid, _, errno := rawFork(flags)
	if pid != 0 || errno != 0 {
		return pid, errno
	}
	syscall.RawSyscall6(unix.SYS_PRCTL, unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0, 0)
	for {
		syscall.RawSyscall6(unix.SYS_GETPPID, 0, 0, 0, 0, 0, 0)
	}
}

// end kills and reaps the child.
func (c probeChild) end() {
	unix.Kill(c.pid, unix.SIGKILL)
	Cont(c.pid, 0) // should it be held in an exit event
	for {
		var status unix.WaitStatus
		_, err := Wait(c.pid, &status, WaitAll)
		if err == syscall.EINTR {
			continue
		}
		if err != nil || status.Exited() || status.Signaled() {
			return
		}
		// A stop that was under way, or the exit event, which holds even a
		// thread that is being killed.
		Cont(c.pid, 0)
	}
}

// stop waits for the next stop.
func (c probeChild) stop() error {
	for {
		var status unix.WaitStatus
		_, err := Wait(c.pid, &status, WaitAll)
		switch {
		case err == syscall.EINTR:
			continue
		case err != nil:
			return err
		case !status.Stopped():
			return syscall.ESRCH
		}
		return nil
	}
}

// interrupt stops the running child.
func (c probeChild) interrupt() error {
	if err := Interrupt(c.pid); err != nil {
		return err
	}
	return c.stop()
}

// restart resumes the child by one of the requests and waits for its stop.
func (c probeChild) restart(request func(tid, sig int) error) error {
	if err := request(c.pid, 0); err != nil {
		return err
	}
	return c.stop()
}

// pc is the program counter.
func (c probeChild) pc() (uint64, error) {
	var info SyscallInfo
	_, err := GetSyscallInfo(c.pid, &info)
	return info.PC, err
}

// readsOurCopy checks that the child's memory can be read: the fork has the
// same things at the same addresses.
func (c probeChild) readsOurCopy() error {
	var got [64]byte
	name := featureNames[VectorMemory]
	n, err := Read(c.pid, uintptr(unsafe.Pointer(unsafe.StringData(name))), got[:len(name)])
	runtime.KeepAlive(name)
	if err == nil && string(got[:n]) != name {
		err = syscall.EIO
	}
	return err
}
