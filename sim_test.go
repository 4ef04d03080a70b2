package utrace_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/tracehook/sim"
)

// world is a simulated kernel with a core on it, driven by hand: everything
// happens inside run, on the test's goroutine.
type world struct {
	*testing.T
	sim  *sim.World
	core *utrace.Core
	ctx  context.Context
	log  []string
}

func newWorld(t *testing.T, seed uint64) *world {
	t.Helper()
	w := &world{T: t, sim: sim.New(seed), ctx: context.Background()}
	core, err := utrace.New(w.sim, utrace.Options{
		OnFault: func(thread int, err error) { t.Errorf("fault on thread %d: %v", thread, err) },
	})
	if err != nil {
		t.Fatal(err)
	}
	w.core = core
	t.Cleanup(func() { core.Close() })
	return w
}

func (w *world) spawn(script string) int {
	w.Helper()
	pid, err := w.sim.Spawn(script)
	if err != nil {
		w.Fatal(err)
	}
	return pid
}

func (w *world) attach(pid int, name string, mask utrace.Events, h any) *utrace.Engine {
	w.Helper()
	e, err := w.core.Attach(w.ctx, pid, h, utrace.WithName(name), utrace.WithEvents(mask))
	if err != nil {
		w.Fatal(err)
	}
	return e
}

func (w *world) run() { w.sim.RunUntilIdle() }

func (w *world) logf(format string, args ...any) { w.log = append(w.log, fmt.Sprintf(format, args...)) }

// recorder returns a handler that logs every report and answers Resume.
func (w *world) recorder(name string) *utrace.Funcs {
	return &utrace.Funcs{
		Quiesce: func(r *utrace.Report, cause utrace.Events) utrace.Action {
			w.logf("%s quiesce(%v)", name, cause)
			return utrace.Resume
		},
		Clone: func(r *utrace.Report, c *utrace.Clone) utrace.Action {
			w.logf("%s clone", name)
			return utrace.Resume
		},
		Exec: func(r *utrace.Report, former int) utrace.Action { w.logf("%s exec", name); return utrace.Resume },
		Exit: func(r *utrace.Report, s utrace.Status) utrace.Action {
			w.logf("%s exit %v", name, s)
			return utrace.Resume
		},
		Death: func(r *utrace.Report, d *utrace.Death) utrace.Action {
			w.logf("%s death %v", name, d.Status)
			return utrace.Resume
		},
		Reap: func(r *utrace.Report, s utrace.Status) { w.logf("%s reap", name) },
		SyscallEntry: func(r *utrace.Report, s *utrace.Syscall) utrace.SyscallAnswer {
			w.logf("%s entry %d", name, s.Number())
			return utrace.SyscallAnswer{}
		},
		SyscallExit: func(r *utrace.Report, s *utrace.Syscall) utrace.Action {
			w.logf("%s return %d", name, s.Number())
			return utrace.Resume
		},
		Signal: func(r *utrace.Report, s *utrace.Signal) utrace.SignalAnswer {
			w.logf("%s signal %d %v", name, s.Number(), s.Choice())
			return utrace.SignalAnswer{}
		},
		Trap: func(r *utrace.Report, x *utrace.Trap) utrace.Action {
			w.logf("%s trap %v", name, x.Kind)
			return utrace.Resume
		},
	}
}

func (w *world) expect(want ...string) {
	w.Helper()
	if !slices.Equal(w.log, want) {
		w.Errorf("reports:\n  %s\nwant:\n  %s", strings.Join(w.log, "\n  "), strings.Join(want, "\n  "))
	}
}

func TestSmoke(t *testing.T) {
	w := newWorld(t, 1)
	pid := w.spawn("getppid; kill USR1; exit 3")
	all := utrace.EventSyscall | utrace.EventSignalAll | utrace.EventExit | utrace.EventDeath | utrace.EventReap
	w.attach(pid, "A", all, w.recorder("A"))
	w.attach(pid, "B", all, w.recorder("B"))
	w.run()
	t.Log(strings.Join(w.log, "\n"))
}
