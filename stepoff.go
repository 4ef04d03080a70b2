package utrace

import "github.com/utrace/utrace/tracehook"

// Stepping off a planted trap. If there is a detour, the thread takes that. Else
// it does it in line: the trap is lifted, the thread makes one step while no
// other thread of the space runs, and the trap is put back. No thread can slip
// past it meanwhile.

// mayRun reports whether the space lets the thread go on now. If not, it will
// be settled again later.
func (t *Thread) mayRun() bool {
	s := t.space
	if s == nil || s.lifter == nil || !t.nearUser() {
		return true
	}
	return s.lifter == t && s.quiet()
}

// lifting reports whether a thread steps off a trap in line, or is waited for to
// do so. Others may wait for it; nil has no traps.
func (s *Space) lifting() bool { return s != nil && s.lifter != nil }

// nearUser reports whether the thread may be on its way to user mode, where the
// traps are. In a group-stop it goes on listening, and at its exit it dies.
func (t *Thread) nearUser() bool {
	return (t.at != tracehook.GroupStop || t.leaving) && t.at != tracehook.Exit
}

// stepsOff reports whether the thread stands on a planted trap, so that it has
// to step off it: by lifting it, or by a detour.
func (t *Thread) stepsOff() (lifts bool, detour *slot) {
	if t.stepOff == 0 {
		return false, nil
	}
	s := t.space
	if !t.nearUser() {
		s.spare(t)
		return false, nil
	}
	pc, err := t.pc()
	var p *plant
	if s != nil {
		p = s.traps[t.stepOff]
	}
	if err != nil || pc != t.stepOff || p == nil {
		t.stepOff = 0
		t.catchUp()
		s.spare(t)
		return false, nil
	}
	if s.lifter != t {
		if detour := t.findDetour(p); detour != nil {
			return false, detour
		}
	}
	if s.lifter == nil {
		s.lifter = t
	}
	return s.lifter == t, nil
}

// spare lets the others go on that wait for t to step off, as it will not now.
func (s *Space) spare(t *Thread) {
	if s != nil && s.lifter == t && s.lifted == nil {
		s.lifter, s.stale = nil, true
	}
}

// quiet asks all threads but the lifter to stop and reports whether they have.
// The parent in a vfork cannot come, and does not run either.
func (s *Space) quiet() bool {
	quiet := true
	for x := range s.threads {
		if x != s.lifter && x.state == running {
			x.interrupt()
			quiet = quiet && x.inVfork
		}
	}
	return quiet
}

// lift removes the trap under the lifter, which then can execute what is there.
// If that is a system call, its entry is the end of it: the call may wait for
// another thread of the space.
func (s *Space) lift(t *Thread) tracehook.Mode {
	p := s.traps[t.stepOff]
	s.lifted = p
	t.keepCalls, t.dirty = true, true
	s.core.fault(t, p.undo(t))
	return tracehook.Step
}

// replant puts the lifted trap back, through a thread that is stopped. There is
// none when the space dies with its last thread.
func (s *Space) replant(t *Thread) {
	p := s.lifted
	s.lifted = nil
	if p == nil || t == nil {
		return
	}
	if _, err := t.task.WriteMemory(p.addr, p.planted); err != nil {
		s.core.fault(t, err)
	}
}

// landed ends a step off a trap, whatever the thread reports: if it has executed
// the instruction the trap is behind it, else it will try again. It returns true
// if the event is a signal that comes in between, and is reported later.
func (t *Thread) landed(ev *tracehook.Event) (postponed bool) {
	t.passed(ev)
	done := false
	switch s := t.space; {
	case t.away.slot != nil:
		done = t.comeHome(ev)
	case s != nil && s.lifter == t && s.lifted != nil:
		done = t.putDown(ev)
	default:
		return false
	}
	if ev.Kind == tracehook.Signal && (ev.Trap == tracehook.TrapStep || ev.Trap == tracehook.TrapBlock) {
		t.justStepped = true
	}
	if !done {
		return t.stepOff != 0 && !t.justStepped && !t.watching.awaits(ev) && t.postpone(ev)
	}
	from := t.stepOff
	t.stepOff = 0
	if ev.Kind == tracehook.SyscallEntry {
		t.madeCall(from)
		t.everyone(func(e *Engine) { // whose step is not over yet
			if e.stepper {
				e.wish = SingleStep
			}
		})
	}
	t.catchUp()
	return false
}

// putDown ends a step in line. done: the instruction was executed. A string
// instruction takes many steps.
func (t *Thread) putDown(ev *tracehook.Event) (done bool) {
	s := t.space
	p := s.lifted
	s.replant(t)
	s.lifter = nil
	switch {
	case ev.Kind == tracehook.SyscallEntry:
		return true
	case ev.Kind != tracehook.Signal:
		return false
	case ev.Trap == tracehook.TrapBreakpoint && ev.Addr == p.addr:
		// The instruction itself is one, and no trap of ours.
		ev.Trap, ev.Addr = tracehook.NoTrap, 0
	}
	pc, err := t.pc()
	return err != nil || pc != p.addr
}

// lifted reports whether the trap that is being reported is only the end of a
// step off that no engine asked for.
func (t *Thread) lifted() bool {
	if !t.justStepped {
		return false
	}
	t.justStepped = false
	asked := false
	t.everyone(func(e *Engine) { asked = asked || e.stepper })
	return !asked
}

// settleAll lets the threads of a space go on that waited for a lifter.
func (s *Space) settleAll() {
	s.stale = true
	if s.settling {
		return
	}
	s.settling = true
	for s.stale {
		s.stale = false
		for x := range s.threads {
			if x.state == stopped {
				x.settle()
			}
		}
	}
	s.settling = false
}
