package waitloop

import (
	"errors"
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// uring sleeps in io_uring_enter(2) on two requests that are submitted again
// whenever they have completed: a WAITID on all tracees and a POLL_ADD on the
// epoll set. The WAITID has WNOWAIT: it only tells that there is something to
// wait for. The status itself always comes from wait4, in one place for all ways.
type uring struct {
	ring    *ring
	epfd    int
	waiting bool // the WAITID request is with the kernel
	polling bool // the POLL_ADD request is with the kernel
	// found is the siginfo that sees has asked for: here, where it does not move.
	found struct {
		signo int32
		_     [124]byte
	}
}

// The user_data of the two requests.
const (
	aboutTracees = 1
	aboutSet     = 2
)

func newUring(epfd int) (*uring, error) {
	r, err := newRing(4)
	if err != nil {
		return nil, err
	}
	u := &uring{ring: r, epfd: epfd}
	if err := u.probe(); err != nil {
		r.close()
		return nil, fmt.Errorf("io_uring WAITID (needs Linux 6.7): %w", err)
	}
	return u, nil
}

// probe asks for a WAITID on this very thread, a process that is certainly not
// its own child: the answer of a kernel that knows the request is ECHILD.
func (u *uring) probe() error {
	request := waitRequest(unix.P_PID, int32(unix.Getpid()))
	if err := u.ring.submit(request); err != nil {
		return err
	}
	if err := u.ring.enter(1); err != nil {
		return err
	}
	c, ok := u.ring.next()
	switch {
	case !ok:
		return errors.New("no answer to a WAITID request")
	case c.result == -int32(unix.ECHILD):
		return nil
	case c.result < 0:
		return syscall.Errno(-c.result)
	}
	return fmt.Errorf("unexpected answer %d to a WAITID request", c.result)
}

// waitRequest builds a WAITID. The kernel's io_waitid_prep has waitid's which in
// len, upid in fd, infop in off (we want none) and options in the last 32 bits.
func waitRequest(which uint32, id int32) submission {
	return submission{
		opcode: opWaitID, fd: id, length: which, userData: aboutTracees,
		fileIndex: waitFlags | unix.WEXITED | unix.WSTOPPED | unix.WNOWAIT,
	}
}

// sees reports whether there is anything to wait for about a process.
func (u *uring) sees(pid int) (bool, error) {
	request := waitRequest(unix.P_PID, int32(pid))
	request.fileIndex |= unix.WNOHANG
	request.offset = uint64(uintptr(unsafe.Pointer(&u.found)))
	if err := u.ring.submit(request); err != nil {
		return false, err
	}
	if err := u.ring.enter(1); err != nil {
		return false, err
	}
	c, ok := u.ring.next()
	if ok && c.result < 0 && c.result != -int32(unix.ECHILD) {
		return false, fmt.Errorf("io_uring WAITID: %w", syscall.Errno(-c.result))
	}
	return ok && u.found.signo == int32(unix.SIGCHLD), nil
}

func (u *uring) sleep(l *Loop) (tid int, descriptors bool, err error) {
	if !u.waiting {
		if err := u.ring.submit(waitRequest(unix.P_ALL, 0)); err != nil {
			return 0, false, err
		}
		u.waiting = true
	}
	if !u.polling {
		// One-shot, so that each submission looks at the level anew.
		request := submission{opcode: opPollAdd, fd: int32(u.epfd), opFlags: unix.POLLIN, userData: aboutSet}
		if err := u.ring.submit(request); err != nil {
			return 0, false, err
		}
		u.polling = true
	}
	for {
		if err := u.ring.enter(1); err != nil {
			return 0, false, err
		}
		tracees := false
		for c, ok := u.ring.next(); ok; c, ok = u.ring.next() {
			switch c.userData {
			case aboutTracees:
				u.waiting = false
				// ECHILD: there is nobody to wait for, and nobody can
				// become our tracee while we sleep: only the set is left.
				tracees = c.result != -int32(unix.ECHILD)
				if tracees && c.result < 0 {
					err = fmt.Errorf("io_uring WAITID: %w", syscall.Errno(-c.result))
				}
			case aboutSet:
				u.polling, descriptors = false, true
				if c.result < 0 {
					err = fmt.Errorf("io_uring POLL_ADD: %w", syscall.Errno(-c.result))
				}
			}
		}
		if err != nil || descriptors {
			return 0, descriptors, err
		}
		if tracees {
			return 0, false, nil
		}
	}
}

func (u *uring) own(*Loop, int) (bool, error) { return false, nil }

func (u *uring) mechanism() Mechanism { return Uring }

func (u *uring) close() error { return u.ring.close() }
