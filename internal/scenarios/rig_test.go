package scenarios_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/client"
	"github.com/utrace/utrace/host"
	"github.com/utrace/utrace/internal/actor"
	"github.com/utrace/utrace/internal/testlog"
)

// rig is a core on the real kernel, and a log of what its engines are told.
type rig struct {
	*testing.T
	core *utrace.Core
	ctx  context.Context

	log testlog.Log
}

func newRig(t *testing.T) *rig {
	t.Helper()
	return newRigWith(t, utrace.Options{})
}

// ownerVariable names the socket of an owner process. With it the same engines run
// as those of a client (see client.Open).
const ownerVariable = "UTRACE_SCENARIO_OWNER"

func open(options utrace.Options) (*utrace.Core, error) {
	if path := os.Getenv(ownerVariable); path != "" {
		return client.Open(client.Kernel{Path: path}, options)
	}
	return host.Open(options)
}

// tracing is the process that the kernel calls the tracer.
func tracing(t *testing.T) int {
	t.Helper()
	path := os.Getenv(ownerVariable)
	if path == "" {
		return os.Getpid()
	}
	c, err := client.Dial(path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	hello, err := c.Hello(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return hello.PID
}

func newRigWith(t *testing.T, options utrace.Options) *rig {
	t.Helper()
	leakCheck(t)
	r := &rig{T: t, ctx: context.Background()}
	if options.OnFault == nil {
		options.OnFault = func(thread int, err error) { t.Errorf("fault on thread %d: %v", thread, err) }
	}
	core, err := open(options)
	if err != nil {
		t.Fatal(err)
	}
	r.core = core
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("reports:\n  %s", strings.Join(r.log.Lines(), "\n  "))
		}
		if err := core.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return r
}

// await waits for n reports that contain text.
func (r *rig) await(n int, text string) {
	r.Helper()
	if got := r.log.Await(n, text, limit); got < n {
		r.Fatalf("report %q came %d times within %v, want %d", text, got, limit, n)
	}
}

// expect compares the reports that contain text with what they should be.
func (r *rig) expect(text string, want ...string) {
	r.Helper()
	got := slices.DeleteFunc(r.log.Lines(), func(line string) bool { return !strings.Contains(line, text) })
	if !slices.Equal(got, want) {
		r.Errorf("reports with %q:\n  %s\nwant:\n  %s", text, strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// start starts a script and waits at its first barrier, which has to be x.
func (r *rig) start(script string) *actor.Process {
	r.Helper()
	p := actor.Start(r, "barrier x; "+script)
	p.Expect("@x\n")
	return p
}

// sync orders what the test does against the callbacks: those to come see what
// it has written, and it sees what those before have.
func (r *rig) sync() {
	r.Helper()
	if err := r.core.Do(r.ctx, func() error { return nil }); err != nil {
		r.Fatal(err)
	}
}

// attach attaches one engine to one thread.
func (r *rig) attach(tid int, mask utrace.Events, h any, options ...utrace.AttachOption) *utrace.Engine {
	r.Helper()
	e, err := r.core.Attach(r.ctx, tid, h, append(options, utrace.WithEvents(mask))...)
	if err != nil {
		r.Fatal(err)
	}
	return e
}

// attachGroup attaches to a process or a tree, with one handler for all threads.
func (r *rig) attachGroup(pid int, scope utrace.Scope, mask utrace.Events, h any) *utrace.Group {
	r.Helper()
	g, err := r.core.AttachGroup(r.ctx, pid, scope, func(*utrace.Thread) any { return h }, utrace.WithEvents(mask))
	if err != nil {
		r.Fatal(err)
	}
	return g
}

// stop stops the thread for an engine and waits until it stands.
func (r *rig) stop(e *utrace.Engine) {
	r.Helper()
	if err := e.Control(r.ctx, utrace.Stop); err != nil && !errors.Is(err, utrace.ErrInProgress) {
		r.Fatal(err)
	}
	r.stopped(e)
}

// stopped waits until the thread is stopped for the engine, which may not even
// have asked for that yet.
func (r *rig) stopped(e *utrace.Engine) {
	r.Helper()
	ctx, cancel := context.WithTimeout(r.ctx, limit)
	defer cancel()
	until(r, "a stop for the engine", func() bool {
		err := e.WaitStopped(ctx)
		if err != nil && !errors.Is(err, utrace.ErrInvalid) {
			r.Fatal(err)
		}
		return err == nil
	})
}

func (r *rig) control(e *utrace.Engine, action utrace.Action) {
	r.Helper()
	if err := e.Control(r.ctx, action); err != nil && !errors.Is(err, utrace.ErrInProgress) {
		r.Fatalf("control %v: %v", action, err)
	}
}

// detach ends an attachment and waits until the thread has been let go.
func (r *rig) detach(e *utrace.Engine) {
	r.Helper()
	if err := e.Detach(); err != nil && !errors.Is(err, utrace.ErrInProgress) {
		r.Fatal(err)
	}
}

// threads waits until the process has n threads besides the leader, and
// returns their ids.
func (r *rig) threads(pid, n int) []int {
	r.Helper()
	var others []int
	until(r, fmt.Sprintf("%d threads of %d", n, pid), func() bool {
		others = threadsOf(pid)
		return len(others) == n
	})
	return others
}

// everything is all events.
const everything = utrace.EventQuiesce | utrace.EventClone | utrace.EventVforkDone | utrace.EventExec | utrace.EventExit |
	utrace.EventDeath | utrace.EventReap | utrace.EventSyscall | utrace.EventSignalAll | utrace.EventJobControl | utrace.EventTrap

// life is the events of birth and end.
const life = utrace.EventClone | utrace.EventVforkDone | utrace.EventExec | utrace.EventExit | utrace.EventDeath | utrace.EventReap

// recorder returns a handler that logs every report and answers Resume. Tests
// replace what they want otherwise.
func (r *rig) recorder(name string) *utrace.Funcs {
	return &utrace.Funcs{
		Clone: func(x *utrace.Report, c *utrace.Clone) utrace.Action {
			r.log.Printf("%s clone %d of %d", name, c.ID, x.Thread().ID())
			return utrace.Resume
		},
		VforkDone: func(x *utrace.Report, child int) utrace.Action {
			r.log.Printf("%s vfork-done %d", name, child)
			return utrace.Resume
		},
		Exec: func(x *utrace.Report, former int) utrace.Action {
			r.log.Printf("%s exec %d former %d", name, x.Thread().ID(), former)
			return utrace.Resume
		},
		Exit: func(x *utrace.Report, s utrace.Status) utrace.Action {
			r.log.Printf("%s exit %d %v", name, x.Thread().ID(), s)
			return utrace.Resume
		},
		Death: func(x *utrace.Report, d *utrace.Death) utrace.Action {
			r.log.Printf("%s death %d %v signal %d", name, x.Thread().ID(), d.Status, d.Signal)
			return utrace.Resume
		},
		Reap: func(x *utrace.Report, s utrace.Status) {
			r.log.Printf("%s reap %d %v", name, x.Thread().ID(), s)
		},
		SyscallEntry: func(x *utrace.Report, s *utrace.Syscall) utrace.SyscallAnswer {
			r.log.Printf("%s entry %d of %d", name, s.Number(), x.Thread().ID())
			return utrace.SyscallAnswer{}
		},
		SyscallExit: func(x *utrace.Report, s *utrace.Syscall) utrace.Action {
			r.log.Printf("%s return %d of %d", name, int64(s.Number()), x.Thread().ID())
			return utrace.Resume
		},
		Signal: func(x *utrace.Report, s *utrace.Signal) utrace.SignalAnswer {
			r.log.Printf("%s signal %d", name, s.Number())
			return utrace.SignalAnswer{}
		},
		JobControl: func(x *utrace.Report, j utrace.JobControl) utrace.Action {
			r.log.Printf("%s job %v of %d", name, j, x.Thread().ID())
			return utrace.Resume
		},
		Trap: func(x *utrace.Report, trap *utrace.Trap) utrace.Action {
			r.log.Printf("%s trap %v", name, trap.Kind)
			return utrace.Resume
		},
	}
}
