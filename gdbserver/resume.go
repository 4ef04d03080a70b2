package gdbserver

import (
	"context"
	"slices"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/gdbserver/rsp"
	"github.com/utrace/utrace/tracehook"
)

// resume serves vCont and the older packets like it.
func (s *session) resume(dst, packet []byte) ([]byte, error) {
	threads := s.cont
	if threads == (rsp.Thread{}) {
		threads = rsp.Thread{PID: rsp.All, TID: rsp.All}
	}
	step := packet[0] == 's' || packet[0] == 'S'
	if step && s.cont.TID <= 0 && s.general != nil {
		threads = s.general.name()
	}
	actions, err := rsp.ParseResume(packet, threads)
	if err != nil {
		return nil, err
	}
	if packet[0] != 'v' && step {
		// The others run meanwhile, as with gdbserver.
		actions = append(actions, rsp.Action{Kind: 'c', Threads: rsp.Thread{PID: rsp.All, TID: rsp.All}})
	} else if packet[0] == 'C' && s.general != nil && s.cont.TID <= 0 {
		actions[0].Threads = s.general.name()
		actions = append(actions, rsp.Action{Kind: 'c', Threads: rsp.Thread{PID: rsp.All, TID: rsp.All}})
	}
	if s.nonStop { // also about processes whose end has not been taken yet
		s.act(actions)
		return append(dst, "OK"...), nil
	}
	if len(s.order) == 0 {
		return nil, failed
	}
	s.discardStale()
	s.waiting = true
	for _, p := range s.order {
		for _, t := range p.threads {
			t.resumed = actionFor(actions, t) != nil
		}
	}
	// What has not been told yet is told now, and nothing resumed.
	if t, end := s.next(); t == nil && end == nil {
		s.act(actions)
	} else {
		s.keepSignals(actions)
	}
	s.settle()
	return nil, errLater
}

// keepSignals takes down which signals threads are to get when they are resumed at
// last: the client does not say it again.
func (s *session) keepSignals(actions []rsp.Action) {
	for _, p := range s.order {
		for _, t := range p.threads {
			if a := actionFor(actions, t); a != nil && a.Signal != 0 {
				t.kept = a.Signal
			}
		}
	}
}

// actionFor finds the action for a thread: the first that names it.
func actionFor(actions []rsp.Action, t *thread) *rsp.Action {
	for i := range actions {
		if t.isMeant(actions[i].Threads) {
			return &actions[i]
		}
	}
	return nil
}

// act carries actions out.
func (s *session) act(actions []rsp.Action) {
	s.resuming = true
	for _, p := range append([]*process(nil), s.order...) {
		for _, t := range append([]*thread(nil), p.threads...) {
			a := actionFor(actions, t)
			switch {
			case a == nil || p.parent != nil:
			case p.exit != nil && a.Kind != 't':
				p.tellEnd()
			case a.Kind == 't':
				t.halt()
			case t.state == runs: // an action for all is not meant for it
			case t.event == nil && !s.queued(t):
				t.run(a)
			}
		}
	}
	s.resuming = false
	s.interruptAgain()
}

// queued reports whether a thread's stop is still to be taken, or the fork that it
// comes from. Such a thread stays where it is, whatever the client says who does not
// know of that.
func (s *session) queued(t *thread) bool {
	return slices.ContainsFunc(s.queue.list, func(x *queued) bool {
		forked := x.stop.Reason == rsp.Fork || x.stop.Reason == rsp.Vfork
		return x.thread == t || forked && x.stop.Child.PID == t.p.pid
	})
}

// halt stops a thread of a non-stop client.
func (t *thread) halt() {
	switch t.state {
	case runs:
		t.wanted = true
		t.ask()
	case stopping:
		t.wanted = true
	case stopped:
		// Its stop was not told, since nothing had happened.
		if t.last == nil && t.event == nil && !t.p.s.queued(t) {
			t.state = stopping
			t.happened(rsp.Stop{Reason: rsp.Signalled})
		}
	}
}

// run lets a thread that stands go on.
func (t *thread) run(a *rsp.Action) {
	next := utrace.Resume
	t.stepping, t.rangeLo, t.rangeHi = false, 0, 0
	if a.Kind == 's' || a.Kind == 'r' {
		next = utrace.SingleStep
		t.stepping = true
		t.rangeLo, t.rangeHi = a.Start, a.End
	}
	t.state, t.wanted, t.last, t.stale = runs, false, nil, nil
	if a.Signal != 0 {
		t.kept = a.Signal
	}
	signal := rsp.SignalFromGDB(t.kept)
	t.kept = 0
	ctx := context.Background()
	r, err := t.engine.Held()
	if err == nil {
		if sig := r.Signal(); sig != nil {
			_ = t.engine.Answer(ctx, t.decide(sig, signal, next))
			return
		}
		if signal != 0 {
			t.inject(signal)
		}
	}
	// An error is about its death, which will be reported.
	_ = t.engine.Control(ctx, next)
}

// decide answers a signal pass that was suspended: with no signal, with the same
// one, or with another.
func (t *thread) decide(sig *utrace.Signal, signal int, next utrace.Action) utrace.SignalAnswer {
	if signal == 0 {
		return utrace.SignalAnswer{Action: next, Do: utrace.Ignore}
	}
	if signal != sig.Number() {
		_ = sig.SetInfo(userSignal(t, signal)) // SIGKILL fails, and is sent below
	}
	return utrace.SignalAnswer{Action: next, Do: utrace.Deliver}
}

// inject sends a signal to a thread that is not about to get one. Where a trap has
// stopped it, the signal takes the trap's place, as PTRACE_CONT does it: a handler runs
// before the instruction that the thread stands at, also if that has a breakpoint.
func (t *thread) inject(signal int) {
	if t.engine.DeliverInstead(userSignal(t, signal)) == nil {
		return
	}
	t.injected = append(t.injected, signal)
	if t.engine.Inject(context.Background(), userSignal(t, signal)) == nil {
		return
	}
	// SIGKILL and SIGSTOP are nothing that a tracer delivers; others it cannot where
	// the thread stands.
	if sendTo(t, signal) != nil {
		t.injected = t.injected[:len(t.injected)-1] // it is gone
	}
}

// userSignal is what the kernel makes of a signal that a tracer delivers in place
// of another one (ptrace_signal): one that the tracer has sent.
func userSignal(t *thread, signal int) (info utrace.Siginfo) {
	info.SetSigno(signal)
	info.SetCode(tracehook.SiUser)
	info.SetPID(t.p.s.server.options.Place.pid())
	return info
}

// discardStale puts breakpoint stops aside that were not told and that mean nothing
// any more: the breakpoint was removed, or the thread was moved. If it is there again
// when the thread is about to go on, the thread runs into it again.
func (s *session) discardStale() {
	for _, p := range s.order {
		for _, t := range p.threads {
			hit := t.event
			if hit == nil {
				hit = t.stale
			}
			if hit == nil || hit.Reason != rsp.SoftwareBreak && hit.Reason != rsp.HardwareBreak {
				continue
			}
			r, err := t.engine.Held()
			if err != nil || r.Signal() != nil {
				continue
			}
			t.event, t.stale = hit, nil
			if pc, err := readPC(r); err == nil && (pc != hit.Addr || !p.points.breaksAt(pc)) {
				t.event, t.stale = nil, hit
			}
		}
	}
}
