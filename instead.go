package utrace

import "github.com/utrace/utrace/tracehook"

// instead is a signal that takes the place of a trap, when the last engine that looks at
// the trap lets go: till then the siginfo is the trap's.
type instead struct {
	info Siginfo
	from *Engine
}

// DeliverInstead has a signal delivered in the place of the trap that the thread is
// stopped at, when it goes on, as PTRACE_CONT does: a handler runs before the instruction
// there. The other engines are asked about it as about any signal, also those that still
// hold the thread, after they have let go; this one is not. ErrInvalid: the thread is at
// no trap, or is going to get such a signal already. On the loop only.
func (e *Engine) DeliverInstead(info Siginfo) error {
	if err := e.examinable(); err != nil {
		return err
	}
	t := e.thread
	if t.at != tracehook.Signal || t.signal.active || t.instead != nil || !deliverable(info.Signo()) {
		return ErrInvalid
	}
	t.instead = &instead{info, e}
	return nil
}

// takeInstead begins with the signal that takes the place of the trap, if there is one.
func (t *Thread) takeInstead() bool {
	x := t.instead
	if x == nil || t.at != tracehook.Signal {
		return false
	}
	t.instead = nil
	if err := t.task.SetSiginfo(&x.info); err != nil {
		t.core.fault(t, err) // killed: it runs no more
		return false
	}
	t.signal = Signal{thread: t, number: x.info.Signo(), deliver: x.info.Signo(), active: true, from: x.from}
	return true
}
