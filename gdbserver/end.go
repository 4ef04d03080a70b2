package gdbserver

import (
	"slices"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/gdbserver/rsp"
)

// ending is the end of a process, or of a thread, that is still to be told.
type ending struct {
	process *process // nil: only a thread has ended
	stop    rsp.Stop
	seq     uint64
}

// ReportDeath implements utrace.DeathReporter. The process's end is the last
// thread's: its id may stay in use for as long as its parent likes.
func (t *thread) ReportDeath(_ *utrace.Report, d *utrace.Death) utrace.Action {
	p, s := t.p, t.p.s
	switch {
	case s.processes[p.pid] != p:
	case d.GroupDead && p.host != nil:
		p.parted(t, d.Status)
	case d.GroupDead:
		p.ended(t, d.Status)
	default:
		if _, killed := d.Status.Killed(); killed && t.state != stopped {
			p.lively = true
		}
		t.exited(d.Status)
		p.remove(t)
		s.settle()
	}
	return utrace.Resume
}

// exited has a client that wants such events told of the end of a thread.
func (t *thread) exited(status utrace.Status) {
	s := t.p.s
	if !s.threadEvents || s.conn == nil {
		return
	}
	code, _ := status.Exited()
	stop := rsp.Stop{Reason: rsp.ThreadExited, Thread: t.name(), Code: code, Core: -1}
	if s.nonStop {
		s.queue.push(s, &queued{process: t.p, stop: stop})
		return
	}
	s.seq++
	s.exits = append(s.exits, &ending{stop: stop, seq: s.seq})
}

// ended is called when the process is no more. t was its last thread.
func (p *process) ended(t *thread, status utrace.Status) {
	s := p.s
	delete(s.server.launched, p.pid)
	stop := rsp.Stop{Reason: rsp.Exited, Thread: rsp.Thread{PID: p.pid}, Core: -1}
	sig, killed := status.Killed()
	if killed {
		stop.Reason, stop.Signal = rsp.Killed, rsp.SignalToGDB(sig)
		if s.conn != nil && p.killed == nil {
			s.server.logf("\nChild terminated with signal = 0x%x (%s)\n", sig, signalName(sig))
		}
	} else {
		stop.Code, _ = status.Exited()
		if s.conn != nil && p.killed == nil {
			s.server.logf("\nChild exited with status %d\n", stop.Code)
		}
	}
	// A client that holds everything expects nothing to happen: it is told when it
	// resumes the process, and finds its last thread till then, as with gdbserver.
	later := s.nonStop && killed && !p.lively && t.state == stopped
	for _, x := range slices.Clone(p.threads) {
		if x != t || !later {
			p.remove(x)
		}
	}
	for _, x := range p.kin() {
		s.leave(x) // nobody knows of it
	}
	p.points.forget()
	if p.started != nil {
		p.finishStart(startupFailure(status))
		s.forget(p)
		return
	}
	if p.killed != nil || s.conn == nil {
		s.forget(p)
		s.server.idle()
		return
	}
	s.seq++
	p.exit = &ending{process: p, stop: stop, seq: s.seq}
	if s.nonStop && !later {
		p.tellEnd()
	}
	s.settle()
}

// over reports whether the process has ended, and only its client does not know of that
// yet. Its id may be another one's.
func (p *process) over() bool { return p.exit != nil || len(p.threads) == 0 }

// tellEnd queues the end of a process for a non-stop client.
func (p *process) tellEnd() {
	x := &queued{process: p, stop: p.exit.stop}
	p.exit = nil
	for len(p.threads) != 0 {
		p.remove(p.threads[0])
	}
	p.s.queue.push(p.s, x)
}

// forgetEnded forgets what has ended, when an all-stop client has been told.
func (s *session) forgetEnded(end *ending) {
	if end.process == nil {
		s.exits = slices.DeleteFunc(s.exits, func(x *ending) bool { return x == end })
		return
	}
	s.forget(end.process)
	s.server.idle()
}

// startupFailure says why a program was not started, in gdb's words.
func startupFailure(status utrace.Status) error {
	if sig, ok := status.Killed(); ok {
		return refusal("During startup program terminated with signal %s.", signalName(sig))
	}
	if code, _ := status.Exited(); code != 0 {
		return refusal("During startup program exited with code %d.", code)
	}
	return refusal("During startup program exited normally.")
}

// finishStart tells who waits for the startup.
func (p *process) finishStart(err error) {
	if f := p.started; f != nil {
		p.started = nil
		f(err)
	}
}
