package gdbserver

import (
	"slices"
	"syscall"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/gdbserver/rsp"
	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/regset"
)

// The callbacks of a client's engines. All run on the loop.

// ReportQuiesce implements utrace.QuiesceReporter.
func (t *thread) ReportQuiesce(_ *utrace.Report, cause utrace.Events) utrace.Action {
	// What has a callback of its own is left to that.
	if t.state == stopping && cause&t.mask() == 0 {
		t.arrived()
	}
	return t.answer()
}

// ReportSignal implements utrace.SignalReporter.
func (t *thread) ReportSignal(r *utrace.Report, s *utrace.Signal) utrace.SignalAnswer {
	n := s.Number()
	if s.Pass() != utrace.Dequeued || s.Dropped() || t.p.startup > 0 || t.ours(n) || t.uninteresting(n) {
		if t.state == stopping {
			t.arrived()
		}
		return utrace.SignalAnswer{Action: t.answer()}
	}
	stop := rsp.Stop{Reason: rsp.Signalled, Signal: rsp.SignalToGDB(n)}
	if n == int(syscall.SIGTRAP) && t.backUp(r, s) {
		stop.Reason = rsp.SoftwareBreak
	}
	t.happened(stop)
	return utrace.SignalAnswer{Action: utrace.Stop}
}

// ours reports whether a signal is one that the client has sent. One that the thread
// blocks comes again: the kernel queues it anew (ptrace_signal).
func (t *thread) ours(n int) bool {
	i := slices.Index(t.injected, n)
	if i >= 0 && !blocks(t.id, n) {
		t.injected = slices.Delete(t.injected, i, i+1)
	}
	return i >= 0
}

// uninteresting reports whether the client does not want to hear of a signal.
// Of those that the C library uses itself (nptl(7)) no client wants to.
func (t *thread) uninteresting(n int) bool {
	const sigcancel, sigsetxid = 32, 33
	return n == sigcancel || n == sigsetxid || !t.stepping && t.p.s.settings.pass.Has(n)
}

// backUp puts the program counter back to a breakpoint instruction of the
// program's own, which is where clients that know of "swbreak" expect it. The
// kernel's SIGTRAP for it says SI_KERNEL (exc_int3).
func (t *thread) backUp(r *utrace.Report, s *utrace.Signal) bool {
	info, err := s.Info()
	if err != nil || info.Code() != siKernel || !t.p.s.swbreak {
		return false
	}
	pc, err := readPC(r)
	if err != nil {
		return false
	}
	at := r.ABI().BreakpointPC(pc)
	insn := r.ABI().BreakpointInsn()
	text := make([]byte, len(insn))
	if _, err := r.ReadMemory(at, text); err != nil || string(text) != string(insn) {
		return false
	}
	return writePC(r, at) == nil
}

const siKernel = 0x80

// ReportTrap implements utrace.TrapReporter: a step has ended.
func (t *thread) ReportTrap(r *utrace.Report, x *utrace.Trap) utrace.Action {
	if !t.stepping {
		if t.state == stopping {
			t.arrived()
		}
		return t.answer()
	}
	if t.rangeHi != 0 {
		if pc, err := readPC(r); err == nil && t.rangeLo <= pc && pc < t.rangeHi {
			if t.state == stopping { // for something else: the step has not ended
				t.arrived()
			}
			return t.answer()
		}
	}
	if t.p.points.watches != 0 {
		// The breakpoints' engine is called after this one, and may know of a
		// watchpoint that the same instruction has triggered, which is told then.
		t.stepped = true
		t.p.s.server.post(t.endStep)
		return utrace.Stop
	}
	t.happened(rsp.Stop{Reason: rsp.Signalled, Signal: gdbSIGTRAP})
	return t.answer()
}

// endStep tells of the end of a step, unless something else was told of the stop.
func (t *thread) endStep() {
	if t.stepped {
		t.happened(rsp.Stop{Reason: rsp.Signalled, Signal: gdbSIGTRAP})
	}
}

// ReportClone implements utrace.CloneReporter.
func (t *thread) ReportClone(r *utrace.Report, c *utrace.Clone) utrace.Action {
	t.inVfork = c.Vfork()
	switch {
	case c.Thread == nil:
	case likeThread(c):
		t.joined(r, c)
	case c.NewProcess():
		t.forked(r, c)
	default:
		t.spawned(r, c)
	}
	if t.state == stopping {
		t.arrived()
	}
	return t.answer()
}

// spawned takes a new thread of the process in.
func (t *thread) spawned(r *utrace.Report, c *utrace.Clone) {
	p := t.p
	child, err := p.attachChild(r, c.ID)
	if err != nil {
		return // it has been killed
	}
	t.announce(child)
}

