package utrace_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/utrace/utrace"
)

// Addresses in a simulated program: statement i has its system call at call(i).
const textBase = 0x400000

func stmt(i int) uint64 { return textBase + uint64(i)*16 }
func call(i int) uint64 { return stmt(i) + 5 }

// debugger attaches an engine with traps, held before the first instruction.
func (w *world) debugger(pid int, name string, hit func(*utrace.Report, *utrace.Trap) utrace.Action) *utrace.Engine {
	w.Helper()
	e := w.attach(pid, name, utrace.EventTrap, &utrace.Funcs{Trap: hit})
	w.halt(e)
	return e
}

func (w *world) halt(e *utrace.Engine) {
	w.Helper()
	if err := e.Control(w.ctx, utrace.Stop); err != nil && !errors.Is(err, utrace.ErrInProgress) {
		w.Fatal(err)
	}
	if !w.sim.RunUntil(10000, func() bool { _, err := e.Examine(w.ctx); return err == nil }) {
		w.Fatal("does not stop")
	}
}

func (w *world) plant(e *utrace.Engine, addr uint64) {
	w.Helper()
	if err := e.PlantTrap(w.ctx, addr); err != nil {
		w.Fatal(err)
	}
}

// logHits returns a trap callback that logs and answers a.
func (w *world) logHits(name string, a utrace.Action) func(*utrace.Report, *utrace.Trap) utrace.Action {
	return func(r *utrace.Report, x *utrace.Trap) utrace.Action {
		at := ""
		if x.Kind == utrace.TrapBreakpoint {
			at = fmt.Sprintf(" +%d", x.Addr-textBase)
		}
		w.logf("%s %v%s own=%v", name, x.Kind, at, x.Own)
		return a
	}
}

// RG10: two engines plant at the same address. Neither sees the trap in
// memory, both are told, and the text is restored when both have removed it.
func TestRG10_SharedTrap(t *testing.T) {
	w := newWorld(t, 1)
	pid := w.spawn(`repeat 3 { getppid }`)
	a := w.debugger(pid, "A", w.logHits("A", utrace.Resume))
	b := w.debugger(pid, "B", w.logHits("B", utrace.Resume))
	x, err := a.Examine(w.ctx)
	if err != nil {
		t.Fatal(err)
	}
	var before, shown [32]byte
	x.ReadMemory(stmt(1), before[:])
	w.plant(a, stmt(1))
	w.plant(b, stmt(1))
	w.plant(b, stmt(1)) // twice is once
	for name, e := range map[string]*utrace.Engine{"A": a, "B": b} {
		y, err := e.Examine(w.ctx)
		if err != nil {
			t.Fatal(err)
		}
		if y.ReadMemory(stmt(1), shown[:]); shown != before {
			t.Errorf("%s sees % x, want % x", name, shown, before)
		}
	}
	if err := a.RemoveTrap(w.ctx, stmt(1)); err != nil {
		t.Error(err)
	}
	if err := a.RemoveTrap(w.ctx, stmt(1)); !errors.Is(err, utrace.ErrNotFound) {
		t.Errorf("removed twice: %v", err)
	}
	if a.Thread().Planted() != 1 {
		t.Error("B's trap went with A's")
	}
	w.control(a, utrace.Resume, nil)
	w.control(b, utrace.Resume, nil)
	w.run()
	w.expect("B breakpoint +16 own=true", "B breakpoint +16 own=true", "B breakpoint +16 own=true")
}

