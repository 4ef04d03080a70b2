package waitloop

import "errors"

// both sleeps in wait4 with a doorbell until somebody watches descriptors, and in
// the io_uring from then on. A stop reaches a wait4 with one system call and an
// io_uring with two and some bookkeeping; a ready descriptor ends the io_uring's
// sleep directly, but wakes first the doorbell and then us. See docs/waitloop.md.
type both struct {
	doorbell
	uring *uring
}

func newBoth(epfd int) (sleeper, error) {
	u, err := newUring(epfd)
	if err != nil {
		return nil, err
	}
	b := &both{doorbell: doorbell{epfd: epfd}, uring: u}
	if err := b.doorbell.start(); err != nil {
		return nil, errors.Join(err, u.close())
	}
	return b, nil
}

func (b *both) sleep(l *Loop) (tid int, descriptors bool, err error) {
	if l.set.watched > 0 {
		return b.uring.sleep(l)
	}
	return b.doorbell.sleep(l)
}

func (b *both) mechanism() Mechanism { return Auto }

func (b *both) close() error { return errors.Join(b.uring.close(), b.doorbell.close()) }
