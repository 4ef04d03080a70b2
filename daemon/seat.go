package daemon

import (
	"time"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/api"
	"github.com/utrace/utrace/tracehook"
)

// seat is the engine of a guest on one thread. It makes of the core's reports
// what a back end says of a thread: an event which stops it, and is answered. It
// is owned by the loop.
type seat struct {
	guest  *guest
	number int
	engine *utrace.Engine
	thread int // guarded by the guest's lock
	wants  interest
	// calls: system calls are reported, if wanted. As with a back end that is
	// from the first stop on: to attach causes none.
	calls bool

	// stop is the event that has stopped the thread for the client, and seq its
	// number; 0: it runs, as far as the client is concerned.
	stop tracehook.Kind
	seq  uint64
	// trap: the stop is a trap that the client itself has caused.
	trap bool
	// held: the client has said that it knows of the stop. due is when it has to.
	held bool
	due  time.Time
	// asked: an Interrupt is under way. again: one has come while the thread was
	// stopped, and takes effect when it is resumed.
	asked, again bool
	// mode is how the client has resumed the thread: a step lasts until there is
	// something to be told.
	mode utrace.Action
	// change is what becomes of the system call at whose entry the thread was: it
	// is made when the entry is reported once more, so that engines behind see it.
	change *change
	// watches are those that the client has planted here.
	watches []utrace.Watch
	// gone: the client knows of the end.
	gone bool
}

// seatEvents are what the back end of a core reports whatever the interest is.
const seatEvents = utrace.EventQuiesce | utrace.EventExec | utrace.EventDeath | utrace.EventReap |
	utrace.EventSignalAll | utrace.EventJobControl | utrace.EventTrap

// events is the engine's mask.
func (x *seat) events() utrace.Events {
	mask := seatEvents | x.wants.events
	if !x.calls {
		mask &^= utrace.EventSyscall
	}
	return mask
}

// waits reports whether the client has to answer. That it holds the thread does
// not last at the exit, where SIGKILL would have to wait for it.
func (x *seat) waits() bool {
	return x.stop != 0 && (!x.held || x.stop == tracehook.Exit)
}

// tell tells the client of an event that stops the thread.
func (x *seat) tell(kind tracehook.Kind, ev *api.Event) {
	x.asked, x.trap, x.held = false, false, false
	x.stop, x.due = kind, time.Now().Add(x.guest.session.guestPatience())
	x.say(kind.String(), ev)
	x.guest.watch()
}

// say tells the client of an event.
func (x *seat) say(name string, ev *api.Event) {
	s := x.guest.session
	s.mu.Lock()
	s.seq++
	x.seq = s.seq
	s.mu.Unlock()
	ev.Attachment, ev.Task, ev.Seq = x.guest.number, x.number, x.seq
	ev.Thread, ev.Process = x.engine.Thread().ID(), x.engine.Thread().Group()
	ev.Event, ev.Time, ev.Waits = name, time.Now().UnixNano(), x.stop != 0
	x.guest.push(ev)
}

// revive notes that the thread has gone on by itself: SIGKILL has ended its stop.
func (x *seat) revive() { x.stop, x.held, x.again = 0, false, false }

// onward is how the thread goes on after what the client is not told of.
func (x *seat) onward() utrace.Action { return x.mode }

// released is the end of the engine. If the client does not know of it, the owner
// has ended it: the client may not trace the program that the thread executes.
func (x *seat) released() {
	if !x.gone {
		x.revive()
		x.say("withdrawn", &api.Event{})
	}
	x.gone = true
	x.guest.unseat(x)
}

// ReportQuiesce implements utrace.QuiesceReporter. With a cause the thread is in
// an event which is going to be told.
func (x *seat) ReportQuiesce(r *utrace.Report, cause utrace.Events) utrace.Action {
	if cause != 0 {
		x.revive()
		return x.onward()
	}
	return x.interrupted(r)
}

// interrupted tells of the stop that the client has asked for, unless it has been
// told of one since.
func (x *seat) interrupted(r *utrace.Report) utrace.Action {
	switch {
	case x.stop != 0:
		return utrace.Stop
	case !x.asked:
		return x.onward()
	}
	x.tellQuiesce(r.Thread())
	return utrace.Stop
}

// tellQuiesce tells of a stop where the thread is: in a group-stop that is one
// (do_jobctl_trap in kernel/signal.c).
func (x *seat) tellQuiesce(t *utrace.Thread) {
	if sig := t.JobStop(); sig != 0 {
		x.tell(tracehook.GroupStop, &api.Event{Signal: sig})
		return
	}
	x.tell(tracehook.Quiesce, &api.Event{})
}

// ReportSyscallEntry implements utrace.SyscallEntryReporter.
func (x *seat) ReportSyscallEntry(_ *utrace.Report, s *utrace.Syscall) utrace.SyscallAnswer {
	if c := x.change; c != nil {
		x.change = nil
		_ = x.engine.SetEvents(x.events())
		return c.make(s)
	}
	if s.Resumed() { // it is known
		return utrace.SyscallAnswer{Action: x.onward()}
	}
	x.revive()
	x.tell(tracehook.SyscallEntry, describeCall(s))
	return utrace.SyscallAnswer{Action: utrace.Stop}
}

