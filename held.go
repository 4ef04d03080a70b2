package utrace

import (
	"github.com/utrace/utrace/regset"
	"github.com/utrace/utrace/tracehook"
)

// Held gives the thread that this engine keeps stopped, directly at hand as in
// a callback, to a client that runs on the loop. The report is valid until the
// client returns to the loop. ErrInvalid: the engine does not hold the thread.
// ErrAgain: it is not stopped yet. ErrGone: it is dead.
func (e *Engine) Held() (*Report, error) {
	if err := e.examinable(); err != nil {
		return nil, err
	}
	t := e.thread
	t.report.thread, t.report.engine = t, e
	return &t.report, nil
}

// A Report is a regset.Transport itself, for who does not want to allocate one.
var _ regset.Transport = (*Report)(nil)

// ReadRegset implements regset.Transport.
func (r *Report) ReadRegset(note regset.Note, p []byte) (int, error) {
	return registers{r.thread, r.engine}.ReadRegset(note, p)
}

// WriteRegset implements regset.Transport.
func (r *Report) WriteRegset(note regset.Note, p []byte) error {
	return registers{r.thread, r.engine}.WriteRegset(note, p)
}

// PeekUser implements regset.Transport.
func (r *Report) PeekUser(off uintptr) (uint64, error) { return r.thread.task.PeekUser(off) }

// PokeUser implements regset.Transport.
func (r *Report) PokeUser(off uintptr, v uint64) error { return r.thread.pokeUser(off, v) }

// SignalMask is the set of signals that the thread blocks, bit n-1 for signal n.
func (r *Report) SignalMask() (uint64, error) { return r.thread.task.SignalMask() }

// SetSignalMask replaces it.
func (r *Report) SetSignalMask(mask uint64) error { return r.thread.task.SetSignalMask(mask) }

// Signal is the signal whose pass the engine has suspended. Nil anywhere else.
func (r *Report) Signal() *Signal {
	t := r.thread
	if t.at != tracehook.Signal || !t.signal.active || t.signal.last != r.engine {
		return nil
	}
	return &t.signal
}

// Forget says that the client makes requests to the kernel about the thread's
// registers that the core knows nothing of. It is called before them, since inside
// a callback what was written need not be with the kernel yet, and after those
// that have changed something.
func (r *Report) Forget() {
	if task, ok := r.thread.task.(interface{ Forget() }); ok {
		task.Forget()
	}
}

// Syscall is the call at whose entry, exit or verdict the thread is stopped. Nil
// anywhere else.
func (r *Report) Syscall() *Syscall {
	switch t := r.thread; t.at {
	case tracehook.SyscallEntry, tracehook.SyscallExit, tracehook.Verdict:
		return &t.call
	}
	return nil
}

// TrapInfo is the siginfo of the trap that the thread reported last.
// ErrInvalid: its stop was not one.
func (r *Report) TrapInfo() (info Siginfo, err error) {
	err = r.thread.task.Siginfo(&info)
	return info, err
}

// HideTraps puts the original bytes into p where breakpoints of the core have
// covered them, for memory from addr on that was read without the core. On the
// loop only.
func (e *Engine) HideTraps(addr uint64, p []byte) { e.thread.space.mask(addr, p) }

// Planted reports whether there is a trap at addr. Where the program has unmapped the
// text under it, or mapped something else, it is gone, which nobody is told of; while
// no thread of the process is stopped that cannot be seen. On the loop only.
func (e *Engine) Planted(addr uint64) bool {
	s := e.thread.space
	if s == nil || !s.planted(addr) {
		return false
	}
	p, t := s.traps[addr], s.stopped()
	return p == s.lifted || t == nil || p.present(t)
}

// LeaveGroupStop has the thread run when it is resumed next, although job control
// has stopped it, as PTRACE_CONT does to a tracee. The rest of its process stays
// stopped. On the loop only.
func (e *Engine) LeaveGroupStop() {
	if t := e.thread; t.state == stopped && t.at == tracehook.GroupStop {
		t.leaving = true
	}
}

// JobStop is the signal by which job control has stopped the thread; 0 if it
// has not. On the loop only.
func (t *Thread) JobStop() int {
	if t.state == listening || t.state == stopped && t.at == tracehook.GroupStop {
		return t.signal.number
	}
	return 0
}

// SuspendFilters has the seccomp filters of the thread suspended as long as the
// engine is attached (PTRACE_O_SUSPEND_SECCOMP in ptrace(2)). Without
// CAP_SYS_ADMIN it has no effect. On the loop only.
func (e *Engine) SuspendFilters(on bool) {
	e.unfiltered = on
	e.thread.maskChanged()
}

// Filter says whether what WithFilter says holds for the engine from now on. On
// the loop only.
func (e *Engine) Filter(on bool) {
	e.filtered = on
	e.thread.maskChanged()
}

// Dropped reports whether an engine before this one has chosen to ignore the
// signal. It is cheaper than Choice, which looks at the process.
func (s *Signal) Dropped() bool { return s.do == Ignore }

// Holds reports whether the engine keeps its thread stopped, or will as soon as
// it stops. On the loop only.
func (e *Engine) Holds() bool { return e.holds() }

// Stop says in what event the thread is stopped, whoever holds it. ok is false
// while it runs, or listens in a group-stop. On the loop only.
func (t *Thread) Stop() (at tracehook.Kind, ok bool) { return t.at, t.state == stopped }
