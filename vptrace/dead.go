package vptrace

import (
	"syscall"

	"github.com/utrace/utrace/internal/procfs"
)

// Until its tracer has waited for it, a thread that has ended is a tracee still: of the
// requests, PTRACE_KILL and PTRACE_INTERRUPT are for threads in any state
// (ptrace_check_attach in kernel/ptrace.c).

// manyDead children are remembered whether they have been waited for or not.
const manyDead = 64

// noteDead remembers a child of the tracer's own, whose end the kernel keeps.
func (t *tracer) noteDead(l *link) {
	if t.dead == nil {
		t.dead = map[int]bool{}
	}
	if len(t.dead) >= manyDead {
		for pid := range t.dead {
			if !t.keepsDead(pid) {
				delete(t.dead, pid)
			}
		}
	}
	t.dead[l.tid] = l.seized
}

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
	for pid := range t.dead {
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
	seized, is = t.dead[tid]
	if is && !t.keepsDead(tid) {
		delete(t.dead, tid)
		return false, false
	}
	return seized, is
}
