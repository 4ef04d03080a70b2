package launch

import (
	"context"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Traced says that a thread of this process is going to attach. Wait keeps
// away from the process until Untraced.
func (p *Process) Traced() { p.setTraced(true) }

// Untraced says that no thread of this process is attached any more, and that
// none will reap the process: Wait does it.
func (p *Process) Untraced() { p.setTraced(false) }

func (p *Process) setTraced(traced bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.traced != traced {
		p.traced = traced
		p.wake()
	}
}

// wake makes all who wait look again. The lock is held.
func (p *Process) wake() {
	close(p.changed)
	p.changed = make(chan struct{})
}

// Ended says that the caller reaped the process, with this result. It does
// not block. Usage may be nil.
func (p *Process) Ended(status syscall.WaitStatus, usage *syscall.Rusage) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.end(Status{status, usage})
}

// end is Ended with the lock held.
func (p *Process) end(status Status) {
	if p.ended {
		return
	}
	p.ended, p.status = true, status
	p.wake()
}

// Wait waits for the process's end, which it learns in one of the two ways
// that the package documentation describes. It can be called by many, and
// again. A process that is held and never released has no end.
//
// Besides the context's error there is ECHILD: the process was reaped by
// somebody who did not call Ended, as the kernel does if SIGCHLD is ignored.
func (p *Process) Wait(ctx context.Context) (Status, error) {
	for {
		p.mu.Lock()
		ended, traced, status, changed := p.ended, p.traced, p.status, p.changed
		p.mu.Unlock()
		if ended {
			p.release()
			return status, nil
		}
		var dead <-chan struct{}
		if !traced {
			p.watch.Do(func() { go p.watcher() })
			dead = p.dead
		}
		select {
		case <-ctx.Done():
			return Status{}, ctx.Err()
		case <-changed:
		case <-dead:
			if err := p.reap(); err != nil {
				return Status{}, err
			}
		}
	}
}

// release gives the descriptors back, and sees the watcher end.
func (p *Process) release() {
	p.ExecError()
	p.watch.Do(func() { close(p.dead) })
	<-p.dead
	p.handle.Close()
}

// watcher waits, with no thread, until the process is dead. It takes nothing
// from a tracer: a pidfd is readable when all threads have exited, stops are
// no concern of it.
func (p *Process) watcher() {
	defer close(p.dead)
	raw, err := p.handle.SyscallConn()
	if err != nil {
		return
	}
	raw.Read(func(fd uintptr) bool {
		poll := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		n, err := unix.Poll(poll, 0)
		return n > 0 || err != nil && err != unix.EINTR
	})
	// A tracer that is another process sees the end first, and only when it
	// has reaped its tracee we can.
	raw.Control(func(fd uintptr) {
		unix.SetNonblock(int(fd), false)
		for unix.Waitid(unix.P_PIDFD, int(fd), nil, unix.WEXITED|unix.WNOWAIT, nil) == unix.EINTR {
		}
	})
}

// reap takes the status of the dead process, unless that has become a
// tracer's business meanwhile.
func (p *Process) reap() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended || p.traced {
		return nil
	}
	status, err := waitid(p.handle)
	if err != nil {
		return &Error{Op: "wait", Err: err}
	}
	p.end(status)
	return nil
}

// childInfo is the kernel's siginfo_t of SIGCHLD, whose second part is aligned
// as a pointer is.
type childInfo struct {
	signo, errno, code int32
	child              struct {
		_        [0]uintptr
		pid, uid int32
		status   int32
	}
	_ [128]byte
}

// waitid(2) results, from the kernel's siginfo.h.
const (
	cldExited = 1
	cldDumped = 3
)

// waitid reaps a process that is dead.
func waitid(pidfd *os.File) (Status, error) {
	raw, err := pidfd.SyscallConn()
	if err != nil {
		return Status{}, syscall.ECHILD
	}
	var info childInfo
	var usage syscall.Rusage
	var errno syscall.Errno
	err = raw.Control(func(fd uintptr) {
		_, _, errno = unix.Syscall6(unix.SYS_WAITID, unix.P_PIDFD, fd,
			uintptr(unsafe.Pointer(&info)), unix.WEXITED|unix.WNOHANG, uintptr(unsafe.Pointer(&usage)), 0)
	})
	switch {
	case err != nil:
		return Status{}, syscall.ECHILD
	case errno != 0:
		return Status{}, errno
	}
	status := syscall.WaitStatus(info.child.status)
	switch info.code {
	case cldExited:
		status <<= 8
	case cldDumped:
		status |= 0x80
	}
	return Status{status, &usage}, nil
}
