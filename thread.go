package utrace

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/utrace/utrace/tracehook"
)

// Thread is one traced kernel thread. There is one value for it from the first
// engine's attachment to its end; an exec that changes the id does not change
// the Thread.
type Thread struct {
	core *Core
	// id and group change at exec; the loop writes them.
	id, group atomic.Int64

	// Everything below is owned by the loop.

	task tracehook.Task
	// engines are in the order of passes: by layer, then by attachment.
	engines []*Engine
	// attaching are engines that came during a pass and join the next one.
	attaching []*Engine
	// parting are the leases of engines that have left since the thread was
	// traced for anybody: it is about to be let go.
	parting []*lease
	// dirty: an engine's mask changed or an engine is gone.
	dirty bool
	// union is what any engine wants, interest what the back end was told.
	union    Events
	interest tracehook.Interest
	// choosy: an engine tells signals apart, so their class must be known.
	choosy bool

	state state
	// at is the kind of event that the thread is stopped in.
	at tracehook.Kind
	// bit is the event of the pass that is going on.
	bit Events
	// passing: a pass is walking engines, which must not change its length.
	passing bool
	// settling: settle is deciding, and will see what has changed meanwhile.
	settling bool
	// pass numbers the passes.
	pass uint64
	// verdict is the strictest answer of the pass so far.
	verdict Action
	// generation counts the resumes: an examination spans none.
	generation uint64
	// systemTime is what the last event said.
	systemTime time.Duration
	// interrupted: an Interrupt is on its way, no matter whose.
	interrupted bool
	// keepCalls: the next entry to or exit from a system call is wanted,
	// whatever the masks say.
	keepCalls bool
	// relisten: the thread was taken out of listening for an engine, so the
	// group-stop that it reports is no news.
	relisten bool
	// leaving: the next resume takes the thread out of its group-stop.
	leaving bool
	// exitTimer ends a hold at exit.
	exitTimer tracehook.Timer
	// status and parentSignal describe the thread's end.
	status       Status
	parentSignal int

	report   Report  // handed to every callback
	caller   *Engine // whose callback was running when this thread's began
	call     Syscall
	signal   Signal
	instead  *instead
	summons  summons
	trap     Trap
	space    *Space
	watching watching
	// stepOff is the address of a planted breakpoint that the thread stands on.
	stepOff uint64
	// away is where it executes the instruction under that, if not at home.
	away away
	// postponed are signals that wait until that is over; putOff counts those
	// that came.
	postponed []Siginfo
	putOff    int
	// callFrom is where it made a system call from under a trap. again: the call
	// is being restarted, and nothing else was heard of the thread since.
	callFrom, again uint64
	// unit are the addresses where a step over an atomic operation ends.
	unit []uint64
	// justStepped: the step that is being reported led off a planted one.
	justStepped bool
	// mayHit: it may have run into a trap that was removed since. lastStep: it
	// makes a step before it is let go.
	mayHit, lastStep bool
	// inVfork: the thread waits for its vfork child and cannot come by.
	inVfork bool
}

// state is what a thread is doing, as far as the loop knows.
type state uint8

const (
	running state = iota
	stopped
	// listening: in a group-stop, reporting its end.
	listening
	dead
	reaped
)

// ID is the thread's id in the PID namespace of the tracing process.
func (t *Thread) ID() int { return int(t.id.Load()) }

// Group is the thread group id, what user space calls the process id.
func (t *Thread) Group() int { return int(t.group.Load()) }

// Core is the core that the thread belongs to, never a lease.
func (t *Thread) Core() *Core { return t.core }

// newThread begins to keep a task, running or stopped.
func (c *Core) newThread(task tracehook.Task, s state) *Thread {
	t := &Thread{core: c.root, task: task, state: s}
	t.call.thread, t.signal.thread, t.trap.thread = t, t, t
	t.id.Store(int64(task.ID()))
	t.group.Store(int64(task.Group()))
	task.SetData(t)
	c.threads[task.ID()] = t
	t.joinSpace()
	return t
}

// leader reports whether the thread stands for its process.
func (t *Thread) leader() bool { return t.ID() == t.Group() }

// ended reports whether the thread has no state any more.
func (t *Thread) ended() bool { return t.state >= dead }

// refresh learns what the engines want and tells the back end.
func (t *Thread) refresh() {
	t.dirty = false
	t.union, t.choosy = 0, false
	filtered := true
	for _, list := range [2][]*Engine{t.engines, t.attaching} {
		for _, e := range list {
			mask := e.Events()
			t.union |= mask
			if signals := mask & EventSignalAll; signals != 0 && signals != EventSignalAll || mask&EventQuiesce != 0 {
				t.choosy = true
			}
			if mask&EventSyscall != 0 && !e.filtered {
				filtered = false
			}
		}
	}
	if t.ended() {
		return
	}
	want := t.wanted(filtered)
	if want == t.interest {
		return
	}
	added := want &^ t.interest
	t.interest = want
	if t.task.SetInterest(want) && added != 0 && t.state == running {
		t.interrupt()
	}
}

// wanted turns the union of masks into what the back end has to report.
func (t *Thread) wanted(filtered bool) (want tracehook.Interest) {
	want = interestIn(t.union, t.leader())
	switch {
	case t.keepCalls:
		want |= tracehook.WantSyscalls
	case t.union&EventSyscall == 0:
	case filtered:
		want |= tracehook.WantFiltered
	default:
		want |= tracehook.WantSyscalls
	}
	t.everyone(func(e *Engine) {
		if e.unfiltered && !e.gone.Load() {
			want |= tracehook.WithoutFilters
		}
	})
	if t.following() || t.space != nil && t.space.hasTraps() {
		want |= tracehook.WantClones
	}
	return want
}

// interestIn is what has to be reported for a mask, apart from system calls.
func interestIn(mask Events, leader bool) (want tracehook.Interest) {
	if mask&EventClone != 0 {
		want |= tracehook.WantClones
	}
	if mask&EventVerdict != 0 {
		want |= tracehook.WantVerdicts
	}
	if mask&EventVforkDone != 0 {
		want |= tracehook.WantVforkDone
	}
	// The death of a leader before its threads shows by its exit only.
	if mask&EventExit != 0 || leader && mask&(EventDeath|EventReap) != 0 {
		want |= tracehook.WantExit
	}
	return want
}

// following reports whether an engine wants to be carried to new threads.
func (t *Thread) following() bool {
	for _, list := range [2][]*Engine{t.engines, t.attaching} {
		for _, e := range list {
			if e.group != nil && !e.gone.Load() {
				return true
			}
		}
	}
	return false
}

// interrupt has the thread come by. One Interrupt at a time is enough.
func (t *Thread) interrupt() {
	if t.state == listening || t.state == stopped && t.at == tracehook.GroupStop {
		t.relisten = true
	}
	if t.interrupted {
		return
	}
	t.interrupted = true
	t.core.fault(t, t.task.Interrupt())
}

// followInterest is what a thread of a group reports in any case.
const followInterest = tracehook.WantClones

func isGone(err error) bool { return errors.Is(err, tracehook.ErrGone) }
