package utrace

import (
	"errors"
	"slices"
	"syscall"

	"github.com/utrace/utrace/tracehook"
)

// settle decides what a stopped thread does now: it is let go, held, given the
// rest of its reports, or resumed. Everything that could change the answer
// ends with a call of it.
func (t *Thread) settle() {
	if t.settling || t.passing {
		return
	}
	t.settling = true
	t.decide()
	t.settling = false
	if s := t.space; s != nil && s.stale {
		s.settleAll()
	}
}

func (t *Thread) decide() {
	for t.state == stopped {
		wish := Resume
		switch {
		case t.nobody():
			t.letGo()
			return
		case t.held() && t.hold():
			return
		case t.takeInstead():
			continue
		case t.at == tracehook.Signal && t.signal.active:
			t.continueSignal()
			continue
		default:
			t.everyone(func(e *Engine) { wish = max(wish, e.wish) })
		}
		switch {
		case wish >= ReportSoon && t.at == tracehook.SyscallEntry && t.call.heldHere:
			t.repeatEntry()
		case wish >= ReportSoon && t.at == tracehook.Quiesce:
			t.everyone(func(e *Engine) { e.wish = Resume })
			t.quiesce(wish)
			t.quiet(wish)
		default:
			t.resume(wish)
			return
		}
	}
}

// quiet tames the answers of a pass that was the last one before user mode: it
// cannot ask for itself for ever.
func (t *Thread) quiet(asked Action) {
	t.everyone(func(e *Engine) {
		if e.wish == ReportSoon || e.wish == Interrupt && asked == Interrupt {
			e.wish = Resume
		}
	})
}

// nobody reports whether no engine is left.
func (t *Thread) nobody() bool {
	return len(t.engines) == 0 && len(t.attaching) == 0
}

// hold keeps the thread stopped for whoever wants it. It returns false where
// nobody may: in a death by SIGKILL, which nothing can delay.
func (t *Thread) hold() bool {
	t.space.spare(t) // nobody need wait for a thread that is held
	t.everyone((*Engine).tellStopped)
	switch t.at {
	case tracehook.SyscallEntry:
		t.call.heldHere = true
	case tracehook.Signal:
		t.journalHold()
	case tracehook.Exit:
		if slices.ContainsFunc(t.engines, func(e *Engine) bool { return e.holds() && e.holdsExit }) {
			t.stopExitTimer()
			return true
		}
		if sig, ok := t.status.Killed(); ok && sig == int(syscall.SIGKILL) {
			t.release()
			return false
		}
		if t.exitTimer == nil {
			t.exitTimer = t.core.loop.After(t.core.options.ExitHold, func() {
				t.exitTimer = nil
				t.release()
				t.settle()
			})
		}
	}
	return true
}

// release takes the hold of all engines away.
func (t *Thread) release() {
	t.everyone(func(e *Engine) { e.held = false })
}

func (t *Thread) stopExitTimer() {
	if t.exitTimer != nil {
		t.exitTimer.Stop()
		t.exitTimer = nil
	}
}

// resume lets the thread run, as the strictest wish says.
func (t *Thread) resume(wish Action) {
	t.noteRestart()
	lifts, detour := t.stepsOff()
	if !t.mayRun() {
		return // settled again when the space allows it
	}
	if t.at == tracehook.SyscallEntry || t.at == tracehook.SyscallExit {
		t.applyCall()
	}
	if wish >= ReportSoon {
		t.askAfter()
	}
	mode := tracehook.Run
	t.everyone(func(e *Engine) {
		e.stepper = e.wish.steps()
		switch {
		case e.wish == SingleStep:
			mode = tracehook.Step
		case e.wish == BlockStep && mode == tracehook.Run:
			mode = tracehook.BlockStep
		}
		e.wish = Resume
	})
	if t.lastStep {
		mode = tracehook.Step
	}
	t.lastStep = false
	if mode == tracehook.Step && detour == nil && !lifts {
		detour = t.discreet()
	}
	switch {
	case detour != nil:
		mode = detour.enter(t, mode)
	case lifts:
		mode = t.space.lift(t)
	}
	signal := 0
	if t.at == tracehook.Signal {
		signal = t.signal.deliver
	}
	passing := t.passEarly(signal)
	if passing {
		mode = tracehook.Step
	}
	next := running
	if t.at == tracehook.GroupStop && !t.leaving {
		mode, next = tracehook.Listen, listening
	}
	t.leaving = false
	if mode == tracehook.Step && t.unite(signal) {
		mode = tracehook.Run
	}
	t.journalRelease()
	t.stopExitTimer()
	if t.watching.stale && !passing {
		_ = t.arm() // WaitWatches tells
	}
	if t.dirty {
		t.refresh()
	}
	t.state = next
	t.generation++
	// A thread that was killed meanwhile reports its end by itself.
	err := t.task.Resume(mode, signal)
	if errors.Is(err, ErrNotSupported) && (mode == tracehook.Step || mode == tracehook.BlockStep) {
		t.core.fault(t, err) // who wanted the step hears of it, the thread runs
		err = t.task.Resume(tracehook.Run, signal)
	}
	t.core.fault(t, err)
}

// askAfter carries wishes for another report over the resume. At the entry of
// a system call ReportSoon waits for its exit, since it must not disturb the
// call; Interrupt must.
func (t *Thread) askAfter() {
	gently := t.at == tracehook.SyscallEntry
	t.everyone(func(e *Engine) {
		if e.wish >= ReportSoon {
			gently = gently && e.wish == ReportSoon
			e.asked, e.wish = e.wish, Resume
		}
	})
	if gently {
		t.keepCalls, t.dirty = true, true
		return
	}
	t.interrupt()
}

// letGo ends the attachment to a thread that no engine wants any more.
func (t *Thread) letGo() {
	t.takeInstead()
	if t.space != nil && t.space.hasTraps() {
		t.continueSignalAlone()
		t.parted()
		t.resume(Resume) // it could run into a breakpoint: see Space
		return
	}
	if t.disarm() || t.mayStandBehindTrap() {
		// A step brings the signal, if there is one, or else another stop.
		t.continueSignalAlone()
		t.lastStep, t.keepCalls, t.dirty = true, true, true
		t.resume(Resume)
		return
	}
	if t.at == tracehook.SyscallEntry || t.at == tracehook.SyscallExit {
		t.applyCall()
	}
	signal := 0
	if t.at == tracehook.Signal {
		t.continueSignalAlone()
		signal = t.signal.deliver
	}
	t.journalRelease()
	t.stopExitTimer()
	t.leaveSpace()
	t.state = reaped
	t.generation++
	t.task.SetData(nil)
	t.core.fault(t, t.task.Detach(signal))
	t.core.removed(t)
}

// continueSignalAlone ends a signal pass whose engines have all left: what
// they chose so far counts.
func (t *Thread) continueSignalAlone() {
	if t.signal.active && t.signal.begun {
		t.signal.active, t.signal.begun, t.signal.last = false, false, nil
		t.carryOut()
	}
}
