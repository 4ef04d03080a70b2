package linux

import (
	"syscall"

	"github.com/utrace/utrace/internal/ptrace"
	"github.com/utrace/utrace/tracehook"
)

// execed is PTRACE_EVENT_EXEC of thread tid, whose task before was t (nil if
// the loop had none). By now the kernel has ended all other threads of the
// process. If another one than the leader made the call, it has taken the
// leader's id over, and the old leader has vanished without a wait status
// (de_thread in fs/exec.c).
func (l *Loop) execed(tid int, t *task) {
	msg, err := ptrace.GetEventMsg(tid)
	if err != nil {
		if t != nil {
			t.killed()
		}
		return
	}
	former := int(msg)
	if t != nil && l.tasks.get(former) == nil {
		former = tid // it has been killed since, and the message is of its exit
	}
	if former != tid {
		old := t
		if t = l.tasks.get(former); t != nil {
			l.tasks.remove(t)
		}
		if old != nil {
			l.tasks.remove(old)
		}
		if t != nil {
			t.tid, t.start = tid, 0 // it takes over the start time, too
			t.state, t.due = pending, dueNone
			l.tasks.put(t)
		}
		if old != nil {
			old.overtaken()
		}
	}
	if t == nil {
		// Somebody that we never knew: born of a parent that we lost.
		_ = ptrace.Detach(tid, 0)
		return
	}
	t.state, t.stop, t.due, t.newborn = stopped, stopEvent, dueNone, false
	if t.hole != 0 {
		t.closeHole()
	}
	// The memory is another one and so may be the ABI.
	t.group.forgetMemory()
	t.forgetABI()
	l.event(tracehook.Exec).Former = former
	t.deliver()
}

// overtaken ends a leader whose id another thread has taken over. It is out of
// the table already.
func (t *task) overtaken() {
	status := t.exitStatus
	if !t.exiting {
		status = int(syscall.SIGKILL) // how the kernel ends the others
	}
	if !t.zombie {
		t.reportDeath(status, tracehook.NoParentSignal)
	}
	t.reaped(status)
}
