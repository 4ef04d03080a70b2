package breakpoint_test

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/breakpoint"
	"github.com/utrace/utrace/internal/scale"
	"github.com/utrace/utrace/tracehook/sim"
)

// stmt is the address of a statement of a simulated program.
func stmt(i int) uint64 { return 0x400000 + 16*uint64(i) }

// world is a simulated kernel with a core, driven by hand.
type world struct {
	*testing.T
	sim  *sim.World
	core *utrace.Core
	ctx  context.Context
}

func newWorld(t *testing.T, seed uint64) *world {
	w := &world{T: t, sim: sim.New(seed), ctx: t.Context()}
	core, err := utrace.New(w.sim, utrace.Options{
		OnFault: func(thread int, err error) { t.Errorf("fault on thread %d: %v", thread, err) },
	})
	if err != nil {
		t.Fatal(err)
	}
	w.core = core
	t.Cleanup(func() { core.Close() })
	return w
}

// spawn starts a program and holds it before its first instruction, so that
// traps can be planted.
func (w *world) spawn(script string) (pid int, release func()) {
	w.Helper()
	pid, err := w.sim.Spawn(script)
	if err != nil {
		w.Fatal(err)
	}
	e, err := w.core.Attach(w.ctx, pid, &utrace.Funcs{Reap: func(*utrace.Report, utrace.Status) {}})
	if err != nil {
		w.Fatal(err)
	}
	if err := e.Control(w.ctx, utrace.Stop); err != nil && !errors.Is(err, utrace.ErrInProgress) {
		w.Fatal(err)
	}
	if !w.sim.RunUntil(1000, func() bool { _, err := e.Examine(w.ctx); return err == nil }) {
		w.Fatal("does not stop")
	}
	return pid, func() { e.Detach(); w.sim.RunUntilIdle() }
}

func (w *world) open(pid int, scope utrace.Scope) *breakpoint.Manager {
	w.Helper()
	m, err := breakpoint.Open(w.ctx, w.core, pid, scope)
	if err != nil {
		w.Fatal(err)
	}
	return m
}

func (w *world) set(m *breakpoint.Manager, spec breakpoint.Spec) *breakpoint.Breakpoint {
	w.Helper()
	b, err := m.Set(w.ctx, spec)
	if err != nil {
		w.Fatal(err)
	}
	return b
}

func (w *world) expect(what string, b *breakpoint.Breakpoint, reached, hits uint64) {
	w.Helper()
	if b.Reached() != reached || b.Hits() != hits {
		w.Errorf("%s: %d reached, %d hits; want %d, %d", what, b.Reached(), b.Hits(), reached, hits)
	}
}

// Every owner has its own condition, ignore count and answers, at one address.
func TestOwners(t *testing.T) {
	w := newWorld(t, 1)
	pid, release := w.spawn(`repeat 10 { getppid }`)
	a, b := w.open(pid, utrace.Process), w.open(pid, utrace.Process)
	n, called, later := 0, 0, 0
	even := func(*utrace.Report, *breakpoint.Breakpoint) bool { n++; return n%2 == 0 }
	hit := func(r *utrace.Report, b *breakpoint.Breakpoint) utrace.Action {
		text := make([]byte, 4)
		if _, err := r.ReadMemory(b.Addr(), text); err != nil || bytes.IndexByte(text, 0xcc) >= 0 {
			t.Errorf("the text shows as % x, %v", text, err)
		}
		called++
		return utrace.Resume
	}
	plain := w.set(a, breakpoint.Spec{Addr: stmt(1)})
	second := w.set(a, breakpoint.Spec{Addr: stmt(1), Condition: even, Hit: hit})
	other := w.set(b, breakpoint.Spec{Addr: stmt(1), Ignore: 7,
		Hit: func(*utrace.Report, *breakpoint.Breakpoint) utrace.Action { later++; return utrace.Resume }})
	release()
	w.expect("plain", plain, 10, 10)
	w.expect("with a condition", second, 10, 5)
	w.expect("of another owner", other, 10, 10)
	if called != 5 || later != 3 {
		t.Errorf("Hit was called %d and %d times, want 5 and 3", called, later)
	}
}

// A callback may remove its own breakpoint and set others.
func TestOnce(t *testing.T) {
	w := newWorld(t, 1)
	pid, release := w.spawn(`repeat 5 { getppid }; getpid`)
	m := w.open(pid, utrace.Process)
	var next *breakpoint.Breakpoint
	once := w.set(m, breakpoint.Spec{Addr: stmt(1), Hit: func(r *utrace.Report, b *breakpoint.Breakpoint) utrace.Action {
		if err := b.Remove(w.ctx); err != nil {
			t.Error(err)
		}
		next = w.set(m, breakpoint.Spec{Addr: stmt(3)})
		return utrace.Resume
	}})
	release()
	w.expect("once", once, 1, 1)
	w.expect("set by a callback", next, 1, 1)
	if err := once.Remove(w.ctx); !errors.Is(err, utrace.ErrNotFound) {
		t.Errorf("removed twice: %v", err)
	}
}

