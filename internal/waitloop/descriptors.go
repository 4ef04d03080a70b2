package waitloop

import (
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// descriptors is the epoll set of a loop with the callbacks of its members.
type descriptors struct {
	epfd    int
	watches map[int]watch
	watched int // members that users added
	favourite
	serial int32 // tells a new watch from an old one of the same number
	ready  [16]unix.EpollEvent
}

type watch struct {
	f      func(revents uint32)
	events uint32
	serial int32
	kind   watchKind
}

// watchKind says whose a member of the set is.
type watchKind int

const (
	theBell   watchKind = iota // nothing that Wait must return for
	theTimers                  // Wait returns, as for a user's callback
	theUsers
)

func (d *descriptors) init() (err error) {
	d.watches = make(map[int]watch)
	if d.epfd, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		d.epfd = -1
		return fmt.Errorf("epoll_create1: %w", err)
	}
	return nil
}

func (d *descriptors) add(fd int, events uint32, f func(uint32), kind watchKind) error {
	d.serial++
	event := unix.EpollEvent{Events: events, Fd: int32(fd), Pad: d.serial}
	if err := unix.EpollCtl(d.epfd, unix.EPOLL_CTL_ADD, fd, &event); err != nil {
		return fmt.Errorf("watch descriptor %d: %w", fd, err)
	}
	d.watches[fd] = watch{f, events, d.serial, kind}
	return nil
}

func (d *descriptors) remove(fd int) error {
	delete(d.watches, fd)
	if err := unix.EpollCtl(d.epfd, unix.EPOLL_CTL_DEL, fd, nil); err != nil {
		return fmt.Errorf("unwatch descriptor %d: %w", fd, err)
	}
	return nil
}

// dispatch runs the callbacks of all descriptors that are ready now, without
// sleeping, and returns how many of them the caller of Wait should know about.
func (d *descriptors) dispatch() (visibles int, err error) {
	if d.serveFavourite() {
		visibles++
	}
	n, err := d.dispatchSet()
	return visibles + n, err
}

// dispatchSet does so for those in the epoll set.
func (d *descriptors) dispatchSet() (visibles int, err error) {
	r, _, e := syscall.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(d.epfd),
		uintptr(unsafe.Pointer(&d.ready[0])), uintptr(len(d.ready)), 0, 0, 0)
	if e == unix.EINTR {
		return 0, nil
	}
	if e != 0 {
		return 0, fmt.Errorf("epoll_pwait: %w", e)
	}
	d.noteReady(d.ready[:r])
	for _, event := range d.ready[:r] {
		// A callback before this one may have removed the descriptor, or
		// put another one of the same number in its place.
		w, ok := d.watches[int(event.Fd)]
		if !ok || w.serial != event.Pad {
			continue
		}
		if w.kind != theBell {
			visibles++
		}
		w.f(event.Events)
	}
	return visibles, nil
}

func (d *descriptors) close() {
	if d.epfd >= 0 {
		unix.Close(d.epfd)
	}
}

// Watch has f called on the loop's thread, inside Wait, whenever fd is ready for
// events (EPOLLIN and so on; EPOLLERR and EPOLLHUP always count). It is called
// again as long as fd stays ready, unless events contains EPOLLET or
// EPOLLONESHOT. The descriptor stays the caller's, who should Unwatch it before
// closing it. A file that epoll cannot watch gives EPERM, one that is watched
// already EEXIST.
func (l *Loop) Watch(fd int, events uint32, f func(revents uint32)) error {
	if err := l.mayChange(); err != nil {
		return err
	}
	if err := l.set.add(fd, events, f, theUsers); err != nil {
		return err
	}
	l.set.watched++
	return nil
}

// Unwatch ends a Watch. The callback is not called any more once it returns.
func (l *Loop) Unwatch(fd int) error {
	if err := l.mayChange(); err != nil {
		return err
	}
	if l.set.watches[fd].kind != theUsers {
		return fmt.Errorf("descriptor %d is not watched: %w", fd, syscall.ENOENT)
	}
	l.set.watched--
	if fd == l.set.favourite.fd {
		if err := l.unfavour(); err != nil {
			return err
		}
	}
	return l.set.remove(fd)
}

// unfavour has the favourite be like all others.
func (l *Loop) unfavour() error {
	if l.set.favourite.fd < 0 {
		return nil
	}
	if err := l.sleeper.disarm(); err != nil {
		return err
	}
	return l.set.unfavour()
}

func (l *Loop) mayChange() error {
	if !l.OnThread() {
		return ErrWrongThread
	}
	if l.closed {
		return ErrClosed
	}
	return nil
}
