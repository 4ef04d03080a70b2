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
	"unsafe"

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

// waitFlags: __WALL because tracees are threads as well as processes;
// __WNOTHREAD because without it wait4(-1) takes the exits of children which
// other threads of the program started and are waiting for (wait4(2), "-1").
const waitFlags = unix.WALL | unix.WNOTHREAD

// fairness is how many statuses in a row may be returned before descriptors,
// timers and the stops of all other tracees get their turn.
const fairness = 64

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

	turns   uint        // statuses returned, for fairness
	backlog []waited    // statuses taken from the kernel in advance
	given   int         // how many of them have been returned
	last    waited      // the status returned last
	status  uint32      // where wait4 writes; a field, so that it is not allocated
	usage   unix.Rusage // where wait4 writes, if rusage
	rusage  bool
	closed  bool
}

// waited is what one successful wait4 told.
type waited struct {
	tid    int
	status syscall.WaitStatus
	usage  unix.Rusage
}

// A sleeper is one way to sleep on the tracees and on the epoll set together.
type sleeper interface {
	// sleep returns when a tracee may have a status to fetch, or when the
	// epoll set is readable (descriptors is then true). It may return for no
	// reason. A status that the sleeping call itself consumed is left in the
	// loop's fields by fetch, and its thread returned.
	sleep(l *Loop) (tid int, descriptors bool, err error)
	// own is told of each status before anybody else and says whether it was
	// about a helper of the sleeper.
	own(l *Loop, tid int) (bool, error)
	// close ends and reaps any helper.
	close() error
	mechanism() Mechanism
}

// New makes the loop of the calling thread, which must be locked
// (runtime.LockOSThread) and must stay so until Close. The loop reaps all
// children of this thread, so start no others from it than tracees.
func New(opts Options) (*Loop, error) {
	l := &Loop{tid: unix.Gettid(), bell: -1, rusage: opts.Rusage}
	l.set.epfd, l.timers.fd = -1, -1
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
		return nil, errors.Join(err, uringErr)
	}
	return nil, fmt.Errorf("unknown mechanism %v: %w", m, syscall.EINVAL)
}

// Mechanism tells which way to sleep the loop took. Auto stands for both.
func (l *Loop) Mechanism() Mechanism { return l.sleeper.mechanism() }

// OnThread reports whether the caller runs on the loop's thread. Safe anywhere.
func (l *Loop) OnThread() bool { return unix.Gettid() == l.tid }

// Wait returns the next status of a tracee or child of this thread. With ok false
// there is none, and err == nil means: something else happened in the meantime
// (Ring, posted functions, callbacks of descriptors or timers, all of which have
// run by then), or nothing did and block was false. Callbacks run inside Wait, on
// this thread, and must not call Wait or Close.
//
// With block true and no tracee at all Wait sleeps until it is rung. A status is
// what the kernel said a moment ago: the thread may have been killed since.
func (l *Loop) Wait(block bool) (tid int, status syscall.WaitStatus, ok bool, err error) {
	if l.closed {
		return 0, 0, false, ErrClosed
	}
	if l.state.Load() == rung {
		l.answer()
		return 0, 0, false, nil
	}
	if l.given == len(l.backlog) {
		if l.turns++; l.turns%fairness == 0 {
			if attention, err := l.takeTurns(); attention || err != nil {
				return 0, 0, false, err
			}
		}
	}
	if l.given < len(l.backlog) {
		l.last = l.backlog[l.given]
		l.given++
		return l.last.tid, l.last.status, true, nil
	}
	if block {
		tid, err = l.next()
	} else if tid, err = l.poll(); tid == 0 && err == nil {
		_, err = l.set.dispatch()
	}
	if tid == 0 || err != nil {
		return 0, 0, false, err
	}
	return tid, l.last.status, true, nil
}

// Rusage is the resource usage that came with the status which Wait returned
// last: all zero unless Options.Rusage was set. It is valid until the next Wait.
func (l *Loop) Rusage() *unix.Rusage { return &l.last.usage }

// takeTurns serves those who could starve while statuses keep coming: descriptors
// and timers, and tracees at the far end of the kernel's list, which wait4 always
// walks from the same end (ptrace_do_wait). Whatever is pending now is taken in
// one go, before any of these threads can stop again.
func (l *Loop) takeTurns() (attention bool, err error) {
	n, err := l.set.dispatch()
	if err != nil {
		return false, err
	}
	l.backlog, l.given = l.backlog[:0], 0
	for {
		tid, err := l.poll()
		if err != nil {
			return false, err
		}
		if tid == 0 {
			return n > 0, nil
		}
		l.backlog = append(l.backlog, l.last)
	}
}

// next blocks until there is a status (tid is not 0) or something else was done.
func (l *Loop) next() (tid int, err error) {
	for {
		if tid, attention, err := l.spinForNext(); tid != 0 || attention || err != nil {
			return tid, err
		}
		if !l.state.CompareAndSwap(awake, asleep) {
			l.answer()
			return 0, nil
		}
		tid, descriptors, err := l.sleeper.sleep(l)
		if !l.state.CompareAndSwap(asleep, awake) {
			// Rung in our sleep: the ringer writes the bell, now or soon.
			// The state stays as it is for the answer, here or in the
			// next Wait if there is a status to return first.
			l.unheard++
		}
		if err != nil || tid != 0 {
			return tid, err
		}
		n := 0
		if descriptors {
			if n, err = l.set.dispatch(); err != nil {
				return 0, err
			}
		} else if tid, err = l.poll(); tid != 0 || err != nil {
			return tid, err
		}
		if l.state.Load() == rung {
			l.answer()
			n++
		}
		if n > 0 {
			return 0, nil
		}
	}
}

// poll fetches a status if there is one. RawSyscall: the call does not sleep, and
// telling the Go scheduler about it would cost as much again.
func (l *Loop) poll() (tid int, err error) {
	for {
		r, _, e := syscall.RawSyscall6(unix.SYS_WAIT4, ^uintptr(0), uintptr(unsafe.Pointer(&l.status)),
			waitFlags|unix.WNOHANG, uintptr(l.usagePointer()), 0, 0)
		tid, again, err := l.fetch(int(r), e)
		if !again {
			return tid, err
		}
	}
}

// fetch judges the result of a wait4. again means: not for the caller, ask again.
func (l *Loop) fetch(tid int, e syscall.Errno) (_ int, again bool, err error) {
	switch e {
	case 0:
	case unix.EINTR:
		return 0, true, nil
	case unix.ECHILD: // nothing to wait for is no error: tracees may come
		return 0, false, nil
	default:
		return 0, false, fmt.Errorf("wait4 on the tracees of thread %d: %w", l.tid, e)
	}
	if tid == 0 {
		return 0, false, nil
	}
	if own, err := l.sleeper.own(l, tid); own || err != nil {
		return 0, err == nil, err
	}
	l.last.tid, l.last.status = tid, syscall.WaitStatus(l.status)
	if l.rusage {
		l.last.usage = l.usage
	}
	return tid, false, nil
}

func (l *Loop) usagePointer() unsafe.Pointer {
	if l.rusage {
		return unsafe.Pointer(&l.usage)
	}
	return nil
}

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
