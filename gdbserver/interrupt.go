package gdbserver

import (
	"slices"
	"time"
)

// interrupts is what is to be done about a client's ^C.
type interrupts struct {
	// asked: a thread has been asked to stop for it.
	asked bool
	// due: it came when nothing could be stopped for it: the next thread that runs is,
	// as with gdbserver, whose SIGINT is pending then. late: it has waited already.
	due, late bool
}

// interruptPatience is how long a ^C waits for the end of a step.
const interruptPatience = 100 * time.Millisecond

// interrupt is ^C: some thread stops, and the client is told that it got SIGINT.
// No signal is sent, so the program and other clients do not notice. Of several
// processes it is, as with gdbserver, the one that the client has begun to debug last.
// While that stands because only a thread of another one is stepped, maybe off a
// breakpoint on the way to the resumption of everything, the ^C waits for a moment.
func (s *session) interrupt() {
	if s.observer || s.interrupts.asked {
		return
	}
	t := s.interruptible()
	switch {
	case t == nil:
		s.interrupts.due = len(s.order) != 0
	case t.stepping && s.began != nil && t.p.root() != s.began && !s.interrupts.late:
		s.interrupts.due, s.interrupts.late = true, true
		s.server.after(interruptPatience, s.interruptAgain)
	default:
		s.interrupts = interrupts{asked: true}
		t.interrupt = true
		t.ask()
	}
}

// interruptAgain is interrupt for a ^C that is due.
func (s *session) interruptAgain() {
	if s.interrupts.due {
		s.interrupts.due = false
		s.interrupt()
	}
}

// interruptible is the thread to stop for a ^C.
func (s *session) interruptible() *thread {
	list := s.threads()
	if s.began != nil {
		list = append(s.began.threads[:len(s.began.threads):len(s.began.threads)], list...)
	}
	i := slices.IndexFunc(list, func(t *thread) bool { return t.state == runs && !t.inVfork })
	if i < 0 {
		return nil
	}
	return list[i]
}
