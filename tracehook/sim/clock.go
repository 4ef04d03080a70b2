package sim

import "time"

// timer is something to be done at a time: waking a thread, or calling a
// function of a loop.
type timer struct {
	at  int64
	seq uint64 // order among equals, and identity of a thread's sleep
	t   *thread
	f   *loopTimer
}

// timers is a binary heap by time. It is not container/heap because that
// allocates for every element.
type timers []timer

func (h timers) less(i, j int) bool {
	return h[i].at < h[j].at || h[i].at == h[j].at && h[i].seq < h[j].seq
}

func (h *timers) push(t timer) {
	*h = append(*h, t)
	s := *h
	for i := len(s) - 1; i > 0; {
		parent := (i - 1) / 2
		if !s.less(i, parent) {
			break
		}
		s[i], s[parent] = s[parent], s[i]
		i = parent
	}
}

func (h *timers) pop() timer {
	s := *h
	first := s[0]
	last := len(s) - 1
	s[0] = s[last]
	s[last] = timer{}
	s = s[:last]
	*h = s
	for i := 0; ; {
		child := 2*i + 1
		if child >= len(s) {
			return first
		}
		if child+1 < len(s) && s.less(child+1, child) {
			child++
		}
		if !s.less(child, i) {
			return first
		}
		s[i], s[child] = s[child], s[i]
		i = child
	}
}

// advance lets time pass by a step, and what is due become due.
func (w *World) advance() {
	if w.live {
		w.clock = int64(time.Since(w.began))
	} else {
		w.clock += tick
	}
	for len(w.timers) > 0 && w.timers[0].at <= w.clock {
		w.fire(w.timers.pop())
	}
}

// sleep lets virtual time pass until the next timer, and reports whether there
// was one.
func (w *World) sleep() bool {
	for len(w.timers) > 0 {
		next := w.timers.pop()
		if next.stale() {
			continue
		}
		w.clock = max(w.clock, next.at)
		w.fire(next)
		return true
	}
	return false
}

// stale reports whether nobody waits for the timer any more.
func (t *timer) stale() bool {
	if t.t != nil {
		return t.t.alarm != t.seq
	}
	return t.f.done
}

func (w *World) fire(t timer) {
	switch {
	case t.stale():
	case t.t != nil:
		t.t.alarm = 0
		t.t.wake()
	default:
		t.f.done = true
		t.f.loop.due = append(t.f.loop.due, t.f.f)
	}
}

// setAlarm wakes t at a time, unless it is set again or cleared before.
func (w *World) setAlarm(t *thread, at int64) {
	t.alarm = w.steps<<8 | 1 // one sleep per step at most, so it is unique
	w.timers.push(timer{at: at, seq: t.alarm, t: t})
}

// loopTimer is a tracehook.Timer.
type loopTimer struct {
	loop *Loop
	f    func()
	done bool
}

// Stop prevents the function and reports whether it was in time.
func (t *loopTimer) Stop() bool {
	if t.done {
		return false
	}
	t.done = true
	return true
}
