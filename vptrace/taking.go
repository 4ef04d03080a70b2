package vptrace

import (
	"time"
)

// taking is an attach to a thread that job control has stopped. It returns when the
// thread is in a stop that its tracer sees (ptrace_attach in kernel/ptrace.c waits until
// JOBCTL_TRAPPING is cleared), so that requests may follow at once. Other attaches
// return before the thread stops.
type taking struct {
	call  call
	place int32 // in the ledger
}

// unheard is how long a stop of the kernel's is waited for that the core has yet to
// hear of: it has been told to the thread's parent already.
const unheard = time.Millisecond

// take puts off the answer to an attach.
func (l *link) take(c *call) {
	s := l.tracer.s
	l.taking = &taking{call: *c, place: s.ledger.Keep()}
	// To a successor the call is one that has not been answered, and no more.
	s.ledger.Free(l.bond)
	l.bond = nil
}

// takeAgain puts it off once more, if a signal has broken the call off.
func (l *link) takeAgain(c *call) bool {
	if l.taking == nil || l.taking.call.TID != c.TID || l.taking.call.PC != c.PC || l.taking.call.Args != c.Args {
		return false
	}
	l.giveUpTaking()
	l.take(c)
	return true
}

// tookUnheard looks at a thread that was stopped when it was attached to, and for
// nothing that the core knew of.
func (l *link) tookUnheard() {
	if l.taking == nil {
		return
	}
	if l.engine.Thread().JobStop() == 0 {
		l.taken()
		return
	}
	l.groupFirst = true
	l.ask()
}

// taken answers the attach.
func (l *link) taken() {
	if l.taking == nil {
		return
	}
	s, c := l.tracer.s, l.taking.call
	l.giveUpTaking()
	if l.state != gone {
		l.bond = s.ledger.NewBond(l.tracer.tgid, l.by, l.tgid, l.tid)
	}
	s.answerDone(&c, 0)
}

// giveUpTaking forgets it without an answer.
func (l *link) giveUpTaking() {
	if l.taking != nil {
		l.tracer.s.ledger.Drop(l.taking.place)
		l.taking = nil
	}
}
