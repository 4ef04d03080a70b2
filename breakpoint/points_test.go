//go:build linux && (amd64 || 386)

package breakpoint_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/breakpoint"
	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/internal/scale"
)

// pointNames are what is at the points, in the order of the program.
var pointNames = [...]string{"push", "data", "jump", "branch", "call", "indirect call", "return",
	"pushf", "rep stosb", "system call", "nop", "fork", "int3"}

// points is the program, waiting.
type points struct {
	*target
	at [len(pointNames)]uint64
}

func startPoints(t testing.TB, bits, threads, rounds, forks int) *points {
	t.Helper()
	var flags []string
	if bits == 32 {
		flags = []string{"-no-pie", "-fno-pie"} // it has absolute addresses
	}
	p := &points{target: waiting(t, compiled(t, "points", bits, flags...), threads, rounds, forks)}
	for i := range p.at {
		if _, err := fmt.Fscanf(p.out, "%x", &p.at[i]); err != nil {
			t.Fatal(err)
		}
	}
	fmt.Fscanln(p.out)
	return p
}

// count lets the program run and returns what it counted.
func (p *points) count(t testing.TB) (n [len(pointNames)]uint64) {
	t.Helper()
	if _, err := p.in.WriteString("\n"); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if _, err := fmt.Fscan(p.out, &n[i]); err != nil {
			status, ended := p.Wait(t.Context())
			t.Fatalf("what the program counted: %v; it has ended: %v, %v", err, status, ended)
		}
	}
	var wrong int
	if fmt.Fscan(p.out, &wrong); wrong != 0 {
		t.Errorf("the program has noticed something %d times", wrong)
	}
	p.ended(t)
	return n
}

// owner is a manager with breakpoints at some of the points.
type owner struct {
	*breakpoint.Manager
	b [len(pointNames)]*breakpoint.Breakpoint
}

// own has an owner come for the points that it chooses.
func (p *points) own(t testing.TB, name string, chooses func(i int) bool) *owner {
	t.Helper()
	o := &owner{Manager: p.open(t, utrace.Tree, name)}
	for i, addr := range p.at {
		if !chooses(i) {
			continue
		}
		b, err := o.Set(t.Context(), breakpoint.Spec{Addr: addr})
		if err != nil {
			t.Fatal(err)
		}
		o.b[i] = b
	}
	return o
}

// check compares with what the program counted. An owner whose breakpoint is
// under the program's own breakpoint instruction counts that as well.
func (o *owner) check(t testing.TB, name string, n [len(pointNames)]uint64) (hits uint64) {
	t.Helper()
	for i, b := range o.b {
		if b == nil {
			continue
		}
		hits += b.Hits()
		if b.Hits() != n[i] {
			t.Errorf("%s has %d hits of %s, the program counted %d", name, b.Hits(), pointNames[i], n[i])
		}
	}
	return hits
}

// Three owners count exactly what the program counts, at the same and at
// different instructions of every kind, in 16 threads that signals interrupt and
// in forked children, while others come and go. The program notices nothing: no
// register, flag or address in a signal's context is other than it should be.
func TestOwnersCount(t *testing.T) {
	forBits(t, func(t *testing.T, bits int) {
		const threads, forks = 16, 3
		rounds := max(scale.Rounds(15000)/threads/len(pointNames), 1)
		p := startPoints(t, bits, threads, rounds, forks)
		all := p.own(t, "all", func(int) bool { return true })
		even := p.own(t, "even", func(i int) bool { return i%2 == 0 })
		odd := p.own(t, "odd", func(i int) bool { return i%2 == 1 })
		over := make(chan struct{})
		visits, guests := 0, sync.WaitGroup{}
		guests.Go(func() {
			rng := rand.New(rand.NewPCG(seed(t), 1))
			for {
				select {
				case <-over:
					return
				default:
					if p.visit(t, rng) {
						visits++
					}
				}
			}
		})
		began := time.Now()
		n := p.count(t)
		took := time.Since(began)
		close(over)
		guests.Wait()
		hits := all.check(t, "all", n) + even.check(t, "even", n) + odd.check(t, "odd", n)
		t.Logf("%d hits of %d owners' in %v, %.0f stops per second, with %d visits",
			hits, 3, took, float64(hits)/2/took.Seconds(), visits)
	})
}

// visit has an owner come, set breakpoints at random, remove some, and leave. That
// the program has ended meanwhile is no fault.
func (p *points) visit(t *testing.T, rng *rand.Rand) bool {
	scope := utrace.Scope(rng.IntN(2))
	m, err := breakpoint.Open(t.Context(), p.core, p.PID(), scope)
	if err == nil {
		defer m.Close()
		for range 1 + rng.IntN(4) {
			var b *breakpoint.Breakpoint
			b, err = m.Set(t.Context(), breakpoint.Spec{Addr: p.at[rng.IntN(len(p.at))]})
			if err == nil && rng.IntN(2) == 0 {
				err = b.Remove(t.Context())
			}
			if err != nil {
				break
			}
		}
	}
	if err != nil && !errors.Is(err, utrace.ErrGone) && !errors.Is(err, utrace.ErrNotFound) && !errors.Is(err, utrace.ErrClosed) && t.Context().Err() == nil {
		t.Errorf("a visit: %v", err)
		return false
	}
	return err == nil
}

