package utrace

import "github.com/utrace/utrace/tracehook"

// Stepping off a planted trap, in line: the trap is lifted, the thread makes
// one step while no other thread of the space runs, and the trap is put back.
// No thread can slip past it meanwhile. Package breakpoint knows a way that
// need not stop the others.

// mayRun reports whether the space lets the thread go on now. If not, it will
// be settled again later.
func (t *Thread) mayRun() bool {
	s := t.space
	if s == nil || s.lifter == nil || !t.nearUser() {
		return true
	}
	return s.lifter == t && s.quiet()
}

// nearUser reports whether the thread may be on its way to user mode, where the
// traps are. In a group-stop it goes on listening, and at its exit it dies.
func (t *Thread) nearUser() bool {
	return (t.at != tracehook.GroupStop || t.leaving) && t.at != tracehook.Exit
}

// stepsOff reports whether the thread stands on a planted trap, so that it has
// to step off it, and begins with it.
func (t *Thread) stepsOff() bool {
	if t.stepOff == 0 {
		return false
	}
	if !t.nearUser() {
		t.space.spare(t)
		return false
	}
	s := t.space
	pc, err := t.pc()
	if err != nil || pc != t.stepOff || s == nil || s.traps[pc] == nil {
		t.stepOff = 0
		s.spare(t)
		return false
	}
	if s.lifter == nil {
		s.lifter = t
	}
	return s.lifter == t
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
func (s *Space) lift(t *Thread) {
	p := s.traps[t.stepOff]
	s.lifted = p
	t.keepCalls, t.dirty = true, true
	_, err := t.task.WriteMemory(p.addr, p.original)
	s.core.fault(t, err)
}

// replant puts the lifted trap back, through a thread that is stopped. There is
// none when the space dies with its last thread.
func (s *Space) replant(t *Thread) {
	p := s.lifted
	s.lifted = nil
	if p == nil || t == nil {
		return
	}
	if _, err := t.task.WriteMemory(p.addr, p.insn); err != nil {
		s.core.fault(t, err)
	}
}

// landed ends a step off a trap, whatever the thread reports: after a step the
// trap is behind it, after anything else it will try again. It returns false
// if the thread was not stepping off.
func (t *Thread) landed(ev *tracehook.Event) {
	s := t.space
	if s == nil || s.lifter != t || s.lifted == nil {
		return
	}
	s.replant(t)
	s.lifter = nil
	switch {
	case ev.Kind == tracehook.Signal && (ev.Trap == tracehook.TrapStep || ev.Trap == tracehook.TrapBlock):
		t.stepOff, t.justStepped = 0, true
	case ev.Kind == tracehook.SyscallEntry:
		t.stepOff = 0
		t.everyone(func(e *Engine) { // whose step is not over yet
			if e.stepper {
				e.wish = SingleStep
			}
		})
	}
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
