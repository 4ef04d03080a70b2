package linux

import (
	"fmt"
	"syscall"

	"github.com/utrace/utrace/internal/ptrace"
	"github.com/utrace/utrace/regset"
	"github.com/utrace/utrace/tracehook"
)

// call is what a task remembers of its system call.
type call struct {
	// inside: its entry was reported or at least seen, its exit not yet.
	inside bool
	entry  tracehook.SyscallInfo

	// skipped: the exit shows result instead of what the kernel has there.
	skipped bool
	result  int64

	// repair: the exit is -EINTR of our making; the call is made again when
	// the task is resumed.
	repair bool

	// broken: a call was interrupted and is going to be made again at pc and
	// sp, unless a handler comes first.
	broken bool
	pc, sp uint64

	// first is the first argument of a call that is made once more, where the
	// registers have lost it.
	first uint64

	// handled is the last call that a handler has interrupted, on machines that
	// need to know, and stops is how often it has been in a ptrace-stop.
	handled handled
	stops   int64

	// failed has the registers that said EINTR before such a call was rewound,
	// until it is known to have been made again.
	failed []byte
}

// noHand is ERESTARTNOHAND of include/linux/errno.h: "restart if no handler".
// The codes from ERESTARTSYS to ERESTART_RESTARTBLOCK never reach a program.
const (
	firstRestart = 512
	noHand       = 514
	lastRestart  = 516
)

// noNumber is the number of no call.
const noNumber = ^uint64(0)

func isRestart(result int64) bool { return -lastRestart <= result && result <= -firstRestart }

// syscallStop is a stop by PTRACE_SYSCALL. Which end of the call it is the
// kernel says; counting would go wrong after the first surprise.
func (t *task) syscallStop() {
	info := &t.l.call
	if _, err := ptrace.GetSyscallInfo(t.tid, info); err != nil {
		t.killed()
		return
	}
	switch info.Op {
	case ptrace.SyscallEntry:
		t.stop = stopEntry
		t.enterCall(t.wants(tracehook.WantSyscalls))
	case ptrace.SyscallExit:
		t.stop = stopExit
		t.leaveCall()
	default:
		t.stop = stopEvent
		t.pass(0)
	}
}

// seccompStop is the verdict RET_TRACE of a filter. After a stop at the entry
// it comes in addition (seccomp(2)) and is not worth a report.
func (t *task) seccompStop() {
	if t.wants(tracehook.WantVerdicts) {
		t.verdict()
		return
	}
	t.stop = stopEntry
	if !t.filtered {
		// The interest is gone, and nothing but a stop could have told the
		// kernel: what it does without a tracer (__seccomp_filter).
		_ = t.editCall(func(abi regset.ABI, gpr []byte) { abi.Skip(gpr, -int64(syscall.ENOSYS)) })
	}
	if t.call.inside || !t.wants(wantCalls) {
		t.pass(0)
		return
	}
	if _, err := ptrace.GetSyscallInfo(t.tid, &t.l.call); err != nil {
		t.killed()
		return
	}
	t.enterCall(true)
}

// verdict reports the stop of a filter by itself.
func (t *task) verdict() {
	t.stop = stopVerdict
	info, c := &t.l.call, &t.call
	if _, err := ptrace.GetSyscallInfo(t.tid, info); err != nil {
		t.killed()
		return
	}
	c.broken, c.repair, c.failed = false, false, c.failed[:0]
	ev := t.l.event(tracehook.Verdict)
	ev.Syscall = tracehook.SyscallInfo{Arch: info.Arch, PC: info.PC, SP: info.SP, Nr: info.Nr(), Args: *info.Args()}
	ev.Data = info.RetData()
	t.deliver()
}

// enterAfterVerdict reports the entry of a call to those who have launched the
// thread with a filter of theirs.
func (t *task) enterAfterVerdict() {
	if _, err := ptrace.GetSyscallInfo(t.tid, &t.l.call); err != nil {
		t.killed()
		return
	}
	t.stop = stopEntry
	t.enterCall(true)
}

// enterCall reports the call in the loop's scratch space.
func (t *task) enterCall(wanted bool) {
	info, c := &t.l.call, &t.call
	c.inside, c.skipped, c.repair = true, false, false
	c.failed = c.failed[:0]
	restarted := c.broken && c.pc == info.PC && c.sp == info.SP
	c.broken = false
	t.newborn = false
	if !wanted {
		c.inside = false
		t.pass(0)
		return
	}
	c.entry = tracehook.SyscallInfo{Arch: info.Arch, PC: info.PC, SP: info.SP, Nr: info.Nr(), Args: *info.Args()}
	ev := t.l.event(tracehook.SyscallEntry)
	ev.Syscall, ev.Restarted = c.entry, restarted
	t.deliver()
}

