package linux

import (
	"syscall"
	"time"

	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/internal/ptrace"
	"github.com/utrace/utrace/tracehook"
)

const sigchld = syscall.SIGCHLD

// limbo has the tasks about which wait4 is silent for a while:
//
//   - leaders behind their exit stop: if other threads live on, a leader
//     becomes a zombie that the kernel reports only with the last of them
//     (delay_group_leader in kernel/exit.c);
//   - dead processes that their parent, not us, has to reap.
//
// A pidfd tells of the second on new kernels, nothing of the first. So all are
// looked at now and then, less and less often while nothing changes.
type limbo struct {
	tasks  []*task
	period time.Duration
	timer  tracehook.Timer
}

const (
	limboFirst = 4 * time.Millisecond
	limboLast  = 128 * time.Millisecond
)

// linger puts a task into limbo.
func (l *Loop) linger(t *task) {
	if t.inLimbo {
		return
	}
	t.inLimbo = true
	l.limbo.tasks = append(l.limbo.tasks, t)
	if l.limbo.timer != nil && l.limbo.period <= 2*limboFirst {
		return
	}
	if l.limbo.timer != nil {
		l.limbo.timer.Stop()
	}
	l.limbo.period = limboFirst
	l.limboLater()
}

func (l *Loop) limboLater() {
	l.limbo.timer = l.After(l.limbo.period, l.visitLimbo)
	l.limbo.period = min(2*l.limbo.period, limboLast)
}

// visitLimbo looks after everyone in limbo.
func (l *Loop) visitLimbo() {
	l.limbo.timer = nil
	tasks := l.limbo.tasks
	l.limbo.tasks = nil
	for _, t := range tasks {
		if t.staysInLimbo() {
			l.limbo.tasks = append(l.limbo.tasks, t)
		} else {
			t.inLimbo = false
		}
	}
	if len(l.limbo.tasks) > 0 && l.limbo.timer == nil {
		l.limboLater()
	}
}

// staysInLimbo reports what has become of the task, if that can be told.
func (t *task) staysInLimbo() bool {
	switch {
	case t.state == gone || t.parting:
		return false
	case t.state == dead && t.pidfd >= 0:
		if ptrace.PidfdAlive(t.pidfd) {
			return true
		}
		t.parentReaped()
		return false
	case t.state != running || t.zombie:
		return false
	}
	stat, err := procfs.ReadStat(t.tid)
	if err != nil {
		return true // its status is on the way
	}
	if stat.State == 'Z' && stat.Threads > 1 {
		t.zombie = true
		t.reportDeath(t.exitStatus, tracehook.LeaderZombie)
		return false
	}
	// An exec by a thread that we do not trace takes the id over silently.
	if t.start != 0 && stat.State != 'Z' {
		if status, err := procfs.ReadStatus(t.tid); err == nil && status.Tracer == 0 {
			t.l.tasks.remove(t)
			t.overtaken()
			return false
		}
	}
	return true
}

// awaitParent has the Reap of a dead process reported when its parent has
// waited for it. False means that this has happened.
func (t *task) awaitParent() bool {
	fd, err := ptrace.OpenPidfd(t.tid)
	if err != nil {
		return false
	}
	t.pidfd = fd
	// A pidfd is readable as soon as the process is dead and hangs up when it
	// is reaped (Linux 6.9); older kernels leave it to the timer.
	_ = t.l.sleeper.Load().Watch(fd, 0, func(uint32) { t.parentReaped() })
	t.l.linger(t)
	return true
}

func (t *task) parentReaped() {
	t.closePidfd()
	t.reaped(t.exitStatus)
}

func (t *task) closePidfd() {
	_ = t.l.sleeper.Load().Unwatch(t.pidfd)
	_ = syscall.Close(t.pidfd)
	t.pidfd = -1
}
