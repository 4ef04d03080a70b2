//go:build linux && (amd64 || 386 || arm64 || ppc64le)

package breakpoint_test

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/breakpoint"
	"github.com/utrace/utrace/internal/scale"
	"github.com/utrace/utrace/regset"
)

// tally is what writer.c has counted: writes and reads by the logarithm of
// their length and by place.
type tally struct {
	writes, reads  [4][64]uint64
	calls, changes uint64
}

// hits are the hits that a watchpoint should have had.
func (n *tally) hits(b *breakpoint.Breakpoint, base uint64, length int) (hits uint64) {
	from := int(b.Addr() - base)
	for log := range 4 {
		for at := range 64 {
			if at < from+length && from < at+1<<log {
				hits += n.writes[log][at]
				if b.Kind() == breakpoint.Access {
					hits += n.reads[log][at]
				}
			}
		}
	}
	return hits
}

// tally lets the writer run and returns what it has counted.
func (p *target) tally(t testing.TB) (n tally) {
	t.Helper()
	fmt.Fprintln(p.in)
	read := func(to *uint64) {
		if _, err := fmt.Fscan(p.out, to); err != nil {
			status, ended := p.Wait(t.Context())
			t.Fatalf("what the program counted: %v; it has ended: %v, %v", err, status, ended)
		}
	}
	for _, counts := range []*[4][64]uint64{&n.writes, &n.reads} {
		for log := range counts {
			for at := range counts[log] {
				read(&counts[log][at])
			}
		}
	}
	read(&n.calls)
	read(&n.changes)
	p.ended(t)
	return n
}

// watchpoint is a breakpoint of a test, at a place among the writer's bytes.
type watchpoint struct {
	*breakpoint.Breakpoint
	len int
}

