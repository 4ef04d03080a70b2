package waitloop

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// favourite is a descriptor that is the reason for one wake-up after the other, as
// the seccomp listener of a busy tracer is. The io_uring then polls it by itself,
// beside the epoll set: nobody need ask the set which of its members it was.
type favourite struct {
	// fd is taken out of the epoll set; -1: none is.
	fd     int
	serial int32 // of its watch
	// last was the reason streak times in a row.
	last, streak int
	// hot is what its poll request has completed with, while its callback has not
	// run; else 0.
	hot uint32
	// doubtful: the callback has run without the request, whose completion tells
	// of what is gone maybe. A callback may sleep if there is nothing.
	doubtful bool
}

// favouriteAfter wake-ups in a row a descriptor becomes the favourite.
const favouriteAfter = 32

// noteReady notes who was ready.
func (d *descriptors) noteReady(ready []unix.EpollEvent) {
	f := &d.favourite
	if len(ready) != 1 || int(ready[0].Fd) != f.last {
		f.last, f.streak = -1, 0
		if len(ready) == 1 {
			f.last = int(ready[0].Fd)
		}
		return
	}
	f.streak++
}

// favour makes the descriptor that deserves it the favourite. The caller is going to
// poll it.
func (d *descriptors) favour() error {
	f := &d.favourite
	if f.fd >= 0 || f.streak < favouriteAfter {
		return nil
	}
	w, ok := d.watches[f.last]
	f.streak = 0
	if !ok || w.kind != theUsers || w.events != unix.EPOLLIN {
		return nil
	}
	if err := unix.EpollCtl(d.epfd, unix.EPOLL_CTL_DEL, f.last, nil); err != nil {
		return fmt.Errorf("take descriptor %d out of the set: %w", f.last, err)
	}
	f.fd, f.serial = f.last, w.serial
	return nil
}

// unfavour has it in the epoll set again, for who sleeps on that alone. Nobody
// polls it by itself any more.
func (d *descriptors) unfavour() error {
	f := &d.favourite
	fd := f.fd
	if fd < 0 {
		return nil
	}
	f.fd, f.hot = -1, 0
	event := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd), Pad: f.serial}
	if err := unix.EpollCtl(d.epfd, unix.EPOLL_CTL_ADD, fd, &event); err != nil {
		return fmt.Errorf("watch descriptor %d: %w", fd, err)
	}
	return nil
}

// serveFavourite runs its callback if it is ready.
func (d *descriptors) serveFavourite() bool {
	f := &d.favourite
	if f.fd < 0 {
		return false
	}
	revents := f.hot
	if revents == 0 {
		p := [1]unix.PollFd{{Fd: int32(f.fd), Events: unix.POLLIN}}
		if n, err := unix.Poll(p[:], 0); n != 1 || err != nil {
			return false
		}
		revents, f.doubtful = uint32(p[0].Revents), true
	}
	f.hot = 0
	d.watches[f.fd].f(revents)
	return true
}
