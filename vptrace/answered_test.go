package vptrace

import (
	"testing"

	"github.com/utrace/utrace/internal/notify"
)

// TestAnsweredBefore: the same request made again is answered and not done, as often as
// it takes. Another one, or a wait in between, is a new one.
func TestAnsweredBefore(t *testing.T) {
	s := New(nil)
	tr := &tracer{s: s, tgid: 1}
	s.tracers[1] = tr
	gone := notify.NewListener(-1) // of it every answer is lost
	request := func(tid uint32, args ...uint64) *call {
		c := &call{from: gone, tgid: 1}
		c.TID = tid
		copy(c.Args[:], args)
		return c
	}
	detach := request(7, reqDetach, 9)
	if s.answeredBefore(detach) {
		t.Error("nothing was asked for")
	}
	tr.remember(detach)
	for range 2 {
		if !s.answeredBefore(detach) {
			t.Fatal("it was done")
		}
	}
	if s.answeredBefore(request(8, reqDetach, 9)) {
		t.Error("another thread has asked for nothing")
	}
	if s.answeredBefore(request(7, reqDetach, 10)) || s.answeredBefore(detach) {
		t.Error("the thread asks for something else")
	}
}