// RG10: a write over a trap changes what is under it, and the trap stays.
func TestRG10_OverlayOnWrites(t *testing.T) {
	w := newWorld(t, 1)
	pid := w.spawn(`getppid; getpid`)
	a := w.debugger(pid, "A", w.logHits("A", utrace.Resume))
	w.plant(a, stmt(1))
	x, err := a.Examine(w.ctx)
	if err != nil {
		t.Fatal(err)
	}
	code := bytes.Repeat([]byte{0x90}, 5) // no-ops in place of the mov
	if n, err := x.WriteMemory(stmt(1), code); n != 5 || err != nil {
		t.Fatal(n, err)
	}
	got := make([]byte, 5)
	if x.ReadMemory(stmt(1), got); !bytes.Equal(got, code) {
		t.Errorf("read % x", got)
	}
	w.control(a, utrace.Resume, nil)
	w.run()
	w.expect("A breakpoint +16 own=true")
}

// RG6: the traps of one engine are nothing to another, and steps neither.
func TestRG6_ForeignTraps(t *testing.T) {
	w := newWorld(t, 1)
	pid := w.spawn(`getppid; getpid`)
	signal := func(_ *utrace.Report, s *utrace.Signal) utrace.SignalAnswer {
		w.logf("signal %d", s.Number())
		return utrace.SignalAnswer{}
	}
	w.signaller(pid, "S", signal)
	w.attach(pid, "F", utrace.EventForeignTrap, &utrace.Funcs{Trap: w.logHits("F", utrace.Resume)})
	a := w.debugger(pid, "A", w.logHits("A", utrace.SingleStep))
	w.plant(a, stmt(1))
	w.control(a, utrace.Resume, nil)
	w.sim.RunUntil(10000, func() bool { return len(w.log) >= 4 })
	want := []string{"F breakpoint +16 own=false", "A breakpoint +16 own=true", "F step own=false", "A step own=true"}
	for i, line := range want {
		if w.log[i] != line {
			t.Errorf("%q, want %q", w.log, want)
		}
	}
	for _, line := range w.log {
		if line == "signal 5" {
			t.Error("a debugger's trap was reported as a signal")
		}
	}
	a.Detach()
	w.run()
}

// Many threads run over one trap; none slips past while another steps off it.
func TestTrap_NoThreadSlipsPast(t *testing.T) {
	for seed := range uint64(50) {
		w := newWorld(t, seed)
		pid := w.spawn(`thread { repeat 5 { getppid } }; thread { repeat 5 { getppid } }; thread { repeat 5 { getppid } }; join`)
		hits := 0
		count := func(*utrace.Report, *utrace.Trap) utrace.Action { hits++; return utrace.Resume }
		g, err := w.core.AttachGroup(w.ctx, pid, utrace.Process,
			func(*utrace.Thread) any { return &utrace.Funcs{Trap: count} }, utrace.WithEvents(utrace.EventTrap))
		if err != nil {
			t.Fatal(err)
		}
		e := g.Engines()[0]
		w.halt(e)
		for _, i := range []int{2, 7, 12} {
			w.plant(e, call(i))
		}
		w.control(e, utrace.Resume, nil)
		w.run()
		if hits != 15 {
			t.Fatalf("seed %d: %d hits, want 15", seed, hits)
		}
	}
}

// A trap on a system call that waits for another thread: stepping off it must
// not keep that thread stopped.
func TestTrap_OnBlockingCall(t *testing.T) {
	w := newWorld(t, 1)
	pid := w.spawn(`thread { spin 20; getppid }; join; print "x"`)
	a := w.debugger(pid, "A", w.logHits("A", utrace.Resume))
	w.plant(a, call(4)) // join
	w.control(a, utrace.Resume, nil)
	w.run()
	if w.sim.Output(pid) != "x" {
		t.Errorf("deadlock: %q, %v", w.log, w.core.Check(true))
	}
}

// A forked child has a copy of the text: it is cleaned before the child runs.
func TestTrap_ForkedChildIsCleaned(t *testing.T) {
	w := newWorld(t, 1)
	pid := w.spawn(`fork { getppid; exit 7 }; wait print`)
	a := w.debugger(pid, "A", w.logHits("A", utrace.Resume))
	w.plant(a, stmt(1)) // in the block of the child
	w.control(a, utrace.Resume, nil)
	w.run()
	w.expect()
	if out := w.sim.Output(pid); out != "child exited 7\n" {
		t.Errorf("the child: %q", out)
	}
}

