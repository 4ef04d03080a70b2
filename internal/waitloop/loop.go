// Package waitloop lets one operating system thread sleep on three kinds of
// things at once: the stops and deaths of its tracees, the readiness of
// descriptors, and functions that other goroutines post to it.
//
// ptrace(2) ties a tracee to the one thread that attached it, so a tracer has to
// do everything about a tracee on one locked thread. That thread waits in
// wait4(2), which no descriptor can end; poll(2), on the other hand, is not ended
// by a tracee. There are two ways to close the gap, and the package uses each
// where it is the faster one (docs/waitloop.md has the figures):
//
//   - a doorbell: a tracee of our own which sleeps on the descriptors and stops
//     itself when one is ready; its stop ends the wait4.
//   - io_uring, where the kernel has the WAITID request (Linux 6.7) and lets us
//     use it: the thread sleeps on a wait request and a poll request together.
//
// All descriptors, the wake-up and the timers live in one epoll set, so either
// way sleeps on two things only: "a tracee" and "the epoll set".
package waitloop

import (
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Mechanism says how a Loop sleeps.
type Mechanism int

const (
	// Auto has both and sleeps on the Doorbell while only tracees end its
	// sleeps, on the Uring otherwise; or it is what the kernel allows of the
	// two.
	Auto Mechanism = iota
	// Doorbell sleeps in wait4(2), which the stop of a helper tracee ends.
	Doorbell
	// Uring sleeps in io_uring_enter(2) on a WAITID and a POLL request.
	Uring
)

func (m Mechanism) String() string {
	switch m {
	case Auto:
		return "auto"
	case Doorbell:
		return "doorbell"
	case Uring:
		return "io_uring"
	}
	return fmt.Sprintf("Mechanism(%d)", int(m))
}

// DefaultSpin is the longest time that a Loop polls before it sleeps: about what
// a sleep and a wake-up on an idle processor of a virtual machine cost together,
// so that polling in vain never more than doubles a wait.
const DefaultSpin = 50 * time.Microsecond

// Options adjust a Loop. The zero value is right for nearly everybody.
type Options struct {
	// Mechanism is how to sleep.
	Mechanism Mechanism
	// Spin bounds the polling before each sleep: 0 means DefaultSpin, a
	// negative value no polling at all. Polling is given up by itself where
	// it does not pay, above all when the thread may use one processor only.
	Spin time.Duration
	// Rusage makes Wait ask for the resource usage with every status; see
	// Loop.Rusage. The kernel then sums up all threads of the stopped
	// process at each stop, which is why it is not the default.
	Rusage bool
}

// ErrWrongThread is returned by methods that only the loop's own thread may call.
var ErrWrongThread = errors.New("not on the thread of the wait loop: use Post")

// ErrClosed is returned by Wait, Watch and Unwatch after Close.
var ErrClosed = errors.New("wait loop is closed")

// States of the thread, as far as a ringer must know them.
const (
	awake  uint32 = iota // looks at the state before it sleeps
	rung                 // somebody rang, not answered yet
	asleep               // only a write to the bell gets its attention
)

// A Loop belongs to the locked thread that made it. Ring, Post and OnThread may
// be called from anywhere; everything else only on that thread, and Close last.
type Loop struct {
	state atomic.Uint32
	mail  Mailbox

	tid     int
	sleeper sleeper
	spin    spinner
	set     descriptors
	timers  timers

	// bell is the eventfd that a ringer writes when the state was asleep.
	// unheard counts writes which are due and have not been read: Close must
	// see them all, or a late write would hit a descriptor that is not ours.
	bell    int
	unheard int

	turns     uint        // statuses returned, for fairness
	scheduled time.Time   // when the loop went through the Go scheduler last
	backlog   []waited    // statuses taken from the kernel in advance
	given     int         // how many of them have been returned
	expected  []int       // threads to ask about by name, the next one first
	last      waited      // the status returned last
	status    uint32      // where wait4 writes; a field, so that it is not allocated
	usage     unix.Rusage // where wait4 writes, if rusage
	rusage    bool
	closed    bool
}

// A sleeper is one way to sleep on the tracees and on the epoll set together.
type sleeper interface {
	// sleep returns when a tracee may have a status to fetch, or when a
	// descriptor is ready. It may return for no reason. A status that the
	// sleeping call itself consumed is left in the loop's fields by fetch, and
	// its thread returned.
	sleep(l *Loop) (tid int, who ready, err error)
	// own is told of each status before anybody else and says whether it was
	// about a helper of the sleeper.
	own(l *Loop, tid int) (bool, error)
	// disarm takes the request back by which it polls the favourite.
	disarm() error
	// close ends and reaps any helper.
	close() error
	mechanism() Mechanism
}

// ready says which descriptors have ended a sleep.
type ready uint8

const (
	nobody       ready = iota
	theFavourite       // and nobody else
	inSet              // and maybe the favourite
)

// New makes the loop of the calling thread, which must be locked
// (runtime.LockOSThread) and must stay so until Close. The loop reaps all
// children of this thread, so start no others from it than tracees.
func New(opts Options) (*Loop, error) {
	l := &Loop{tid: unix.Gettid(), bell: -1, rusage: opts.Rusage}
	l.set.epfd, l.set.favourite.fd, l.timers.fd = -1, -1, -1
	l.spin.init(opts.Spin)
	if err := l.open(opts.Mechanism); err != nil {
		l.release()
		return nil, fmt.Errorf("wait loop of thread %d: %w", l.tid, err)
	}
	return l, nil
}

func (l *Loop) open(m Mechanism) (err error) {
	if err := l.set.init(); err != nil {
		return err
	}
	if l.bell, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		return fmt.Errorf("eventfd: %w", err)
	}
	if err := l.set.add(l.bell, unix.EPOLLIN, l.hear, theBell); err != nil {
		return err
	}
	if err := l.timers.init(&l.set); err != nil {
		return err
	}
	l.sleeper, err = newSleeper(m, l.set.epfd)
	return err
}

