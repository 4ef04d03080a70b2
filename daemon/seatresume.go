package daemon

import (
	"context"
	"fmt"
	"os"
	"syscall"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/api"
	"github.com/utrace/utrace/regset"
	"github.com/utrace/utrace/tracehook"
)

const sigtrap = int(syscall.SIGTRAP)

// change is what a client makes of a system call.
type change struct {
	action utrace.Action
	number *uint64
	args   []api.Uint64
	skip   bool
	result *int64
}

// make makes it, at the entry.
func (c *change) make(s *utrace.Syscall) utrace.SyscallAnswer {
	if c.number != nil {
		s.SetNumber(*c.number)
	}
	for i, v := range c.args {
		s.SetArg(i, uint64(v))
	}
	answer := utrace.SyscallAnswer{Action: c.action}
	if c.skip {
		answer.Call = utrace.AbortCall
		if c.result != nil {
			s.SetResult(*c.result)
		}
	}
	return answer
}

// modes are the ways to resume a thread.
var modes = map[string]utrace.Action{
	"": utrace.Resume, "run": utrace.Resume, "step": utrace.SingleStep, "block-step": utrace.BlockStep,
	"listen": utrace.Resume, "detach": utrace.Detach,
}

// resume ends a stop as the client says. On the loop.
func (x *seat) resume(p *api.TaskResume) error {
	action, kind := modes[p.Mode], x.stop
	r, err := x.engine.Held()
	if err != nil || kind == 0 || p.Seq != 0 && p.Seq != x.seq {
		if action == utrace.Detach {
			x.gone = true
			return x.engine.Detach()
		}
		return fmt.Errorf("the stop %d of thread %d: %w", p.Seq, x.engine.Thread().ID(), utrace.ErrGone)
	}
	if kind == tracehook.SyscallExit && p.Result != nil && r.Syscall() != nil {
		r.Syscall().SetResult(*p.Result)
	}
	if kind == tracehook.GroupStop && p.Mode != "listen" && action != utrace.Detach {
		x.engine.LeaveGroupStop()
	}
	signalled, trapped := kind == tracehook.Signal && !x.trap, x.trap
	x.stop, x.held = 0, false
	if action == utrace.Detach {
		x.gone = true
	} else {
		x.mode = action
		x.asked, x.again = x.again, false
		if !x.calls && x.wants.events&utrace.EventSyscall != 0 {
			x.calls = true
			_ = x.engine.SetEvents(x.events())
		}
	}
	switch {
	case signalled:
		return x.deliver(r, p, action)
	case trapped && p.Signal != 0:
		_ = x.engine.DeliverInstead(signalInfo(p.Signal))
	case kind == tracehook.SyscallEntry && (p.Number != nil || p.Args != nil || p.Skip || x.asked):
		x.change = &change{action, p.Number, p.Args, p.Skip, p.Result}
		if x.asked {
			x.change.action = utrace.Interrupt
		}
		_ = x.engine.SetEvents(x.events() | utrace.EventSyscallEntry)
		return x.engine.Direct(utrace.ReportSoon)
	}
	switch {
	case action == utrace.Detach:
		return x.engine.Detach()
	case x.asked:
		return x.engine.Direct(utrace.Interrupt)
	}
	return x.engine.Direct(action)
}

// deliver ends the stop of a signal: with it, another one, or none.
func (x *seat) deliver(r *utrace.Report, p *api.TaskResume, action utrace.Action) error {
	answer := utrace.SignalAnswer{Action: action, Do: utrace.Deliver}
	s := r.Signal()
	switch {
	case p.Signal == 0:
		answer.Do = utrace.Ignore
	case p.Signal == int(syscall.SIGKILL):
		answer.Do = utrace.Ignore
		t := r.Thread()
		_ = syscall.Tgkill(t.Group(), t.ID(), syscall.SIGKILL)
	case s == nil:
	case len(p.Info) == len(utrace.Siginfo{}):
		_ = s.SetInfo(utrace.Siginfo(p.Info)) // one that cannot be delivered stays as it was
	case s.Number() != p.Signal:
		_ = s.SetInfo(signalInfo(p.Signal))
	}
	// What was asked for comes behind a step into the handler of the signal.
	if x.asked && action == utrace.Resume {
		answer.Action = utrace.ReportSoon
	}
	return x.engine.Answer(context.Background(), answer)
}

// signalInfo is the siginfo of a signal that a tracer puts in the place of another
// (ptrace_signal in kernel/signal.c).
func signalInfo(signal int) (info utrace.Siginfo) {
	info.SetSigno(signal)
	info.SetPID(os.Getpid())
	return info
}

// interrupt has the thread report soon: where it stands, if somebody else holds it.
func (x *seat) interrupt() error {
	t := x.engine.Thread()
	at, stopped := t.Stop()
	switch {
	case x.stop != 0:
		x.again = true
		return nil
	case stopped && at == tracehook.Exit:
		return nil // it does not come back to user mode
	case stopped:
		if err := x.engine.Direct(utrace.Stop); err != nil {
			return err
		}
		x.tellQuiesce(t)
		return nil
	}
	x.asked = true
	return x.engine.Direct(utrace.Interrupt)
}

// ownBreakpoint is the address of a breakpoint instruction of the program's own
// that has made a SIGTRAP. On x86 the kernel says SI_KERNEL for int3, elsewhere
// TRAP_BRKPT, which on x86 is something else (arch/x86/kernel/traps.c).
func ownBreakpoint(r *utrace.Report, info *utrace.Siginfo) (addr uint64, ok bool) {
	const brkpt = 1
	if info.Signo() != sigtrap || info.Code() <= 0 {
		return 0, false
	}
	abi := r.ABI()
	want := brkpt
	if len(abi.BreakpointInsn()) == 1 {
		want = tracehook.SiKernel
	}
	var b [512]byte
	if info.Code() != want {
		return 0, false
	}
	n, err := r.ReadRegset(notePRStatus, b[:])
	if err != nil || n != abi.GeneralSize() {
		return 0, false
	}
	return abi.BreakpointPC(abi.PC(b[:n])), true
}

// notePRStatus is NT_PRSTATUS of elf.h: the general registers.
const notePRStatus = regset.Note(1)
