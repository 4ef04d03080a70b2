package gdbserver

import (
	"context"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/gdbserver/rsp"
)

// thread is a thread that a client debugs: the handler of an engine.
type thread struct {
	p      *process
	id     int
	engine *utrace.Engine
	state  threadState
	// event is what happened to it, while that is still to be told, and seq its
	// place among the events of the client.
	event *rsp.Stop
	seq   uint64
	// stale is a breakpoint that it ran into and that was removed before it was told.
	stale *rsp.Stop
	// last is what was told last.
	last *rsp.Stop
	// resumed: the client, in all-stop mode, wants to hear of it.
	resumed bool
	// stepping: until it has made a step, or left the range.
	stepping         bool
	rangeLo, rangeHi uint64
	// stepped: the step has ended, and endStep is going to say so.
	stepped bool
	// wanted: in non-stop mode, the client has asked for the stop.
	wanted bool
	// interrupt: the stop is the answer to a ^C.
	interrupt bool
	// inVfork: it waits for a child that has its memory, and cannot stop.
	inVfork bool
	// kept is the signal, in gdb's numbers, that the client has resumed it with when it
	// could not be resumed yet.
	kept int
	// injected are signals that the client sends, which it need not hear of.
	injected []int
	// fresh: its client has just attached to the process by it.
	fresh bool
	// begins: it has executed the program that is being started, and is asked to stop at
	// its first instruction.
	begins bool
	// inCall: it was told of the entry of a system call, and is of the exit.
	inCall bool
}

type threadState uint8

const (
	runs threadState = iota
	stopping
	stopped
)

// always are the events that a client's engines want at any time. Quiesce is among
// them so that a step can be asked for again where other engines have interrupted
// it.
const always = utrace.EventQuiesce | utrace.EventClone | utrace.EventVforkDone | utrace.EventExec |
	utrace.EventDeath | utrace.EventReap | utrace.EventSignalAll | utrace.EventTrap

// mask is what the engine wants.
func (t *thread) mask() utrace.Events {
	if t.p.catch.any() {
		return always | utrace.EventSyscall
	}
	return always
}

// name is the thread's id in the protocol.
func (t *thread) name() rsp.Thread { return rsp.Thread{PID: t.p.root().pid, TID: t.id} }

// isMeant reports whether a name, which may stand for many, means the thread.
func (t *thread) isMeant(name rsp.Thread) bool { return name.Covers(t.p.root().pid, t.id) }

// quiet reports whether the thread does not run: one that waits for its vfork
// child does not, and cannot be stopped either.
func (t *thread) quiet() bool { return t.state == stopped || t.state == stopping && t.inVfork }

// ask asks a running thread to stop.
func (t *thread) ask() {
	if t.state != runs {
		return
	}
	commit, err := t.engine.Check(utrace.Stop)
	if err != nil {
		return // it is dying, which will be reported
	}
	t.state = stopping
	if commit() == nil {
		t.arrived()
	}
}

// arrived notes that the thread stands, with nothing to tell but that it was asked
// to.
func (t *thread) arrived() {
	switch {
	case t.begins:
		t.begun()
	case t.stepped:
		t.endStep()
	case t.interrupt:
		t.p.s.interrupts.asked = false
		t.happened(rsp.Stop{Reason: rsp.Signalled, Signal: gdbSIGINT})
	case t.wanted:
		t.happened(rsp.Stop{Reason: rsp.Signalled})
	case t.goToSignal():
	default:
		t.hold()
		t.state, t.fresh = stopped, false
		t.p.s.settle()
	}
}

// begun ends the start of a program, which stands at its first instruction. It is told in
// the reply to who asked for the start.
func (t *thread) begun() {
	t.hold()
	t.state, t.begins, t.p.startup = stopped, false, 0
	t.last = &rsp.Stop{Reason: rsp.Signalled, Signal: gdbSIGTRAP, Thread: t.name(), Core: -1}
	t.p.finishStart(nil)
}

// happened notes an event that the client is to be told of. The thread stands.
func (t *thread) happened(stop rsp.Stop) {
	if t.state == stopped {
		return // by the same stop: two breakpoints, say, which the client can see
	}
	t.stepped = false
	s := t.p.s
	if t.interrupt && stop.Signal != gdbSIGINT {
		s.interrupts.asked, s.interrupts.due = false, true
	}
	t.hold()
	t.state, t.stepping, t.wanted, t.interrupt, t.fresh = stopped, false, false, false, false
	stop.Thread, stop.Core = t.name(), -1
	t.event = &stop
	s.seq++
	t.seq = s.seq
	if s.conn == nil {
		t.last, t.event = t.event, nil // for who comes
		return
	}
	if s.nonStop {
		s.tell(t)
		return
	}
	s.settle()
}

// answer is what the thread is to do after a callback.
func (t *thread) answer() utrace.Action {
	switch {
	case t.state == stopped:
		return utrace.Stop
	case t.stepping:
		return utrace.SingleStep
	}
	return utrace.Resume
}

// hold has the engine hold its thread at once, also inside a callback whose answer
// will say the same, and in one of another engine of the client's: the thread is
// looked at for the stop reply.
func (t *thread) hold() {
	if commit, err := t.engine.Check(utrace.Stop); err == nil {
		_ = commit()
	}
}

// leave ends the engine's attachment.
func (t *thread) leave() {
	t.stepped = false
	if t.engine == nil {
		return
	}
	if r, err := t.engine.Held(); err == nil && r.Signal() != nil {
		// What the client was told of it decided about, and would not pass on by
		// itself. It does not know of the rest.
		do := utrace.KeepSignal
		if t.event == nil && !t.p.s.settings.passes(r.Signal().Number()) {
			do = utrace.Ignore
		}
		_ = t.engine.Answer(context.Background(), utrace.SignalAnswer{Do: do})
	}
	_ = t.engine.Detach()
}

// gdbSIGINT and gdbSIGTRAP are gdb's numbers, and Linux's.
const (
	gdbSIGINT  = 2
	gdbSIGTRAP = 5
)
