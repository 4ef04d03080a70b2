package linux

import (
	"bytes"
	"syscall"

	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/internal/ptrace"
	"github.com/utrace/utrace/regset"
)

// Most system calls that PTRACE_INTERRUPT breaks are restarted by the kernel
// without the program noticing. Some fail with EINTR instead (signal(7),
// "Interruption of system calls and library functions by stop signals", has the
// list; ptrace(2) counts it among the bugs). These are restarted here, by taking
// the program counter back to the system call instruction.
//
// EINTR may have its real cause in a signal, though. That signal is pending
// still, since stops of ours come before it is dequeued: if there is one that
// has an effect, EINTR stays.
//
// A restarted call begins its timeout anew where that is relative: what is left
// of it is known to the kernel only, and there is no way to pass it without
// changing registers or memory that the program may look at.

// Tracing makes one more kind of EINTR: the kernel wakes a traced thread for
// signals that it ignores, which would never have been sent otherwise
// (sig_ignored in kernel/signal.c). Such a call is restarted as well.

// brokenByUs reports whether a call that failed with EINTR would not have
// without a tracer. The signal is one that is going to be delivered now, or 0.
func (t *task) brokenByUs(arch uint32, nr uint64, signal int) bool {
	return isFragile(arch, nr) && !t.takesEffect(signal)
}

// Signals whose default is to do nothing (signal(7)).
const ignoredByDefault = 1<<(syscall.SIGCHLD-1) | 1<<(syscall.SIGCONT-1) |
	1<<(syscall.SIGURG-1) | 1<<(syscall.SIGWINCH-1)

// takesEffect reports whether a pending signal, or this one, is going to have an
// effect. If that cannot be found out, the answer is the one that changes nothing.
func (t *task) takesEffect(signal int) bool {
	s, err := procfs.ReadStatus(t.tid)
	if err != nil {
		return true
	}
	pending := (s.Pending | s.SharedPending) &^ s.Blocked
	if t.carrier != 0 {
		// Ours. What it brings is reported before the call goes on.
		pending &^= sigbit(t.carrier)
	}
	if signal != 0 {
		pending |= sigbit(signal)
	}
	effective := s.Caught | ^s.Ignored&^ignoredByDefault
	return pending&effective != 0
}

// restartAtTrap repairs at an event stop or a signal-delivery-stop, which come
// when the call has ended. The signal is going to be delivered, or 0.
func (t *task) restartAtTrap(signal int) {
	gpr, err := t.general()
	if err != nil || t.abi.Result(gpr) != -int64(syscall.EINTR) {
		return
	}
	nr := t.callNumber(gpr)
	if noCall(nr) || t.fromHandler(gpr) {
		return
	}
	info := &t.l.call
	if _, err := ptrace.GetSyscallInfo(t.tid, info); err != nil || !t.brokenByUs(info.Arch, nr, signal) {
		return
	}
	if pc, sp := info.PC, info.SP; t.rewind(gpr) {
		t.call.broken, t.call.pc, t.call.sp = true, pc, sp
	}
}

// restartAtExit repairs when the exit stop is resumed, unless the handler has
// changed the registers to something else.
func (t *task) restartAtExit() {
	t.call.repair = false
	gpr, err := t.general()
	if err != nil || t.abi.PC(gpr) != t.call.pc || t.abi.Result(gpr) != -int64(syscall.EINTR) {
		return
	}
	t.rewind(gpr)
}

// rewind takes the task back to its system call instruction. It returns false if
// nobody knows with which argument.
func (t *task) rewind(gpr []byte) bool {
	if _, ok := t.abi.(regset.CallApart); ok {
		first, ok := t.firstArgument(gpr)
		if !ok || int64(first) == t.abi.Result(gpr) {
			return false // the kernel shows the error in its place
		}
		t.call.first = first
	}
	t.call.failed = append(t.call.failed[:0], gpr...)
	t.again(gpr)
	_ = t.setGeneral(gpr)
	return true
}

// unwind is called at a signal that is going to be delivered. If the task has
// not come back to its call since rewind, the signal interrupts that very call,
// and EINTR is what the program has to see: one that waits with epoll_pwait for
// nothing but this signal would go on waiting otherwise.
//
// It returns false if the task has been back in the call meanwhile.
func (t *task) unwind(signal int) bool {
	failed := t.call.failed
	gpr, err := t.general()
	if err != nil || len(gpr) != len(failed) {
		return false
	}
	var buf [maxGeneral]byte
	rewound := buf[:copy(buf[:], failed)]
	t.again(rewound)
	if marked, ok := t.abi.(regset.CallMarked); ok {
		// Those that failed may be of an exit stop, and an interrupt may have
		// stopped the task before it made the call again.
		marked.CopyMarked(failed, gpr)
		marked.CopyMarked(rewound, gpr)
	}
	if !bytes.Equal(gpr, rewound) {
		t.call.failed = failed[:0]
		return false
	}
	if signal != 0 && t.takesEffect(signal) {
		t.call.broken, t.call.failed = false, failed[:0]
		_ = t.setGeneral(failed)
	}
	return true
}

// interruptedBy sees to the call that a signal-delivery-stop has interrupted, if
// there was one. With system call stops its exit has been dealt with already.
func (t *task) interruptedBy(signal int) {
	if len(t.call.failed) > 0 && t.unwind(signal) {
		return
	}
	if t.last == reqCont && !t.atBreakpoint {
		t.restartAtTrap(signal)
	}
	if signal != 0 {
		t.noteHandled()
	}
}

// noteBrokenCall is called when system calls begin to be reported. If the task
// was in one, that was broken by the stop, and its new entry continues it.
func (t *task) noteBrokenCall() {
	if t.call.broken || t.stop != stopTrap && t.stop != stopSignal {
		return
	}
	gpr, err := t.general()
	if err != nil {
		return
	}
	if t.forgets() {
		t.noteRewoundCall(gpr)
		return
	}
	if noCall(t.callNumber(gpr)) || !isRestart(t.abi.Result(gpr)) {
		return
	}
	t.call.broken, t.call.pc, t.call.sp = true, t.abi.PC(gpr), t.abi.SP(gpr)
}

// comesBack reports whether the next instruction is that of the call which the stop has
// interrupted: the kernel takes the task back to it when that goes on without a signal
// (arch_do_signal_or_restart in arch/x86/kernel/signal.c). Where it has done so already,
// atSyscallInsn finds it.
func (t *task) comesBack() bool {
	if t.forgets() || t.stop != stopTrap && t.stop != stopSignal && t.stop != stopGroup {
		return false
	}
	gpr, err := t.general()
	return err == nil && !noCall(t.callNumber(gpr)) && isRestart(t.abi.Result(gpr))
}

// noCall: the number is -1 in the word size of the thread.
func noCall(nr uint64) bool { return int32(nr) == -1 }