// seed is UTRACE_TEST_SEED, or a new one.
func seed(t *testing.T) uint64 {
	s := rand.Uint64()
	if v, err := strconv.ParseUint(os.Getenv("UTRACE_TEST_SEED"), 0, 64); err == nil {
		s = v
	}
	t.Logf("UTRACE_TEST_SEED=%d", s)
	return s
}

// text is everything that a process can execute, as the kernel shows it.
func text(t testing.TB, pid int) map[uint64][]byte {
	t.Helper()
	mem, err := procfs.OpenMem(pid)
	if err != nil {
		t.Fatal(err)
	}
	defer mem.Close()
	all := map[uint64][]byte{}
	err = procfs.Maps(pid, func(m procfs.Mapping) bool {
		if m.Exec && m.Path != "[vsyscall]" {
			b := make([]byte, m.End-m.Start)
			if _, err := mem.Read(m.Start, b); err != nil {
				t.Fatal(err)
			}
			all[m.Start] = b
		}
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// changed says where two texts differ.
func changed(a, b map[uint64][]byte) (at []uint64) {
	for start, bytesOfA := range a {
		for i := range bytesOfA {
			if i >= len(b[start]) || b[start][i] != bytesOfA[i] {
				at = append(at, start+uint64(i))
			}
		}
	}
	return at
}

// While owners are there, nothing of theirs shows in memory that is read through
// the core; when the last one has gone, in whatever way, the text is what it
// was, byte for byte.
func TestTextIsRestored(t *testing.T) {
	leave := map[string]func(t *testing.T, p *points, o *owner){
		"removes its breakpoints": func(t *testing.T, p *points, o *owner) {
			for _, b := range o.b {
				if err := b.Remove(t.Context()); err != nil {
					t.Error(err)
				}
			}
		},
		"closes": func(t *testing.T, p *points, o *owner) {
			if err := o.Close(); err != nil {
				t.Error(err)
			}
		},
		"closes the core": func(t *testing.T, p *points, o *owner) {
			if err := p.core.Close(); err != nil {
				t.Error(err)
			}
		},
	}
	forBits(t, func(t *testing.T, bits int) {
		for how, leave := range leave {
			t.Run(how, func(t *testing.T) {
				p := startPoints(t, bits, 4, 1<<20, 0)
				before := text(t, p.PID())
				o := p.own(t, "owner", func(int) bool { return true })
				if _, err := p.in.WriteString("\n"); err != nil {
					t.Fatal(err)
				}
				for o.b[len(o.b)-1].Hits() < 3 { // by then all have been hit, and have slots
					time.Sleep(time.Millisecond)
				}
				if len(changed(before, text(t, p.PID()))) < len(p.at) {
					t.Error("there are no breakpoints in the text")
				}
				p.expectHidden(t, before)
				leave(t, p, o)
				// Threads that run have to come by before memory can be written.
				deadline := time.Now().Add(20 * time.Second)
				for at := changed(before, text(t, p.PID())); len(at) != 0; at = changed(before, text(t, p.PID())) {
					if time.Now().After(deadline) {
						t.Fatalf("the text is not what it was at %#x", at)
					}
					time.Sleep(time.Millisecond)
				}
			})
		}
	})
}

// expectHidden reads the text in every way that the core offers.
func (p *points) expectHidden(t *testing.T, want map[uint64][]byte) {
	t.Helper()
	reader, err := p.core.Attach(t.Context(), p.PID(), &utrace.Funcs{Reap: func(*utrace.Report, utrace.Status) {}})
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Detach()
	if err := reader.Control(t.Context(), utrace.Stop); err != nil && !errors.Is(err, utrace.ErrInProgress) {
		t.Fatal(err)
	}
	if err := reader.WaitStopped(t.Context()); err != nil {
		t.Fatal(err)
	}
	x, err := reader.Examine(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for start, bytes0 := range want {
		ways := map[string][]byte{}
		for _, way := range []string{"Examination", "Report", "Gather"} {
			ways[way] = make([]byte, len(bytes0))
		}
		if _, err := x.ReadMemory(start, ways["Examination"]); err != nil {
			t.Error(err)
		}
		err := p.core.Do(t.Context(), func() error {
			r, err := reader.Held()
			if err == nil {
				_, err = r.ReadMemory(start, ways["Report"])
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
		request := utrace.Request{Engine: reader, Memory: []utrace.Range{{Addr: start, Data: ways["Gather"]}}}
		if err := p.core.Gather(t.Context(), []utrace.Request{request}); err != nil {
			t.Error(err)
		}
		for way, got := range ways {
			if !bytes.Equal(got, bytes0) {
				t.Errorf("read by %s, the text at %#x shows what was planted", way, start)
			}
		}
	}
}
