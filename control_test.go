package utrace_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/tracehook"
	"github.com/utrace/utrace/tracehook/sim"
)

// live is a simulated kernel whose loop runs by itself, for tests of calls
// that come from other goroutines.
func live(t *testing.T, options utrace.Options) (*sim.World, *utrace.Core) {
	t.Helper()
	s := sim.New(1)
	core, err := utrace.New(s, options)
	if err != nil {
		t.Fatal(err)
	}
	core.Start()
	t.Cleanup(func() { core.Close() })
	return s, core
}

// blocker is a handler whose exit callback waits until it is let go.
type blocker struct{ entered, leave chan struct{} }

func newBlocker() *blocker { return &blocker{make(chan struct{}), make(chan struct{})} }

func (b *blocker) ReportExit(*utrace.Report, utrace.Status) utrace.Action {
	close(b.entered)
	<-b.leave
	return utrace.Resume
}

// CT2: Stop of a stopped thread is done at once, without a report.
func TestCT2_StopStopped(t *testing.T) {
	w := newWorld(t, 1)
	pid := w.spawn("getppid; exit 0")
	a := w.stopper(pid, "A", 0)
	b := w.attach(pid, "B", utrace.EventQuiesce, w.recorder("B"))
	w.run()
	w.log = nil
	w.control(a, utrace.Stop, nil)
	w.control(b, utrace.Stop, nil)
	w.run()
	w.expect()
}

// CT1: Stop of a running thread: a quiesce report comes, and its answer decides.
func TestCT1_StopRunning(t *testing.T) {
	for _, answer := range []utrace.Action{utrace.Stop, utrace.Resume} {
		w := newWorld(t, 1)
		pid := w.spawn(`spin 30; print "x"`)
		e := w.attach(pid, "A", utrace.EventQuiesce, &utrace.Funcs{
			Quiesce: func(_ *utrace.Report, cause utrace.Events) utrace.Action {
				w.logf("quiesce(%v)", cause)
				return answer
			},
		})
		w.sim.Step()
		w.control(e, utrace.Stop, utrace.ErrInProgress)
		w.run()
		if stopped := w.sim.Output(pid) == ""; stopped != (answer == utrace.Stop) {
			t.Errorf("answer %v: stopped %v", answer, stopped)
		}
		if w.log[0] != "quiesce(none)" {
			t.Errorf("reports %q", w.log)
		}
		e.Detach()
		w.run()
	}
}

// CT5: Barrier waits for a callback that is running, and for nothing else.
func TestCT5_Barrier(t *testing.T) {
	s, core := live(t, utrace.Options{})
	ctx := context.Background()
	pid, _ := s.Spawn("barrier attached; exit 0")
	b := newBlocker()
	e, err := core.Attach(ctx, pid, b, utrace.WithEvents(utrace.EventExit))
	if err != nil {
		t.Fatal(err)
	}
	s.Input(pid, 1)
	<-b.entered
	short, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
	defer cancel()
	if err := e.Barrier(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Barrier during the callback: %v", err)
	}
	close(b.leave)
	if err := e.Barrier(ctx); err != nil && !errors.Is(err, utrace.ErrGone) {
		t.Errorf("Barrier after it: %v", err)
	}
}

// CT6: Detach during a callback says so, and none follows. CT7: so does
// SetEvents when it removes an event; not when it only adds.
func TestCT6_CT7_InProgress(t *testing.T) {
	s, core := live(t, utrace.Options{})
	ctx := context.Background()
	pid, _ := s.Spawn("barrier attached; exit 0")
	b := newBlocker()
	e, err := core.Attach(ctx, pid, b, utrace.WithEvents(utrace.EventExit))
	if err != nil {
		t.Fatal(err)
	}
	s.Input(pid, 1)
	<-b.entered
	if err := e.SetEvents(lifetime); err != nil {
		t.Errorf("adding: %v", err)
	}
	if err := e.SetEvents(utrace.EventDeath); !errors.Is(err, utrace.ErrInProgress) {
		t.Errorf("removing: %v", err)
	}
	if err := e.Detach(); !errors.Is(err, utrace.ErrInProgress) {
		t.Errorf("Detach: %v", err)
	}
	close(b.leave)
	if err := e.Barrier(ctx); !errors.Is(err, utrace.ErrGone) {
		t.Errorf("Barrier: %v", err)
	}
}

