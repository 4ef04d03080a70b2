package waitloop

import (
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// waitFlags: __WALL because tracees are threads as well as processes;
// __WNOTHREAD ("do not wait for children of other threads in the same thread
// group", wait(2)) because without it wait4(-1) takes the exits of children which
// other threads of the program started and wait for themselves.
const waitFlags = unix.WALL | unix.WNOTHREAD

// fairness is how many statuses in a row may be returned before descriptors,
// timers and the stops of all other tracees get their turn.
const fairness = 64

// waited is what one successful wait4 told.
type waited struct {
	tid    int
	status syscall.WaitStatus
	usage  unix.Rusage
}

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
		if l.turns++; l.turns%preemptionCheck == 0 {
			l.comply()
		}
		if l.turns%fairness == 0 {
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
	for len(l.expected) != 0 {
		tid := l.expected[0]
		if l.expected = l.expected[1:]; len(l.expected) == 0 {
			l.expected = nil
		}
		if tid, err = l.pollFor(tid); tid != 0 || err != nil {
			return tid, l.last.status, tid != 0, err
		}
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

// Expect names a tracee that was asked to stop, and that is asked about by name
// once before the kernel is asked for whoever has something to tell: that one goes
// through the list of all tracees each time (ptrace_do_wait), so that stopping n
// threads would take n*n steps. On the loop's thread.
func (l *Loop) Expect(tid int) { l.expected = append(l.expected, tid) }

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
		tid, who, err := l.sleeper.sleep(l)
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
		switch who {
		case inSet:
			if n, err = l.set.dispatch(); err != nil {
				return 0, err
			}
		case theFavourite:
			l.set.serveFavourite()
			n = 1
		default:
			if tid, err = l.poll(); tid != 0 || err != nil {
				return tid, err
			}
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

// poll fetches a status if there is one.
func (l *Loop) poll() (tid int, err error) { return l.pollFor(-1) }

// pollFor is poll for one thread, or for any with -1. RawSyscall: the call does not
// sleep, and telling the Go scheduler about it would cost as much again.
func (l *Loop) pollFor(who int) (tid int, err error) {
	for {
		r, _, e := syscall.RawSyscall6(unix.SYS_WAIT4, uintptr(who), uintptr(unsafe.Pointer(&l.status)),
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
