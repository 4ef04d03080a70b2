package scenarios_test

import (
	"testing"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/internal/scale"
)

// When a lease has been closed, what it alone traced is free; what others trace is
// not waited for.
func TestLeaseIsOver(t *testing.T) {
	r := newRig(t)
	p := r.start("pause")
	p.Release()
	untilIn(t, p.PID, "pause")
	for _, shared := range []bool{false, true} {
		for range scale.Rounds(100) {
			c := r.core.Lease(utrace.Lease{Of: "somebody"})
			if err := c.Admit(r.ctx, p.PID); err != nil {
				t.Fatal(err)
			}
			if _, err := c.Attach(r.ctx, p.PID, &utrace.Funcs{}, utrace.WithEvents(utrace.EventExec)); err != nil {
				t.Fatal(err)
			}
			if shared {
				r.attach(p.PID, utrace.EventExec, &utrace.Funcs{})
			}
			c.Close()
			if traced := tracer(p.PID) != 0; traced != shared {
				t.Fatalf("traced by others as well: %v; traced afterwards: %v", shared, traced)
			}
		}
	}
}
