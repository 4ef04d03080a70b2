package sim

import (
	"slices"

	"github.com/utrace/utrace/tracehook"
)

// task is the tracing of one thread: a tracehook.Task.
type task struct {
	loop     *Loop
	t        *thread
	interest tracehook.Interest // what was asked for last
	armed    tracehook.Interest // what is in force
	data     any

	pend     []tracehook.Event // reports that the handler has not seen, in order
	stopKind tracehook.Kind    // the stop that the thread is in, or was in last
	stopped  bool              // it is in a stop that the handler knows of

	newborn        bool // its Clone was not delivered
	voidClone      bool // the parent was killed before its Clone was delivered
	deathReported  bool
	deathDelivered bool
	lost           bool // its id was taken by an exec
	gone           bool // no events will come
}

func (l *Loop) newTask(t *thread, interest tracehook.Interest) *task {
	k := &task{loop: l, t: t, interest: interest}
	t.task = k
	l.tasks = append(l.tasks, k)
	return k
}

// stop stops the thread and reports why. One that is killed does not stop any
// more (ptrace_stop()), but for its Exit.
func (t *thread) stop(e tracehook.Event) {
	if t.killed && e.Kind != tracehook.Exit {
		if e.Kind == tracehook.Clone {
			t.task.voidClone = true
			t.task.push(e)
		}
		return
	}
	t.w.park(t, traced)
	t.trapStop = false // any stop answers an Interrupt (ptrace_stop())
	t.stepping = tracehook.Run
	t.task.stopKind = e.Kind
	t.task.push(e)
}

// push adds a report to the line of a task.
func (k *task) push(e tracehook.Event) {
	if e.Task == nil {
		e.Task, e.Subject = k, k
	}
	k.pend = append(k.pend, e)
	if len(k.pend) == 1 {
		k.loop.ready = append(k.loop.ready, k)
		if k.loop.w.live {
			k.loop.wakeUp()
		}
	}
}

func (k *task) reportDeath(status, parentSignal int) {
	k.deathReported = true
	k.push(tracehook.Event{Kind: tracehook.Death, Status: status, ParentSignal: parentSignal})
}

// takePending removes all reports from the line.
func (k *task) takePending() []tracehook.Event {
	pend := k.pend
	for i := range pend {
		pend[i].Task, pend[i].Subject = k, k
	}
	k.pend = nil
	k.unready()
	return pend
}

func (k *task) unready() {
	if i := slices.Index(k.loop.ready, k); i >= 0 && len(k.pend) == 0 {
		last := len(k.loop.ready) - 1
		k.loop.ready[i] = k.loop.ready[last]
		k.loop.ready[last] = nil
		k.loop.ready = k.loop.ready[:last]
	}
}

// voidStop takes back a stop because the thread was killed. A Clone is still
// reported: somebody has to answer for the child.
func (k *task) voidStop() {
	k.stopped = false
	last := len(k.pend) - 1
	if last < 0 || !k.pend[last].Kind.Stops() {
		return
	}
	if k.pend[last].Kind == tracehook.Clone {
		k.voidClone = true
		return
	}
	k.pend = k.pend[:last]
	k.unready()
}

// deliver hands the first report of the line to the handler.
func (k *task) deliver() {
	l := k.loop
	l.event = k.pend[0]
	e := &l.event
	k.pend = append(k.pend[:0], k.pend[1:]...)
	k.unready()
	l.w.ledger.Events++
	subject := e.Task.(*task)
	switch e.Kind {
	case tracehook.Clone:
		if child, ok := e.Child.(*task); ok {
			child.newborn = false
			if child.stopped = !child.gone; child.gone {
				e.Child = nil // killed before anybody could hear of it
			}
		}
		k.stopped = !k.voidClone
		k.voidClone = false
	case tracehook.Death:
		subject.died()
	case tracehook.Reap:
		subject.forget()
	default:
		k.stopped = true
	}
	l.handler.Handle(e)
	if k.stopped && k.stopKind == tracehook.Exit && k.t.killed {
		l.w.ledger.HeldDying++
	}
}

// died is what the tracer's own wait for a dead thread does.
func (k *task) died() {
	k.deathDelivered = true
	t := k.t
	switch p := t.proc; {
	case k.lost:
	case t != p.leader:
		k.push(tracehook.Event{Kind: tracehook.Reap, Status: t.status})
		t.release()
	case p.ended():
		p.becomeZombie()
	}
}

// forget ends the tracing of a thread that has gone or was let go.
func (k *task) forget() {
	k.gone, k.stopped = true, false
	if k.t.task == k {
		k.t.task = nil
	}
	if i := slices.Index(k.loop.tasks, k); i >= 0 {
		k.loop.tasks = slices.Delete(k.loop.tasks, i, i+1)
	}
}

// letGo ends the tracing of a thread in whatever state it is.
func (k *task) letGo() {
	t := k.t
	k.forget()
	k.pend = nil
	k.unready()
	if k.lost {
		return
	}
	t.trapStop, t.trapNotify, t.listened = false, false, false
	t.stepping, t.reported = tracehook.Run, false
	switch t.trap.kind {
	case tracehook.TrapBreakpoint, tracehook.TrapHardware:
	default:
		t.trap = pendingTrap{} // else it would kill the program
	}
	for i := range t.injected {
		t.pending.add(&t.injected[i])
	}
	t.injected = nil
	switch {
	case t.state == zombie && t != t.proc.leader:
		t.release()
	case t.state == zombie && t.proc.ended():
		t.proc.becomeZombie()
	case t.state == listening, t.state == traced && k.stopKind == tracehook.GroupStop && t.proc.inStop():
		t.w.park(t, jobStopped)
	case t.state == traced:
		// In a group-stop that it was resumed from, it takes part again.
		t.stopPending = t.stopPending || t.proc.stopped && t.phase != dying
		t.w.makeRunnable(t)
	case t.proc.stopped && t.state != zombie && t.state != gone && t.state != jobStopped && t.phase != dying:
		t.stopPending = true
		t.wake()
	}
}