func newSleeper(m Mechanism, epfd int) (sleeper, error) {
	switch m {
	case Doorbell:
		d := &doorbell{epfd: epfd}
		if err := d.start(); err != nil {
			return nil, err
		}
		return d, nil
	case Uring:
		u, err := newUring(epfd)
		if err != nil {
			return nil, err
		}
		return u, nil
	case Auto:
		// io_uring is refused by many containers' seccomp filters (EPERM,
		// ENOSYS), by kernel.io_uring_disabled (EPERM) and by old kernels
		// (EINVAL): whatever it was, the doorbell alone does the same work.
		// And where no process may be traced or made, io_uring alone does.
		if s, err := newBoth(epfd); err == nil {
			return s, nil
		}
		s, err := newSleeper(Doorbell, epfd)
		if err == nil {
			return s, nil
		}
		s, uringErr := newSleeper(Uring, epfd)
		if uringErr == nil {
			return s, nil
		}
		return nil, fmt.Errorf("%w; nor can it wait without tracing: %w", err, uringErr)
	}
	return nil, fmt.Errorf("unknown mechanism %v: %w", m, syscall.EINVAL)
}

// Mechanism tells which way to sleep the loop took. Auto stands for both.
func (l *Loop) Mechanism() Mechanism { return l.sleeper.mechanism() }

// OnThread reports whether the caller runs on the loop's thread. Safe anywhere.
func (l *Loop) OnThread() bool { return unix.Gettid() == l.tid }

// Close frees descriptors and helpers and discards statuses that nobody fetched.
// It must run on the loop's thread. Tracees stay attached as long as the thread
// lives. Functions posted before are run; Post returns false from then on.
func (l *Loop) Close() error {
	if !l.OnThread() {
		return ErrWrongThread
	}
	if l.closed {
		return nil
	}
	l.mail.Close()
	l.closed = true
	return l.release()
}

func (l *Loop) release() (err error) {
	if l.sleeper != nil {
		err = l.sleeper.close()
	}
	for l.unheard > 0 {
		l.hear(0)
		runtime.Gosched()
	}
	l.timers.close()
	if l.bell >= 0 {
		unix.Close(l.bell)
	}
	l.set.close()
	return err
}