// leaveCall reports the end of the call in the loop's scratch space.
func (t *task) leaveCall() {
	info, c := &t.l.call, &t.call
	paired := c.inside
	c.inside = false
	if t.newborn && !paired || !t.wants(wantCalls) && !c.skipped {
		// The call that made a thread ends in the new one too; that is not
		// a call of its own.
		t.newborn = false
		if t.step.over && isRestart(info.Result()) {
			c.broken, c.pc, c.sp = true, info.PC, info.SP // the step has not ended
		}
		t.pass(0)
		return
	}
	ev := t.l.event(tracehook.SyscallExit)
	s := &ev.Syscall
	if paired {
		*s = c.entry
	}
	s.Paired, s.Arch, s.PC, s.SP = paired, info.Arch, info.PC, info.SP
	s.Result, s.Failed = info.Result(), info.Failed()
	switch {
	case c.skipped:
		c.skipped = false
		if s.Result != c.result {
			// Only some machines keep a result that was set at the entry.
			_ = t.setResult(c.result)
		}
		s.Result, s.Failed = c.result, failed(c.result)
		if !t.wants(wantCalls) {
			t.pass(0)
			return
		}
	case isRestart(s.Result):
		c.broken, c.pc, c.sp = true, info.PC, info.SP
	case paired && s.Result == -int64(syscall.EINTR) && t.brokenByUs(s.Arch, s.Nr, 0):
		// Shown as what the kernel gives for calls that it restarts itself.
		c.repair = true
		c.broken, c.pc, c.sp = true, info.PC, info.SP
		s.Result, s.Failed = -noHand, true
	}
	t.deliver()
}

// failed is the kernel's IS_ERR_VALUE.
func failed(result int64) bool { return -4095 <= result && result < 0 }

// atCall checks that the task is stopped at one end of a system call.
func (t *task) atCall(s stop) error {
	if err := t.mustStop(); err != nil {
		return err
	}
	if t.stop != s {
		return tracehook.ErrInvalid
	}
	return nil
}

// SetSyscall replaces number and arguments at a SyscallEntry.
func (t *task) SetSyscall(nr uint64, args [6]uint64) error {
	if err := t.atCall(stopEntry); err != nil {
		return err
	}
	info := &t.l.call
	if _, err := ptrace.GetSyscallInfo(t.tid, info); err != nil {
		return result(err)
	}
	first := info.Args()[0]
	info.SetNr(nr)
	*info.Args() = args
	t.yieldGeneral()
	err := ptrace.SetSyscallInfo(t.tid, info)
	if err != syscall.EIO { // EIO: before Linux 6.16
		return result(err)
	}
	_, fixed := t.ABI().(regset.FirstArgFixed)
	if fixed && first != args[0] {
		return fmt.Errorf("change the first argument of a call of thread %d, which takes Linux 6.16 on this machine: %w",
			t.tid, tracehook.ErrNotSupported)
	}
	err = t.editCall(func(abi regset.ABI, gpr []byte) {
		abi.SetSyscallNumber(gpr, nr)
		for i, v := range args {
			if i != 0 || !fixed {
				abi.SetArg(gpr, i, v)
			}
		}
	})
	if err != nil {
		return err
	}
	return t.keepNumber(nr)
}

// SkipSyscall makes the call not happen. Its exit is seen in any case, because
// the result must be put there on machines that do not keep it.
func (t *task) SkipSyscall(result int64) error {
	if err := t.atCall(stopEntry); err != nil {
		return err
	}
	err := t.editCall(func(abi regset.ABI, gpr []byte) { abi.Skip(gpr, result) })
	if err == nil {
		err = t.keepNumber(noNumber)
	}
	if err != nil {
		return err
	}
	t.call.skipped, t.call.result = true, result
	return nil
}

// SetResult replaces the result at a SyscallExit, or of a skipped call.
func (t *task) SetResult(result int64) error {
	if t.state == stopped && t.stop == stopEntry && t.call.skipped {
		return t.SkipSyscall(result)
	}
	if err := t.atCall(stopExit); err != nil {
		return err
	}
	if t.call.repair || t.call.broken {
		// The handler has its own idea of how the call ended.
		t.call.repair, t.call.broken = false, false
	}
	return t.setResult(result)
}

func (t *task) setResult(value int64) error {
	info := &t.l.call
	if _, err := ptrace.GetSyscallInfo(t.tid, info); err != nil {
		return result(err)
	}
	info.SetResult(value, failed(value))
	t.yieldGeneral()
	err := ptrace.SetSyscallInfo(t.tid, info)
	if err != syscall.EIO {
		return result(err)
	}
	return t.editCall(func(abi regset.ABI, gpr []byte) { abi.SetResult(gpr, value) })
}
