package vptrace

import (
	"encoding/binary"
	"syscall"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/internal/ptrace"
)

// The kernel tells a tracer of each change of a tracee by SIGCHLD. A process that
// is not the kernel cannot send one with si_code above 0; sender, status and
// user are those that the kernel would give.

// disposition is what a process has set up for SIGCHLD, as far as it has been
// seen to. An exec forgets it, which does not show: whoever relies on SIGCHLD
// sets it up anew.
type disposition struct{ ignored, handled, noStops bool }

// maxDispositions bounds what is kept of processes that may have ended.
const maxDispositions = 4096

// sigaction learns what a process does about SIGCHLD, and leaves the call to the
// kernel.
func (s *Server) sigaction(c *call) {
	if c.Args[1] != 0 {
		var b [16]byte // sa_handler and sa_flags
		b2 := b[:2*c.word()]
		if s.get(c, c.Args[1], b2) == 0 && c.from.Valid(c.ID) {
			const ignore = 1 // SIG_IGN
			handler := c.decode(b2)
			d := disposition{
				ignored: handler == ignore,
				handled: handler > ignore,
				noStops: c.decode(b2[c.word():])&saNoCldStop != 0,
			}
			s.setDisposition(c.tgid, d)
		}
	}
	s.pass(c)
}

func (s *Server) setDisposition(tgid int, d disposition) {
	if d == (disposition{}) {
		delete(s.dispositions, tgid)
		return
	}
	if len(s.dispositions) >= maxDispositions {
		for id := range s.dispositions {
			if s.tracers[id] == nil && dead(id) {
				delete(s.dispositions, id)
			}
		}
	}
	s.dispositions[tgid] = d
}

// disposition is that of a new tracer: its own, or what its parent had when it
// was forked.
func (s *Server) disposition(tgid int) disposition {
	if d, ok := s.dispositions[tgid]; ok {
		return d
	}
	status, err := procfs.ReadStatus(tgid)
	if err != nil {
		return disposition{}
	}
	if !s.same(status.Parent) {
		return disposition{}
	}
	d := s.dispositions[status.Parent]
	s.setDisposition(tgid, d)
	return d
}

// tell sends SIGCHLD (do_notify_parent_cldstop and do_notify_parent in
// kernel/signal.c).
func (t *tracer) tell(l *link, code, status int) {
	d := t.s.dispositions[t.tgid]
	if code == cldTrapped && (d.ignored || d.noStops) {
		return
	}
	info := childInfo(code, t.s.ids.out(t.tgid, l.tid), l.uid, status)
	info.SetCode(siQueue)
	t.told, t.rung = info, true
	if ptrace.QueueProcess(t.tgid, sigchld, (*ptrace.Siginfo)(&info)) != nil {
		_ = syscall.Kill(t.tgid, sigchld) // as many signals are queued as may be
	}
}

// traced reports whether a thread is itself a virtual tracee.
func (s *Server) traced(tid int) bool {
	for _, t := range s.tracers {
		if t.links[tid] != nil {
			return true
		}
	}
	return false
}

// childInfo is the siginfo of a SIGCHLD.
func childInfo(code, pid, uid, status int) (info utrace.Siginfo) {
	info.SetSigno(sigchld)
	info.SetCode(code)
	info.SetPID(pid)
	info.SetUID(uid)
	const statusAt = 24 // behind si_pid and si_uid
	binary.NativeEndian.PutUint32(info[statusAt:], uint32(status))
	return info
}

// exactly gives a SIGCHLD of ours the si_code that the kernel would have: a
// tracer that is traced itself is shown it, and gets it, as it has to be.
func (l *link) exactly(g *utrace.Signal) {
	t := l.tracer.s.tracers[l.tgid]
	if t == nil || g.Number() != sigchld {
		return
	}
	info, err := g.Info()
	if err == nil && info == t.told {
		info.SetCode(cldTrapped)
		_ = g.SetInfo(info)
	}
}
