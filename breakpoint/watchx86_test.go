//go:build linux && (amd64 || 386)

package breakpoint_test

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/breakpoint"
	"github.com/utrace/utrace/internal/scale"
	"github.com/utrace/utrace/regset"
)

// holder.c is a program whose second thread gives all of its debug registers to
// perf_event_open(2), and then writes.

// RG6: when the kernel has given a thread's debug registers to somebody else, the
// error is ErrNoSlot, with the kernel's ENOSPC, also if it is not the first
// thread; and nothing is left of the attempt.
func TestRG6_KernelHasNoSlot(t *testing.T) {
	p := launched(t, compiled(t, "holder", strconv.IntSize))
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

// poker has a function whose first instruction, of so many bytes, writes what is
// watched.
const pokeSize = 6

// RG6: a thread that makes the write while it steps off a planted breakpoint,
// wherever it executes that instruction, matches the watch once, and is seen
// behind the instruction.
func TestRG6_WatchUnderBreakpoint(t *testing.T) {
	for name, stepper := range map[string]utrace.Stepper{"detour": nil, "at home": noDetour{}} {
		t.Run(name, func(t *testing.T) {
			rounds := scale.Rounds(500)
			p := waitingOn(t, utrace.Options{Stepper: stepper}, compiled(t, "poker", strconv.IntSize, "-no-pie"), 4, rounds).greeted(t)
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
			gpr := make([]byte, r.ABI().GeneralSize())
			_, err := r.ReadRegset(regset.NotePRStatus, gpr)
			if pc := r.ABI().PC(gpr); pc != p.b+pokeSize || err != nil {
				t.Errorf("the thread is at %#x, %v, want %#x", pc, err, p.b+pokeSize)
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
