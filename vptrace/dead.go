package vptrace

import (
	"syscall"

	"github.com/utrace/utrace/internal/procfs"
)

// Until its tracer has waited for it, a thread that has ended is a tracee still: of the
// requests, PTRACE_KILL and PTRACE_INTERRUPT are for threads in any state
// (ptrace_check_attach in kernel/ptrace.c).

// deadChildren are those of a tracer's own that have ended traced, whose ends the kernel
// keeps. The zero value has none.
type deadChildren struct {
	// seized says of each whether it was traced by PTRACE_SEIZE.
	seized map[int]bool
	// limit is how many there are when it is looked next which have been waited for.
	limit int
}

// manyDead children are remembered whether they have been waited for or not.
const manyDead = 64

// note remembers a child. Those that are not kept any more are forgotten from time to
// time: the more are left of a tracer that waits for none, the later it is looked again.
func (d *deadChildren) note(pid int, seized bool, keeps func(pid int) bool) {
	if d.seized == nil {
		d.seized, d.limit = map[int]bool{}, manyDead
	}
	if len(d.seized) >= d.limit {
		for pid := range d.seized {
			if !keeps(pid) {
				delete(d.seized, pid)
			}
		}
		d.limit = max(manyDead, 2*len(d.seized))
	}
	d.seized[pid] = seized
}

// noteDead remembers a child that has ended.
func (t *tracer) noteDead(l *link) { t.dead.note(l.tid, l.seized, t.keepsDead) }

// keepsDead reports whether a child has ended and not been waited for.
func (t *tracer) keepsDead(pid int) bool {
	status, err := procfs.ReadStatus(pid)
	return err == nil && status.State == 'Z' && status.Parent == t.tgid
}

// waitDead answers a wait that is for clone children only, if such a child has ended:
// for its tracer __WALL is implied, but to the kernel it is traced no more.
func (t *tracer) waitDead(w *waitCall) bool {
	if w.options&waitClones != waitClone || !w.wantsEnds() {
		return false
	}
	for pid := range t.dead.seized {
		if w.selects(pid, w.group(pid)) && t.keepsDead(pid) {
			t.waitFor(w, pid)
			return true
		}
	}
	return false
}

// ofDead answers a request about a thread that the caller does not trace, or not any
// more.
func (s *Server) ofDead(c *call, tid int, request int64) {
	errno := syscall.ESRCH
	if seized, is := s.deadTracee(c.tgid, tid); is {
		switch {
		case request == reqKill, request == reqInterrupt && seized:
			errno = 0
		case request == reqInterrupt:
			errno = syscall.EIO
		}
	}
	s.answer(c, 0, errno)
}

// deadTracee reports whether a tracee has ended that its tracer has not waited for.
func (s *Server) deadTracee(tgid, tid int) (seized, is bool) {
	t := s.tracers[tgid]
	if t == nil {
		return false, false
	}
	for i := range t.ends {
		if t.ends[i].tid == tid {
			return t.ends[i].seized, true
		}
	}
	seized, is = t.dead.seized[tid]
	if is && !t.keepsDead(tid) {
		delete(t.dead.seized, tid)
		return false, false
	}
	return seized, is
}
