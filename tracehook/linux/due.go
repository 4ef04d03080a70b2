package linux

import (
	"syscall"

	"github.com/utrace/utrace/tracehook"
)

// due is an event that the loop owes a handler although no wait status brings
// it. It is reported when the handler has returned from what it is doing.
type due uint8

const (
	dueNone      due = iota
	dueStep          // a step ended with the exit of a system call
	dueGroupStop     // a child was born into a group-stop
	dueParked        // a status that had to wait for the birth of a child
	dueEntry         // a system call entry behind the verdict of a filter
)

// later makes an event due and leaves the task in its ptrace-stop.
func (t *task) later(d due) {
	t.state = pending
	t.due = d
	t.l.due = append(t.l.due, t)
}

// settle reports what is due. An event that was voided meanwhile has gone.
func (l *Loop) settle() {
	list := l.due
	l.due = nil
	for _, t := range list {
		d := t.due
		t.due = dueNone
		switch d {
		case dueNone:
		case dueStep:
			t.state, t.stop = stopped, stopSynth
			t.step.over = false
			ev := l.event(tracehook.Signal)
			ev.Signal, ev.Trap = int(syscall.SIGTRAP), tracehook.TrapStep
			t.deliver()
		case dueGroupStop:
			t.state, t.stop = stopped, stopGroup
			l.event(tracehook.GroupStop).Signal = t.groupSig
			t.groupSig = 0
			t.deliver()
		case dueEntry:
			t.state = stopped
			t.enterAfterVerdict()
		case dueParked:
			status := t.parked
			t.hasParked = false
			l.dispatch(t.tid, status)
		}
	}
}
