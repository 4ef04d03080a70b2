package limits

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/host"
	"github.com/utrace/utrace/internal/actor"
	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/internal/scale"
)

// patience is how long anything may take that a test waits for.
var patience = scale.Time(10 * time.Second)

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == napArgument {
		nap()
		return
	}
	if len(os.Args) == 3 && os.Args[1] == suidArgument {
		traceSuid(os.Args[2])
		return
	}
	code := m.Run()
	if left, err := procfs.Children(os.Getpid()); err == nil && len(left) != 0 {
		fmt.Fprintln(os.Stderr, "processes were left behind:", left)
		code = 1
	}
	os.Exit(code)
}

// tracer is a core on this machine for one test.
type tracer struct {
	*testing.T
	core *utrace.Core
	ctx  context.Context
}

func newTracer(t *testing.T, options utrace.Options) *tracer {
	t.Helper()
	options.OnFault = func(thread int, err error) { t.Errorf("fault on thread %d: %v", thread, err) }
	core, err := host.Open(options)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(func() {
		cancel()
		core.Close()
	})
	return &tracer{t, core, ctx}
}

// attach attaches an engine to a thread.
func (t *tracer) attach(tid int, mask utrace.Events, h any) *utrace.Engine {
	t.Helper()
	e, err := t.core.Attach(t.ctx, tid, h, utrace.WithEvents(mask))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// stop stops a thread and waits until it stands.
func (t *tracer) stop(e *utrace.Engine) {
	t.Helper()
	if err := e.Control(t.ctx, utrace.Stop); err != nil && !errors.Is(err, utrace.ErrInProgress) {
		t.Fatal(err)
	}
	if err := e.WaitStopped(t.ctx); err != nil {
		t.Fatal(err)
	}
}

// resume lets a thread go on.
func (t *tracer) resume(e *utrace.Engine) {
	t.Helper()
	if err := e.Control(t.ctx, utrace.Resume); err != nil {
		t.Fatal(err)
	}
}

// status reads what everybody can read about a thread.
func (t *tracer) status(tid int) procfs.Status {
	t.Helper()
	s, err := procfs.ReadStatus(tid)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// await waits until a thread's status is as it should be, and says what it
// waited for if it never is.
func (t *tracer) await(tid int, what string, ok func(procfs.Status) bool) {
	t.Helper()
	var s procfs.Status
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if s = t.status(tid); ok(s) {
			return
		}
	}
	t.Fatalf("waited in vain until %s: %+v", what, s)
}

// spinner starts a program that does nothing, but does not sleep either.
func spinner(t *tracer) *actor.Process {
	t.Helper()
	p := actor.Start(t, `print "go\n"; spin`)
	if !p.Expect("go") {
		t.FailNow()
	}
	return p
}

// idle is a handler that has a callback for nothing that happens.
func idle() *utrace.Funcs {
	return &utrace.Funcs{Reap: func(*utrace.Report, utrace.Status) {}}
}

func inState(letter byte) func(procfs.Status) bool {
	return func(s procfs.Status) bool { return s.State == letter }
}

func kill(t *tracer, pid int, sig syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(pid, sig); err != nil {
		t.Fatal(err)
	}
}