// Stop holds the thread until its engine is told to go on.
func TestStop(t *testing.T) {
	w := newWorld(t, 1)
	pid, release := w.spawn(`repeat 3 { getppid }`)
	m := w.open(pid, utrace.Process)
	var held *utrace.Engine
	b := w.set(m, breakpoint.Spec{Addr: stmt(1), Hit: func(r *utrace.Report, b *breakpoint.Breakpoint) utrace.Action {
		held = r.Engine()
		return utrace.Stop
	}})
	release()
	for i := range uint64(3) {
		w.expect("stopped", b, i+1, i+1)
		if err := held.Control(w.ctx, utrace.Resume); err != nil {
			t.Fatal(err)
		}
		w.sim.RunUntilIdle()
	}
	w.expect("in the end", b, 3, 3)
}

// Children that are forked have the breakpoints too, each its own copy; vfork
// children share them; those of a manager of one process are hit there only.
func TestChildren(t *testing.T) {
	for name, script := range map[string]string{
		"fork":  `fork { repeat 4 { getppid } }; wait; wait`,
		"vfork": `vfork { repeat 4 { getppid } }; wait; wait`,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 1)
			pid, release := w.spawn(script)
			tree, process := w.open(pid, utrace.Tree), w.open(pid, utrace.Process)
			inTree := w.set(tree, breakpoint.Spec{Addr: stmt(2)})
			inProcess := w.set(process, breakpoint.Spec{Addr: stmt(2)})
			release()
			w.expect("tree", inTree, 4, 4)
			w.expect("process", inProcess, 0, 0)
			if status, ok := w.sim.Wait(pid); !ok || status != 0 {
				t.Errorf("the program ended with %#x, %v", status, ok)
			}
		})
	}
}

// A breakpoint that a child has by its parent goes with the parent's.
func TestRemoveInChildren(t *testing.T) {
	w := newWorld(t, 3)
	pid, release := w.spawn(`fork { repeat 4 { getppid } }; wait; repeat 4 { getpid }`)
	m := w.open(pid, utrace.Tree)
	n := 0
	b := w.set(m, breakpoint.Spec{Addr: stmt(2), Hit: func(r *utrace.Report, b *breakpoint.Breakpoint) utrace.Action {
		if n++; n == 2 {
			if err := b.Remove(w.ctx); err != nil {
				t.Error(err)
			}
		}
		return utrace.Resume
	}})
	release()
	w.expect("removed at the second hit", b, 2, 2)
}

// An exec leaves nothing.
func TestExec(t *testing.T) {
	w := newWorld(t, 1)
	pid, release := w.spawn(`getppid; exec { getppid; getppid; print "x" }`)
	m := w.open(pid, utrace.Tree)
	first := w.set(m, breakpoint.Spec{Addr: stmt(0)})
	never := w.set(m, breakpoint.Spec{Addr: stmt(2)})
	release()
	w.expect("before", first, 1, 1)
	w.expect("after", never, 0, 0)
	if out := w.sim.Output(pid); out != "x" {
		t.Errorf("output %q", out)
	}
}

func TestErrors(t *testing.T) {
	w := newWorld(t, 1)
	pid, release := w.spawn(`getppid`)
	if _, err := breakpoint.Open(w.ctx, w.core, 99999, utrace.Process); !errors.Is(err, utrace.ErrGone) {
		t.Errorf("no such process: %v", err)
	}
	m := w.open(pid, utrace.Process)
	if _, err := m.Set(w.ctx, breakpoint.Spec{Addr: 0x10}); err == nil {
		t.Error("a breakpoint where there is no memory")
	}
	if _, err := m.Set(w.ctx, breakpoint.Spec{PID: pid + 1, Addr: stmt(0)}); !errors.Is(err, utrace.ErrGone) {
		t.Errorf("in another process: %v", err)
	}
	release()
	<-m.Done()
	if _, err := m.Set(w.ctx, breakpoint.Spec{Addr: stmt(0)}); !errors.Is(err, utrace.ErrGone) {
		t.Errorf("in a process that has ended: %v", err)
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
}

// Three owners, four threads, a few hundred interleavings: nobody misses a hit,
// whoever steps off.
func TestInterleavings(t *testing.T) {
	for seed := range uint64(scale.Rounds(200)) {
		w := newWorld(t, seed)
		pid, release := w.spawn(`thread { repeat 5 { getppid } }; thread { repeat 5 { getppid } }
			thread { repeat 5 { getppid } }; repeat 5 { getppid }; join`)
		var all []*breakpoint.Breakpoint
		for range 3 {
			m := w.open(pid, utrace.Process)
			for _, i := range []int{2, 7, 12, 16} {
				all = append(all, w.set(m, breakpoint.Spec{Addr: stmt(i)}))
			}
		}
		release()
		for _, b := range all {
			w.expect("a thread's", b, 5, 5)
		}
		if t.Failed() {
			t.Fatalf("with seed %d", seed)
		}
		w.core.Close()
	}
}
