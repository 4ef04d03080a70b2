package utrace

import "reflect"

// An engine's handler implements some of the interfaces below, one for each
// family of events. Which it implements is found out once, at Attach; which
// are called is decided by the event mask.
//
// All callbacks run on the loop of the thread, with the thread stopped (unless
// said otherwise) and no locks held. They must not block: all threads of the
// loop wait. To make the thread wait, answer Stop and control it later. What a
// callback receives is valid until it returns.

// QuiesceReporter is called, for EventQuiesce, before every other callback of
// its engine but Reap, with the event that is going on, also if only other engines
// asked for that event; SetEvents there takes effect for that very event.
// With cause 0 nothing else is going on: the thread is on its way back to
// user mode because somebody asked for ReportSoon, Interrupt or Stop.
type QuiesceReporter interface {
	ReportQuiesce(r *Report, cause Events) Action
}

// CloneReporter is called when the thread has made a child or a thread.
type CloneReporter interface {
	ReportClone(r *Report, c *Clone) Action
}

// VforkDoneReporter is called when a vfork child has exec'd or died, before
// its parent returns from vfork.
type VforkDoneReporter interface {
	ReportVforkDone(r *Report, child int) Action
}

// ExecReporter is called when a new program is in place and has not begun.
// The thread may have had another id before: former.
type ExecReporter interface {
	ReportExec(r *Report, former int) Action
}

// ExitReporter is called when the thread is about to end and has all its state
// still. Nothing can prevent the end. Stop holds it here, but not for long: a
// held exit is deaf to SIGKILL, so the core lets it go after Options.ExitHold.
type ExitReporter interface {
	ReportExit(r *Report, status Status) Action
}

// DeathReporter is called when the thread is dead. It has no state any more;
// of the answer only Detach means anything: there will be no Reap.
type DeathReporter interface {
	ReportDeath(r *Report, d *Death) Action
}

// ReapReporter is called when the thread id is free: the last callback. The
// engine is detached when it returns. The status is the whole process's where
// the thread was its leader.
type ReapReporter interface {
	ReportReap(r *Report, status Status)
}

// SyscallEntryReporter is called when the thread has entered a system call
// that has not begun. The engines are called in reverse order: the one that
// attached last is nearest to user mode.
type SyscallEntryReporter interface {
	ReportSyscallEntry(r *Report, s *Syscall) SyscallAnswer
}

// SyscallExitReporter is called when a system call has ended, before signals
// are looked at. An interrupted call shows its raw ERESTART result.
type SyscallExitReporter interface {
	ReportSyscallExit(r *Report, s *Syscall) Action
}

// VerdictReporter is called when a seccomp filter of the program has returned
// SECCOMP_RET_TRACE with these data. If the entry of the call is reported, too,
// it has been before. The call can be changed through the registers.
type VerdictReporter interface {
	ReportVerdict(r *Report, s *Syscall, data uint32) Action
}

// SignalReporter is called when a signal has been dequeued and has not taken
// effect and, without a signal, for the passes that Signal.Reporting tells of.
type SignalReporter interface {
	ReportSignal(r *Report, s *Signal) SignalAnswer
}

// JobControlReporter is called when the thread has stopped for job control or
// has been continued. Stop holds it also when SIGCONT comes.
type JobControlReporter interface {
	ReportJobControl(r *Report, j JobControl) Action
}

// TrapReporter is called for the traps that this engine caused (EventTrap)
// and, with EventForeignTrap, for those of other engines. Such a trap never
// reaches the program.
type TrapReporter interface {
	ReportTrap(r *Report, x *Trap) Action
}

// Funcs is a handler made of functions. A nil one lets everything take its
// course.
type Funcs struct {
	Quiesce      func(r *Report, cause Events) Action
	Clone        func(r *Report, c *Clone) Action
	VforkDone    func(r *Report, child int) Action
	Exec         func(r *Report, former int) Action
	Exit         func(r *Report, status Status) Action
	Death        func(r *Report, d *Death) Action
	Reap         func(r *Report, status Status)
	SyscallEntry func(r *Report, s *Syscall) SyscallAnswer
	SyscallExit  func(r *Report, s *Syscall) Action
	Verdict      func(r *Report, s *Syscall, data uint32) Action
	Signal       func(r *Report, s *Signal) SignalAnswer
	JobControl   func(r *Report, j JobControl) Action
	Trap         func(r *Report, x *Trap) Action
}

// callbacks finds out which interfaces h implements. The result is called
// through: a type assertion on every report would cost more than the report.
func callbacks(h any) (f Funcs, ok bool) {
	switch h := h.(type) {
	case nil:
		return f, false
	case *Funcs:
		if h == nil {
			return f, false
		}
		return *h, true
	case Funcs:
		return h, true
	}
	if v := reflect.ValueOf(h); v.Kind() == reflect.Pointer && v.IsNil() {
		return f, false
	}
	if h, yes := h.(QuiesceReporter); yes {
		f.Quiesce, ok = h.ReportQuiesce, true
	}
	if h, yes := h.(CloneReporter); yes {
		f.Clone, ok = h.ReportClone, true
	}
	if h, yes := h.(VforkDoneReporter); yes {
		f.VforkDone, ok = h.ReportVforkDone, true
	}
	if h, yes := h.(ExecReporter); yes {
		f.Exec, ok = h.ReportExec, true
	}
	if h, yes := h.(ExitReporter); yes {
		f.Exit, ok = h.ReportExit, true
	}
	if h, yes := h.(DeathReporter); yes {
		f.Death, ok = h.ReportDeath, true
	}
	if h, yes := h.(ReapReporter); yes {
		f.Reap, ok = h.ReportReap, true
	}
	if h, yes := h.(SyscallEntryReporter); yes {
		f.SyscallEntry, ok = h.ReportSyscallEntry, true
	}
	if h, yes := h.(SyscallExitReporter); yes {
		f.SyscallExit, ok = h.ReportSyscallExit, true
	}
	if h, yes := h.(VerdictReporter); yes {
		f.Verdict, ok = h.ReportVerdict, true
	}
	if h, yes := h.(SignalReporter); yes {
		f.Signal, ok = h.ReportSignal, true
	}
	if h, yes := h.(JobControlReporter); yes {
		f.JobControl, ok = h.ReportJobControl, true
	}
	if h, yes := h.(TrapReporter); yes {
		f.Trap, ok = h.ReportTrap, true
	}
	return f, ok
}

// kindOf is what MatchKind compares: the type of a handler, or the very
// pointer for a *Funcs, all of which are of one type.
func kindOf(h any) any {
	if f, ok := h.(*Funcs); ok {
		return f
	}
	return reflect.TypeOf(h)
}
