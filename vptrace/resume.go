package vptrace

import (
	"syscall"

	"github.com/utrace/utrace"
)

// resume lets the thread go on, as far as this tracer is concerned.
func (l *link) resume(request int64, sig int) {
	action := utrace.Resume
	switch request {
	case reqSingleStep, reqSysemuStep:
		action = utrace.SingleStep
	case reqSingleBlock:
		action = utrace.BlockStep
	}
	l.unqueue()
	l.lent, l.cut = false, false
	l.skipTrap()
	if l.bond != nil {
		l.bond.Status = 0
	}
	l.mode = action
	l.state, l.syscalls = runs, request == reqSyscall
	l.emulates = request == reqSysemu || request == reqSysemuStep
	l.quietly = request == reqSysemuStep && l.inside && l.emulated == nil
	if l.emulated != nil {
		action = l.emulate(action)
	}
	if l.stop.kind == stopGroup {
		l.engine.LeaveGroupStop()
	}
	if l.stop.kind == stopSignalled {
		l.deliver(sig, action)
		return
	}
	l.sendOn(sig)
	switch {
	case l.execTrap && l.stop.kind == stopSyscall:
		l.showExecTrap()
	case l.wanted() && !(l.syscalls && l.inside && (l.stop.kind == stopSyscall || l.stop.kind == stopEvent)) && !l.putOff():
		// The thread would stop before its next instruction, or at the exit of
		// the call that it is in.
		l.showWanted()
	default:
		l.remask()
		_ = l.engine.Direct(action)
		if action != utrace.Resume {
			l.lend()
		}
	}
}

// onward is how the thread goes on after a report that the tracer is not shown: a
// step lasts until the next stop.
func (l *link) onward() utrace.Action {
	switch {
	case l.state == runs:
		return l.mode
	case l.lent:
		return utrace.SingleStep
	}
	return utrace.Resume
}

// onwardAsked is likewise, after a signal that a stop may have been put off for.
func (l *link) onwardAsked() utrace.Action {
	if action := l.onward(); action != utrace.Resume || !l.wanted() {
		return action
	}
	return utrace.ReportSoon
}

// deliver ends a signal-delivery-stop: with the signal, another one, or none.
func (l *link) deliver(sig int, action utrace.Action) {
	if action != utrace.Detach {
		l.remask()
	}
	answer := utrace.SignalAnswer{Action: action, Do: utrace.Deliver}
	if sig == sigkill {
		_ = syscall.Tgkill(l.tgid, l.tid, sigkill)
	}
	handled := false
	if sig == 0 || sig == sigkill {
		answer.Do = utrace.Ignore
	} else if r, err := l.engine.Held(); err == nil {
		if g := r.Signal(); g != nil && g.Number() != sig {
			// ptrace_signal in kernel/signal.c: a signal of the tracer's.
			var info utrace.Siginfo
			info.SetSigno(sig)
			info.SetPID(l.tracer.tgid)
			_ = g.SetInfo(info)
		}
		handled = r.Signal() != nil && r.Signal().Class() == utrace.EventSignal
	}
	// What was asked for comes before the next instruction, but behind the
	// stop of a step into the signal's handler (signal_setup_done in
	// kernel/signal.c).
	if l.wanted() && action != utrace.Detach && !(handled && action != utrace.Resume) {
		answer.Action = utrace.ReportSoon
	}
	_ = l.engine.Answer(background, answer)
}

// sendOn sends the signal of a resumption from a stop that is not the thread's
// signal-delivery-stop. The kernel does so too at system call stops
// (ptrace_report_syscall in include/linux/ptrace.h), and drops it at events.
func (l *link) sendOn(sig int) {
	if sig == 0 {
		return
	}
	r, err := l.engine.Held()
	if err != nil {
		return
	}
	var info utrace.Siginfo
	switch l.stop.kind {
	case stopMade, stopTrapped:
		if l.stop.code>>8 != 0 {
			return
		}
		info.SetPID(l.tracer.tgid)
		info.SetSigno(sig)
		if l.stop.kind == stopTrapped && l.engine.DeliverInstead(info) == nil {
			return
		}
		l.ours = sig // it has seen it
	case stopSyscall:
		info.SetCode(siKernel)
	default:
		return
	}
	info.SetSigno(sig)
	if sig == sigkill || sig == sigstop || r.Inject(info) != nil {
		_ = syscall.Tgkill(l.tgid, l.tid, syscall.Signal(sig))
	}
}

// listen serves PTRACE_LISTEN: the thread stays stopped, and tells the end of
// its group-stop.
func (l *link) listen() {
	l.unqueue()
	l.state = listens
	if l.wanted() {
		l.showWanted()
		return
	}
	_ = l.engine.Direct(utrace.Resume)
}

// detach ends the link.
func (l *link) detach(sig int) {
	l.skipTrap()
	kind := l.stop.kind
	l.tracer.unlink(l)
	if kind == stopSignalled {
		l.deliver(sig, utrace.Detach)
		if l.engine.Events() == 0 {
			return
		}
	} else {
		l.sendOn(sig)
	}
	_ = l.engine.Detach()
}

// skipTrap leaves the program counter behind the breakpoint if the tracer has
// not set it back: it was shown there.
func (l *link) skipTrap() {
	at := l.trapAddr
	l.trapAddr, l.seen = 0, 0
	if at == 0 {
		return
	}
	r, err := l.engine.Held()
	if err != nil {
		return
	}
	var b [512]byte
	if gpr, abi, err := general(r, b[:]); err == nil && abi.PC(gpr) == at {
		abi.SetPC(gpr, behind(abi, at))
		_ = r.WriteRegset(ntPRStatus, gpr)
	}
}
