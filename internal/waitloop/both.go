package waitloop

import "errors"

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
	return b, nil
}

func (b *both) sleep(l *Loop) (tid int, descriptors bool, err error) {
	if b.credit > 0 {
		b.credit--
		tid, descriptors, err = b.uring.sleep(l)
	} else {
		tid, descriptors, err = b.doorbell.sleep(l)
	}
	if descriptors {
		b.credit = uringCredit
	}
	return tid, descriptors, err
}

func (b *both) mechanism() Mechanism { return Auto }

func (b *both) close() error { return errors.Join(b.uring.close(), b.doorbell.close()) }
