package vptrace

import "github.com/utrace/utrace"

// PTRACE_SYSEMU stops at the entry of the next system call, which is not made
// when the thread goes on, and has no stop at its exit. The registers are what
// the tracer has left in them.

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
func (l *link) emulationEnds(r *utrace.Report) utrace.Action {
	e := *l.emulated
	l.emulated, l.inside = nil, false
	l.remask()
	var b [512]byte
	if gpr, abi, err := general(r, b[:]); err == nil {
		abi.SetSyscallNumber(gpr, e.nr)
		_ = r.WriteRegset(ntPRStatus, gpr)
	}
	return e.then
}
