package linux

import (
	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/internal/ptrace"
	"github.com/utrace/utrace/tracehook"
)

// exitStop is PTRACE_EVENT_EXIT. A thread need not make it on its way out.
func (t *task) exitStop() {
	t.stop = stopEvent
	msg, err := ptrace.GetEventMsg(t.tid)
	if err != nil {
		t.killed()
		return
	}
	t.exiting, t.exitStatus = t.leader(), int(msg)
	if !t.wants(tracehook.WantExit) {
		t.pass(0)
		return
	}
	t.l.event(tracehook.Exit).Status = t.exitStatus
	t.deliver()
}

// died is told of the wait status of a dead thread. For threads and for
// children of this very process our wait was the last that the kernel wanted;
// anybody else's child is a zombie now until its parent has waited too.
func (t *task) died(status int) {
	t.due = dueNone
	t.l.tasks.remove(t)
	if !t.leader() {
		t.reportDeath(status, tracehook.NoParentSignal)
		t.reaped(status)
		return
	}
	parentSignal, zombie := t.parentSignal()
	t.exitStatus = status
	if !t.zombie {
		t.reportDeath(status, parentSignal)
	}
	if !zombie || t.parting || !t.awaitParent() {
		t.reaped(status)
	}
}

// parentSignal finds out which signal a dead process has sent to its parent,
// and whether it is still a zombie.
func (t *task) parentSignal() (signal int, zombie bool) {
	stat, err := procfs.ReadStat(t.tid)
	if err != nil || t.start != 0 && stat.Start != t.start {
		return int(sigchld), false
	}
	return stat.ExitSignal, stat.State == 'Z'
}

func (t *task) reportDeath(status, parentSignal int) {
	t.state = dead
	if t.parting {
		return
	}
	ev := t.l.event(tracehook.Death)
	ev.Status, ev.ParentSignal = status, parentSignal
	t.l.deliver(t)
}

// reaped ends the task. It is out of the table already.
func (t *task) reaped(status int) {
	t.state = gone
	t.l.leaveGroup(t.group)
	if t.parting {
		return
	}
	t.l.event(tracehook.Reap).Status = status
	t.l.deliver(t)
}
