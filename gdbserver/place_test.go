package gdbserver

import (
	"sync/atomic"
	"testing"

	"github.com/utrace/utrace/host/hosttest"
)

// TestRecover: a panic in whatever is done for clients, on the loop or on a goroutine,
// is the place's, and the loop goes on for others.
func TestRecover(t *testing.T) {
	var recovered atomic.Int32
	s := New(hosttest.Open(t), Options{Place: Place{Recover: func() {
		if recover() != nil {
			recovered.Add(1)
		}
	}}})
	if err := s.do(t.Context(), func() error { panic("a mistake") }); err != failed {
		t.Errorf("what panics ends with %v", err)
	}
	ended := make(chan struct{})
	mistake := func() {
		defer func() { ended <- struct{}{} }()
		panic("another one")
	}
	s.work(mistake)
	s.post(mistake)
	s.post(func() { s.after(0, mistake) })
	for range 3 {
		<-ended
	}
	if err := s.Close(t.Context()); err != nil { // on the loop
		t.Error(err)
	}
	if n := recovered.Load(); n != 4 {
		t.Errorf("%d of 4 panics were the place's", n)
	}
}
