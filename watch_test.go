package utrace_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/internal/scale"
	"github.com/utrace/utrace/regset"
)

// statement is a watch for the execution of a statement.
func statement(i int) utrace.Watch {
	return utrace.Watch{Kind: utrace.WatchExecute, Addr: stmt(i), Len: 1}
}

// watcher is a group whose engines count what they are told of.
type watcher struct {
	*utrace.Group
	hits map[utrace.Watch]int
}

func (w *world) watcher(pid int, scope utrace.Scope, name string, watches ...utrace.Watch) *watcher {
	w.Helper()
	c := &watcher{hits: map[utrace.Watch]int{}}
	trap := func(r *utrace.Report, x *utrace.Trap) utrace.Action {
		if x.Kind != utrace.TrapHardware || !x.Own {
			w.Errorf("%s hears of a trap %v, own %v", name, x.Kind, x.Own)
		}
		for _, watch := range watches {
			if x.Matched(watch) {
				c.hits[watch]++
			}
		}
		return utrace.Resume
	}
	var err error
	c.Group, err = w.core.AttachGroup(w.ctx, pid, scope, func(*utrace.Thread) any { return &utrace.Funcs{Trap: trap} },
		utrace.WithEvents(utrace.EventTrap), utrace.WithName(name))
	if err != nil {
		w.Fatal(err)
	}
	return c
}

// plant stops the first thread for a moment and plants through it.
func (w *world) watch(g *utrace.Group, watches ...utrace.Watch) error {
	w.Helper()
	e := g.Engines()[0]
	w.halt(e)
	defer w.control(e, utrace.Resume, nil)
	for _, x := range watches {
		if err := e.PlantWatch(w.ctx, x); err != nil {
			return err
		}
	}
	return nil
}

// RG6: every owner has exactly its own hits, of equal watches and of others, in
// threads that come later too; nobody who comes and goes disturbs it.
func TestRG6_WatchOwners(t *testing.T) {
	visits := 0
	visit := func(*utrace.Report, *utrace.Trap) utrace.Action { return utrace.Resume }
	for seed := range uint64(scale.Rounds(100)) {
		w := newWorld(t, seed)
		pid := w.spawn(`thread { repeat 5 { getppid } }; thread { repeat 5 { getppid } }; repeat 5 { getppid }; join`)
		one, two, theirs := statement(2), statement(7), statement(12)
		a := w.watcher(pid, utrace.Process, "a", one, two)
		b := w.watcher(pid, utrace.Process, "b", one)
		if err := errors.Join(w.watch(a.Group, one, two), w.watch(b.Group, one)); err != nil {
			t.Fatal(err)
		}
		random := rand.New(rand.NewPCG(seed, 1))
		run := func() { w.sim.RunUntil(random.IntN(40), func() bool { return false }) }
		for range 10 {
			run()
			visitor, err := w.core.AttachGroup(w.ctx, pid, utrace.Process,
				func(*utrace.Thread) any { return &utrace.Funcs{Trap: visit} }, utrace.WithEvents(utrace.EventTrap))
			if err != nil {
				break // the program has ended
			}
			for _, e := range visitor.Engines() {
				_ = e.Control(w.ctx, utrace.Stop)
				w.sim.RunUntil(100, func() bool { _, err := e.Examine(w.ctx); return err == nil })
				if e.PlantWatch(w.ctx, theirs) == nil {
					visits++
				}
				_ = e.Control(w.ctx, utrace.Resume)
			}
			run()
			visitor.Detach()
		}
		w.run()
		if status, ok := w.sim.Wait(pid); !ok || status != 0 {
			t.Errorf("seed %d: the program ended with %#x, %v", seed, status, ok)
		}
		if a.hits[one] != 5 || a.hits[two] != 5 || b.hits[one] != 5 {
			t.Errorf("seed %d: %d, %d and %d hits, want 5 each", seed, a.hits[one], a.hits[two], b.hits[one])
		}
	}
	if visits == 0 {
		t.Error("no visitor has watched anything")
	}
}