func (p *target) open(t testing.TB, scope utrace.Scope, name string) *breakpoint.Manager {
	t.Helper()
	m, err := breakpoint.Open(t.Context(), p.core, p.PID(), scope, utrace.WithName(name))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func (p *target) watch(t testing.TB, m *breakpoint.Manager, kind breakpoint.Kind, at, n int) watchpoint {
	t.Helper()
	b, err := m.Set(t.Context(), breakpoint.Spec{Kind: kind, Addr: p.a + uint64(at), Len: n})
	if err != nil {
		t.Fatal(err)
	}
	return watchpoint{b, n}
}

// machine is what there is of debug registers.
var machine = regset.NativeABI().(regset.Watcher)

// RG6: owners of overlapping and of equal ranges have exactly the hits that the
// program has counted, in all threads and children.
func TestRG6_WatchCounts(t *testing.T) {
	forBits(t, func(t *testing.T, bits int) {
		p := launched(t, compiled(t, "writer", bits), 8, scale.Rounds(200), 3)
		one, two := p.open(t, utrace.Tree, "one"), p.open(t, utrace.Tree, "two")
		all := []watchpoint{
			p.watch(t, one, breakpoint.Write, 8, 4),
			p.watch(t, two, breakpoint.Write, 10, 2), // within the first one's
			p.watch(t, two, breakpoint.Write, 8, 4),  // as the first one's
		}
		if machine.WatchSlots() > 3 {
			all = append(all, p.watch(t, one, breakpoint.Access, 20, 2))
		}
		calls := []*breakpoint.Breakpoint{}
		for m, kind := range map[*breakpoint.Manager]breakpoint.Kind{one: breakpoint.Hardware, two: breakpoint.Software} {
			b, err := m.Set(t.Context(), breakpoint.Spec{Kind: kind, Addr: p.b})
			if _, none := machine.SplitWatch(utrace.Watch{Kind: utrace.WatchExecute, Addr: p.b, Len: 1}); kind == breakpoint.Hardware && none != nil {
				if !errors.Is(err, regset.ErrNoWatch) {
					t.Errorf("a hardware breakpoint on a machine without: %v", err)
				}
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			calls = append(calls, b)
		}
		n := p.tally(t)
		for i, w := range all {
			if want := n.hits(w.Breakpoint, p.a, w.len); w.Hits() != want || want == 0 {
				t.Errorf("watchpoint %d: %d hits, the program counted %d", i, w.Hits(), want)
			}
		}
		for _, b := range calls {
			if b.Hits() != n.calls || n.calls == 0 {
				t.Errorf("%d hits of the %v, the program counted %d", b.Hits(), b.Kind(), n.calls)
			}
		}
	})
}

// RG6: a range that is not aligned is watched all the same, by several registers;
// a hit of two of them is one.
func TestRG6_WatchUnaligned(t *testing.T) {
	p := launched(t, compiled(t, "writer", strconv.IntSize), 2, scale.Rounds(400), 1)
	m := p.open(t, utrace.Tree, "m")
	w := p.watch(t, m, breakpoint.Write, 5, 7) // 1, 2, 4 bytes on x86, 3 and 4 elsewhere
	n := p.tally(t)
	if want := n.hits(w.Breakpoint, p.a, w.len); w.Hits() != want {
		t.Errorf("%d hits, the program counted %d", w.Hits(), want)
	}
}

// RG6: when all debug registers are in use, the error says by whom, and one more
// owner of what is watched already needs none. What is free again is used again.
func TestRG6_NoSlot(t *testing.T) {
	p := launched(t, compiled(t, "writer", strconv.IntSize), 2, 10, 0)
	one, two := p.open(t, utrace.Process, "the first"), p.open(t, utrace.Process, "the second")
	a := p.watch(t, one, breakpoint.Write, 0, 16) // two registers, or four
	var rest []watchpoint
	for i := 0; i < 4; i++ {
		b, err := two.Set(t.Context(), breakpoint.Spec{Kind: breakpoint.Access, Addr: p.a + uint64(32+i), Len: 1})
		if err == nil {
			rest = append(rest, watchpoint{b, 1})
			continue
		}
		if !errors.Is(err, utrace.ErrNoSlot) || !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("when all are in use: %v", err)
		}
		if s := err.Error(); !strings.Contains(s, "the first") || len(rest) != 0 && !strings.Contains(s, "the second") {
			t.Errorf("the error does not name who has them: %v", err)
		}
		break
	}
	if len(rest) > 2 {
		t.Fatalf("%d more than the two of 16 bytes", len(rest))
	}
	same := p.watch(t, two, breakpoint.Write, 0, 16)
	if _, err := two.Set(t.Context(), breakpoint.Spec{Kind: breakpoint.Write, Addr: p.a + 1, Len: 32}); !errors.Is(err, syscall.EOPNOTSUPP) {
		t.Errorf("what takes five: %v", err)
	}
	if err := a.Remove(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := one.Set(t.Context(), breakpoint.Spec{Kind: breakpoint.Write, Addr: p.a + 48, Len: 8}); !errors.Is(err, utrace.ErrNoSlot) {
		t.Errorf("the other owner has them still: %v", err)
	}
	if err := same.Remove(t.Context()); err != nil {
		t.Fatal(err)
	}
	last := p.watch(t, one, breakpoint.Write, 48, 8)
	n := p.tally(t)
	for _, w := range append(rest, last) {
		if want := n.hits(w.Breakpoint, p.a, w.len); w.Hits() != want {
			t.Errorf("%d hits, the program counted %d", w.Hits(), want)
		}
	}
	if a.Hits()+same.Hits() != 0 {
		t.Errorf("%d hits of what was removed", a.Hits()+same.Hits())
	}
}

// What cannot be watched is refused with the reason.
func TestWatchErrors(t *testing.T) {
	p := launched(t, compiled(t, "writer", strconv.IntSize), 1, 1, 0)
	m := p.open(t, utrace.Process, "m")
	kernels := syscall.EINVAL // an address that is the kernel's
	if runtime.GOARCH == "ppc64le" {
		kernels = syscall.EIO
	}
	for _, c := range []struct {
		spec breakpoint.Spec
		want error
	}{
		{breakpoint.Spec{Kind: breakpoint.Write, Addr: p.a}, syscall.EIO},
		{breakpoint.Spec{Kind: breakpoint.Write, Addr: ^uint64(7), Len: 8}, kernels},
		{breakpoint.Spec{Kind: breakpoint.Hardware, Addr: p.b, Len: 4}, utrace.ErrInvalid},
		{breakpoint.Spec{Kind: breakpoint.Change, Addr: p.a}, utrace.ErrInvalid},
		{breakpoint.Spec{Kind: breakpoint.Change, Addr: 8, Len: 8}, syscall.EIO},
		{breakpoint.Spec{Kind: 99, Addr: p.a}, utrace.ErrInvalid},
	} {
		if b, err := m.Set(t.Context(), c.spec); !errors.Is(err, c.want) {
			t.Errorf("%v of %d bytes at %#x: %v, %v, want %v", c.spec.Kind, c.spec.Len, c.spec.Addr, b, err, c.want)
		}
	}
	if n := p.tally(t); n.calls != 1 {
		t.Errorf("%d calls", n.calls)
	}
}

// A hit knows the old value and the new one; a condition may decide by them.
func TestWatchValues(t *testing.T) {
	p := launched(t, compiled(t, "writer", strconv.IntSize), 1, scale.Rounds(500), 0)
	m := p.open(t, utrace.Process, "m")
	var last []byte
	hits := 0
	b, err := m.Set(t.Context(), breakpoint.Spec{
		Kind: breakpoint.Write, Addr: p.a + 16, Len: 2,
		Hit: func(_ *utrace.Report, b *breakpoint.Breakpoint) utrace.Action {
			was, now := b.Values()
			if hits++; last != nil && !bytes.Equal(was, last) || len(now) != 2 {
				t.Errorf("hit %d: from % x to % x, the last one ended with % x", hits, was, now, last)
			}
			last = now
			return utrace.Resume
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	changes, err := m.Set(t.Context(), breakpoint.Spec{
		Kind: breakpoint.Write, Addr: p.a + 16, Len: 2,
		Condition: func(_ *utrace.Report, b *breakpoint.Breakpoint) bool {
			was, now := b.Values()
			return !bytes.Equal(was, now)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	n := p.tally(t)
	if want := n.hits(b, p.a, 2); b.Hits() != want || uint64(hits) != want || changes.Reached() != want {
		t.Errorf("%d hits, %d calls, %d reached, the program counted %d", b.Hits(), hits, changes.Reached(), want)
	}
	if changes.Hits() == 0 || changes.Hits() > b.Hits() {
		t.Errorf("%d changes by %d writes", changes.Hits(), b.Hits())
	}
}

// An owner counts right while others come and go in a program that never is at
// rest; nobody's leaving kills it.
func TestRG6_WatchComingAndGoing(t *testing.T) {
	p := launched(t, compiled(t, "writer", strconv.IntSize), 8, scale.Rounds(3000), 2)
	steady := p.watch(t, p.open(t, utrace.Tree, "steady"), breakpoint.Write, 30, 2)
	over := make(chan struct{})
	visits := 0
	var guests sync.WaitGroup
	guests.Go(func() {
		for {
			select {
			case <-over:
				return
			default:
				if visitWatch(t, p) {
					visits++
				}
			}
		}
	})
	n := p.tally(t)
	close(over)
	guests.Wait()
	want := n.hits(steady.Breakpoint, p.a, steady.len)
	t.Logf("%d visits during %d hits", visits, want)
	if steady.Hits() != want || visits == 0 {
		t.Errorf("%d hits, the program counted %d, during %d visits", steady.Hits(), want, visits)
	}
}

// visitWatch has an owner come, watch what is written all the time, and leave.
func visitWatch(t *testing.T, p *target) bool {
	m, err := breakpoint.Open(t.Context(), p.core, p.PID(), utrace.Process)
	if err == nil {
		defer m.Close()
		var b *breakpoint.Breakpoint
		if b, err = m.Set(t.Context(), breakpoint.Spec{Kind: breakpoint.Access, Addr: p.a + 24, Len: 8}); err == nil {
			if _, err = m.Set(t.Context(), breakpoint.Spec{Kind: breakpoint.Write, Addr: p.a + 30, Len: 2}); err == nil {
				err = b.Remove(t.Context())
			}
		}
	}
	if err != nil && !errors.Is(err, utrace.ErrGone) && !errors.Is(err, utrace.ErrNotFound) {
		t.Errorf("a visit: %v", err)
	}
	return err == nil
}

// The program outlives those who watch it, whatever is under way.
func TestWatchersLeave(t *testing.T) {
	p := launched(t, compiled(t, "writer", strconv.IntSize), 4, 100000, 0)
	m := p.open(t, utrace.Tree, "m")
	w := p.watch(t, m, breakpoint.Access, 0, 8)
	hits, leave, left := 0, make(chan struct{}), make(chan struct{})
	if _, err := m.Set(t.Context(), breakpoint.Spec{Kind: breakpoint.Write, Addr: p.a + 8, Len: 8,
		Hit: func(*utrace.Report, *breakpoint.Breakpoint) utrace.Action {
			if hits++; hits == 50 {
				close(leave)
			}
			return utrace.Resume
		}}); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(left)
		<-leave
		if err := m.Close(); err != nil && !errors.Is(err, utrace.ErrInProgress) {
			t.Error(err)
		}
	}()
	n := p.tally(t)
	<-left
	if want := n.hits(w.Breakpoint, p.a, w.len); w.Hits() == 0 || w.Hits() >= want {
		t.Errorf("%d hits until the owner left, and %d in all", w.Hits(), want)
	}
}

// Stepping finds every change, the kernel's too, in threads that come later.
func TestWatchChange(t *testing.T) {
	path := compiled(t, "writer", strconv.IntSize)
	for threads, rounds := range map[int]int{1: 30, 4: 8} {
		t.Run(fmt.Sprintf("threads=%d", threads), func(t *testing.T) {
			watchChange(t, launched(t, path, threads, scale.Rounds(rounds), 0, "compare"))
		})
	}
}

func watchChange(t *testing.T, p *target) {
	t.Helper()
	m := p.open(t, utrace.Process, "m")
	all := p.watch(t, m, breakpoint.Change, 0, 64)
	zeroed := 0
	// The last change is the kernel's. What comes then need not be stepped.
	if _, err := m.Set(t.Context(), breakpoint.Spec{Kind: breakpoint.Change, Addr: p.a, Len: 64,
		Hit: func(_ *utrace.Report, b *breakpoint.Breakpoint) utrace.Action {
			if _, now := b.Values(); bytes.Equal(now, make([]byte, 64)) {
				zeroed++
				if err := errors.Join(b.Remove(t.Context()), all.Remove(t.Context())); err != nil {
					t.Error(err)
				}
			}
			return utrace.Resume
		}}); err != nil {
		t.Fatal(err)
	}
	n := p.tally(t)
	if want := n.changes + 1; all.Hits() != want || zeroed != 1 {
		t.Errorf("%d hits, %d of them by the kernel, the program counted %d and makes the kernel do one", all.Hits(), zeroed, n.changes)
	}
}
