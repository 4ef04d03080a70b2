package vptrace

import (
	"github.com/utrace/utrace"
	"github.com/utrace/utrace/internal/procfs"
)

// A leader that ends before its threads is a zombie that is waited for when the last of
// them has ended (delay_group_leader in kernel/exit.c). Its tracer waits before its
// parent, who may be stopped by the same tracer; so it cannot be told only when the
// parent has waited and the id is free.

// awaitLast sees to it that the end of a leader that is a zombie is told.
func (l *link) awaitLast() {
	l.zombie = true
	l.tracer.awaitProcess(l.tid, l.outlived)
}

// outlived tells a leader's end, now that its threads have ended. If nothing is left of it,
// its parent has been quicker, and the core reports that.
func (l *link) outlived() {
	t := l.tracer
	stat, err := procfs.ReadStat(l.tid)
	if err != nil || stat.State != 'Z' || t.links[l.tid] != l {
		return
	}
	if fd, ok := t.natural[l.tid]; ok {
		t.forgetNatural(l.tid, fd)
	}
	t.ended(l, utrace.Status(stat.ExitCode))
	_ = l.engine.Detach()
	t.recheck()
}

// over reports whether nothing is left of a process but its ended leader.
func over(pid int) bool {
	stat, err := procfs.ReadStat(pid)
	return err != nil || stat.State == 'Z' && stat.Threads <= 1
}

// ReportReap is the end of a process whose leader had ended before. If another thread
// has taken the leader's id over by an exec, the tracer is told of that only
// (de_thread in fs/exec.c).
func (l *link) ReportReap(_ *utrace.Report, status utrace.Status) {
	switch {
	case l.state == gone:
	case over(l.tid):
		l.tracer.ended(l, status)
	default:
		l.tracer.unlink(l)
	}
}
