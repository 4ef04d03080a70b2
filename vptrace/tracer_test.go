package vptrace

import (
	"os"
	"testing"
)

// TestForgetsTheDead: of callers that have ended nothing stays for ever, though
// nobody tells of their end.
func TestForgetsTheDead(t *testing.T) {
	s := New(nil)
	self := os.Getpid()
	s.callers[self] = self
	for i := range smallCrowd {
		id := nobody - i
		s.callers[id], s.native[id], s.lost[id] = id, struct{}{}, lostAnswer{}
	}
	if s.process(os.Getppid()); len(s.callers) != 2 || len(s.native) != 0 || len(s.lost) != 0 {
		t.Errorf("%d callers, %d waits and %d answers are remembered of two processes", len(s.callers), len(s.native), len(s.lost))
	}
	if s.callers[self] != self || s.crowd != smallCrowd {
		t.Error("who lives was forgotten, too")
	}
}

// TestRemembersFewDead: a tracer that waits for none of its children does not have the
// owner look at all of them at each end of one, and those that were waited for are
// forgotten.
func TestRemembersFewDead(t *testing.T) {
	const children = 10000
	var d deadChildren
	looks := 0
	for pid := range children {
		d.note(pid, false, func(int) bool { looks++; return true })
	}
	if len(d.seized) != children || looks > 2*children {
		t.Errorf("%d of %d children are remembered, after %d looks", len(d.seized), children, looks)
	}
	for pid := range children {
		d.note(children+pid, true, func(pid int) bool { return pid >= children })
	}
	if len(d.seized) > children+manyDead {
		t.Errorf("%d children are remembered, of %d", len(d.seized), children)
	}
	for pid := range children {
		d.note(2*children+pid, true, func(int) bool { return false })
	}
	if len(d.seized) > manyDead {
		t.Errorf("%d children are remembered, of none", len(d.seized))
	}
}
