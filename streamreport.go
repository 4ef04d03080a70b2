package utrace

// The callbacks of a Stream copy what they are given, since it is valid only
// until they return.

// ReportQuiesce implements QuiesceReporter. Only reports without another event
// become events of the stream.
func (s *Stream) ReportQuiesce(r *Report, cause Events) Action {
	if cause != 0 {
		return Resume
	}
	action := s.push(r, &StreamEvent{Event: EventQuiesce})
	if action == Resume && r.engine.held {
		return Stop // which Control has asked for, and only Control takes back
	}
	return action
}

// ReportClone implements CloneReporter.
func (s *Stream) ReportClone(r *Report, c *Clone) Action {
	return s.push(r, &StreamEvent{Event: EventClone, Child: c.ID, CloneFlags: c.Flags})
}

// ReportVforkDone implements VforkDoneReporter.
func (s *Stream) ReportVforkDone(r *Report, child int) Action {
	return s.push(r, &StreamEvent{Event: EventVforkDone, Child: child})
}

// ReportVerdict implements VerdictReporter.
func (s *Stream) ReportVerdict(r *Report, c *Syscall, data uint32) Action {
	return s.push(r, &StreamEvent{Event: EventVerdict, Number: c.Number(), Args: c.Args()})
}

// ReportExec implements ExecReporter.
func (s *Stream) ReportExec(r *Report, former int) Action {
	return s.push(r, &StreamEvent{Event: EventExec, Child: former})
}

// ReportExit implements ExitReporter.
func (s *Stream) ReportExit(r *Report, status Status) Action {
	return s.push(r, &StreamEvent{Event: EventExit, Status: status})
}

// ReportDeath implements DeathReporter.
func (s *Stream) ReportDeath(r *Report, d *Death) Action {
	return s.push(r, &StreamEvent{Event: EventDeath, Status: d.Status, ParentSignal: d.Signal})
}

// ReportReap implements ReapReporter.
func (s *Stream) ReportReap(r *Report, status Status) {
	s.push(r, &StreamEvent{Event: EventReap, Status: status})
}

// ReportSyscallEntry implements SyscallEntryReporter.
func (s *Stream) ReportSyscallEntry(r *Report, c *Syscall) SyscallAnswer {
	if reply, ok := s.reply(r.engine); ok {
		if reply.edit != nil {
			reply.edit(c)
		}
		return reply.answer
	}
	return SyscallAnswer{Action: s.push(r, &StreamEvent{
		Event: EventSyscallEntry, Number: c.Number(), Args: c.Args(), Arch: c.Arch(), PC: c.PC(), SP: c.SP(),
	})}
}

// ReportSyscallExit implements SyscallExitReporter.
func (s *Stream) ReportSyscallExit(r *Report, c *Syscall) Action {
	return s.push(r, &StreamEvent{
		Event: EventSyscallExit, Number: c.Number(), Args: c.Args(),
		Result: c.Result(), Failed: c.Failed(), Arch: c.Arch(), PC: c.PC(), SP: c.SP(),
	})
}

// ReportSignal implements SignalReporter. The answer comes by AnswerSignal.
func (s *Stream) ReportSignal(r *Report, sig *Signal) SignalAnswer {
	if sig.Pass() != Dequeued {
		return SignalAnswer{Action: s.push(r, &StreamEvent{Event: EventQuiesce})}
	}
	ev := &StreamEvent{Event: sig.Class()}
	info, err := sig.Info()
	if err != nil {
		info.SetSigno(sig.Number())
	}
	ev.Signal = info
	return SignalAnswer{Action: s.push(r, ev)}
}

// ReportJobControl implements JobControlReporter.
func (s *Stream) ReportJobControl(r *Report, j JobControl) Action {
	return s.push(r, &StreamEvent{Event: EventJobControl, JobControl: j})
}

// ReportTrap implements TrapReporter.
func (s *Stream) ReportTrap(r *Report, x *Trap) Action {
	return s.push(r, &StreamEvent{Event: EventTrap, Trap: x.Kind, Addr: x.Addr})
}
