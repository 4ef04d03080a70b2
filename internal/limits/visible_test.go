package limits

import (
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/internal/actor"
	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/regset"
)

// traces reports whether TracerPid, the id of a thread, is one of ours.
func (t *tracer) traces(tid int) bool {
	t.Helper()
	tracer := t.status(tid).Tracer
	return tracer != 0 && t.status(tracer).Group == os.Getpid()
}

// TestTracerPid: the kernel tells everybody who traces.
func TestTracerPid(t *testing.T) {
	k := newTracer(t, utrace.Options{})
	p := spinner(k)
	e := k.attach(p.PID, utrace.EventReap, idle())
	if !k.traces(p.PID) {
		t.Error("TracerPid is none of ours")
	}
	if err := e.Detach(); err != nil {
		t.Fatal(err)
	}
	k.await(p.PID, "nobody traces", func(s procfs.Status) bool { return s.Tracer == 0 })
}

// TestStateLetter: a held thread is seen to be held by a tracer, and a traced one
// that job control has stopped looks the same.
func TestStateLetter(t *testing.T) {
	k := newTracer(t, utrace.Options{})
	p := spinner(k)
	e := k.attach(p.PID, utrace.EventReap, idle())
	k.stop(e)
	if s := k.status(p.PID); s.State != 't' {
		t.Errorf("the state is %c; want t, tracing stop", s.State)
	}
	k.resume(e)
	k.await(p.PID, "it runs", inState('R'))
	kill(k, p.PID, syscall.SIGSTOP) // job control's
	k.await(p.PID, "it is stopped", inState('t'))
}

// TestOneTracer: whoever comes second is refused, and told who was first.
func TestOneTracer(t *testing.T) {
	k, other := newTracer(t, utrace.Options{}), newTracer(t, utrace.Options{})
	p := spinner(k)
	k.attach(p.PID, utrace.EventReap, idle())
	_, err := other.core.Attach(other.ctx, p.PID, idle())
	if err == nil || !strings.Contains(err.Error(), "traced") {
		t.Errorf("a second tracer got %v", err)
	}
}

// TestUnwantedSignal: a traced thread stops for each signal, also if no engine
// wants it and the program ignores it.
func TestUnwantedSignal(t *testing.T) {
	k := newTracer(t, utrace.Options{})
	p := actor.Start(k, `ignore USR1; print "go\n"; spin`)
	if !p.Expect("go") {
		t.FailNow()
	}
	k.attach(p.PID, utrace.EventReap, idle())
	// While the loop is kept busy it cannot let the thread go on.
	err := k.core.Do(k.ctx, func() error {
		kill(k, p.PID, syscall.SIGUSR1)
		k.await(p.PID, "the signal stops it", inState('t'))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	k.await(p.PID, "it runs on", inState('R'))
}

// TestBreakpointUnblocksTrap: the trap of a breakpoint is forced, too. A thread
// that blocks SIGTRAP blocks it no more, and the program has lost its handler.
func TestBreakpointUnblocksTrap(t *testing.T) {
	k := newTracer(t, utrace.Options{})
	p := actor.Start(k, `handle TRAP; block TRAP; print "go\n"; spin`)
	if !p.Expect("go") {
		t.FailNow()
	}
	const trap = 1 << (syscall.SIGTRAP - 1)
	if s := k.status(p.PID); s.Blocked&s.Caught&trap == 0 {
		t.Fatalf("the program does not block and handle SIGTRAP: %#x, %#x", s.Blocked, s.Caught)
	}
	e := k.attach(p.PID, utrace.EventTrap, &utrace.Funcs{
		Trap: func(*utrace.Report, *utrace.Trap) utrace.Action { return utrace.Stop },
	})
	k.stop(e)
	plantHere(k, e)
	k.resume(e)
	k.await(p.PID, "SIGTRAP is neither blocked nor handled",
		func(s procfs.Status) bool { return (s.Blocked|s.Caught)&trap == 0 })
}

// plantHere plants a breakpoint where the thread is stopped, in a loop.
func plantHere(k *tracer, e *utrace.Engine) {
	k.Helper()
	err := k.core.Do(k.ctx, func() error {
		r, err := e.Held()
		if err != nil {
			return err
		}
		gpr := make([]byte, r.ABI().GeneralSize())
		if _, err := r.ReadRegset(regset.NotePRStatus, gpr); err != nil {
			return err
		}
		return e.PlantTrap(k.ctx, r.ABI().PC(gpr))
	})
	if err != nil {
		k.Fatal(err)
	}
}

// TestStepResetsIgnoredTrap: the kernel forces the trap of a step upon the
// thread, and forgets for it that SIGTRAP was ignored.
func TestStepResetsIgnoredTrap(t *testing.T) {
	k := newTracer(t, utrace.Options{})
	p := actor.Start(k, `ignore TRAP; print "go\n"; spin`)
	if !p.Expect("go") {
		t.FailNow()
	}
	const trap = 1 << (syscall.SIGTRAP - 1)
	if s := k.status(p.PID); s.Ignored&trap == 0 {
		t.Fatalf("the program does not ignore SIGTRAP: %#x", s.Ignored)
	}
	e := k.attach(p.PID, utrace.EventTrap, &utrace.Funcs{
		Trap: func(*utrace.Report, *utrace.Trap) utrace.Action { return utrace.Stop },
	})
	k.stop(e)
	if err := e.Control(k.ctx, utrace.SingleStep); err != nil {
		t.Fatal(err)
	}
	k.await(p.PID, "SIGTRAP has its default action", func(s procfs.Status) bool { return s.Ignored&trap == 0 })
}
