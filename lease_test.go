package utrace_test

import (
	"context"
	"errors"
	"testing"

	"github.com/utrace/utrace"
)

// lease attaches an engine by way of a lease that was asked.
func (w *world) lease(pid int, l utrace.Lease, mask utrace.Events, h any) (*utrace.Core, *utrace.Engine) {
	w.Helper()
	c := w.core.Lease(l)
	err := c.Admit(w.ctx, pid)
	var e *utrace.Engine
	if err == nil {
		e, err = c.Attach(w.ctx, pid, h, utrace.WithName("leased"), utrace.WithEvents(mask))
	}
	if err != nil {
		w.Fatal(err)
	}
	return c, e
}

// The end of a lease ends what was attached through it, also to newborns, and
// nothing else.
func TestLeaseCloses(t *testing.T) {
	w := newWorld(t, 1)
	pid := w.spawn("fork { pause }; getppid; pause")
	w.attach(pid, "A", utrace.EventReap, w.recorder("A"))
	c := w.core.Lease(utrace.Lease{Of: "somebody"})
	if err := c.Admit(w.ctx, pid); err != nil {
		t.Fatal(err)
	}
	released := 0
	g, err := c.AttachGroup(w.ctx, pid, utrace.Tree, func(*utrace.Thread) any { return w.recorder("B") },
		utrace.WithName("B"), utrace.WithEvents(utrace.EventClone), utrace.WithRelease(func() { released++ }))
	if err != nil {
		t.Fatal(err)
	}
	w.run()
	if g.Len() != 2 || g.Engines()[0].Name() != "B, somebody" {
		t.Errorf("the group has %d engines; the first is called %q", g.Len(), g.Engines()[0].Name())
	}
	c.Close()
	w.run()
	if released != 2 || g.Len() != 0 {
		t.Errorf("%d engines released, %d left", released, g.Len())
	}
	if list, _ := w.core.Engines(w.ctx, pid); len(list) != 1 || list[0].Name() != "A" {
		t.Errorf("what is left: %v", list)
	}
	if _, err := c.Attach(w.ctx, pid, w.recorder("C")); !errors.Is(err, utrace.ErrClosed) {
		t.Errorf("attach after the end: %v", err)
	}
	w.expect("B clone")
}

// A lease attaches only to what it was admitted to, and that once: then it is
// known by its engine.
func TestLeaseAdmits(t *testing.T) {
	w := newWorld(t, 1)
	pid, other := w.spawn("pause"), w.spawn("pause")
	refused := errors.New("refused")
	c := w.core.Lease(utrace.Lease{Of: "somebody", Admit: func(_ context.Context, id int) error {
		if id == other {
			return refused
		}
		return nil
	}})
	if _, err := c.Attach(w.ctx, pid, w.recorder("A")); !errors.Is(err, utrace.ErrNotPermitted) {
		t.Errorf("without having asked: %v", err)
	}
	if err := c.Admit(w.ctx, other); !errors.Is(err, refused) {
		t.Errorf("asked: %v", err)
	}
	if err := c.Admit(w.ctx, pid); err != nil {
		t.Fatal(err)
	}
	e, err := c.Attach(w.ctx, pid, w.recorder("A"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Attach(w.ctx, pid, w.recorder("B")); err != nil {
		t.Errorf("to what is traced already: %v", err)
	}
	if _, err := c.Attach(w.ctx, other, w.recorder("B")); !errors.Is(err, utrace.ErrNotPermitted) {
		t.Errorf("to what was refused: %v", err)
	}
	c.Close()
	w.run()
	if err := e.Detach(); !errors.Is(err, utrace.ErrGone) {
		t.Errorf("an engine is left: %v", err)
	}
}

// Who was admitted to a process may attach to its threads, one after the other, also to
// those that nobody traces yet.
func TestLeaseAdmitsProcess(t *testing.T) {
	w := newWorld(t, 1)
	pid, other := w.spawn("thread { pause }; thread { pause }; pause"), w.spawn("thread { pause }; pause")
	w.run()
	c := w.core.Lease(utrace.Lease{Of: "somebody", Admit: func(context.Context, int) error { return nil }})
	if err := c.Admit(w.ctx, pid); err != nil {
		t.Fatal(err)
	}
	threads, err := w.sim.Threads(pid)
	if err != nil || len(threads) != 3 {
		t.Fatalf("%d threads, %v", len(threads), err)
	}
	for _, id := range threads {
		if _, err := c.Attach(w.ctx, id, w.recorder("A")); err != nil {
			t.Errorf("thread %d: %v", id, err)
		}
	}
	threads, err = w.sim.Threads(other)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range threads {
		if _, err := c.Attach(w.ctx, id, w.recorder("A")); !errors.Is(err, utrace.ErrNotPermitted) {
			t.Errorf("thread %d of another process: %v", id, err)
		}
	}
}

// A panic ends the attachment; the others are told, and the thread runs on.
func TestLeasePanics(t *testing.T) {
	w := newWorld(t, 1)
	pid := w.spawn(`getppid; print "x"; exit 3`)
	var culprit *utrace.Engine
	_, e := w.lease(pid, utrace.Lease{Panicked: func(e *utrace.Engine, v any) { culprit = e }}, utrace.EventSyscallEntry,
		&utrace.Funcs{SyscallEntry: func(*utrace.Report, *utrace.Syscall) utrace.SyscallAnswer { panic("a mistake") }})
	w.attach(pid, "A", utrace.EventExit, w.recorder("A"))
	w.run()
	w.expect("A exit exited with 3")
	if culprit != e || w.sim.Output(pid) != "x" {
		t.Errorf("the culprit is %p, want %p; the output %q", culprit, e, w.sim.Output(pid))
	}
	if err := e.Detach(); !errors.Is(err, utrace.ErrGone) {
		t.Errorf("the engine is still there: %v", err)
	}
}

// At an exec the lease is asked again, and the program goes on without those
// that may not trace it.
func TestLeaseRenews(t *testing.T) {
	for _, may := range []bool{true, false} {
		w := newWorld(t, 1)
		pid := w.spawn(`exec { getppid }`)
		asked := 0
		w.lease(pid, utrace.Lease{Renew: func(id int) bool {
			asked++
			return may && id == pid
		}}, utrace.EventExec, w.recorder("leased"))
		w.run()
		if may {
			w.expect("leased exec")
		} else {
			w.expect()
		}
		if asked != 1 {
			t.Errorf("asked %d times", asked)
		}
	}
}
