package sim

import "github.com/utrace/utrace/tracehook"

// interestIn is what an observer has to want to be given events of a kind;
// those that are not here are wanted by all.
var interestIn = [...]tracehook.Interest{
	tracehook.SyscallEntry: tracehook.WantSyscalls, tracehook.SyscallExit: tracehook.WantSyscalls,
	tracehook.Clone: tracehook.WantClones, tracehook.VforkDone: tracehook.WantVforkDone,
	tracehook.Exit: tracehook.WantExit, tracehook.Lost: 0, // the last Kind
}

// note tells the observers of a thread what happens to it. The thread goes on.
func (t *thread) note(e tracehook.Event) {
	if len(t.watched) == 0 {
		return
	}
	e.Time = uint64(t.w.clock)
	for _, s := range t.watched {
		if want := interestIn[e.Kind]; want != 0 && s.interest&want == 0 {
			continue
		}
		s.keep(sighting{Event: e, subject: s, id: t.id, start: t.start})
	}
	if e.Kind == tracehook.Reap {
		t.watched = nil
	}
}

// noteEntry notes a call as it is going to be made.
func (t *thread) noteEntry() {
	t.entered = true
	if len(t.watched) == 0 {
		return
	}
	t.noted = t.call
	t.noted.Nr, t.noted.Result = t.regs[origRax], 0
	for i, reg := range argRegisters {
		t.noted.Args[i] = t.regs[reg]
	}
	t.note(tracehook.Event{Kind: tracehook.SyscallEntry, Syscall: t.noted, Restarted: t.continued})
	for _, s := range t.watched {
		s.inCall = s.interest&tracehook.WantSyscalls != 0
	}
}

// noteExit notes its end. Who has not been told of the call is told now, from
// what the registers say.
func (t *thread) noteExit() {
	t.entered = false
	if len(t.watched) == 0 {
		return
	}
	for _, s := range t.watched {
		e := tracehook.Event{Kind: tracehook.SyscallExit, Syscall: t.call, Time: uint64(t.w.clock)}
		if s.inCall {
			e.Syscall = t.noted
		}
		e.Syscall.Paired, s.inCall = s.inCall, false
		e.Syscall.Result = int64(t.regs[rax])
		e.Syscall.Failed = e.Syscall.Result < 0 && e.Syscall.Result >= -4095
		if s.interest&tracehook.WantSyscalls != 0 {
			s.keep(sighting{Event: e, subject: s, id: t.id, start: t.start})
		}
	}
}

// noteClone notes a child that has not run, and has those observe it who want
// to (trace_sched_process_fork()).
func (t *thread) noteClone(c *thread, flags uint64) {
	t.note(tracehook.Event{Kind: tracehook.Clone, ChildID: c.id, CloneFlags: flags})
	for _, s := range t.watched {
		if s.interest&tracehook.WantClones != 0 {
			s.o.newSubject(c, s.interest)
		}
	}
}

// noteDeath notes the death of a thread that is counted as dead.
func (t *thread) noteDeath() {
	e := tracehook.Event{Kind: tracehook.Death, Status: t.status, ParentSignal: tracehook.NoParentSignal}
	switch p := t.proc; {
	case t != p.leader:
	case p.live > 0:
		e.ParentSignal = tracehook.LeaderZombie
	default:
		e.Status, e.ParentSignal = p.status, sigCHLD
	}
	t.note(e)
}

// subjectOf is how an observer knows the thread, or nil.
func (t *thread) subjectOf(o *Observer) *subject {
	for _, s := range t.watched {
		if s.o == o {
			return s
		}
	}
	return nil
}
