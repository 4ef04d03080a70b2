package inject

import (
	"context"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/strace/decode"
	"github.com/utrace/utrace/syscalls"
)

// Attach has a plan carried out in a process and all that it starts, by engines
// of their own. The engines stand behind those that are attached later, and in
// the same layer: these see the program's calls and the results that the
// plan gives them.
func Attach(ctx context.Context, core *utrace.Core, pid int, plan *Plan, options ...utrace.AttachOption) (*utrace.Group, error) {
	x := &injector{plan: plan, born: make(map[*utrace.Thread]*Thread)}
	options = append([]utrace.AttachOption{
		utrace.WithName("inject"),
		utrace.WithEvents(utrace.EventSyscall | utrace.EventClone | utrace.EventDeath),
	}, options...)
	return core.AttachGroup(ctx, pid, utrace.Tree, func(th *utrace.Thread) any { return &engine{injector: x, thread: th} }, options...)
}

// injector is one attachment. The loop owns it.
type injector struct {
	plan *Plan
	// born are the accounts of threads that have not made a call yet.
	born  map[*utrace.Thread]*Thread
	roots int
}

// engine is the handler of one thread.
type engine struct {
	*injector
	thread  *utrace.Thread
	account *Thread
	call    decode.Call
}

// own returns the thread's account.
func (x *engine) own() *Thread {
	if x.account == nil {
		x.account = x.born[x.thread]
		delete(x.born, x.thread)
	}
	if x.account == nil {
		x.account = x.plan.Thread(x.roots)
		x.roots++
	}
	return x.account
}

// ReportClone implements utrace.CloneReporter: the new thread has not run yet.
func (x *engine) ReportClone(_ *utrace.Report, c *utrace.Clone) utrace.Action {
	child := x.own().Child()
	if c.Thread != nil {
		x.born[c.Thread] = child
	}
	return utrace.Resume
}

// ReportSyscallEntry implements utrace.SyscallEntryReporter.
func (x *engine) ReportSyscallEntry(r *utrace.Report, s *utrace.Syscall) utrace.SyscallAnswer {
	abi := syscalls.ByAuditArch(s.Arch())
	if abi == nil || s.Restarted() {
		return utrace.SyscallAnswer{}
	}
	c := &x.call
	c.ABI, c.Nr, c.Args, c.TID, c.Mem = abi, s.Number(), s.Args(), r.Thread().ID(), r
	return x.own().Enter(r, s, c)
}

// ReportSyscallExit implements utrace.SyscallExitReporter.
func (x *engine) ReportSyscallExit(r *utrace.Report, s *utrace.Syscall) utrace.Action {
	return x.own().Exit(r, s)
}

// ReportDeath implements utrace.DeathReporter.
func (x *engine) ReportDeath(*utrace.Report, *utrace.Death) utrace.Action {
	delete(x.born, x.thread)
	return utrace.Detach
}
