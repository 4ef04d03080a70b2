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
