package utrace_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/utrace/utrace"
)

// OR10: an event that nobody answers in time is answered by default, once. The
// answer that comes late is refused, and changes nothing.
func TestOR10_StreamTimeout(t *testing.T) {
	s, core := live(t, utrace.Options{})
	ctx := context.Background()
	pid, _ := s.Spawn(`barrier attached; getppid; exit 7`)
	stream := &utrace.Stream{Wait: utrace.EventExit, Timeout: 20 * time.Millisecond}
	if _, err := core.Attach(ctx, pid, stream, utrace.WithEvents(utrace.EventExit|utrace.EventReap)); err != nil {
		t.Fatal(err)
	}
	s.Input(pid, 1)
	ev, err := stream.Next(ctx)
	if err != nil || ev.Event != utrace.EventExit {
		t.Fatalf("%+v, %v", ev, err)
	}
	if last, err := stream.Next(ctx); err != nil || last.Event != utrace.EventReap {
		t.Fatalf("it was not let go by default: %+v, %v", last, err)
	}
	if err := ev.Answer(ctx, utrace.Stop); !errors.Is(err, utrace.ErrTooLate) {
		t.Errorf("late answer: %v", err)
	}
	if stream.Lost() != 0 {
		t.Errorf("%d events were lost", stream.Lost())
	}
	stream.Close()
}

// OR9: a reader that goes away holds nobody up: what waits is answered by
// default, and the other engines hear of everything.
func TestOR9_StreamReaderDies(t *testing.T) {
	s, core := live(t, utrace.Options{})
	ctx := context.Background()
	pid, _ := s.Spawn(`barrier attached; repeat 5 { getppid }; exit 7`)
	stream := &utrace.Stream{Wait: utrace.EventSyscallExit, Timeout: time.Hour}
	if _, err := core.Attach(ctx, pid, stream, utrace.WithEvents(utrace.EventSyscallExit)); err != nil {
		t.Fatal(err)
	}
	other := &utrace.Stream{}
	if _, err := core.Attach(ctx, pid, other, utrace.WithEvents(utrace.EventExit|utrace.EventReap)); err != nil {
		t.Fatal(err)
	}
	s.Input(pid, 1)
	stream.Close()
	var events []utrace.Events
	for ev := range other.Events(ctx) {
		if events = append(events, ev.Event); ev.Event == utrace.EventReap {
			break
		}
	}
	if len(events) != 2 {
		t.Errorf("events %v", events)
	}
	other.Close()
}

// A reader that is too slow slows the thread down; it loses nothing and costs
// no more memory than it said.
func TestStream_Backpressure(t *testing.T) {
	s, core := live(t, utrace.Options{})
	ctx := context.Background()
	pid, _ := s.Spawn(`barrier attached; repeat 100 { getppid }`)
	stream := &utrace.Stream{Buffer: 4, Timeout: time.Hour}
	if _, err := core.Attach(ctx, pid, stream, utrace.WithEvents(utrace.EventSyscallEntry|utrace.EventReap)); err != nil {
		t.Fatal(err)
	}
	s.Input(pid, 1)
	calls := 0
	for ev := range stream.Events(ctx) {
		if ev.Event == utrace.EventReap {
			break
		}
		if ev.Number == sysGetppid {
			calls++
		}
	}
	if calls != 100 || stream.Lost() != 0 {
		t.Errorf("%d calls, %d lost", calls, stream.Lost())
	}
	stream.Close()
}

// A stream decides about system calls while they wait at their entry.
func TestStreamAnswersSyscall(t *testing.T) {
	s, core := live(t, utrace.Options{})
	ctx := context.Background()
	pid, _ := s.Spawn(`barrier attached; write 1 "a"; write 1 "b"; exit 7`)
	for s.Output(pid) != "@attached\n" { // the barrier's write would be seen or not
		runtime.Gosched()
	}
	stream := &utrace.Stream{Wait: utrace.EventSyscall, Timeout: time.Hour}
	if _, err := core.Attach(ctx, pid, stream, utrace.WithEvents(utrace.EventSyscall|utrace.EventReap)); err != nil {
		t.Fatal(err)
	}
	s.Input(pid, 1)
	const write, aborted = 1, 41
	var results []int64
	for ev := range stream.Events(ctx) {
		if ev.Event == utrace.EventReap {
			break
		}
		answer := utrace.SyscallAnswer{}
		var edit func(*utrace.Syscall)
		switch {
		case ev.Number != write:
		case ev.Event == utrace.EventSyscallExit:
			results = append(results, ev.Result)
		case len(results) == 0:
			answer.Call, edit = utrace.AbortCall, func(c *utrace.Syscall) { c.SetResult(aborted) }
		}
		if err := ev.AnswerSyscall(ctx, answer, edit); err != nil {
			t.Fatalf("%v %d: %v", ev.Event, ev.Number, err)
		}
	}
	if !slices.Equal(results, []int64{aborted, 1}) {
		t.Errorf("the calls returned %v", results)
	}
	stream.Close()
	if got := s.Output(pid); got != "@attached\nb" {
		t.Errorf("the program has written %q, and the first of its writes was aborted", got)
	}
}
