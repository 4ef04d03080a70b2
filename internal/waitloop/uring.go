package waitloop

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
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
	// direct is the user_data of the favourite's POLL_ADD; 0: it is not with the
	// kernel.
	direct, directs uint64
	// found is the siginfo that sees has asked for: here, where it does not move.
	found struct {
		signo int32
		_     [124]byte
	}
}

// The user_data of the requests. Each POLL_ADD of a favourite has one of its own,
// from firstDirect on.
const (
	aboutTracees = 1
	aboutSet     = 2
	aboutNothing = 3
	firstDirect  = 4
)

// errClears: on POWER a signal that comes together with work of an io_uring, be it of
// one that was closed a moment ago (io_ring_exit_work), may enter its handler with
// cleared registers, at address 0. syscall_exit_prepare_main in
// arch/powerpc/kernel/interrupt.c has all registers restored for _TIF_SIGPENDING, and
// do_notify_resume delivers signals for _TIF_NOTIFY_SIGNAL, too.
var errClears = errors.New("io_uring: this architecture's kernels lose registers of signal handlers")

func newUring(epfd int) (*uring, error) {
	if strings.HasPrefix(runtime.GOARCH, "ppc64") {
		return nil, errClears
	}
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

func (u *uring) sleep(l *Loop) (tid int, who ready, err error) {
	if !u.waiting {
		if err := u.ring.submit(waitRequest(unix.P_ALL, 0)); err != nil {
			return 0, nobody, err
		}
		u.waiting = true
	}
	if !u.polling {
		// One-shot, so that each submission looks at the level anew.
		request := submission{opcode: opPollAdd, fd: int32(u.epfd), opFlags: unix.POLLIN, userData: aboutSet}
		if err := u.ring.submit(request); err != nil {
			return 0, nobody, err
		}
		u.polling = true
	}
	if err := u.arm(l); err != nil {
		return 0, nobody, err
	}
	for {
		if err := u.ring.enter(1); err != nil {
			return 0, nobody, err
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
				u.polling, who = false, inSet
				if c.result < 0 {
					err = fmt.Errorf("io_uring POLL_ADD: %w", syscall.Errno(-c.result))
				}
			case u.direct:
				u.direct = 0
				if !l.set.favourite.doubtful {
					l.set.favourite.hot = uint32(c.result)
				}
				who = max(who, theFavourite)
				if c.result < 0 {
					err = fmt.Errorf("io_uring POLL_ADD: %w", syscall.Errno(-c.result))
				}
			}
		}
		if err != nil || who != nobody {
			return 0, who, err
		}
		if tracees {
			return 0, nobody, nil
		}
	}
}

// arm polls the favourite, if there is one.
func (u *uring) arm(l *Loop) error {
	if err := l.set.favour(); err != nil || l.set.favourite.fd < 0 || u.direct != 0 {
		return err
	}
	u.directs++
	u.direct = firstDirect + u.directs
	l.set.favourite.doubtful = false
	return u.ring.submit(submission{opcode: opPollAdd, fd: int32(l.set.favourite.fd), opFlags: unix.POLLIN, userData: u.direct})
}

func (u *uring) disarm() error {
	if u.direct == 0 {
		return nil
	}
	request := submission{opcode: opPollRemove, address: u.direct, userData: aboutNothing}
	u.direct = 0
	if err := u.ring.submit(request); err != nil {
		return err
	}
	return u.ring.enter(0)
}

func (u *uring) own(*Loop, int) (bool, error) { return false, nil }

func (u *uring) mechanism() Mechanism { return Uring }

func (u *uring) close() error { return u.ring.close() }
