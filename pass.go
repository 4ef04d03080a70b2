package utrace

import "slices"

// beginPass starts a walk over the engines. Those that came since the last
// walk join in.
func (t *Thread) beginPass(bit Events) {
	for _, e := range t.attaching {
		t.insert(e)
	}
	clear(t.attaching)
	t.attaching = t.attaching[:0]
	t.bit = bit
	t.pass++
	t.verdict = Resume
	t.passing = true
}

// endPass finishes the walk.
func (t *Thread) endPass() {
	t.passing = false
	t.bit = 0
	if t.dirty {
		t.sweep()
		t.refresh()
	}
}

// wants reports whether any engine has to be called for an event.
func (t *Thread) wants(bit Events) bool { return t.union&(bit|EventQuiesce) != 0 }

// walk calls one specific callback of every engine that wants the event, in
// order, each preceded by its quiesce callback. f is a plain function, so that
// nothing is allocated.
func (t *Thread) walk(bit Events, f func(*Engine, *Report) Action) {
	if !t.wants(bit) && len(t.attaching) == 0 {
		t.pass++
		return
	}
	t.beginPass(bit)
	if bit == EventSyscallEntry {
		// The last attached is nearest to user mode: it sees the call first.
		for i := len(t.engines) - 1; i >= 0; i-- {
			t.visit(t.engines[i], bit, f)
		}
	} else {
		for _, e := range t.engines {
			t.visit(e, bit, f)
		}
	}
	t.endPass()
}

// visit makes the calls to one engine in a pass.
func (t *Thread) visit(e *Engine, bit Events, f func(*Engine, *Report) Action) {
	if Events(e.mask.Load())&(bit|EventQuiesce) == 0 {
		if e.held {
			t.verdict = Stop
		}
		return
	}
	r := t.enter(e)
	if r == nil {
		return
	}
	// The mask is read after entering, and once more after the quiesce
	// callback: see SetEvents and QuiesceReporter.
	if Events(e.mask.Load())&EventQuiesce != 0 && e.cb.Quiesce != nil && bit != EventReap {
		t.note(e, e.cb.Quiesce(r, bit))
	}
	if bit != 0 && Events(e.mask.Load())&bit != 0 && !e.gone.Load() {
		t.note(e, f(e, r))
	}
	t.leave()
}

// enter announces a callback. It returns nil if the engine is gone: Detach
// first marks the engine and then looks who is being called, so one of the two
// sees the other.
func (t *Thread) enter(e *Engine) *Report {
	c := t.core
	t.caller = c.current.Load()
	c.current.Store(e)
	if e.gone.Load() {
		c.current.Store(t.caller)
		return nil
	}
	if c.options.OnSlow != nil {
		c.calls.Add(1)
	}
	t.report.thread, t.report.engine = t, e
	return &t.report
}

// leave ends a callback. It may have been made from inside one of another
// thread, by way of Control.
func (t *Thread) leave() { t.core.current.Store(t.caller) }

// note takes an engine's answer down.
func (t *Thread) note(e *Engine, answer Action) {
	switch {
	case answer == Detach:
		e.gone.Store(true)
		e.held, e.wish = false, Resume
		t.dirty = true
		return
	case answer == Stop:
		e.held = true
	case answer.valid():
		e.held = false
		e.wish = answer
	default:
		t.core.fault(t, ErrInvalid)
		return
	}
	t.verdict = max(t.verdict, answer)
}

// reportNothing is the specific callback of the passes that have none.
func reportNothing(*Engine, *Report) Action { return Resume }

// held reports whether an engine keeps the thread stopped.
func (t *Thread) held() bool {
	return slices.ContainsFunc(t.engines, (*Engine).holds) ||
		slices.ContainsFunc(t.attaching, (*Engine).holds)
}

func (e *Engine) holds() bool { return e.held && !e.gone.Load() }

// everyone calls f for each engine.
func (t *Thread) everyone(f func(*Engine)) {
	for _, e := range t.engines {
		f(e)
	}
	for _, e := range t.attaching {
		f(e)
	}
}