// RG6: children that are followed have the watches of the group that follows, and
// only they; the kernel gives them none.
func TestRG6_WatchChildren(t *testing.T) {
	for _, way := range []string{"fork", "vfork"} {
		w := newWorld(t, 1)
		pid := w.spawn(way + ` { repeat 4 { getppid } }; wait; wait`)
		inChild := statement(2)
		tree := w.watcher(pid, utrace.Tree, "tree", inChild)
		process := w.watcher(pid, utrace.Process, "process", inChild)
		if err := errors.Join(w.watch(tree.Group, inChild), w.watch(process.Group, inChild)); err != nil {
			t.Fatal(err)
		}
		w.run()
		if tree.hits[inChild] != 4 || process.hits[inChild] != 0 {
			t.Errorf("%s: %d and %d hits, want 4 and 0", way, tree.hits[inChild], process.hits[inChild])
		}
		if status, ok := w.sim.Wait(pid); !ok || status != 0 {
			t.Errorf("%s: the program ended with %#x, %v", way, status, ok)
		}
	}
}

// EX1: an exec leaves no watch, and its debug registers can be used anew.
func TestEX1_WatchesEndAtExec(t *testing.T) {
	w := newWorld(t, 1)
	pid := w.spawn(`getppid; exec { getppid; getppid }`)
	all := []utrace.Watch{statement(0), statement(1), statement(2), statement(3)}
	c := w.watcher(pid, utrace.Process, "c", all...)
	if err := w.watch(c.Group, all...); err != nil {
		t.Fatal(err)
	}
	w.attach(pid, "x", utrace.EventExec, &utrace.Funcs{Exec: func(r *utrace.Report, _ int) utrace.Action {
		for _, x := range all {
			x.Addr += 0x100
			if err := c.Engines()[0].PlantWatch(w.ctx, x); err != nil {
				t.Error(err)
			}
		}
		return utrace.Resume
	}})
	w.run()
	if c.hits[all[0]] != 1 || c.hits[all[1]] != 1 || c.hits[all[2]] != 0 {
		t.Errorf("hits %v, want one each of what is before the exec", c.hits)
	}
}

// RG6: when a thread's debug registers are all in use, the error names by whom,
// and one more owner of an equal watch needs none.
func TestRG6_WatchesFull(t *testing.T) {
	w := newWorld(t, 1)
	pid := w.spawn(`getppid; pause`)
	a, b := w.watcher(pid, utrace.Process, "Alice"), w.watcher(pid, utrace.Process, "Bob")
	if err := errors.Join(w.watch(a.Group, statement(10), statement(11), statement(12)), w.watch(b.Group, statement(12), statement(13))); err != nil {
		t.Fatal(err)
	}
	err := w.watch(b.Group, statement(14))
	if !errors.Is(err, utrace.ErrNoSlot) || !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("a fifth watch: %v", err)
	}
	for _, part := range []string{"Alice and Bob", "Bob", fmt.Sprintf("execution of %#x", stmt(10))} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not say %q", err, part)
		}
	}
	if err := w.watch(b.Group, statement(10)); err != nil {
		t.Errorf("what another one watches already: %v", err)
	}
	a.Detach()
	w.run()
	if err := w.watch(b.Group, statement(15)); err != nil {
		t.Errorf("when the other one has gone: %v", err)
	}
}

// An engine that belongs to no group watches its own thread alone, and gives up
// what it has not got with an error.
func TestRG6_WatchOfOneThread(t *testing.T) {
	w := newWorld(t, 1)
	pid := w.spawn(`thread { repeat 3 { getppid } }; join`)
	inThread := statement(2)
	hits := 0
	var e *utrace.Engine
	trap := &utrace.Funcs{Trap: func(*utrace.Report, *utrace.Trap) utrace.Action { hits++; return utrace.Resume }}
	e = w.attach(pid, "e", utrace.EventTrap, trap)
	w.halt(e)
	if err := e.PlantWatch(w.ctx, inThread); err != nil {
		t.Fatal(err)
	}
	if err := e.RemoveWatch(w.ctx, statement(3)); !errors.Is(err, utrace.ErrNotFound) {
		t.Errorf("remove what is not there: %v", err)
	}
	for _, bad := range []utrace.Watch{
		{Kind: utrace.WatchWrite, Addr: 0x1001, Len: 4}, {Kind: utrace.WatchWrite, Addr: 0x1000}, {Kind: 9, Addr: 0x1000, Len: 1},
	} {
		if err := e.PlantWatch(w.ctx, bad); err == nil {
			t.Errorf("%v was planted", bad)
		}
	}
	w.control(e, utrace.Resume, nil)
	if err := e.PlantWatch(w.ctx, inThread); !errors.Is(err, utrace.ErrRunning) {
		t.Errorf("while it runs: %v, want ErrRunning", err)
	}
	w.run()
	if hits != 0 {
		t.Errorf("%d hits of another thread", hits)
	}
}

