package gdbserver

import (
	"slices"

	"github.com/utrace/utrace/gdbserver/rsp"
)

// How a client hears of what happens. In all-stop mode it waits for one stop
// reply, and everything that it debugs stands still when it gets it. In non-stop
// mode each thread stops by itself, and the replies queue up behind a
// notification.

// queued is a stop reply of non-stop mode that has not been taken yet.
type queued struct {
	thread  *thread
	process *process
	stop    rsp.Stop
}

// queue has them in order. The first one has been told of.
type queue struct{ list []*queued }

func (q *queue) push(s *session, x *queued) {
	q.list = append(q.list, x)
	if len(q.list) == 1 {
		s.conn.notify(s.appendStop(rsp.AppendStopName(nil), x))
	}
}

// drop takes replies back that make no sense any more. The first one stays: the
// client asks for what comes behind it.
func (q *queue) drop(stale func(*queued) bool) {
	kept := q.list[:0]
	for i, x := range q.list {
		if i == 0 || !stale(x) {
			kept = append(kept, x)
		}
	}
	q.list = kept
}

// settle sends the stop reply that an all-stop client waits for, when it is time:
// something has happened, and all threads stand.
func (s *session) settle() {
	if s.nonStop || !s.waiting || s.resuming || s.conn == nil {
		return
	}
	if t := s.awaited; t != nil && !t.quiet() && t.state == stopping {
		return // not yet, without going through all threads at each one's stop
	}
	t, end := s.next()
	if t == nil && end == nil && (s.runsAny() || !s.noResumed) {
		return
	}
	if s.halt(); !s.quiet() {
		return // asked again when the next one has stopped
	}
	// Meanwhile something else may have come first.
	t, end = s.next()
	s.waiting, s.interrupts.asked = false, false
	for _, p := range s.order {
		for _, t := range p.threads {
			t.resumed = false
		}
	}
	switch {
	case t != nil:
		s.general = t
		s.reply(s.report(s.conn.content[:0], t))
	case end != nil:
		s.reply(end.stop.AppendTo(s.conn.content[:0], s.multi))
		s.forgetEnded(end)
	default:
		s.reply((&rsp.Stop{Reason: rsp.NoResumed}).AppendTo(nil, s.multi))
	}
}

// next finds what has happened first to threads that the client resumed, a step before
// everything else: a client whose step ends later than something else would not know it
// any more.
func (s *session) next() (first *thread, end *ending) {
	best := ^uint64(0)
	ended := func(e *ending) {
		if e != nil && e.seq < best {
			first, end, best = nil, e, e.seq
		}
	}
	for _, e := range s.exits {
		ended(e)
	}
	for _, p := range s.order {
		ended(p.exit)
		for _, t := range p.threads {
			if t.event == nil || !t.resumed {
				continue
			}
			seq := t.seq
			if t.event.Reason == rsp.Signalled && t.event.Signal == gdbSIGTRAP {
				seq = 0
			}
			if seq < best {
				first, end, best = t, nil, seq
			}
		}
	}
	return first, end
}

// halt asks all threads to stop. What happens to those that stop is told later.
func (s *session) halt() {
	s.resuming = true // no settling in between
	for _, p := range s.order {
		for _, t := range p.threads {
			t.ask()
		}
	}
	s.resuming = false
}

// quiet reports whether all threads stand. If not, awaited is one that does not.
func (s *session) quiet() bool {
	s.awaited = nil
	for _, p := range s.order {
		// Those that were asked last are likely to be the last to stop.
		for _, t := range slices.Backward(p.threads) {
			if !t.quiet() {
				s.awaited = t
				return false
			}
		}
	}
	return true
}

// runsAny reports whether any thread runs, or did a moment ago, or is about to die
// with its process.
func (s *session) runsAny() bool {
	for _, p := range s.order {
		for _, t := range p.threads {
			if t.state != stopped || killed(t.id) {
				return true
			}
		}
	}
	return false
}

// tell queues the event of a thread of a non-stop client.
func (s *session) tell(t *thread) {
	x := &queued{thread: t, process: t.p, stop: *t.event}
	t.last, t.event = t.event, nil
	s.queue.push(s, x)
}

// report appends the stop reply about a thread's event, which is told with that.
func (s *session) report(dst []byte, t *thread) []byte {
	t.last, t.event = t.event, nil
	s.last = t
	return s.appendStop(dst, &queued{thread: t, process: t.p, stop: *t.last})
}

