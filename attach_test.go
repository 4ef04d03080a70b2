package utrace_test

import (
	"errors"
	"testing"

	"github.com/utrace/utrace"
)

// AT1: an engine without events is never called, and nothing stops for it.
func TestAT1_EmptyMask(t *testing.T) {
	w := newWorld(t, 1)
	pid := w.spawn(`getppid; print "x"; exit 3`)
	w.attach(pid, "A", 0, w.recorder("A"))
	w.run()
	w.expect()
	if w.sim.Output(pid) != "x" {
		t.Error("the program did not run")
	}
}

type kindA struct{ utrace.Funcs }

func (*kindA) ReportReap(*utrace.Report, utrace.Status) {}

type kindB struct{ kindA }

// AT2: Find matches by kind, by data and by both, in attach order.
func TestAT2_Find(t *testing.T) {
	w := newWorld(t, 1)
	pid := w.spawn("pause")
	find := func(options ...utrace.AttachOption) (*utrace.Engine, error) {
		return w.core.Find(w.ctx, pid, options...)
	}
	if _, err := find(); !errors.Is(err, utrace.ErrNotFound) {
		t.Errorf("Find without engines: %v", err)
	}
	add := func(h any, data any) *utrace.Engine {
		e, err := w.core.Attach(w.ctx, pid, h, utrace.WithData(data))
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	a1, b1, a2 := add(&kindA{}, 1), add(&kindB{}, 1), add(&kindA{}, 2)
	for _, test := range []struct {
		options []utrace.AttachOption
		want    *utrace.Engine
	}{
		{nil, a1},
		{[]utrace.AttachOption{utrace.MatchKind(&kindA{})}, a1},
		{[]utrace.AttachOption{utrace.MatchKind(&kindB{})}, b1},
		{[]utrace.AttachOption{utrace.MatchData(2)}, a2},
		{[]utrace.AttachOption{utrace.MatchData(1), utrace.MatchKind(&kindB{})}, b1},
		{[]utrace.AttachOption{utrace.MatchData(2), utrace.MatchKind(&kindB{})}, nil},
	} {
		if got, _ := find(test.options...); got != test.want {
			t.Errorf("found %p, want %p", got, test.want)
		}
	}
}

// AT3: an exclusive attachment fails if an engine matches, and changes nothing.
func TestAT3_Exclusive(t *testing.T) {
	w := newWorld(t, 1)
	pid := w.spawn("pause")
	attach := func(h any, options ...utrace.AttachOption) error {
		_, err := w.core.Attach(w.ctx, pid, h, options...)
		return err
	}
	if err := attach(&kindA{}, utrace.Exclusive()); err != nil {
		t.Errorf("exclusive, none attached: %v", err)
	}
	if err := attach(&kindA{}, utrace.Exclusive(), utrace.MatchKind(&kindA{})); !errors.Is(err, utrace.ErrExists) {
		t.Errorf("exclusive, same kind: %v", err)
	}
	if err := attach(&kindB{}, utrace.Exclusive(), utrace.MatchKind(&kindB{})); err != nil {
		t.Errorf("exclusive, other kind: %v", err)
	}
	if err := attach(&kindB{}, utrace.Exclusive()); !errors.Is(err, utrace.ErrExists) {
		t.Errorf("exclusive, any: %v", err)
	}
	if list, _ := w.core.Engines(w.ctx, pid); len(list) != 2 {
		t.Errorf("%d engines", len(list))
	}
}

// AT4: an engine that was detached in the pass that is going on is not found.
func TestAT4_DetachedIsNotFound(t *testing.T) {
	w := newWorld(t, 1)
	pid := w.spawn("exit 0")
	h := w.recorder("A")
	h.Exit = func(r *utrace.Report, _ utrace.Status) utrace.Action {
		r.Engine().Detach()
		if _, err := w.core.Find(w.ctx, pid, utrace.MatchKind(h)); !errors.Is(err, utrace.ErrNotFound) {
			t.Errorf("Find: %v", err)
		}
		w.logf("looked")
		return utrace.Resume
	}
	w.attach(pid, "A", utrace.EventExit, h)
	w.run()
	w.expect("looked")
}

// AT5: handlers without callbacks and threads that do not exist are refused.
func TestAT5_Errors(t *testing.T) {
	w := newWorld(t, 1)
	pid := w.spawn("pause")
	for _, h := range []any{nil, 42, (*utrace.Funcs)(nil), (*kindA)(nil)} {
		if _, err := w.core.Attach(w.ctx, pid, h); !errors.Is(err, utrace.ErrInvalid) {
			t.Errorf("handler %T: %v", h, err)
		}
	}
	if _, err := w.core.Attach(w.ctx, 12345, &kindA{}); !errors.Is(err, utrace.ErrGone) {
		t.Errorf("no such thread: %v", err)
	}
	if _, err := w.core.Attach(w.ctx, pid, &kindA{}, utrace.WithEvents(1<<31)); !errors.Is(err, utrace.ErrInvalid) {
		t.Errorf("unknown event: %v", err)
	}
}

// AT6: the release hook runs once, after the last callback.
func TestAT6_Release(t *testing.T) {
	for _, detach := range []bool{false, true} {
		w := newWorld(t, 1)
		pid := w.spawn("getppid; exit 0")
		h := w.recorder("A")
		e, err := w.core.Attach(w.ctx, pid, h, utrace.WithEvents(lifetime),
			utrace.WithRelease(func() { w.logf("release") }))
		if err != nil {
			t.Fatal(err)
		}
		if detach {
			e.Detach()
			e.Detach()
			w.run()
			w.expect("release")
			continue
		}
		w.run()
		e.Detach()
		w.expect("A exit exited with 0", "A death exited with 0", "A reap", "release")
	}
}

// AT7: every call on a detached engine fails with ErrGone.
func TestAT7_CallsOnDetached(t *testing.T) {
	w := newWorld(t, 1)
	pid := w.spawn("pause")
	e := w.attach(pid, "A", 0, w.recorder("A"))
	e.Detach()
	_, examine := e.Examine(w.ctx)
	for name, err := range map[string]error{
		"Detach":      e.Detach(),
		"SetEvents":   e.SetEvents(utrace.EventExit),
		"Control":     e.Control(w.ctx, utrace.Stop),
		"Barrier":     e.Barrier(w.ctx),
		"Examine":     examine,
		"Answer":      e.Answer(w.ctx, utrace.SignalAnswer{}),
		"WaitStopped": e.WaitStopped(w.ctx),
	} {
		if !errors.Is(err, utrace.ErrGone) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
