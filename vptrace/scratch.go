package vptrace

import "github.com/utrace/utrace"

// A debugger steps a thread over a breakpoint by having it execute a copy of the
// instruction somewhere else in the program's text ("displaced stepping" in
// gdb). If the debugger dies meanwhile, the thread stands in the copy and the
// text is not what it was. So what a tracer writes into text is remembered
// until it is written back, and for each thread where it was taken from.

// excursion is a thread's way to text that the tracer has written.
type excursion struct {
	from, to uint64
}

// longestInsn is the length that an instruction of x86 cannot exceed.
const longestInsn = 15

// noteText remembers text that is going to be overwritten.
func (t *tracer) noteText(tgid int, addr uint64, before, after byte) {
	text := t.text[tgid]
	original, known := text[addr]
	switch {
	case known && after == original:
		delete(text, addr)
	case !known && after != before:
		if text == nil {
			text = map[uint64]byte{}
			t.text[tgid] = text
		}
		text[addr] = before
	}
}

// overwritten reports whether another tracer has written a byte of text, and what was
// there before: two debuggers make their copies in the same place.
func (t *tracer) overwritten(tgid int, addr uint64) (original byte, yes bool) {
	for _, o := range t.s.tracers {
		if o == t {
			continue
		}
		if original, yes = o.text[tgid][addr]; yes {
			return original, true
		}
	}
	return 0, false
}

// moved notes that the tracer has set the program counter, which was from.
func (l *link) moved(from, to uint64) {
	l.away = excursion{}
	if _, written := l.tracer.text[l.tgid][to]; written {
		l.away = excursion{from, to}
	}
}

// comesBackAlone reports whether the tracer gives up a step before the thread has
// made it, at ^C for instance, which another tracer wants to be made in the same copy:
// the thread stays in that.
func (l *link) comesBackAlone(real, to uint64) bool {
	return l.away.to == real && l.away.from == to && l.copyShared(real)
}

// copyShared reports whether another tracer has sent the thread to the same copy.
func (l *link) copyShared(at uint64) bool {
	for _, t := range l.tracer.s.tracers {
		if o := t.links[l.tid]; o != nil && o != l && o.away.to == at {
			return true
		}
	}
	return false
}

// comeBack takes a thread whose tracer has died back from where it was sent:
// to the instruction itself if the copy has not been executed, behind it if so. If
// another tracer has sent it there, too, that one fetches it.
func (l *link) comeBack(r *utrace.Report) {
	a := l.away
	l.away = excursion{}
	if a.to == 0 || l.copyShared(a.to) {
		return
	}
	if at, ok := pc(r); ok && at-a.to <= longestInsn {
		setPC(r, a.from+at-a.to)
	}
}

// restoreText undoes what a dead tracer has written into the text of a process,
// through a thread of it that is held. What another one has written, too, is left to
// that one.
func (t *tracer) restoreText(tgid int, r *utrace.Report) {
	for addr, original := range t.text[tgid] {
		if _, yes := t.overwritten(tgid, addr); !yes {
			_, _ = r.WriteMemory(addr, []byte{original})
		}
	}
	delete(t.text, tgid)
}

// leave ends the link of a tracer that has died. A thread that is under way in
// a copy is stopped once more for it.
func (l *link) leave() {
	l.state = gone
	if r, err := l.engine.Held(); err == nil {
		l.comeBack(r)
		l.tracer.restoreText(l.tgid, r)
		_ = l.engine.Detach()
		return
	}
	if l.away.to == 0 {
		_ = l.engine.Detach()
		return
	}
	_ = l.engine.SetEvents(utrace.EventQuiesce | utrace.EventTrap)
	_ = l.engine.Control(background, utrace.ReportSoon)
}

// left ends it, at the stop.
func (l *link) left(r *utrace.Report) utrace.Action {
	l.comeBack(r)
	l.tracer.restoreText(l.tgid, r)
	return utrace.Detach
}