// announce tells of a new thread, or stops it if the others are stopping.
func (t *thread) announce(child *thread) {
	s := t.p.s
	switch {
	case s.threadEvents:
		child.happened(rsp.Stop{Reason: rsp.Created, Signal: gdbSIGTRAP})
	case !s.nonStop && (t.state != runs || !s.waiting):
		child.ask()
	}
}

// forked follows a child process, if the client wants to hear of it.
func (t *thread) forked(r *utrace.Report, c *utrace.Clone) {
	s, reason := t.p.s, rsp.Fork
	wanted := s.forkEvents
	if c.Vfork() {
		wanted, reason = s.vforkEvents, rsp.Vfork
	}
	if !wanted || t.p.startup > 0 {
		return
	}
	p := s.addProcess(c.ID, t.p.attached)
	p.parent = t.p
	p.catch = t.p.catch.clone()
	child, err := p.attachChild(r, c.ID)
	if err != nil {
		s.forget(p)
		return
	}
	child.hold()
	child.state = stopped
	p.points.inherit(p, &t.p.points)
	t.happened(rsp.Stop{Reason: reason, Signal: gdbSIGTRAP, Child: child.name()})
}

// ReportVforkDone implements utrace.VforkDoneReporter. A client that has attached since
// the vfork knows nothing of it.
func (t *thread) ReportVforkDone(*utrace.Report, int) utrace.Action {
	seen := t.inVfork
	t.inVfork = false
	if seen && t.p.s.vforkEvents && t.p.startup == 0 {
		t.happened(rsp.Stop{Reason: rsp.VforkDone, Signal: gdbSIGTRAP})
	} else if t.state == stopping {
		t.arrived()
	}
	return t.answer()
}

// ReportExec implements utrace.ExecReporter. The other threads are gone by now.
func (t *thread) ReportExec(r *utrace.Report, former int) utrace.Action {
	p := t.p
	t.id = r.Thread().ID()
	t.inVfork, t.inCall = false, false
	p.layout, p.tls = nil, tlsOffsets{}
	p.points.forget()
	stop := rsp.Stop{Reason: rsp.Signalled, Signal: gdbSIGTRAP}
	switch {
	case p.startup > 1:
		p.startup--
		return t.answer()
	case p.startup == 1:
		// It stands behind the call: in here the register of its result has that still
		// before it, which would overwrite what the client writes, and the first step
		// would end at the call's exit (syscall_exit_to_user_mode).
		t.state, t.begins = stopping, true
		return utrace.ReportSoon
	case p.s.execEvents:
		stop.Reason = rsp.Exec
		stop.Path, _ = procfs.Exe(p.pid) // or it has none, which is told as such
	}
	t.happened(stop)
	return t.answer()
}

// ReportSyscallEntry implements utrace.SyscallEntryReporter.
func (t *thread) ReportSyscallEntry(_ *utrace.Report, c *utrace.Syscall) utrace.SyscallAnswer {
	if t.p.startup == 0 && !c.Resumed() && t.p.catch.has(c.Number()) {
		t.inCall = true
		t.happened(rsp.Stop{Reason: rsp.SyscallEntry, Signal: gdbSIGTRAP, Number: c.Number()})
	} else if t.state == stopping {
		t.arrived()
	}
	return utrace.SyscallAnswer{Action: t.answer()}
}

// ReportSyscallExit implements utrace.SyscallExitReporter.
func (t *thread) ReportSyscallExit(r *utrace.Report, c *utrace.Syscall) utrace.Action {
	entered := t.inCall
	t.inCall = false
	nr := c.Number()
	if !c.Paired() {
		nr = callNumber(r) // the client has just begun to catch calls
	}
	switch {
	case t.p.startup == 0 && t.p.catch.any() && (entered || t.p.catch.has(nr)) && !t.cutShort(c):
		t.happened(rsp.Stop{Reason: rsp.SyscallReturn, Signal: gdbSIGTRAP, Number: nr})
	case t.state == stopping:
		t.inCall = entered
		t.arrived()
	}
	return t.answer()
}

// cutShort reports whether a call ends only because the thread was asked to stop:
// it is going to be restarted, and the program sees no end of it.
func (t *thread) cutShort(c *utrace.Syscall) bool {
	const lastRestart, firstRestart = -516, -512 // ERESTART_RESTARTBLOCK, ERESTARTSYS
	return t.state == stopping && c.Result() >= lastRestart && c.Result() <= firstRestart
}

// callNumber reads the number of the call that a thread is in from its registers.
func callNumber(r *utrace.Report) uint64 {
	var gpr [maxGeneral]byte
	n, err := r.ReadRegset(regset.NotePRStatus, gpr[:r.ABI().GeneralSize()])
	if err != nil {
		return 0
	}
	return r.ABI().SyscallNumber(gpr[:n])
}
