//go:build linux && (amd64 || 386)

package breakpoint_test

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/breakpoint"
	"github.com/utrace/utrace/internal/scale"
)

// writer writes to, and reads from, 64 bytes, one instruction each, in threads
// and forked children. It prints how often it has done so, by place and length.
//
//go:embed testdata/writer.c
var writer string

// tally is what the writer has counted: writes and reads by the logarithm of
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
			t.Fatal(err)
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

// RG6: owners of overlapping and of equal ranges have exactly the hits that the
// program has counted, in all threads and children.
func TestRG6_WatchCounts(t *testing.T) {
	for bits := 32; bits <= strconv.IntSize; bits *= 2 { // a tracer's programs are not wider than itself
		t.Run(fmt.Sprint(bits), func(t *testing.T) {
			p := launched(t, compiled(t, writer, bits), 8, scale.Rounds(200), 3)
			one, two := p.open(t, utrace.Tree, "one"), p.open(t, utrace.Tree, "two")
			all := []watchpoint{
				p.watch(t, one, breakpoint.Write, 8, 4),
				p.watch(t, one, breakpoint.Access, 20, 2),
				p.watch(t, two, breakpoint.Write, 10, 2), // within the first one's
				p.watch(t, two, breakpoint.Write, 8, 4),  // as the first one's
			}
			hardware, err := one.Set(t.Context(), breakpoint.Spec{Kind: breakpoint.Hardware, Addr: p.b})
			if err != nil {
				t.Fatal(err)
			}
			software, err := two.Set(t.Context(), breakpoint.Spec{Addr: p.b})
			if err != nil {
				t.Fatal(err)
			}
			n := p.tally(t)
			for i, w := range all {
				if want := n.hits(w.Breakpoint, p.a, w.len); w.Hits() != want || want == 0 {
					t.Errorf("watchpoint %d: %d hits, the program counted %d", i, w.Hits(), want)
				}
			}
			if hardware.Hits() != n.calls || software.Hits() != n.calls || n.calls == 0 {
				t.Errorf("%d and %d hits of the function, the program counted %d", hardware.Hits(), software.Hits(), n.calls)
			}
		})
	}
}

// RG6: a range that is not aligned is watched all the same, by several registers;
// a hit of two of them is one.
func TestRG6_WatchUnaligned(t *testing.T) {
	p := launched(t, compiled(t, writer, strconv.IntSize), 2, scale.Rounds(400), 1)
	m := p.open(t, utrace.Tree, "m")
	w := p.watch(t, m, breakpoint.Write, 5, 7) // 1, 2, 4 bytes
	n := p.tally(t)
	if want := n.hits(w.Breakpoint, p.a, w.len); w.Hits() != want {
		t.Errorf("%d hits, the program counted %d", w.Hits(), want)
	}
}

// RG6: when all debug registers are in use, the error says by whom, and one more
// owner of what is watched already needs none. What is free again is used again.
func TestRG6_NoSlot(t *testing.T) {
	p := launched(t, compiled(t, writer, strconv.IntSize), 2, 10, 0)
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
	p := launched(t, compiled(t, writer, strconv.IntSize), 1, 1, 0)
	m := p.open(t, utrace.Process, "m")
	for _, c := range []struct {
		spec breakpoint.Spec
		want error
	}{
		{breakpoint.Spec{Kind: breakpoint.Write, Addr: p.a}, syscall.EIO},
		{breakpoint.Spec{Kind: breakpoint.Write, Addr: ^uint64(7), Len: 8}, syscall.EINVAL}, // the kernel's
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
	p := launched(t, compiled(t, writer, strconv.IntSize), 1, scale.Rounds(500), 0)
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
	p := launched(t, compiled(t, writer, strconv.IntSize), 8, scale.Rounds(3000), 2)
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
	p := launched(t, compiled(t, writer, strconv.IntSize), 4, 100000, 0)
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
	path := compiled(t, writer, strconv.IntSize)
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

// holder is a program whose second thread gives all of its debug registers to
// perf_event_open(2), and then writes.
//
//go:embed testdata/holder.c
var holder string

// RG6: when the kernel has given a thread's debug registers to somebody else, the
// error is ErrNoSlot, with the kernel's ENOSPC, also if it is not the first
// thread; and nothing is left of the attempt.
func TestRG6_KernelHasNoSlot(t *testing.T) {
	p := launched(t, compiled(t, holder, strconv.IntSize))
	m := p.open(t, utrace.Process, "m")
	for range 2 {
		b, err := m.Set(t.Context(), breakpoint.Spec{Kind: breakpoint.Write, Addr: p.a, Len: 4})
		if !errors.Is(err, utrace.ErrNoSlot) || !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "kernel") {
			t.Errorf("%v, %v, want ErrNoSlot", b, err)
		}
	}
	fmt.Fprintln(p.in)
	p.ended(t)
}

// poker has a function whose first instruction writes what is watched.
//
//go:embed testdata/poker.c
var poker string

// RG6: a thread that makes the write while it steps off a planted breakpoint,
// wherever it executes that instruction, matches the watch once, and is seen
// behind the instruction.
func TestRG6_WatchUnderBreakpoint(t *testing.T) {
	if strconv.IntSize == 32 {
		t.Skip("the program's assembly is amd64's")
	}
	for name, stepper := range map[string]utrace.Stepper{"detour": nil, "at home": noDetour{}} {
		t.Run(name, func(t *testing.T) {
			rounds := scale.Rounds(500)
			p := waitingOn(t, utrace.Options{Stepper: stepper}, compiled(t, poker, 64), 4, rounds).greeted(t)
			watchUnderBreakpoint(t, p, rounds)
		})
	}
}

// noDetour has threads step off in line.
type noDetour struct{}

func (noDetour) Room(*utrace.Report, uint64) (uint64, int) { return 0, 0 }
func (noDetour) SlotSize() int                             { return 16 }
func (noDetour) Plan(*utrace.Report, []byte, uint64, uint64) (utrace.Detour, error) {
	return nil, errors.ErrUnsupported
}
func (noDetour) Shows(*utrace.Report, []byte) bool { return false }

func watchUnderBreakpoint(t *testing.T, p *target, rounds int) {
	one, two := p.open(t, utrace.Process, "one"), p.open(t, utrace.Process, "two")
	var all []*breakpoint.Breakpoint
	for _, x := range []struct {
		m    *breakpoint.Manager
		spec breakpoint.Spec
	}{
		{one, breakpoint.Spec{Addr: p.b}},
		{two, breakpoint.Spec{Kind: breakpoint.Write, Addr: p.a, Len: 4, Hit: func(r *utrace.Report, _ *breakpoint.Breakpoint) utrace.Action {
			if pc, err := r.ABI().View().ReadUint(r, "rip"); pc != p.b+6 || err != nil {
				t.Errorf("the thread is at %#x, %v, want %#x", pc, err, p.b+6)
			}
			return utrace.Resume
		}}},
		{one, breakpoint.Spec{Kind: breakpoint.Hardware, Addr: p.b}},
	} {
		b, err := x.m.Set(t.Context(), x.spec)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b)
	}
	fmt.Fprintln(p.in)
	p.ended(t)
	for _, b := range all {
		if b.Hits() != uint64(4*rounds) {
			t.Errorf("%d hits of the %v, want %d", b.Hits(), b.Kind(), 4*rounds)
		}
	}
}
