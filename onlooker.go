package utrace

import (
	"sync"

	"github.com/utrace/utrace/tracehook"
)

// nearKernel is the layer of engines that want calls as the kernel makes them,
// whatever other engines have made of them.
const nearKernel = -1 << 30

// eventsFor is what an engine asks for to report what is wanted of an observer.
func eventsFor(i tracehook.Interest) Events {
	mask := EventSignalAll | EventExec | EventDeath | EventReap
	for _, w := range []struct {
		interest tracehook.Interest
		event    Events
	}{
		{tracehook.WantSyscalls, EventSyscall},
		{tracehook.WantClones, EventClone},
		{tracehook.WantVforkDone, EventVforkDone},
		{tracehook.WantExit, EventExit},
	} {
		if i&w.interest != 0 {
			mask |= w.event
		}
	}
	return mask
}

// onlooker is an engine that makes an Observer's events of reports. It is its own
// tracehook.Subject. All but data is the loop's.
type onlooker struct {
	thread  *Thread
	handler tracehook.Handler
	event   tracehook.Event

	mu   sync.Mutex
	data any
}

// ID implements tracehook.Subject.
func (o *onlooker) ID() int { return o.thread.ID() }

// Group implements tracehook.Subject.
func (o *onlooker) Group() int { return o.thread.Group() }

// Start implements tracehook.Subject.
func (o *onlooker) Start() uint64 { return o.thread.task.Start() }

// SetInterest implements tracehook.Subject: the engine's mask is what matters, and
// the core sees to it that it takes effect.
func (o *onlooker) SetInterest(i tracehook.Interest) bool {
	set := func() error {
		o.thread.everyone(func(e *Engine) {
			if e.handler == any(o) {
				_ = e.SetEvents(eventsFor(i))
			}
		})
		return nil
	}
	if c := o.thread.core; c.loop.OnLoop() {
		_ = set()
	} else {
		c.loop.Post(func() { _ = set() })
	}
	return false
}

// Data implements tracehook.Subject.
func (o *onlooker) Data() any {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.data
}

// SetData implements tracehook.Subject.
func (o *onlooker) SetData(v any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.data = v
}

// begin makes an event, which is to be filled in and handed out.
func (o *onlooker) begin(k tracehook.Kind) *tracehook.Event {
	o.event = tracehook.Event{Kind: k, Subject: o, SystemTime: o.thread.systemTime}
	return &o.event
}

// ReportSyscallEntry implements SyscallEntryReporter.
func (o *onlooker) ReportSyscallEntry(r *Report, s *Syscall) (a SyscallAnswer) {
	e := o.begin(tracehook.SyscallEntry)
	e.Syscall, e.Restarted, e.Captured = s.info, s.Restarted(), r
	o.handler.Handle(e)
	return a
}

// ReportSyscallExit implements SyscallExitReporter.
func (o *onlooker) ReportSyscallExit(r *Report, s *Syscall) Action {
	e := o.begin(tracehook.SyscallExit)
	e.Syscall, e.Captured = s.info, r
	o.handler.Handle(e)
	return Resume
}

// ReportSignal implements SignalReporter. What the process ignores has no effect.
func (o *onlooker) ReportSignal(_ *Report, s *Signal) (a SignalAnswer) {
	if s.Pass() != Dequeued || s.Choice() == Ignore {
		return a
	}
	e := o.begin(tracehook.Signal)
	e.Signal = s.Number()
	if info, err := s.Info(); err == nil {
		e.Info = &info
	}
	o.handler.Handle(e)
	return a
}

// ReportClone implements CloneReporter.
func (o *onlooker) ReportClone(_ *Report, c *Clone) Action {
	e := o.begin(tracehook.Clone)
	e.ChildID, e.CloneFlags = c.ID, c.Flags
	o.handler.Handle(e)
	return Resume
}

// ReportVforkDone implements VforkDoneReporter.
func (o *onlooker) ReportVforkDone(_ *Report, child int) Action {
	o.begin(tracehook.VforkDone).ChildID = child
	o.handler.Handle(&o.event)
	return Resume
}

// ReportExec implements ExecReporter.
func (o *onlooker) ReportExec(_ *Report, former int) Action {
	o.begin(tracehook.Exec).Former = former
	o.handler.Handle(&o.event)
	return Resume
}

// ReportExit implements ExitReporter.
func (o *onlooker) ReportExit(_ *Report, status Status) Action {
	o.begin(tracehook.Exit).Status = int(status)
	o.handler.Handle(&o.event)
	return Resume
}

// ReportDeath implements DeathReporter.
func (o *onlooker) ReportDeath(_ *Report, d *Death) Action {
	e := o.begin(tracehook.Death)
	e.Status, e.ParentSignal = int(d.Status), d.Signal
	o.handler.Handle(e)
	return Resume
}

// ReportReap implements ReapReporter.
func (o *onlooker) ReportReap(_ *Report, status Status) {
	o.begin(tracehook.Reap).Status = int(status)
	o.handler.Handle(&o.event)
}
