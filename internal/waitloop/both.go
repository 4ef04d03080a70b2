package waitloop

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// both has a doorbell and an io_uring and sleeps each time on the one that is
// likely to be the faster. A stop reaches a wait4 with one system call, but an
// io_uring with two and some bookkeeping; a ready descriptor or a ring ends the
// io_uring's sleep directly, but has to wake the doorbell first and then us.
// See docs/waitloop.md.
type both struct {
	doorbell
	uring *uring
	// credit is how many sleeps in the io_uring are left since the last one
	// that was ended by something else than a tracee.
	credit int
}

// uringCredit: a wrong guess costs some 1 us with the io_uring and 10 us with the
// doorbell, so that the io_uring pays if it is right about one time in ten.
const uringCredit = 10

func newBoth(epfd int) (sleeper, error) {
	u, err := newUring(epfd)
	if err != nil {
		return nil, err
	}
	b := &both{doorbell: doorbell{epfd: epfd}, uring: u, credit: uringCredit}
	if err := b.doorbell.start(); err != nil {
		return nil, errors.Join(err, u.close())
	}
	if err := b.agree(); err != nil {
		return nil, errors.Join(err, b.close())
	}
	return b, nil
}

// errBlind: what waits report, requests do not.
var errBlind = errors.New("io_uring does not see the tracees of this thread")

// agree finds out whether an io_uring sees the stop of a tracee that waits see.
// It does not where somebody answers our ptrace calls and waits in the kernel's
// place, behind a seccomp filter as virtual ptrace does: requests pass no filter.
func (b *both) agree() error {
	if e := b.ptrace(unix.PTRACE_INTERRUPT, 0); e != 0 {
		return fmt.Errorf("PTRACE_INTERRUPT of our doorbell process %d: %w", b.pid, e)
	}
	const look = waitFlags | unix.WSTOPPED | unix.WEXITED | unix.WNOWAIT
	for {
		err := unix.Waitid(unix.P_PID, b.pid, nil, look, nil)
		if err == nil {
			break
		}
		if err != unix.EINTR {
			return fmt.Errorf("wait for our doorbell process %d: %w", b.pid, err)
		}
	}
	seen, err := b.uring.sees(b.pid)
	if err == nil && !seen {
		err = errBlind
	}
	if err != nil {
		return err
	}
	for {
		_, err := unix.Wait4(b.pid, nil, waitFlags, nil)
		if err != unix.EINTR {
			b.stopped = true
			return err
		}
	}
}

func (b *both) sleep(l *Loop) (tid int, who ready, err error) {
	if b.credit > 0 {
		b.credit--
		tid, who, err = b.uring.sleep(l)
	} else if err = l.unfavour(); err == nil {
		tid, who, err = b.doorbell.sleep(l)
	}
	if who != nobody {
		b.credit = uringCredit
	}
	return tid, who, err
}

func (b *both) disarm() error { return b.uring.disarm() }

func (b *both) mechanism() Mechanism { return Auto }

func (b *both) close() error { return errors.Join(b.uring.close(), b.doorbell.close()) }
