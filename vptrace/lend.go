package vptrace

import "github.com/utrace/utrace"

// Debuggers step over a breakpoint with all other threads stopped, and wait for the
// end of the step. If two do so at once, each with a thread that the other one
// holds, neither step would ever begin. So the holds give way for the second step:
// the thread is lent, and goes back into its stop behind the one instruction. Who
// lends is waiting for another thread, and is shown what it was shown before.

// lend has the links that hold this thread, which its tracer has begun to step, lend
// it where their tracers wait for a thread that this one holds.
func (l *link) lend() {
	for _, t := range l.tracer.s.tracers {
		o := t.links[l.tid]
		if o == nil || o == l || o.state != stopped || o.lent || o.stop.kind == stopSignalled || !t.stuck(l) {
			continue
		}
		if r, err := o.engine.Held(); err == nil {
			if at, ok := pc(r); ok {
				o.seen = o.shown(r, at)
			}
			o.lent = true
			_ = o.engine.Direct(utrace.SingleStep)
		}
	}
}

// stuck reports whether the tracer is stepping another thread of the process, which
// the tracer of l holds.
func (t *tracer) stuck(l *link) bool {
	for _, m := range t.links {
		if m.tgid != l.tgid || m.tid == l.tid || m.state != runs || m.mode == utrace.Resume {
			continue
		}
		if held := l.tracer.links[m.tid]; held != nil && held.state == stopped {
			return true
		}
	}
	return false
}

// giveBack reports whether the thread was lent. Then it is as if it had not gone on.
func (l *link) giveBack() bool {
	lent := l.lent
	l.lent = false
	return lent && l.state == stopped
}
