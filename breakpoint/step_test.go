//go:build linux && (amd64 || 386)

package breakpoint_test

import (
	"fmt"
	"testing"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/breakpoint"
)

// ST4: a program that is stepped through all that it does pushes flags without
// the trap flag, where it has a breakpoint and where it has none.
func TestST4_PushedFlags(t *testing.T) {
	forBits(t, func(t *testing.T, bits int) {
		accumulator := map[int]string{64: "rax", 32: "eax"}[bits]
		p := launched(t, compiled(t, "flagger", bits, fmt.Sprintf("-DA=%q", accumulator)))
		steps := 0
		handler := &utrace.Funcs{
			Quiesce: func(*utrace.Report, utrace.Events) utrace.Action { return utrace.SingleStep },
			Trap:    func(*utrace.Report, *utrace.Trap) utrace.Action { steps++; return utrace.SingleStep },
		}
		e, err := p.core.Attach(t.Context(), p.PID(), handler, utrace.WithEvents(utrace.EventQuiesce|utrace.EventTrap))
		if err != nil {
			t.Fatal(err)
		}
		b, err := p.open(t, utrace.Process, "owner").Set(t.Context(), breakpoint.Spec{Addr: p.a})
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Control(t.Context(), utrace.ReportSoon); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(p.in)
		var seen int
		if _, err := fmt.Fscan(p.out, &seen); err != nil {
			status, _ := p.Wait(t.Context())
			t.Fatalf("what the program saw: %v; it has ended: %v", err, status)
		}
		p.ended(t)
		if seen != 0 || b.Hits() != 20 || steps < 200 {
			t.Errorf("the program saw the trap flag %d times; %d hits, %d steps", seen, b.Hits(), steps)
		}
	})
}
