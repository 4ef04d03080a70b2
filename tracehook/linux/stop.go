package linux

import (
	"syscall"

	"github.com/utrace/utrace/internal/ptrace"
	"github.com/utrace/utrace/tracehook"
)

// syscallTrap is the stop signal of system call stops under OptSyscallGood.
const syscallTrap = syscall.SIGTRAP | 0x80

// stopped is told that the task is in a ptrace-stop. If it was in one before
// that nobody has answered, it has been killed, and this stop voids that one.
func (t *task) stopped(status syscall.WaitStatus) {
	listened := t.state == listening
	t.state, t.doomed = stopped, false
	t.call.stops++
	t.due = dueNone
	t.atBreakpoint = false
	t.forgetGeneral()
	if t.hole != 0 {
		t.closeHole()
	}
	event, sig := eventOf(status), status.StopSignal()
	if event == 0 && sig == syscallTrap {
		t.syscallStop()
		return
	}
	t.newborn = false
	switch event {
	case 0:
		t.signalStop(int(sig))
	case ptrace.EventStop:
		t.eventStop(int(sig), listened)
	case ptrace.EventSeccomp:
		t.seccompStop()
	case ptrace.EventFork, ptrace.EventVfork, ptrace.EventClone:
		t.cloneStop(event)
	case ptrace.EventVforkDone:
		t.vforkDone()
	case ptrace.EventExit:
		t.exitStop()
	default:
		// An event of a newer kernel that no option of ours asks for.
		t.stop = stopEvent
		t.pass(0)
	}
}

// vforkDone: the child of vfork, which the event names, has given the memory
// back.
func (t *task) vforkDone() {
	t.stop = stopEvent
	if !t.wants(tracehook.WantVforkDone) {
		t.pass(0)
		return
	}
	child, err := ptrace.GetEventMsg(t.tid)
	if err != nil {
		t.killed()
		return
	}
	t.l.event(tracehook.VforkDone).ChildID = int(child)
	t.deliver()
}

// deliver hands the event that has been filled in to the handler; the task is
// stopped. One that is being let go has no handler any more.
func (t *task) deliver() {
	if t.parting {
		t.part()
		return
	}
	t.l.deliver(t)
}

// pass goes on after a stop that is nobody's business, as it went before. A
// failure means that the task has been killed, and it will report that.
func (t *task) pass(sig int) {
	if t.parting {
		t.part()
		return
	}
	_ = t.run(t.mode, sig)
}

// eventStop is PTRACE_EVENT_STOP (ptrace(2)): a group-stop if it comes with a
// stop signal, and otherwise a trap because of PTRACE_INTERRUPT or SIGCONT, in
// one go if both.
func (t *task) eventStop(sig int, listened bool) {
	t.noteOwedTrap()
	if sig != int(syscall.SIGTRAP) {
		t.stop = stopGroup
		t.l.event(tracehook.GroupStop).Signal = sig
		t.deliver()
		return
	}
	t.stop = stopTrap
	if listened {
		t.l.event(tracehook.Continue)
		t.deliver()
		return
	}
	// The trap may have broken a call that the kernel does not restart.
	t.restartAtTrap(0)
	if !t.interrupt {
		t.pass(0)
		return
	}
	if !t.parting && t.trapPending() {
		// That is the event which it has come to: the thread stands behind a
		// breakpoint or a step that nobody has heard of. The kernel takes the
		// signal before anything else happens, and so it answers the interrupt.
		t.interrupt = false
		t.pass(0)
		return
	}
	t.l.event(tracehook.Quiesce)
	t.deliver()
}

// Interrupt asks for a report. The kernel clears the request at any ptrace-stop
// (ptrace_stop in kernel/signal.c), so whatever is reported next satisfies it;
// stops that are not reported renew it in run.
func (t *task) Interrupt() error {
	switch t.state {
	case dead, gone:
		return tracehook.ErrGone
	}
	if t.parting {
		return tracehook.ErrGone
	}
	t.interrupt = true
	if t.state != running && t.state != listening {
		return nil
	}
	if t.l.tasks.n >= crowd {
		t.l.sleeper.Load().Expect(t.tid)
	}
	return result(ptrace.Interrupt(t.tid))
}

// crowd is how many tasks make it worth while to ask the kernel about one by name.
const crowd = 32

// eventOf is the ptrace event of a wait status, 0 for all that are none. It is
// not WaitStatus.TrapCause, which knows events of SIGTRAP only: a group-stop
// is an event as well.
func eventOf(status syscall.WaitStatus) int { return int(uint32(status) >> 16) }
