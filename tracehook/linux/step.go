package linux

import (
	"syscall"

	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/internal/ptrace"
	"github.com/utrace/utrace/tracehook"
)

// step is what a task remembers of the step that it makes.
type step struct {
	// over: the step is over a system call whose exit is to be reported, so
	// that the kernel was asked for system call stops instead of a step. When
	// the exit is resumed, the step has ended there.
	over bool
	// owed: the trap of a step that was made is pending, because the kernel
	// looks at what PTRACE_INTERRUPT and group-stops ask for before it looks at
	// signals (get_signal in kernel/signal.c). It comes in a later run, in
	// whatever mode that is.
	owed bool
	// info is the siginfo of such an end, if the handler has changed it.
	info    tracehook.Siginfo
	hasInfo bool
}

// noteOwedTrap finds out, at a stop that may have come between a step and its
// trap, whether it has.
func (t *task) noteOwedTrap() {
	if t.last < reqStep {
		return
	}
	if status, err := procfs.ReadStatus(t.tid); err == nil && status.Pending&sigbit(int(syscall.SIGTRAP)) != 0 {
		t.step.owed = true
	}
}

// trapPending reports whether a trap of the processor's is pending: the kernel has
// made it (SI_KERNEL, TRAP_BRKPT and so on) and it is not blocked (force_sig_info),
// so it is reported as soon as the thread is let go.
func (t *task) trapPending() bool {
	var infos [4]ptrace.Siginfo
	n, err := ptrace.PeekSiginfo(t.tid, ptrace.ThreadQueue, 0, infos[:])
	if err != nil {
		return false
	}
	for i := range infos[:n] {
		info := (*tracehook.Siginfo)(&infos[i])
		if info.Signo() == int(syscall.SIGTRAP) && info.Code() > 0 {
			return true
		}
	}
	return false
}

// stepsOverCalls: a step over a system call ends once, behind it. Elsewhere than
// on x86 that depends on the kernel: arm64 stops twice there, first by a signal
// that looks as if a process had sent it (user_single_step_report in
// include/linux/ptrace.h), and ppc64le not before the next instruction is done.
func (t *task) stepsOverCalls() bool { return t.intBreaks() }

// atSyscallInsn reports whether the next instruction enters a system call.
func (t *task) atSyscallInsn() bool {
	pc, ok := t.pc()
	if !ok {
		return false
	}
	var code [8]byte
	n, _ := t.ReadMemory(pc, code[:])
	_, is := t.abi.IsSyscallInsn(code[:n])
	return is
}

// trapInfo makes the siginfo that a step over a system call has.
func (t *task) trapInfo(info *tracehook.Siginfo) {
	if t.step.hasInfo {
		*info = t.step.info
		return
	}
	*info = tracehook.Siginfo{}
	info.SetSigno(int(syscall.SIGTRAP))
	info.SetCode(trapTrace)
	if t.intBreaks() {
		info.SetCode(trapBrkpt) // user_single_step_report in arch/x86/kernel/ptrace.c
	}
	if pc, ok := t.pc(); ok {
		info.SetAddr(pc)
	}
}

// injectTrap delivers the signal of a stop that was not the kernel's: as a real
// one that is not reported a second time.
func (t *task) injectTrap(signal int) error {
	var in injection
	if signal == int(syscall.SIGTRAP) {
		t.trapInfo(&in.info)
	}
	in.info.SetSigno(signal)
	in.quiet = true
	t.step.hasInfo = false
	return t.queue(in)
}

// prepareSignals sees to the signals that this run has to bring: the trap of a
// step and the carrier of an injection. Both must not be blocked.
//
// A step's SIGTRAP is forced (force_sig_info_to_task in kernel/signal.c): if it
// is blocked, the kernel unblocks it and takes the program's handler away.
// Unblocking it before and blocking it again after is harmless.
//
// When a handler is going to be entered, the kernel saves the mask in the
// program's stack frame, where a hole would stay for good. Then the task is
// stopped once more right after, and only the next run has the hole.
func (t *task) prepareSignals(req request, sig int) {
	if len(t.inject) > 0 && t.carrier == 0 {
		_ = t.send()
	}
	var need uint64
	if req >= reqStep && sig == 0 {
		need |= sigbit(int(syscall.SIGTRAP))
	}
	if t.carrier != 0 {
		need |= sigbit(t.carrier)
	}
	if need == 0 {
		return
	}
	mask, err := ptrace.GetSigMask(t.tid)
	if err != nil || mask&need == 0 {
		return
	}
	if sig != 0 {
		_ = ptrace.Interrupt(t.tid)
		return
	}
	if ptrace.SetSigMask(t.tid, mask&^need) == nil {
		t.hole = mask & need
	}
}

// closeHole blocks again what was unblocked for the run that has just ended.
func (t *task) closeHole() {
	if mask, err := ptrace.GetSigMask(t.tid); err == nil {
		_ = ptrace.SetSigMask(t.tid, mask|t.hole)
	}
	t.hole = 0
}

// SignalMask is the set of blocked signals, bit n-1 for signal n.
func (t *task) SignalMask() (uint64, error) {
	if err := t.mustStop(); err != nil {
		return 0, err
	}
	mask, err := ptrace.GetSigMask(t.tid)
	return mask, result(err)
}

// SetSignalMask replaces it.
func (t *task) SetSignalMask(mask uint64) error {
	if err := t.mustStop(); err != nil {
		return err
	}
	return result(ptrace.SetSigMask(t.tid, mask))
}
