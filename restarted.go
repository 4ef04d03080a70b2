package utrace

import "github.com/utrace/utrace/tracehook"

// A thread that made a system call from under a trap comes back to it when the
// kernel restarts the call, because of an Interrupt of ours for instance. That
// is no second arrival.

// madeCall notes that the instruction under the trap at addr has entered a
// system call. Its exit has to be seen: the signal that it is restarted for may
// go to another thread.
func (t *Thread) madeCall(addr uint64) {
	t.callFrom, t.again = addr, 0
	t.keepCalls, t.dirty = true, true
}

// noteRestart is called when the thread goes on. It finds out whether the call
// is going to be restarted, so that the next that is heard of the thread is its
// coming to the trap.
func (t *Thread) noteRestart() {
	t.again = 0
	if t.callFrom == 0 || t.at == tracehook.SyscallEntry {
		return
	}
	gpr, err := t.general()
	if err != nil {
		return
	}
	abi := t.task.ABI()
	result := abi.Result(gpr)
	if t.at == tracehook.SyscallExit {
		result = t.call.info.Result // the back end may restart others as well
	}
	if int32(abi.SyscallNumber(gpr)) == -1 || !isRestart(result) {
		t.callFrom = 0
		return
	}
	if t.at == tracehook.Signal && t.signal.deliver != 0 {
		// A handler that is entered first may never come back.
		if d, err := t.task.Disposition(t.signal.deliver); err != nil || d == tracehook.DispositionHandler {
			t.callFrom = 0
			return
		}
	}
	abi.Restart(gpr)
	if abi.PC(gpr) == t.callFrom {
		t.again = t.callFrom
	}
}

// isRestart: ERESTARTSYS to ERESTART_RESTARTBLOCK of include/linux/errno.h. They
// never reach a program.
func isRestart(result int64) bool { return -516 <= result && result <= -512 }