// A vfork child shares the text: it is kept attached, and its hits are not
// lost on it even if nobody traces it.
func TestTrap_VforkChildShares(t *testing.T) {
	w := newWorld(t, 1)
	pid := w.spawn(`vfork { getppid; exit 7 }; wait print`)
	a := w.debugger(pid, "A", w.logHits("A", utrace.Resume))
	w.plant(a, stmt(1))
	w.control(a, utrace.Resume, nil)
	w.run()
	if out := w.sim.Output(pid); out != "child exited 7\n" {
		t.Errorf("the child: %q", out)
	}
}

// An exec brings new text: the old traps are forgotten, not planted in it.
func TestTrap_ExecClears(t *testing.T) {
	w := newWorld(t, 1)
	pid := w.spawn(`getppid; exec { getppid; getppid; print "x" }`)
	a := w.debugger(pid, "A", w.logHits("A", utrace.Resume))
	w.plant(a, stmt(0))
	w.plant(a, stmt(2))
	w.control(a, utrace.Resume, nil)
	w.run()
	if a.Thread().Planted() != 0 || w.sim.Output(pid) != "x" {
		t.Errorf("%d traps are left, output %q", a.Thread().Planted(), w.sim.Output(pid))
	}
}

// An engine that detaches while threads run takes its traps along.
func TestTrap_DetachWhileRunning(t *testing.T) {
	for seed := range uint64(50) {
		w := newWorld(t, seed)
		pid := w.spawn(`thread { repeat 9 { getppid } }; repeat 9 { getppid }; join; print "x"`)
		a := w.debugger(pid, "A", w.logHits("A", utrace.Resume))
		w.plant(a, stmt(2))
		w.plant(a, stmt(6))
		w.control(a, utrace.Resume, nil)
		for range 40 + 5*seed {
			w.sim.Step()
		}
		if err := a.Detach(); err != nil && !errors.Is(err, utrace.ErrGone) {
			t.Fatal(err)
		}
		w.run()
		if out := w.sim.Output(pid); out != "x" {
			t.Fatalf("seed %d: output %q", seed, out)
		}
		if err := w.sim.CheckReleased(); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
}

// A thread that is killed while it steps off leaves the trap in place for the
// others, who need not wait for it.
func TestTrap_LifterKilled(t *testing.T) {
	for seed := range uint64(200) {
		w := newWorld(t, seed)
		pid := w.spawn(`fork { repeat 50 { getppid } }; repeat 50 { getppid }; wait`)
		a := w.debugger(pid, "A", w.logHits("A", utrace.Resume))
		w.plant(a, stmt(5))
		w.control(a, utrace.Resume, nil)
		for range 30 + seed {
			w.sim.Step()
		}
		w.sim.Kill(pid, 9)
		w.run()
		if status, ended := w.sim.Wait(pid); !ended || status != 9 {
			t.Fatalf("seed %d: status %d, ended %v", seed, status, ended)
		}
	}
}

// Whoever is gone, or runs, cannot plant.
func TestTrap_Errors(t *testing.T) {
	w := newWorld(t, 1)
	pid := w.spawn(`spin 1000`)
	e := w.attach(pid, "", 0, &utrace.Funcs{})
	if err := e.PlantTrap(w.ctx, stmt(0)); !errors.Is(err, utrace.ErrRunning) {
		t.Errorf("running: %v", err)
	}
	w.halt(e)
	if err := e.PlantTrap(w.ctx, 0x10); err == nil {
		t.Error("a trap where no memory is")
	}
	e.Detach()
	if err := e.PlantTrap(w.ctx, stmt(0)); !errors.Is(err, utrace.ErrGone) {
		t.Errorf("detached: %v", err)
	}
	w.run()
}
