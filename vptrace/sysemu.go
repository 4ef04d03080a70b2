package vptrace

import "github.com/utrace/utrace"

// PTRACE_SYSEMU stops at the entry of the next system call, which is not made
// when the thread goes on. The registers are what the tracer has left in them. Its
// exit shows to who goes on by another request: as with any call, PTRACE_SYSCALL stops
// there, and a step ends there (syscall_exit_work in kernel/entry/syscall-common.c).

// emulation is a call that is not made.
type emulation struct {
	nr uint64
	// then is how the thread goes on when the call has ended.
	then utrace.Action
}

// emulate is called when a thread is resumed from the stop at such an entry.
// The kernel marks a call that is not made in the registers, so that the end of
// it, which only we see, puts its number back.
func (l *link) emulate(action utrace.Action) utrace.Action {
	r, err := l.engine.Held()
	if err != nil {
		return action
	}
	s := r.Syscall()
	var b [512]byte
	gpr, abi, err := general(r, b[:])
	if s == nil || err != nil {
		return action
	}
	*l.emulated = emulation{abi.SyscallNumber(gpr), action}
	s.SetResult(abi.Result(gpr))
	return utrace.Resume
}

// emulationEnds is the end of the call.
func (l *link) emulationEnds(r *utrace.Report, s *utrace.Syscall) utrace.Action {
	e := *l.emulated
	l.emulated, l.inside = nil, false
	l.remask()
	var b [512]byte
	gpr, abi, err := general(r, b[:])
	if err != nil {
		return e.then
	}
	abi.SetSyscallNumber(gpr, e.nr)
	_ = r.WriteRegset(ntPRStatus, gpr)
	switch {
	case l.state != runs || l.emulates:
		return e.then
	case l.syscalls:
		l.showExit(s)
		return utrace.Stop
	case e.then != utrace.Resume:
		stop := stop{kind: stopMade, code: sigtrap, known: true}
		stop.info.SetSigno(sigtrap)
		stop.info.SetCode(trapBrkpt) // user_single_step_report in arch/x86/kernel/ptrace.c
		stop.info.SetAddr(abi.PC(gpr))
		l.mirror.op = infoNone
		l.show(stop)
		return utrace.Stop
	}
	return e.then
}

// endsCall reports whether a trap is that of a step at the end of a call in which
// PTRACE_SYSEMU_SINGLESTEP has found the thread. The kernel makes none there, and so
// the step ends one instruction further on (report_single_step in
// kernel/entry/syscall-common.c).
func (l *link) endsCall(r *utrace.Report, x *utrace.Trap) bool {
	if !l.quietly || x.Kind != utrace.TrapStep {
		return false
	}
	l.quietly = false
	info, err := r.TrapInfo()
	return err == nil && info.Code() == trapBrkpt
}