// appendStop appends a stop reply, with the registers that spare the client a
// question.
func (s *session) appendStop(dst []byte, x *queued) []byte {
	stop := x.stop
	if stop.Reason == rsp.Fork || stop.Reason == rsp.Vfork {
		if child := s.processes[stop.Child.PID]; child != nil {
			child.parent = nil
		}
	}
	if t := x.thread; t != nil && x.process.thread(t.id) == t {
		if s.server.options.Disabled["T"] {
			return stop.AppendShort(dst)
		}
		if !s.swbreak && stop.Reason == rsp.SoftwareBreak || !s.hwbreak && stop.Reason == rsp.HardwareBreak {
			stop.Reason = rsp.Signalled
		}
		if stop.Reason != rsp.Signalled || stop.Signal != gdbSIGTRAP {
			stop.Core = coreOf(t) // but for steps, which it would slow down
		}
		stop.Registers = t.expedited()
		if s.server.options.Disabled["Tthread"] {
			stop.Thread = rsp.Thread{}
		}
		if s.lldb {
			stop.Extra = s.lldbExtra(t, &x.stop)
		}
	}
	return stop.AppendTo(dst, s.multi)
}

// vStopped replies to the acknowledgement of a stop reply of non-stop mode with
// the next one.
func (s *session) vStopped(dst []byte) ([]byte, error) {
	q := &s.queue
	if len(q.list) != 0 {
		first := q.list[0]
		q.list = q.list[1:]
		if first.stop.Reason == rsp.Exited || first.stop.Reason == rsp.Killed {
			s.forget(first.process)
			s.server.idle()
		}
	}
	if len(q.list) == 0 {
		return append(dst, "OK"...), nil
	}
	return s.appendStop(dst, q.list[0]), nil
}

// status replies to '?'.
func (s *session) status(dst []byte) ([]byte, error) {
	if s.nonStop {
		return s.stopsSoFar(dst)
	}
	if s.observer {
		return s.observerStatus(dst)
	}
	if len(s.order) == 0 {
		return none(dst), nil
	}
	s.halt()
	if !s.quiet() {
		s.waiting = true // the reply comes when they stand
		if t := s.any(); t != nil && t.event == nil {
			stop := t.told()
			t.event = &stop
			s.seq++
			t.seq = s.seq
		}
		s.settle()
		return nil, errLater
	}
	t, _ := s.next()
	if t == nil {
		t = s.last
	}
	if t == nil {
		t = s.any()
	}
	if t == nil {
		return none(dst), nil
	}
	if t.event == nil {
		stop := t.told()
		t.event = &stop
	}
	s.general = t
	return s.report(dst, t), nil
}

// stopsSoFar replies to '?' in non-stop mode with what was told of threads that
// stand. For those of which nothing was, the client has to ask by "vCont;t" (gdb 13
// fails if it is told of several at once); so that it has something to begin with,
// the first one is always told of.
func (s *session) stopsSoFar(dst []byte) ([]byte, error) {
	s.queue.list = nil
	var standing *thread
	for _, t := range s.threads() {
		if t.state != stopped {
			continue
		}
		if t.last != nil {
			s.queue.list = append(s.queue.list, &queued{thread: t, process: t.p, stop: t.told()})
		} else if standing == nil {
			standing = t
		}
	}
	if len(s.queue.list) == 0 {
		if standing == nil {
			return append(dst, "OK"...), nil
		}
		stop := standing.told()
		standing.last = &stop
		s.queue.list = append(s.queue.list, &queued{thread: standing, process: standing.p, stop: stop})
	}
	return s.appendStop(dst, s.queue.list[0]), nil
}

// told is what the thread was reported with last; nothing special by default.
func (t *thread) told() rsp.Stop {
	if t.last != nil {
		return *t.last
	}
	stop := rsp.Stop{Reason: rsp.Signalled, Thread: t.name(), Core: -1}
	if !t.p.s.nonStop {
		stop.Signal = gdbSIGTRAP
	}
	return stop
}

// any is some thread: the first of the first process.
func (s *session) any() *thread {
	for _, t := range s.threads() {
		return t
	}
	return nil
}

// none replies to '?' where nothing is debugged.
func none(dst []byte) []byte { return (&rsp.Stop{Reason: rsp.Exited}).AppendTo(dst, false) }