// ReportSyscallExit implements utrace.SyscallExitReporter.
func (x *seat) ReportSyscallExit(_ *utrace.Report, s *utrace.Syscall) utrace.Action {
	x.revive()
	ev := describeCall(s)
	result := s.Result()
	ev.Result, ev.Failed, ev.Paired = &result, s.Failed(), s.Paired()
	x.tell(tracehook.SyscallExit, ev)
	return utrace.Stop
}

// ReportVerdict implements utrace.VerdictReporter.
func (x *seat) ReportVerdict(_ *utrace.Report, s *utrace.Syscall, data uint32) utrace.Action {
	x.revive()
	ev := describeCall(s)
	ev.Data = data
	x.tell(tracehook.Verdict, ev)
	return utrace.Stop
}

// describeCall describes a call before it is made.
func describeCall(s *utrace.Syscall) *api.Event {
	number := s.Number()
	ev := &api.Event{Number: &number, Arch: s.Arch(), PC: api.Uint64(s.PC()), SP: api.Uint64(s.SP()), Restarted: s.Restarted()}
	for _, arg := range s.Args() {
		ev.Args = append(ev.Args, api.Uint64(arg))
	}
	return ev
}

// ReportSignal implements utrace.SignalReporter.
func (x *seat) ReportSignal(r *utrace.Report, s *utrace.Signal) utrace.SignalAnswer {
	switch s.Pass() {
	case utrace.Reporting:
		return utrace.SignalAnswer{Action: x.interrupted(r)}
	case utrace.Dequeued:
	default:
		return utrace.SignalAnswer{Action: x.onward()}
	}
	x.revive()
	if s.Number() == 0 || s.Dropped() { // by an engine before this one
		return utrace.SignalAnswer{Action: x.onward()}
	}
	info, err := s.Info()
	if err != nil {
		return utrace.SignalAnswer{Action: x.onward()} // it has been killed
	}
	ev := &api.Event{Signal: s.Number(), Info: info[:]}
	if at, ok := ownBreakpoint(r, &info); ok {
		ev.Trap, ev.Addr = tracehook.TrapBreakpoint.String(), api.Uint64(at)
	}
	x.tell(tracehook.Signal, ev)
	return utrace.SignalAnswer{Action: utrace.Stop}
}

// ReportTrap implements utrace.TrapReporter: the steps, breakpoints and watches
// that are the client's.
func (x *seat) ReportTrap(r *utrace.Report, t *utrace.Trap) utrace.Action {
	x.revive()
	ev := &api.Event{Signal: sigtrap, Trap: t.Kind.String(), Addr: api.Uint64(t.Addr)}
	if info, err := r.TrapInfo(); err == nil {
		ev.Info = info[:]
	}
	ev.Matched = x.matched(t)
	x.tell(tracehook.Signal, ev)
	x.trap = true
	return utrace.Stop
}

// ReportJobControl implements utrace.JobControlReporter.
func (x *seat) ReportJobControl(_ *utrace.Report, j utrace.JobControl) utrace.Action {
	x.revive()
	kind := tracehook.Continue
	if j.Stopped {
		kind = tracehook.GroupStop
	}
	x.tell(kind, &api.Event{Signal: j.Signal})
	return utrace.Stop
}

// ReportClone implements utrace.CloneReporter. The newborn gets a seat, with its
// parent's interest, and is stopped.
func (x *seat) ReportClone(r *utrace.Report, c *utrace.Clone) utrace.Action {
	x.revive()
	ev := &api.Event{Child: c.ID, Flags: api.Uint64(c.Flags)}
	if c.Thread != nil {
		ev.Newborn = x.adopt(r, c)
	}
	x.tell(tracehook.Clone, ev)
	return utrace.Stop
}

func (x *seat) adopt(r *utrace.Report, c *utrace.Clone) *api.Task {
	child := x.guest.newSeat(x.wants, x.calls)
	e, err := r.Attach(c.ID, child, x.guest.options(child)...)
	if err != nil {
		return nil // it has been killed
	}
	x.guest.seated(child, e)
	child.stop, child.held = tracehook.Quiesce, true // the clone itself is answered
	_ = e.Direct(utrace.Stop)
	return child.describe()
}

// ReportVforkDone implements utrace.VforkDoneReporter.
func (x *seat) ReportVforkDone(_ *utrace.Report, child int) utrace.Action {
	x.revive()
	x.tell(tracehook.VforkDone, &api.Event{Child: child})
	return utrace.Stop
}

// ReportExec implements utrace.ExecReporter.
func (x *seat) ReportExec(r *utrace.Report, former int) utrace.Action {
	x.revive()
	x.guest.renamed(x, r.Thread().ID())
	x.watches = nil
	x.tell(tracehook.Exec, &api.Event{Child: former})
	return utrace.Stop
}

// ReportExit implements utrace.ExitReporter.
func (x *seat) ReportExit(_ *utrace.Report, status utrace.Status) utrace.Action {
	x.revive()
	n := int(status)
	x.tell(tracehook.Exit, &api.Event{Status: &n})
	return utrace.Stop
}

// ReportDeath implements utrace.DeathReporter.
func (x *seat) ReportDeath(_ *utrace.Report, d *utrace.Death) utrace.Action {
	x.revive()
	n := int(d.Status)
	x.say(tracehook.Death.String(), &api.Event{Status: &n, Parent: d.Signal})
	return utrace.Resume
}

// ReportReap implements utrace.ReapReporter.
func (x *seat) ReportReap(_ *utrace.Report, status utrace.Status) {
	n := int(status)
	x.gone = true
	x.say(tracehook.Reap.String(), &api.Event{Status: &n})
}
