package sim

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/utrace/utrace/tracehook"
)

// Loop is a tracehook.Loop of a World. See the package's comment for the two
// ways of driving it.
type Loop struct {
	w       *World
	handler tracehook.Handler
	owner   atomic.Int64 // the OS thread that drives this loop

	tasks []*task  // what is attached, in no order
	ready []*task  // what has something to report, in no order
	due   []func() // timers that have run out
	event tracehook.Event

	mu      sync.Mutex
	posted  []func()
	spare   []func() // the other half of the mailbox, used in turn
	inbox   []func() // what was taken from posted, from next on not yet run
	next    int
	closing bool
	closed  bool
	wake    chan struct{}
}

// Name is "sim".
func (l *Loop) Name() string { return l.w.Name() }

// adopt makes the calling goroutine the one that drives the loop.
func (l *Loop) adopt() {
	tid := int64(syscall.Gettid())
	if l.owner.Load() == tid || l.closed {
		return
	}
	runtime.LockOSThread()
	l.owner.Store(int64(syscall.Gettid()))
}

// OnLoop reports whether the caller runs on the loop.
func (l *Loop) OnLoop() bool { return l.owner.Load() == int64(syscall.Gettid()) }

// Run drives the world, in real time, until the loop is closed.
func (l *Loop) Run() error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	tid := int64(syscall.Gettid())
	l.owner.Store(tid)
	for {
		l.w.mu.Lock()
		l.w.holder.Store(tid)
		if !l.w.live {
			l.w.live, l.w.began = true, time.Now().Add(-time.Duration(l.w.clock))
		}
		// Some steps at a time, so that loops and outsiders take turns.
		busy := true
		for range 64 {
			if busy = !l.closed && l.w.step(l); !busy {
				break
			}
		}
		closed, pause := l.closed, l.w.untilTimer()
		l.w.holder.Store(0)
		l.w.mu.Unlock()
		if closed {
			return nil
		}
		if !busy {
			l.sleep(pause)
		}
	}
}

// untilTimer is how long it is to the next timer, or -1.
func (w *World) untilTimer() time.Duration {
	for len(w.timers) > 0 {
		if w.timers[0].stale() {
			w.timers.pop()
			continue
		}
		return max(0, time.Duration(w.timers[0].at-w.clock))
	}
	return -1
}

// sleep waits for a wake-up, or for d unless that is negative.
func (l *Loop) sleep(d time.Duration) {
	if d < 0 {
		<-l.wake
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-l.wake:
	case <-t.C:
	}
}

func (l *Loop) wakeUp() {
	select {
	case l.wake <- struct{}{}:
	default: // a wake-up is on its way already
	}
}

// Post has f run on the loop.
func (l *Loop) Post(f func()) bool {
	l.mu.Lock()
	open := !l.closed
	if open {
		l.posted = append(l.posted, f)
	}
	l.mu.Unlock()
	l.wakeUp()
	return open
}

// Close lets every task go and ends the loop. By hand it does so at once if
// called outside of a step on the goroutine that drives; else the next step
// does.
func (l *Loop) Close() error {
	l.mu.Lock()
	l.closing = true
	l.mu.Unlock()
	l.wakeUp()
	if l.OnLoop() && l.w.holder.Load() != l.owner.Load() {
		l.w.mu.Lock()
		l.w.holder.Store(l.owner.Load())
		defer l.w.mu.Unlock()
		defer l.w.holder.Store(0)
		l.finish()
	}
	return nil
}

// finish runs what was posted, lets all tasks go and forgets the loop.
func (l *Loop) finish() {
	if l.closed {
		return
	}
	l.mu.Lock()
	l.closed = true // else posters could keep it open for ever
	l.mu.Unlock()
	for l.runPosted() {
	}
	for len(l.tasks) > 0 {
		l.tasks[len(l.tasks)-1].letGo()
	}
	l.ready, l.due = nil, nil
	for i, other := range l.w.loops {
		if other == l {
			l.w.loops = append(l.w.loops[:i:i], l.w.loops[i+1:]...)
			break
		}
	}
	for _, other := range l.w.loops {
		other.wakeUp() // somebody has to drive on
	}
	if l.OnLoop() && !l.w.live {
		runtime.UnlockOSThread()
		l.owner.Store(0)
	}
}

// choices is how many different things the loop could do next.
func (l *Loop) choices() int {
	n := len(l.ready)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closing || len(l.posted) > 0 || l.next < len(l.inbox) {
		n++
	}
	if len(l.due) > 0 {
		n++
	}
	return n
}

// act does choice i: a report, or else what was posted, a timer, the end.
func (l *Loop) act(i int) {
	if i < len(l.ready) {
		l.ready[i].deliver()
		return
	}
	i -= len(l.ready)
	if i == 0 && len(l.due) > 0 {
		f := l.due[0]
		l.due = append(l.due[:0], l.due[1:]...)
		f()
		return
	}
	l.mu.Lock()
	closing := l.closing
	l.mu.Unlock()
	if closing {
		l.finish()
		return
	}
	l.runPosted()
}

// runPosted runs one posted function and reports whether there was one.
func (l *Loop) runPosted() bool {
	if l.next == len(l.inbox) {
		clear(l.inbox)
		l.mu.Lock()
		l.inbox, l.spare, l.posted, l.next = l.posted, l.inbox[:0], l.spare[:0], 0
		l.mu.Unlock()
		if len(l.inbox) == 0 {
			return false
		}
	}
	f := l.inbox[l.next]
	l.next++
	f()
	return true
}

// Attach takes a thread over.
func (l *Loop) Attach(id int, interest tracehook.Interest) (tracehook.Task, error) {
	t := l.w.threads[id]
	switch {
	case l.closed:
		return nil, fmt.Errorf("attach to thread %d: %w", id, tracehook.ErrClosed)
	case t == nil || t.state == born || t.state == zombie || t.phase == dying:
		return nil, fmt.Errorf("attach to thread %d: %w", id, tracehook.ErrGone)
	case t.task != nil:
		return nil, fmt.Errorf("attach to thread %d: it is traced already: %w", id, tracehook.ErrNotPermitted)
	}
	k := l.newTask(t, interest)
	// PTRACE_SEIZE sets options at once, but only a stopped thread can be told
	// to report system calls.
	k.armed = interest &^ (tracehook.WantSyscalls | tracehook.WantFiltered)
	if t.state == jobStopped {
		// A seized thread of a stopped group reports that at once.
		t.trapStop = true
		l.w.makeRunnable(t)
	}
	return k, nil
}

// Observe is Attach: an observer that can control must answer its events.
func (l *Loop) Observe(id int, interest tracehook.Interest) (tracehook.Subject, error) {
	t, err := l.Attach(id, interest)
	if err != nil {
		return nil, err
	}
	return t, nil
}

// After has f run after d of the world's time.
func (l *Loop) After(d time.Duration, f func()) tracehook.Timer {
	t := &loopTimer{loop: l, f: f}
	l.w.timers.push(timer{at: l.w.clock + max(0, int64(d)), seq: l.w.steps << 8, f: t})
	return t
}

// Watch is not supported: the simulated world has no descriptors.
func (l *Loop) Watch(fd int, _ func()) error {
	return fmt.Errorf("sim: watch descriptor %d: %w", fd, tracehook.ErrNotSupported)
}

// Unwatch is not supported either.
func (l *Loop) Unwatch(fd int) error {
	return fmt.Errorf("sim: unwatch descriptor %d: %w", fd, tracehook.ErrNotSupported)
}
