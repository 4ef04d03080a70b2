package linux

import (
	"fmt"
	"time"

	"github.com/utrace/utrace/internal/ptrace"
	"github.com/utrace/utrace/tracehook"
)

// Detach ends the stop and the attachment.
//
// A carrier that is still under way must not reach the program as what it is,
// and the trap of a step not at all. Then the task runs on to where it arrives,
// unseen, and is let go there.
func (t *task) Detach(signal int) error {
	if err := t.mustStop(); err != nil {
		return err
	}
	if signal < 0 || signal > lastSignal {
		return fmt.Errorf("detach thread %d with signal %d: %w", t.tid, signal, tracehook.ErrInvalid)
	}
	signal, err := t.signalHere(signal)
	if err != nil {
		return err
	}
	if len(t.inject) == 0 && !t.step.owed {
		return result(t.release(signal))
	}
	t.parting, t.signal = true, signal
	t.part()
	return nil
}

// part lets a task go that is in a ptrace-stop and has no handler any more.
func (t *task) part() {
	signal := 0
	if t.stop == stopSignal {
		signal = t.signal
	}
	t.want, t.groupSig = 0, 0
	if len(t.inject) > 0 || t.step.owed {
		_ = t.run(tracehook.Run, signal)
		return
	}
	_ = t.release(signal)
}

// release ends the attachment. If it fails, the task has been killed and will
// tell so.
func (t *task) release(signal int) error {
	if t.call.repair {
		t.restartAtExit()
	}
	t.yieldGeneral()
	if err := ptrace.Detach(t.tid, signal); err != nil {
		t.killed()
		return err
	}
	t.forget()
	return nil
}

// patience is how long Close waits for tasks that do not stop: one that waits
// for its vfork child, or sleeps uninterruptibly. The kernel lets these go when
// the thread of the loop ends.
const patience = time.Second

// Close lets every task go and ends Run. From any goroutine; it does not wait.
func (l *Loop) Close() error {
	l.Post(l.closeDown)
	return nil
}

// closeDown lets go who is stopped and stops who runs, since only a stopped
// thread can be detached without the risk of losing a signal that it is about
// to report. Those in a group-stop stay in it.
func (l *Loop) closeDown() {
	if l.stage != open {
		return
	}
	l.stage = closing
	l.After(patience, func() { l.overdue = true })
	for _, t := range l.tasks.all() {
		t.parting = true
		switch {
		case t.zombie:
			l.left = true
			t.forget()
		case t.state == stopped:
			t.part()
		case t.state == running, t.state == listening:
			t.want, t.interrupt = 0, true
			_ = ptrace.Interrupt(t.tid)
		}
	}
	for tid, a := range l.births.early {
		delete(l.births.early, tid)
		if a.stop != 0 {
			_ = ptrace.Detach(tid, 0)
		}
	}
	for _, t := range l.limbo.tasks {
		if t.state == dead && t.pidfd >= 0 {
			t.closePidfd()
			t.parting = true
			t.reaped(t.exitStatus)
		}
	}
	l.limbo.tasks = nil
}

// finished reports whether Close is done.
func (l *Loop) finished() bool {
	return l.stage == closing && (l.tasks.n == 0 || l.overdue)
}
