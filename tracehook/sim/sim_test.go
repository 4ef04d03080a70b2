package sim

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/utrace/utrace/tracehook"
)

const everything = tracehook.WantSyscalls | tracehook.WantClones | tracehook.WantVforkDone | tracehook.WantExit

// follower resumes every thread at once, or after a while, and checks what the
// contract says of the order of events.
type follower struct {
	log    []string
	record bool
	events int
	ends   map[tracehook.Task]tracehook.Kind // Death or Reap, of tasks that have had it
	wrong  error
}

func (f *follower) Handle(e *tracehook.Event) {
	f.events++
	if f.record {
		f.log = append(f.log, fmt.Sprintf("%d %v %d %d", e.Task.ID(), e.Kind, e.Syscall.Nr, e.Signal))
	}
	if f.ends != nil {
		f.check(e)
	}
	if !e.Kind.Stops() {
		return
	}
	if e.Child != nil {
		if err := e.Child.Resume(tracehook.Run, 0); err != nil {
			f.wrong = fmt.Errorf("a newborn cannot be resumed: %w", err)
		}
	}
	mode := tracehook.Run
	if e.Kind == tracehook.GroupStop {
		mode = tracehook.Listen
	}
	e.Task.Resume(mode, e.Signal) // fails for a parent that was killed since
}

func (f *follower) check(e *tracehook.Event) {
	before := f.ends[e.Task]
	switch {
	case before == tracehook.Reap,
		before == tracehook.Death && e.Kind != tracehook.Reap,
		before != tracehook.Death && e.Kind == tracehook.Reap:
		f.wrong = fmt.Errorf("thread %d: %v after %v", e.Task.ID(), e.Kind, before)
	case e.Kind == tracehook.Death, e.Kind == tracehook.Reap:
		f.ends[e.Task] = e.Kind
	case before == 0:
		f.ends[e.Task] = e.Kind
	}
}

// attachAll makes a loop that owns every thread there is.
func attachAll(tb testing.TB, w *World, h tracehook.Handler) tracehook.Loop {
	tb.Helper()
	l, err := w.NewLoop(h)
	if err != nil {
		tb.Fatal(err)
	}
	for _, id := range w.All() {
		k, err := l.Attach(id, everything)
		if err != nil {
			tb.Fatal(err)
		}
		if err := k.Interrupt(); err != nil {
			tb.Fatal(err)
		}
	}
	return l
}

// TestRandom runs random worlds to their end: nothing may hang, every thread
// must end in one Death and one Reap, and no tracing may be left.
func TestRandom(t *testing.T) {
	for seed := range uint64(3000) {
		w := Random(seed)
		f := &follower{ends: make(map[tracehook.Task]tracehook.Kind)}
		l := attachAll(t, w, f)
		ended := w.RunUntil(200000, func() bool { return len(w.threads) == 0 })
		w.RunUntilIdle()
		if !ended || f.wrong != nil {
			t.Fatalf("seed %d: %v; left %v, %v\n%s", seed, f.wrong, w.All(), w.CheckReleased(), strings.Join(w.Scripts(), "\n"))
		}
		for k, last := range f.ends {
			if last != tracehook.Reap {
				t.Fatalf("seed %d: thread %d ends in %v", seed, k.ID(), last)
			}
		}
		l.Close()
	}
}

// TestClose closes the loop in the middle of random worlds: what it traced
// must go on and come to its end.
func TestClose(t *testing.T) {
	for seed := range uint64(1000) {
		w := Random(seed)
		l := attachAll(t, w, &follower{})
		for range seed % 300 {
			w.Step()
		}
		l.Close()
		if err := w.CheckReleased(); err != nil {
			t.Fatalf("seed %d: after Close: %v", seed, err)
		}
		if !w.RunUntil(200000, func() bool { return len(w.threads) == 0 }) {
			t.Fatalf("seed %d: %v are left", seed, w.All())
		}
	}
}

// TestTransparent compares what becomes of a program with and without tracing.
func TestTransparent(t *testing.T) {
	script := `handle USR1 print; fork { kill USR1; exit 3 }; wait print; thread { getpid; exec { print "new"; fork { stop; exit 4 }; ` +
		`wait print untraced; sleep 5; exit 5 } }; pause`
	run := func(seed uint64, traced bool) string {
		w := New(seed)
		pid, err := w.Spawn(script)
		if err != nil {
			t.Fatal(err)
		}
		if traced {
			defer attachAll(t, w, &follower{}).Close()
		}
		w.RunUntilIdle()
		status, ended := w.Wait(pid)
		return fmt.Sprintf("%q %#x %v", w.Output(pid), status, ended)
	}
	want := `"got USR1 0\nchild exited 3\nnewchild stopped STOP\n" 0x500 true`
	for seed := range uint64(200) {
		if alone, traced := run(seed, false), run(seed, true); alone != want || traced != want {
			t.Fatalf("seed %d: alone %s, traced %s, want %s", seed, alone, traced, want)
		}
	}
}

// TestRepeatable checks that a seed is all that decides.
func TestRepeatable(t *testing.T) {
	run := func() []string {
		f := &follower{record: true}
		for seed := range uint64(20) {
			w := Random(seed)
			l := attachAll(t, w, f)
			w.RunUntilIdle()
			l.Close()
		}
		return f.log
	}
	if first, second := run(), run(); !slices.Equal(first, second) || len(first) < 200 {
		t.Errorf("the same seed gave %d and %d different events", len(first), len(second))
	}
}

// TestVirtualTime checks that sleeping takes no time, and After its part of it.
func TestVirtualTime(t *testing.T) {
	w := New(1)
	if _, err := w.Spawn("sleep 3600000"); err != nil {
		t.Fatal(err)
	}
	l := attachAll(t, w, &follower{})
	defer l.Close()
	var fired []int
	l.After(2*time.Hour, func() { fired = append(fired, 2) })
	l.After(time.Hour/2, func() { fired = append(fired, 1) })
	stopped := l.After(time.Minute, func() { fired = append(fired, 0) })
	if !stopped.Stop() || stopped.Stop() {
		t.Error("a timer can be stopped once")
	}
	began := time.Now()
	w.RunUntilIdle()
	if !slices.Equal(fired, []int{1, 2}) || len(w.All()) != 0 || time.Since(began) > 10*time.Second {
		t.Errorf("timers %v, threads %v, took %v", fired, w.All(), time.Since(began))
	}
}

// BenchmarkEvent is one system call stop: report, handler, resume, and the
// steps of the world in between.
func BenchmarkEvent(b *testing.B) {
	w := New(1)
	if _, err := w.Spawn("repeat 1000000000 { getppid }"); err != nil {
		b.Fatal(err)
	}
	f := &follower{}
	l := attachAll(b, w, f)
	defer l.Close()
	w.RunUntil(1000, func() bool { return f.events > 10 })
	b.ReportAllocs()
	for b.Loop() {
		for n := f.events; f.events == n; {
			w.Step()
		}
	}
}

// BenchmarkRandomWorld is a whole random world from beginning to end.
func BenchmarkRandomWorld(b *testing.B) {
	seed := uint64(0)
	for b.Loop() {
		w := Random(seed)
		l := attachAll(b, w, &follower{})
		w.RunUntilIdle()
		l.Close()
		seed++
	}
}
