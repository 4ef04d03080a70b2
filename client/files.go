package client

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"

	"github.com/utrace/utrace/tracehook"
)

// files are the descriptors that a loop watches. A goroutine waits for them, each
// for one report at a time (EPOLLONESHOT): it is armed again when its function
// has run on the loop.
type files struct {
	post  func(func()) bool
	epoll int
	// end is a pipe whose other end is closed to end the goroutine.
	end   *os.File
	ended sync.WaitGroup

	// Owned by the loop:
	watched map[int]*watchedFile
}

// watchedFile tells a watch from a later one of the same number.
type watchedFile struct{ f func() }

func newFiles(post func(func()) bool) (*files, error) {
	epoll, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("watch descriptors: %w", err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		_ = syscall.Close(epoll)
		return nil, err
	}
	s := &files{post: post, epoll: epoll, end: w, watched: map[int]*watchedFile{}}
	number := int(r.Fd())
	event := syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(number)}
	if err := syscall.EpollCtl(epoll, syscall.EPOLL_CTL_ADD, number, &event); err != nil {
		_, _, _ = r.Close(), w.Close(), syscall.Close(epoll)
		return nil, err
	}
	s.ended.Go(func() {
		s.wait(number)
		_ = r.Close()
	})
	return s, nil
}

// wait posts what is ready until the end.
func (s *files) wait(end int) {
	var ready [16]syscall.EpollEvent
	for {
		n, err := syscall.EpollWait(s.epoll, ready[:], -1)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		for _, e := range ready[:max(n, 0)] {
			if int(e.Fd) == end || !s.post(func() { s.report(int(e.Fd)) }) {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// report calls the function of a descriptor, and arms it again. On the loop.
func (s *files) report(fd int) {
	w := s.watched[fd]
	if w == nil {
		return
	}
	w.f()
	if s.watched[fd] == w {
		_ = s.control(syscall.EPOLL_CTL_MOD, fd)
	}
}

func (s *files) control(op, fd int) error {
	event := syscall.EpollEvent{Events: syscall.EPOLLIN | epollOneShot, Fd: int32(fd)}
	return syscall.EpollCtl(s.epoll, op, fd, &event)
}

// epollOneShot is EPOLLONESHOT, as the number that the event has.
const epollOneShot = 1 << 30

func (s *files) watch(fd int, f func()) error {
	if s.watched[fd] != nil {
		return fmt.Errorf("watch descriptor %d once more: %w", fd, syscall.EEXIST)
	}
	if err := s.control(syscall.EPOLL_CTL_ADD, fd); err != nil {
		return fmt.Errorf("watch descriptor %d: %w", fd, err)
	}
	s.watched[fd] = &watchedFile{f}
	return nil
}

// unwatch ends a watch; nil has none.
func (s *files) unwatch(fd int) error {
	if s == nil || s.watched[fd] == nil {
		return fmt.Errorf("descriptor %d is not watched: %w", fd, tracehook.ErrInvalid)
	}
	delete(s.watched, fd)
	_ = syscall.EpollCtl(s.epoll, syscall.EPOLL_CTL_DEL, fd, nil) // it may be closed
	return nil
}

// close ends the goroutine; nil has none.
func (s *files) close() {
	if s == nil {
		return
	}
	_ = s.end.Close()
	s.ended.Wait()
	_ = syscall.Close(s.epoll)
}
