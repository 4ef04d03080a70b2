//go:build linux && (amd64 || 386)

package breakpoint_test

import (
	"errors"
	"fmt"
	"strconv"
	"testing"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/breakpoint"
)

// BenchmarkHit is what a thread takes to run into a breakpoint, have a
// condition refuse it, and step off, while others of the program do the same.
func BenchmarkHit(b *testing.B) {
	for _, threads := range []int{1, 4, 16} {
		b.Run(fmt.Sprintf("threads=%d", threads), func(b *testing.B) {
			p := start(b, threads, b.N/threads+1, 0)
			m, err := breakpoint.Open(b.Context(), p.core, p.PID(), utrace.Process)
			if err != nil {
				b.Fatal(err)
			}
			never := func(*utrace.Report, *breakpoint.Breakpoint) bool { return false }
			x, err := m.Set(b.Context(), breakpoint.Spec{Addr: p.a, Condition: never})
			if err != nil {
				b.Fatal(err)
			}
			b.ResetTimer()
			calls, _ := p.finish(b)
			b.StopTimer()
			if x.Reached() != calls || x.Hits() != 0 {
				b.Errorf("%d reached, %d hits; the program counted %d", x.Reached(), x.Hits(), calls)
			}
		})
	}
}

// BenchmarkWatch is what a write to a watched variable takes, with a hit that
// reads it, and BenchmarkChange the same with single steps: some five of them for
// each write.
func BenchmarkWatch(b *testing.B)  { benchmarkWatch(b, breakpoint.Write) }
func BenchmarkChange(b *testing.B) { benchmarkWatch(b, breakpoint.Change) }

func benchmarkWatch(b *testing.B, kind breakpoint.Kind) {
	p := launched(b, compiled(b, "poker", strconv.IntSize, "-no-pie"), 1, b.N)
	m := p.open(b, utrace.Process, "m")
	over := make(chan struct{})
	hits := 0
	_, err := m.Set(b.Context(), breakpoint.Spec{Kind: kind, Addr: p.a, Len: 4,
		Hit: func(*utrace.Report, *breakpoint.Breakpoint) utrace.Action {
			if hits++; hits == b.N {
				close(over)
			}
			return utrace.Resume
		}})
	if err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	fmt.Fprintln(p.in)
	<-over
	b.StopTimer()
	if err := m.Close(); err != nil && !errors.Is(err, utrace.ErrInProgress) {
		b.Error(err)
	}
	p.ended(b)
}
