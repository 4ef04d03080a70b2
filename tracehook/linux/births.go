package linux

import (
	"syscall"
	"time"

	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/internal/ptrace"
)

// birth is a clone event whose child is awaited.
type birth struct {
	child int
	flags uint64
	at    time.Time // when the wait has begun
}

// births has what is known of births of which one side has not been heard of.
type births struct {
	parents  map[int]*task   // by the id of the child that they wait for
	early    map[int]arrival // children whose parent's event has not been read
	grace    time.Duration
	sweeping bool
}

// arrival is the first thing that was heard of an unknown thread.
type arrival struct {
	stop int // the signal of its stop, or 0 if it is dead
	at   time.Time
	// asked are those who may be the parent, with the number of stops they had
	// made when they were asked; nil before that.
	asked map[*task]int64
}

// grace is how long a side that has not been heard of may take, before it is
// looked for. It is far longer than a loop takes to read what the kernel has told
// already.
const grace = 200 * time.Millisecond

func (b *births) init() {
	b.parents = make(map[int]*task)
	b.early = make(map[int]arrival)
	b.grace = grace
}

func (l *Loop) sweepLater() {
	if !l.births.sweeping && l.stage != closed {
		l.births.sweeping = true
		l.After(l.births.grace, l.sweep)
	}
}

// sweep looks after births that are not complete yet. A child that nobody will
// claim goes on, and a parent whose child will not come reports it as one that
// is not followed.
func (l *Loop) sweep() {
	b := &l.births
	b.sweeping = false
	for tid, a := range b.early {
		if time.Since(a.at) < b.grace || a.stop != 0 && l.mayBeClaimed(tid, &a) {
			b.early[tid] = a
			continue
		}
		delete(b.early, tid)
		if a.stop != 0 {
			_ = ptrace.Detach(tid, 0)
		}
	}
	for tid, parent := range b.parents {
		if time.Since(parent.birth.at) >= b.grace && !l.traces(tid) {
			delete(b.parents, tid)
			parent.gaveBirth(0)
		}
	}
	if len(b.early)+len(b.parents) != 0 {
		l.sweepLater()
	}
}

// traces reports whether the kernel has a thread as a tracee of this loop.
func (l *Loop) traces(tid int) bool {
	status, err := procfs.ReadStatus(tid)
	return err == nil && status.Tracer == syscall.Gettid()
}

// mayBeClaimed reports whether a parent may still come for a child that has
// stopped. If it was killed in its event stop before that was read, it will not.
// But it may only be late: between waking its child and its own stop
// (kernel_clone in kernel/fork.c) it can be kept from the processor for any time.
// So all who may be the parent are asked to stop. The parent then reports the
// birth; others report something else, and are not the parent.
func (l *Loop) mayBeClaimed(tid int, a *arrival) bool {
	if a.asked == nil {
		a.asked = make(map[*task]int64)
		child, err := procfs.ReadStatus(tid)
		if err != nil {
			return false
		}
		for _, t := range l.tasks.all() {
			if t.state == running && t.mayHaveBorn(&child) {
				a.asked[t] = t.call.stops
				_ = ptrace.Interrupt(t.tid)
			}
		}
	}
	for t, stops := range a.asked {
		if t.state == running && t.call.stops == stops {
			return true
		}
	}
	return false
}

// mayHaveBorn reports whether the task's process is the one that a child has come
// from: the child's own, its parent, or, by CLONE_PARENT, one with the same
// parent.
func (t *task) mayHaveBorn(child *procfs.Status) bool {
	switch t.group.tgid {
	case child.Group, child.Parent:
		return true
	}
	stat, err := procfs.ReadStat(t.group.tgid)
	return err == nil && stat.Parent == child.Parent
}
