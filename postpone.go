package utrace

import (
	"syscall"

	"github.com/utrace/utrace/tracehook"
)

// A signal can come to a thread that is about to execute the instruction under
// a trap. Were it delivered then, a handler would return to the trap, and one
// arrival would be reported twice. So it is put off until the instruction is
// over. The kernel's own breakpoints do the same (uprobe_deny_signal in
// kernel/events/uprobes.c).

// maxPostponed is how many signals can come to a thread before it is given up to
// have it execute an instruction first.
const maxPostponed = 8

// postpone keeps a signal for later, and reports whether it did.
func (t *Thread) postpone(ev *tracehook.Event) bool {
	if ev.Kind != tracehook.Signal || ev.Trap != tracehook.NoTrap || t.putOff >= maxPostponed {
		return false
	}
	var info Siginfo
	if t.task.Siginfo(&info) != nil {
		return false
	}
	if synchronous(ev.Signal) && info.Code() > 0 {
		return false // the instruction itself has caused it
	}
	t.putOff++
	const firstRealtime = 32
	for i := range t.postponed {
		// A standard signal that is pending already is not queued again
		// (signal(7), "Queueing and delivery semantics for standard signals").
		if ev.Signal < firstRealtime && t.postponed[i].Signo() == ev.Signal {
			return true
		}
	}
	t.postponed = append(t.postponed, info)
	return true
}

// catchUp has the postponed signals come now.
func (t *Thread) catchUp() {
	t.putOff = 0
	for i := range t.postponed {
		t.core.fault(t, t.task.Inject(&t.postponed[i]))
	}
	t.postponed = t.postponed[:0]
}

// synchronous reports whether an instruction can cause the signal.
func synchronous(signal int) bool {
	switch syscall.Signal(signal) {
	case syscall.SIGSEGV, syscall.SIGBUS, syscall.SIGILL, syscall.SIGFPE, syscall.SIGTRAP, syscall.SIGSYS:
		return true
	}
	return false
}
