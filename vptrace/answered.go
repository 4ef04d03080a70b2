package vptrace

// A request that lets a thread go, or has it stop, is granted first and done then: if a
// signal is quicker than the answer, the kernel makes the call again, which has to find
// the thread as it was. But the kernel can also take the answer and throw it away (see
// putoff.go). What is made again then has been done already, and would fail: for gdb,
// which waits for a thread that it cannot detach from, for ever. So while the caller has
// signals to see to, it is remembered what was answered.

// doneRequest is a request that was answered and done, maybe without its caller's knowledge.
type doneRequest struct {
	pc   uint64
	args [6]uint64
}

// grant ends a request without an error. It reports false if a signal was quicker: then
// what has not been done yet must not be.
func (s *Server) grant(c *call) bool {
	t := s.tracers[c.tgid]
	if t == nil {
		return s.answer(c, 0, 0)
	}
	// SIGCHLD from us is what tracers handle. To look for it at each request would take
	// longer than the request.
	t.rung = t.rung && t.signalled(int(c.TID))
	if !s.answer(c, 0, 0) {
		return false
	}
	if t.rung {
		t.remember(c)
	}
	return true
}

func (t *tracer) remember(c *call) {
	if t.answered == nil {
		t.answered = map[int]doneRequest{}
	}
	t.answered[int(c.TID)] = doneRequest{c.PC, c.Args}
}

// answeredBefore answers a request that is made again after it was done. The same
// request is another one if its caller has asked for anything else since, or waited.
func (s *Server) answeredBefore(c *call) bool {
	t := s.tracers[c.tgid]
	if t == nil || len(t.answered) == 0 {
		return false
	}
	before, known := t.answered[int(c.TID)]
	delete(t.answered, int(c.TID))
	if !known || before != (doneRequest{c.PC, c.Args}) {
		return false
	}
	if !s.grant(c) {
		t.remember(c)
	}
	return true
}