// Nobody writes debug registers behind the keeper's back.
func TestRG6_RawDebugRegisters(t *testing.T) {
	w := newWorld(t, 1)
	pid := w.spawn(`getppid; pause`)
	e := w.attach(pid, "e", utrace.EventTrap, w.recorder("e"))
	w.halt(e)
	x, err := e.Examine(w.ctx)
	if err != nil {
		t.Fatal(err)
	}
	abi, err := x.ABI()
	if err != nil {
		t.Fatal(err)
	}
	var first uintptr
	for !abi.(regset.Watcher).HoldsWatches(first) {
		first++
	}
	if err := x.PokeUser(first, stmt(1)); !errors.Is(err, utrace.ErrKept) || !errors.Is(err, syscall.EBUSY) {
		t.Errorf("a debug register written directly: %v", err)
	}
}

// armed is a journal of whose debug registers are in use.
type armed struct {
	utrace.Journal
	threads map[int]bool
}

func (a *armed) WatchesSet(thread int, _ uint64)     { a.threads[thread] = true }
func (a *armed) WatchesCleared(thread int, _ uint64) { delete(a.threads, thread) }

// The journal knows whose debug registers would kill if they were left.
func TestWatchJournal(t *testing.T) {
	w := newWorld(t, 1)
	journal := &armed{threads: map[int]bool{}}
	core, err := utrace.New(w.sim, utrace.Options{Journal: journal})
	if err != nil {
		t.Fatal(err)
	}
	defer core.Close()
	w.core = core
	pid := w.spawn(`thread { getppid }; exec { getppid; pause }`)
	c := w.watcher(pid, utrace.Process, "c", statement(9))
	if err := w.watch(c.Group, statement(9)); err != nil {
		t.Fatal(err)
	}
	if !journal.threads[pid] {
		t.Errorf("planted: %v", journal.threads)
	}
	w.run()
	if len(journal.threads) != 0 {
		t.Errorf("after the exec: %v", journal.threads)
	}
	if err := w.watch(c.Group, statement(9)); err != nil {
		t.Fatal(err)
	}
	w.run()
	if len(journal.threads) != 1 {
		t.Errorf("planted again: %v", journal.threads)
	}
	c.Detach()
	w.run()
	if len(journal.threads) != 0 {
		t.Errorf("after the owner left: %v", journal.threads)
	}
}

// RG6: a thread that is let go with a match behind it, of which nobody has heard,
// goes on as if nothing had been.
func TestRG6_WatchesEndWithTracing(t *testing.T) {
	for seed := range uint64(scale.Rounds(100)) {
		w := newWorld(t, seed)
		pid := w.spawn(`thread { repeat 9 { getppid } }; repeat 9 { getppid }; join`)
		c := w.watcher(pid, utrace.Process, "c", statement(2), statement(6))
		if err := w.watch(c.Group, statement(2), statement(6)); err != nil {
			t.Fatal(err)
		}
		w.sim.RunUntil(20+int(seed)%100, func() bool { return false })
		c.Detach()
		w.run()
		if status, ok := w.sim.Wait(pid); !ok || status != 0 {
			t.Fatalf("seed %d: the program ended with %#x, %v", seed, status, ok)
		}
	}
}

// RG6: another one's watch neither ends a step nor adds one.
func TestRG6_WatchesAndSteps(t *testing.T) {
	steps := func(watched bool) (n int) {
		w := newWorld(t, 1)
		pid := w.spawn(`repeat 5 { getppid }`)
		e := w.debugger(pid, "stepper", func(*utrace.Report, *utrace.Trap) utrace.Action {
			n++
			return utrace.SingleStep
		})
		c := w.watcher(pid, utrace.Process, "c", statement(1))
		if watched {
			if err := w.watch(c.Group, statement(1)); err != nil {
				t.Fatal(err)
			}
		}
		w.control(e, utrace.SingleStep, nil)
		w.run()
		if watched && c.hits[statement(1)] != 5 {
			t.Errorf("%d hits, want 5", c.hits[statement(1)])
		}
		return n
	}
	if alone, together := steps(false), steps(true); alone != together || alone < 20 {
		t.Errorf("%d steps alone, %d beside a watch", alone, together)
	}
}
