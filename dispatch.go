package utrace

import "github.com/utrace/utrace/tracehook"

// Handle takes an event from the back end. It is the tracehook.Handler of the
// core; programs do not call it.
func (c *Core) Handle(ev *tracehook.Event) {
	t, _ := ev.Task.Data().(*Thread)
	if t == nil {
		// A thread that was let go: nobody cares any more.
		if ev.Kind.Stops() {
			ev.Task.Resume(tracehook.Run, ev.Signal)
		}
		return
	}
	switch ev.Kind {
	case tracehook.Death:
		t.die(ev)
		return
	case tracehook.Reap:
		t.reap(ev)
		return
	}
	if t.state == stopped {
		t.void()
	}
	t.state = stopped
	t.at = ev.Kind
	t.systemTime = ev.SystemTime
	t.interrupted, t.inVfork = false, false
	if t.keepCalls {
		t.keepCalls, t.dirty = false, true
	}
	t.settling = true // not before all is known
	lifting := t.space.lifting()
	t.united(ev)
	if t.landed(ev) {
		t.signal = Signal{thread: t} // it comes later
	} else {
		t.handle(ev)
	}
	t.answerAsked()
	if s := t.space; s != nil {
		if s.untended() {
			s.tend()
		}
		s.stale = s.stale || lifting || s.lifting()
	}
	t.settling = false
	t.settle()
}

// handle reports an event to the engines.
func (t *Thread) handle(ev *tracehook.Event) {
	switch ev.Kind {
	case tracehook.Quiesce, tracehook.SyscallEntry, tracehook.SyscallExit, tracehook.Verdict,
		tracehook.Clone, tracehook.VforkDone, tracehook.Exec:
		// The instruction has not been executed yet, or the call that it makes
		// is under way: whose step it was wants it still, unless it is told and
		// says otherwise.
		t.renewSteps()
	}
	switch ev.Kind {
	case tracehook.SyscallEntry:
		t.enterCall(ev)
	case tracehook.SyscallExit:
		t.leaveCall(ev)
	case tracehook.Verdict:
		t.judged(ev)
	case tracehook.Signal:
		t.takeSignal(ev)
	case tracehook.Clone:
		t.cloned(ev)
	case tracehook.VforkDone:
		t.call.child = ev.ChildID
		t.walk(EventVforkDone, reportVforkDone)
	case tracehook.Exec:
		t.execed(ev)
	case tracehook.Exit:
		t.exiting(ev)
	case tracehook.GroupStop:
		t.jobStopped(ev)
	case tracehook.Continue:
		t.continued()
	}
}

func reportVforkDone(e *Engine, r *Report) Action {
	if e.cb.VforkDone == nil {
		return Resume
	}
	return e.cb.VforkDone(r, r.thread.call.child)
}

// void forgets a stop that ended by itself: the thread was killed while it was
// stopped, and SIGKILL wins over everything.
func (t *Thread) void() {
	t.everyone(func(e *Engine) {
		e.held, e.wish, e.asked = false, Resume, Resume
		e.wakeStopped()
	})
	t.stopExitTimer()
	t.signal.drop()
	t.call.forget()
	t.generation++
}

// answerAsked gives the reports that were asked for while the thread ran. The
// stop that it came to, of whatever kind, is as good as any.
func (t *Thread) answerAsked() {
	var asked Action
	t.everyone(func(e *Engine) { asked = max(asked, e.asked) })
	if asked == Resume {
		return
	}
	t.everyone(func(e *Engine) {
		if e.asked == Stop {
			e.held = true // unless its callback answers otherwise
		}
		if e.step != Resume {
			e.wish, e.step = e.step, Resume
		}
		e.asked = Resume
	})
	t.quiesce(asked)
}

// quiesce makes a pass without an event: a signal pass without a signal if an
// Interrupt was asked, else calls of the quiesce callbacks.
func (t *Thread) quiesce(asked Action) {
	if t.at == tracehook.Exit {
		return // a thread that exits does not return to user mode
	}
	if asked == Interrupt {
		t.signalPass(Reporting)
		return
	}
	if t.union&EventQuiesce == 0 {
		return
	}
	t.walk(0, reportNothing)
}

func (t *Thread) execed(ev *tracehook.Event) {
	delete(t.core.threads, t.ID())
	t.id.Store(int64(t.task.ID()))
	t.group.Store(int64(t.task.Group()))
	t.core.threads[t.ID()] = t
	t.leaveSpace()
	t.joinSpace()
	t.dirty = true // it may be the leader now
	t.call.former = ev.Former
	t.renewLeases()
	t.walk(EventExec, reportExec)
}

func reportExec(e *Engine, r *Report) Action {
	if e.cb.Exec == nil {
		return Resume
	}
	return e.cb.Exec(r, r.thread.call.former)
}

func (t *Thread) jobStopped(ev *tracehook.Event) {
	t.signal.number = ev.Signal
	if t.relisten { // no news: it was taken out of this very stop
		t.relisten = false
		return
	}
	t.walk(EventJobControl, reportStopped)
}

func reportStopped(e *Engine, r *Report) Action {
	if e.cb.JobControl == nil {
		return Resume
	}
	t := r.thread
	return e.cb.JobControl(r, JobControl{Stopped: true, Signal: t.signal.number, Notify: t.lastToStop()})
}

// lastToStop reports whether all other traced threads of the process have
// stopped for job control.
func (t *Thread) lastToStop() bool {
	for _, x := range t.core.threads {
		if x != t && x.Group() == t.Group() && !x.ended() && x.state != listening &&
			!(x.state == stopped && x.at == tracehook.GroupStop) {
			return false
		}
	}
	return true
}

func (t *Thread) continued() {
	t.relisten = false
	t.walk(EventJobControl, reportContinued)
}

func reportContinued(e *Engine, r *Report) Action {
	if e.cb.JobControl == nil {
		return Resume
	}
	t := r.thread
	first := true
	for _, x := range t.core.threads {
		if x != t && x.Group() == t.Group() && x.state == running {
			first = false
		}
	}
	return e.cb.JobControl(r, JobControl{Signal: sigcont, Notify: first})
}
