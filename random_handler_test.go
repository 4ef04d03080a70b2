package utrace_test

import "github.com/utrace/utrace"

// handler makes an engine of a schedule: every callback checks that it may be
// called, sometimes does something to somebody, and answers at random.
func (s *schedule) handler(p *party) *utrace.Funcs {
	enter := func(r *utrace.Report, event utrace.Events, what string) {
		if p.engine == nil { // the first callback of an engine of a group
			p.engine = r.Engine()
		}
		s.called(p, r, event, what)
		s.depth++
		if !s.calm && s.depth < 3 && s.rng.IntN(16) == 0 {
			if s.rng.IntN(4) == 0 {
				s.join()
			} else {
				s.disturb(s.someParty())
			}
		}
		s.depth--
	}
	answer := func() utrace.Action {
		a := s.action()
		s.answered(p, a)
		return a
	}
	plain := func(r *utrace.Report, event utrace.Events) utrace.Action {
		enter(r, event, "report")
		return answer()
	}
	return &utrace.Funcs{
		Quiesce: func(r *utrace.Report, cause utrace.Events) utrace.Action {
			enter(r, cause, "quiesce")
			if cause == 0 {
				p.asked = false // this is the report that Stop asked for
			}
			if cause == utrace.EventDeath {
				return utrace.Resume
			}
			return answer()
		},
		Clone: func(r *utrace.Report, c *utrace.Clone) utrace.Action {
			enter(r, utrace.EventClone, "clone")
			return answer()
		},
		VforkDone: func(r *utrace.Report, _ int) utrace.Action { return plain(r, utrace.EventVforkDone) },
		Exec:      func(r *utrace.Report, _ int) utrace.Action { return plain(r, utrace.EventExec) },
		Exit:      func(r *utrace.Report, _ utrace.Status) utrace.Action { return plain(r, utrace.EventExit) },
		Death: func(r *utrace.Report, d *utrace.Death) utrace.Action {
			enter(r, utrace.EventDeath, "death")
			if p.deaths++; p.reaps > 0 {
				s.failf("engine %d: death after reap", p.name)
			}
			if a := s.action(); a == utrace.Detach {
				p.detached = true
				return a
			}
			return utrace.Resume
		},
		Reap: func(r *utrace.Report, _ utrace.Status) {
			enter(r, utrace.EventReap, "reap")
			p.reaps++
		},
		SyscallEntry: func(r *utrace.Report, c *utrace.Syscall) utrace.SyscallAnswer {
			enter(r, utrace.EventSyscallEntry, "entry")
			a := utrace.SyscallAnswer{Action: answer()}
			if !s.calm && s.rng.IntN(16) == 0 {
				a.Call = utrace.CallAction(s.rng.IntN(3))
			}
			return a
		},
		SyscallExit: func(r *utrace.Report, _ *utrace.Syscall) utrace.Action { return plain(r, utrace.EventSyscallExit) },
		Signal: func(r *utrace.Report, sig *utrace.Signal) utrace.SignalAnswer {
			enter(r, r.Event(), "signal "+sig.Choice().String())
			a := s.signalAnswer()
			switch sig.Pass() {
			case utrace.Reporting:
				p.asked = false
				s.inject(r, sig, &a)
			case utrace.HandlerStarted:
				a.Do = utrace.KeepSignal
			}
			if sig.Number() == 0 || sig.Pass() == utrace.HandlerStarted {
				a.Do = max(a.Do&utrace.Deliver, 0)
				if a.Action == utrace.Interrupt || a.Action == utrace.ReportSoon {
					a.Action = utrace.Resume
				}
				s.answered(p, a.Action)
				return a
			}
			s.decided(p, a, sig.Class() == utrace.EventSignal)
			return a
		},
		JobControl: func(r *utrace.Report, _ utrace.JobControl) utrace.Action { return plain(r, utrace.EventJobControl) },
		Trap: func(r *utrace.Report, x *utrace.Trap) utrace.Action {
			event := utrace.EventForeignTrap
			if x.Own {
				event = utrace.EventTrap
			}
			return plain(r, event)
		},
	}
}

// signalAnswer makes a random answer about a signal.
func (s *schedule) signalAnswer() (a utrace.SignalAnswer) {
	a.Action = s.action()
	if !s.calm && s.rng.IntN(3) == 0 {
		a.Do = utrace.SignalAction(s.rng.IntN(int(utrace.TerminalStop) + 1))
		a.Hold = s.rng.IntN(8) == 0
	}
	return a
}

// inject answers a pass without a signal with one, now and then.
func (s *schedule) inject(r *utrace.Report, sig *utrace.Signal, a *utrace.SignalAnswer) {
	a.Hold = false
	if a.Do != utrace.Deliver || sig.Number() != 0 {
		return
	}
	var info utrace.Siginfo
	info.SetSigno([]int{10, 12, 17, 34}[s.rng.IntN(4)])
	if err := sig.SetInfo(info); err != nil {
		s.failf("SetInfo: %v", err)
	}
}

// decided takes an answer about a signal down.
func (s *schedule) decided(p *party, a utrace.SignalAnswer, handled bool) {
	sub := s.subject(p.thread)
	if a.Do != utrace.KeepSignal {
		sub.decision = a.Do
	}
	sub.fuzzy = sub.fuzzy || a.Hold
	switch a.Action {
	case utrace.ReportSoon, utrace.Interrupt:
		a.Action = utrace.Resume
	case utrace.Stop:
		if a.Do == utrace.Deliver && handled {
			a.Action = utrace.SingleStep // into the handler
		}
	}
	s.answered(p, a.Action)
}
