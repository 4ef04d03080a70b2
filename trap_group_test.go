package utrace_test

import (
	"testing"

	"github.com/utrace/utrace"
)

// The traps of a group are planted in the children that it follows, before
// they run; those of a group of one process are not.
func TestTrap_GroupOwnsInChildren(t *testing.T) {
	for _, c := range []struct {
		name  string
		scope utrace.Scope
		want  int
	}{{"tree", utrace.Tree, 1}, {"process", utrace.Process, 0}} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, 1)
			pid := w.spawn(`fork { fork { getppid; exit 3 }; wait print }; wait`)
			hits := 0
			handler := &utrace.Funcs{Trap: func(r *utrace.Report, x *utrace.Trap) utrace.Action {
				hits++
				return utrace.Resume
			}}
			g, err := w.core.AttachGroup(w.ctx, pid, c.scope, func(*utrace.Thread) any { return handler },
				utrace.WithEvents(utrace.EventTrap))
			if err != nil {
				t.Fatal(err)
			}
			w.halt(g.Engines()[0])
			w.plant(g.Engines()[0], stmt(2)) // in the grandchild
			w.control(g.Engines()[0], utrace.Resume, nil)
			w.run()
			if hits != c.want {
				t.Errorf("%d hits, want %d", hits, c.want)
			}
		})
	}
}
