package utrace

import (
	"syscall"

	"github.com/utrace/utrace/tracehook"
)

// takeSignal begins with a signal stop. The pass itself is made by settle: what
// was asked for before the signal is reported before it.
func (t *Thread) takeSignal(ev *tracehook.Event) {
	s := &t.signal
	*s = Signal{thread: t, number: ev.Signal, deliver: ev.Signal}
	t.instead = nil
	if (ev.Trap != tracehook.NoTrap || t.watching.matters() && ev.Signal == int(syscall.SIGTRAP)) && t.trapped(ev) {
		s.deliver = 0 // tracing's own doing never reaches the program
		return
	}
	if t.claimed() {
		s.deliver = 0 // nor does what an observer has stopped it with
		return
	}
	s.active = true
}

// continueSignal makes the signal pass, or goes on with it after an engine that
// suspended it has let go. The pass ends, or is suspended again.
func (t *Thread) continueSignal() {
	s := &t.signal
	if !s.begun {
		if t.union&(EventSignalAll|EventQuiesce) == 0 && len(t.attaching) == 0 {
			t.pass++
			s.active = false
			return // nobody cares: the shortest way
		}
		s.begun = true
		if t.choosy {
			s.classify()
		}
		t.beginPass(s.bit())
	} else {
		t.passing, t.bit = true, s.bit()
	}
	suspended := t.offerSignal()
	if !suspended && s.later {
		s.later, s.again, s.last = false, true, nil
		suspended = t.offerSignal()
	}
	t.endPass()
	if suspended {
		return // who suspended it decides first
	}
	s.active, s.begun, s.again, s.last = false, false, false, nil
	t.carryOut()
	t.everyone(func(e *Engine) {
		// Only then is it worth the look at the process.
		if e.stopInHandler && !s.runsHandler() { // there is none to stop in
			e.stopInHandler, e.held, e.wish = false, true, Resume
		}
	})
}

// offerSignal calls the engines behind the last one, and reports whether one of
// them has suspended the pass.
func (t *Thread) offerSignal() bool {
	s := &t.signal
	for _, e := range t.engines {
		if s.last != nil && !s.last.before(e) || s.from == e || s.again && !e.later {
			continue
		}
		s.last, e.later = e, false
		if t.choosy {
			s.classify() // an engine may have changed the number
		}
		t.visitSignal(e)
		if e.holds() {
			return true
		}
	}
	return false
}

// runsHandler reports whether the pass ended with the delivery of the signal to
// a handler of the process.
func (s *Signal) runsHandler() bool {
	return s.deliver == s.number && s.Class() == EventSignal
}

// before reports whether e comes before x in the order of passes.
func (e *Engine) before(x *Engine) bool {
	if e.layer != x.layer {
		return e.layer < x.layer
	}
	return e.seq < x.seq
}

// visitSignal makes the calls to one engine about a dequeued signal.
func (t *Thread) visitSignal(e *Engine) {
	s := &t.signal
	if Events(e.mask.Load())&(s.bit()|EventQuiesce) == 0 {
		return
	}
	r := t.enter(e)
	if r == nil {
		return
	}
	if Events(e.mask.Load())&EventQuiesce != 0 && e.cb.Quiesce != nil {
		t.noteSignal(e, SignalAnswer{Action: e.cb.Quiesce(r, s.Class())})
	}
	if Events(e.mask.Load())&s.bit() != 0 && e.cb.Signal != nil && !e.gone.Load() {
		t.noteSignal(e, e.cb.Signal(r, s))
	}
	t.leave()
}

// noteSignal takes the answer about a dequeued signal down.
func (t *Thread) noteSignal(e *Engine, a SignalAnswer) {
	s := &t.signal
	if a.Later && !s.again {
		s.later, e.later = true, true
		a.Do, a.Hold = KeepSignal, false
		if a.Action == Stop {
			a.Action = Resume
		}
	}
	if a.Do != KeepSignal && a.Do <= TerminalStop {
		s.do = a.Do
	}
	s.hold = s.hold || a.Hold
	switch a.Action {
	case Interrupt:
		a.Action = Resume // or a signal pass could ask for itself for ever
	case Stop:
		if a.Do == Deliver && s.Class() == EventSignal {
			e.wish = SingleStep // into the handler, and stop there
			e.held, e.stopInHandler = false, true
			t.verdict = max(t.verdict, Stop)
			return
		}
	}
	t.note(e, a.Action)
}

// carryOut does what the pass decided.
func (t *Thread) carryOut() {
	s := &t.signal
	if s.hold {
		if info, err := s.Info(); err == nil {
			t.core.fault(t, t.task.Inject(&info))
		}
		if s.do > Ignore && s.do != natural(s.Class(), s.number) {
			s.deliver = t.signalFor(s.do)
			return
		}
		s.deliver = 0
		return
	}
	if s.edited {
		t.core.fault(t, t.task.SetSiginfo(&s.info))
	}
	s.deliver = t.signalFor(s.do)
}

// signalFor finds the signal that has the chosen effect. A tracer cannot give
// the process another disposition, so where the signal itself does not have
// the effect, another one has to do: see Signal.Fallback.
func (t *Thread) signalFor(do SignalAction) int {
	s := &t.signal
	switch do {
	case KeepSignal, Deliver:
		return s.number
	case Ignore:
		return 0
	}
	if n, ok := s.Fallback(do); ok {
		return n
	}
	return s.number
}

// Fallback tells which other signal will be used for a choice that this signal
// cannot carry out, because the process handles or ignores it or it does
// something else by default: SIGKILL for Terminate, SIGABRT (SIGKILL if that
// is caught or ignored) for DumpCore, SIGSTOP for the stops. The parent sees
// that signal in the status. ok is false if the signal itself will do.
func (s *Signal) Fallback(do SignalAction) (signal int, ok bool) {
	if do <= Ignore || do == natural(s.Class(), s.number) {
		return 0, false
	}
	switch do {
	case JobStop, TerminalStop:
		return int(syscall.SIGSTOP), true
	case DumpCore:
		d, err := s.thread.task.Disposition(int(syscall.SIGABRT))
		if err == nil && d == tracehook.DispositionDefault {
			return int(syscall.SIGABRT), true
		}
	}
	return int(syscall.SIGKILL), true
}

// signalPass makes a pass without a signal.
func (t *Thread) signalPass(pass SignalPass) {
	t.beginPass(0)
	for _, e := range t.engines {
		t.visitWithout(e, pass)
	}
	t.endPass()
}

// visitWithout calls one engine in a pass without a signal.
func (t *Thread) visitWithout(e *Engine, pass SignalPass) {
	mask := Events(e.mask.Load())
	if mask&EventQuiesce == 0 {
		return
	}
	r := t.enter(e)
	if r == nil {
		return
	}
	if e.cb.Signal == nil {
		if e.cb.Quiesce != nil {
			t.note(e, e.cb.Quiesce(r, 0))
		}
		t.leave()
		return
	}
	s := &Signal{thread: t, pass: pass}
	a := e.cb.Signal(r, s)
	if a.Do == Deliver && s.edited && pass == Reporting {
		t.core.fault(t, t.task.Inject(&s.info))
	}
	if a.Action == Interrupt || a.Action == ReportSoon {
		a.Action = Resume
	}
	t.note(e, a.Action)
	t.leave()
}