// CT12: the examine bracket.
func TestCT12_Examine(t *testing.T) {
	w := newWorld(t, 1)
	pid := w.spawn("getppid; getppid; spin")
	a := w.stopper(pid, "A", 0)
	b := w.attach(pid, "B", 0, w.recorder("B"))
	if _, err := a.Examine(w.ctx); !errors.Is(err, utrace.ErrInvalid) {
		t.Errorf("running, no stop asked: %v", err)
	}
	w.sim.RunUntil(1000, func() bool { _, err := a.Examine(w.ctx); return err == nil })
	if _, err := b.Examine(w.ctx); !errors.Is(err, utrace.ErrInvalid) {
		t.Errorf("not held by this engine: %v", err)
	}
	x, err := a.Examine(w.ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := x.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	w.control(a, utrace.Resume, nil)
	w.control(a, utrace.Stop, utrace.ErrInProgress)
	w.sim.RunUntil(1000, func() bool { _, err := a.Examine(w.ctx); return err == nil })
	if err := x.Close(); !errors.Is(err, utrace.ErrAgain) {
		t.Errorf("Close after it ran: %v", err)
	}
	y, err := a.Examine(w.ctx)
	if err != nil {
		t.Fatal(err)
	}
	w.sim.Kill(pid, 9)
	if err := y.Close(); !errors.Is(err, utrace.ErrAgain) && !errors.Is(err, utrace.ErrGone) {
		t.Errorf("Close after SIGKILL: %v", err)
	}
	w.run()
	if _, err := a.Examine(w.ctx); !errors.Is(err, utrace.ErrGone) {
		t.Errorf("dead: %v", err)
	}
}

// DE5: when the thread dies, either SetEvents is in time or the report comes;
// exactly one side frees what they share.
func TestDE5_DeathRace(t *testing.T) {
	for seed := range uint64(300) {
		s := sim.New(seed)
		core, err := utrace.New(s, utrace.Options{})
		if err != nil {
			t.Fatal(err)
		}
		core.Start()
		ctx := context.Background()
		pid, _ := s.Spawn("exit 0")
		var mu sync.Mutex
		frees := 0
		free := func() { mu.Lock(); frees++; mu.Unlock() }
		e, err := core.Attach(ctx, pid, &utrace.Funcs{
			Death: func(*utrace.Report, *utrace.Death) utrace.Action { free(); return utrace.Detach },
		}, utrace.WithEvents(utrace.EventDeath))
		if errors.Is(err, utrace.ErrGone) || errors.Is(err, utrace.ErrNotPermitted) {
			core.Close()
			continue // it was quicker
		}
		if err != nil {
			t.Fatal(err)
		}
		switch err := e.SetEvents(0); {
		case err == nil:
			free()
		case errors.Is(err, utrace.ErrInProgress):
			e.Barrier(ctx)
			mu.Lock()
			late := frees == 0
			mu.Unlock()
			if late {
				free()
			}
		case !errors.Is(err, utrace.ErrAlready) && !errors.Is(err, utrace.ErrGone):
			t.Errorf("SetEvents: %v", err)
		}
		core.Close()
		if frees != 1 {
			t.Fatalf("seed %d: freed %d times", seed, frees)
		}
	}
}

// Callbacks may not wait for their own loop.
func TestWaitInCallback(t *testing.T) {
	w := newWorld(t, 1)
	a, b := w.spawn("exit 0"), w.spawn("spin")
	other := w.attach(b, "", 0, &utrace.Funcs{})
	other.Control(w.ctx, utrace.Stop)
	h := &utrace.Funcs{Exit: func(*utrace.Report, utrace.Status) utrace.Action {
		w.logf("%v", errors.Is(other.WaitStopped(w.ctx), utrace.ErrDeadlock))
		return utrace.Resume
	}}
	w.attach(a, "", utrace.EventExit, h)
	w.sim.RunUntil(100000, func() bool { return len(w.log) != 0 })
	if w.log[0] != "true" {
		_, err := other.Examine(w.ctx)
		if err != nil { // else it had stopped by then
			t.Error("waiting inside a callback did not fail")
		}
	}
	w.sim.Kill(b, 9)
	w.run()
}

// The watchdog names the engine whose callback does not return.
func TestWatchdog(t *testing.T) {
	slow := make(chan utrace.Slow, 1)
	s, core := live(t, utrace.Options{
		SlowCallback: 20 * time.Millisecond,
		OnSlow:       func(x utrace.Slow) { slow <- x },
	})
	pid, _ := s.Spawn("barrier attached; exit 0")
	b := newBlocker()
	e, err := core.Attach(context.Background(), pid, b, utrace.WithEvents(utrace.EventExit))
	if err != nil {
		t.Fatal(err)
	}
	s.Input(pid, 1)
	if x := <-slow; x.Engine != e || x.For < 20*time.Millisecond {
		t.Errorf("%+v", x)
	}
	close(b.leave)
}

// failing is a kernel whose loops end at once.
type failing struct {
	tracehook.Kernel
	err error
}

func (k failing) NewLoop(h tracehook.Handler) (tracehook.Loop, error) {
	loop, err := k.Kernel.NewLoop(h)
	return failingLoop{loop, k.err}, err
}

type failingLoop struct {
	tracehook.Loop
	err error
}

func (l failingLoop) Run() error {
	l.Loop.Close()
	l.Loop.Run()
	return l.err
}

// A loop that has ended by itself: whoever comes is told why.
func TestLoopFails(t *testing.T) {
	reason := errors.New("there is no way to wait")
	s := sim.New(1)
	core, err := utrace.New(failing{s, reason}, utrace.Options{})
	if err != nil {
		t.Fatal(err)
	}
	core.Start()
	_, err = core.Attach(context.Background(), 1, &utrace.Funcs{})
	if !errors.Is(err, reason) || !errors.Is(err, utrace.ErrClosed) {
		t.Errorf("Attach: %v, want both %v and %v", err, utrace.ErrClosed, reason)
	}
	core.Close()
}
