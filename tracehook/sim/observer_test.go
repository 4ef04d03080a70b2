package sim

import (
	"fmt"
	"slices"
	"testing"

	"github.com/utrace/utrace/tracehook"
)

// onlooker counts what it is told and checks what the contract says of the
// order of events.
type onlooker struct {
	told  map[int]uint64 // events by process, lost ones included
	lost  uint64
	last  map[tracehook.Subject]tracehook.Event
	log   []string
	wrong error
}

func (o *onlooker) Handle(e *tracehook.Event) {
	before := o.last[e.Subject]
	switch {
	case e.Task != nil || e.Child != nil,
		e.Time < before.Time || e.Time == 0,
		before.Kind == tracehook.Reap,
		before.Kind == tracehook.Death && e.Kind != tracehook.Reap,
		before.Kind != tracehook.Death && e.Kind == tracehook.Reap:
		o.wrong = fmt.Errorf("thread %d: %+v after %+v", e.Subject.ID(), *e, before)
	}
	o.last[e.Subject] = *e
	n := uint64(1)
	if e.Kind == tracehook.Lost {
		n = e.Count
		o.lost += n
	}
	o.told[e.Subject.Group()] += n
	o.log = append(o.log, fmt.Sprint(e.Subject.ID(), e.Kind, e.Syscall.Nr, e.Signal, n))
}

// lookOn has an observer with some room see every thread there is.
func lookOn(tb testing.TB, w *World, room int) *onlooker {
	tb.Helper()
	h := &onlooker{told: make(map[int]uint64), last: make(map[tracehook.Subject]tracehook.Event)}
	o, err := w.NewObserverSize(h, room)
	if err != nil {
		tb.Fatal(err)
	}
	for _, id := range w.All() {
		if _, err := o.Observe(id, everything); err != nil {
			tb.Fatal(err)
		}
	}
	return h
}

// TestObserversAgree has two observers, of which one has hardly any room, see
// random worlds, traced and untraced: what one is told the other is told or
// has lost.
func TestObserversAgree(t *testing.T) {
	lost := uint64(0)
	for seed := range uint64(2000) {
		w := Random(seed)
		var loop tracehook.Loop
		if seed%2 == 1 {
			loop = attachAll(t, w, &follower{})
		}
		most, some := lookOn(t, w, 1<<12), lookOn(t, w, int(seed%8))
		w.RunUntilIdle()
		if loop != nil {
			loop.Close()
		}
		if len(w.All()) != 0 || most.wrong != nil || some.wrong != nil || most.lost > 0 {
			t.Fatalf("seed %d: %v, %v; lost %d; left %v", seed, most.wrong, some.wrong, most.lost, w.All())
		}
		for _, h := range []*onlooker{most, some} {
			for s, e := range h.last {
				if e.Kind != tracehook.Reap {
					t.Fatalf("seed %d: thread %d ends in %v", seed, s.ID(), e.Kind)
				}
			}
		}
		for group, n := range most.told {
			if some.told[group] != n {
				t.Fatalf("seed %d: process %d: %d events, the other was told of %d", seed, group, n, some.told[group])
			}
		}
		lost += some.lost
	}
	if lost < 1000 {
		t.Errorf("only %d events were lost", lost)
	}
}

// TestObserverRepeatable checks that a seed decides what is lost, too.
func TestObserverRepeatable(t *testing.T) {
	run := func() (log []string) {
		for seed := range uint64(20) {
			w := Random(seed)
			h := lookOn(t, w, 3)
			w.RunUntilIdle()
			log = append(log, h.log...)
		}
		return log
	}
	if first, second := run(), run(); !slices.Equal(first, second) || len(first) < 200 {
		t.Errorf("the same seeds gave %d and %d different events", len(first), len(second))
	}
}

// TestObserverTransparent compares what becomes of a program whether it is
// observed or not.
func TestObserverTransparent(t *testing.T) {
	w := New(3)
	pid, err := w.Spawn(`handle USR1 print; fork { kill USR1; exit 3 }; wait print; thread { exec { print "new"; sleep 5; exit 5 } }; pause`)
	if err != nil {
		t.Fatal(err)
	}
	h := lookOn(t, w, 8)
	w.RunUntilIdle()
	status, ended := w.Wait(pid)
	if out := w.Output(pid); out != "got USR1 0\nchild exited 3\nnew" || status != 5<<8 || !ended {
		t.Errorf("output %q, status %#x", out, status)
	}
	if err := w.CheckReleased(); err != nil || h.wrong != nil {
		t.Error(err, h.wrong)
	}
}

// BenchmarkObserved is one system call that is observed, and the steps of the
// world in between.
func BenchmarkObserved(b *testing.B) {
	w := New(1)
	if _, err := w.Spawn("repeat 1000000000 { getppid }"); err != nil {
		b.Fatal(err)
	}
	n := 0
	o, err := w.NewObserver(handlerFunc(func(e *tracehook.Event) { n++ }))
	if err != nil {
		b.Fatal(err)
	}
	defer o.Close()
	for _, id := range w.All() {
		if _, err := o.Observe(id, tracehook.WantSyscalls); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		for until := n + 2; n < until; {
			w.Step()
		}
	}
}

type handlerFunc func(*tracehook.Event)

func (f handlerFunc) Handle(e *tracehook.Event) { f(e) }
