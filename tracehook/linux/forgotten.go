package linux

import (
	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/regset"
)

// The kernels of arm64 and riscv64 make up their mind about an interrupted call
// before they stop the thread (do_signal in arch/arm64/kernel/signal.c). One that
// is restarted has been taken back to its instruction, and nothing says any more
// that there was a call. What remains are the instruction, the registers, among
// which the number is, and the first argument, which the kernel keeps for
// itself.

// handled is a call that a handler has interrupted: where the thread is when the
// handler returns, with EINTR, and how often it had slept then, stops of ours not
// counted.
type handled struct {
	pc, sp uint64
	slept  int64
}

// slept is how often the thread has given up the processor by itself, but for
// stops. It is stopped.
func (t *task) slept() (n int64, ok bool) {
	status, err := procfs.ReadStatus(t.tid)
	return int64(status.Voluntary) - t.call.stops, err == nil
}

// forgets: this machine's kernel is one of those.
func (t *task) forgets() bool {
	apart, ok := t.abi.(regset.CallApart)
	return ok && apart.Forgets()
}

// callInsnAt reports how long the instruction at an address is, if it makes a
// call.
func (t *task) callInsnAt(pc uint64) (n int, ok bool) {
	var code [4]byte
	got, _ := t.peek(pc, code[:])
	return t.abi.IsSyscallInsn(code[:got])
}

// behindCall: the instruction before the program counter makes calls.
func (t *task) behindCall(gpr []byte) bool {
	var buf [maxGeneral]byte
	back := buf[:copy(buf[:], gpr)]
	t.abi.Restart(back)
	_, ok := t.callInsnAt(t.abi.PC(back))
	return ok
}

// firstArgument is the first argument of the last call. arm64 shows it only
// together with a number, which is therefore put there for a moment. Newer kernels
// (7.3 does, 6.1 does not) show what is in its register then.
func (t *task) firstArgument(gpr []byte) (arg uint64, ok bool) {
	call, err := procfs.ReadSyscall(t.tid)
	if err == nil && call.Number == -1 && t.keepNumber(t.abi.SyscallNumber(gpr)) == nil {
		call, err = procfs.ReadSyscall(t.tid)
		_ = t.keepNumber(noNumber)
	}
	return call.Args[0], err == nil && call.Number != -1
}

// noteRewoundCall is noteBrokenCall: the thread stands at an instruction that
// makes a call, with the first argument of its last one. That might be chance,
// if it was stopped just before it made the same call as before; then an entry
// is marked as restarted that is not.
func (t *task) noteRewoundCall(gpr []byte) {
	n, ok := t.callInsnAt(t.abi.PC(gpr))
	if !ok {
		return
	}
	if first, ok := t.firstArgument(gpr); ok && first == t.abi.Arg(gpr, 0) {
		t.call.broken, t.call.pc, t.call.sp = true, t.abi.PC(gpr)+uint64(n), t.abi.SP(gpr)
	}
}

// noteHandled is called when a signal is delivered. If that interrupts a call, the
// thread comes back to it from its handler, and looks then as if the call had
// failed just now.
func (t *task) noteHandled() {
	gpr, err := t.general()
	if err != nil || !t.forgets() {
		return
	}
	pc := t.abi.PC(gpr)
	if n, ok := t.callInsnAt(pc); ok {
		pc += uint64(n)
	} else if !t.behindCall(gpr) {
		return
	}
	if slept, ok := t.slept(); ok {
		t.call.handled = handled{pc, t.abi.SP(gpr), slept}
	}
}

// fromHandler reports whether a thread that shows EINTR has come back from a
// handler. If it has not slept since that began, it has not been interrupted in
// another call like that.
func (t *task) fromHandler(gpr []byte) bool {
	h := &t.call.handled
	if !t.forgets() || h.pc != t.abi.PC(gpr) || h.sp != t.abi.SP(gpr) {
		return false
	}
	slept, ok := t.slept()
	return !ok || slept == h.slept
}
