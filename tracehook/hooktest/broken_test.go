package hooktest

import (
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/utrace/utrace/tracehook"
	"github.com/utrace/utrace/tracehook/sim"
)

// faults are back ends that break the contract, each with the clause of which
// a test has to notice.
var faults = map[string]struct {
	clause string
	handle func(h tracehook.Handler, e *tracehook.Event)
	loop   func(tracehook.Loop) tracehook.Loop
}{
	"loses Reap": {clause: "6/one_death", handle: func(h tracehook.Handler, e *tracehook.Event) {
		if e.Kind != tracehook.Reap {
			h.Handle(e)
		}
	}},
	"repeats Death": {clause: "6/one_death", handle: func(h tracehook.Handler, e *tracehook.Event) {
		if h.Handle(e); e.Kind == tracehook.Death {
			h.Handle(e)
		}
	}},
	"takes a zombie leader for dead": {clause: "6/zombie_leader", handle: func(h tracehook.Handler, e *tracehook.Event) {
		if e.ParentSignal == tracehook.LeaderZombie {
			e.ParentSignal = int(syscall.SIGCHLD)
		}
		h.Handle(e)
	}},
	"forgets who called exec": {clause: "5/exec_by", handle: func(h tracehook.Handler, e *tracehook.Event) {
		if e.Kind == tracehook.Exec {
			e.Former = e.Task.ID()
		}
		h.Handle(e)
	}},
	"hides what is ignored": {clause: "8/blocked", handle: func(h tracehook.Handler, e *tracehook.Event) {
		if e.Kind == tracehook.Signal {
			if d, _ := e.Task.Disposition(e.Signal); d == tracehook.DispositionIgnore {
				e.Task.Resume(tracehook.Run, e.Signal)
				return
			}
		}
		h.Handle(e)
	}},
	"does not wait for an answer": {clause: "2/stopped", handle: func(h tracehook.Handler, e *tracehook.Event) {
		if h.Handle(e); e.Kind == tracehook.SyscallEntry {
			e.Task.Resume(tracehook.Run, 0)
		}
	}},
	"takes every trap for the program's": {clause: "8/traps", handle: func(h tracehook.Handler, e *tracehook.Event) {
		e.Trap = tracehook.NoTrap
		h.Handle(e)
	}},
	"stops when it attaches":  {clause: "1/attaching", loop: func(l tracehook.Loop) tracehook.Loop { return stopper{l} }},
	"forgets to stop a timer": {clause: "13/after", loop: func(l tracehook.Loop) tracehook.Loop { return deaf{l} }},
	"loses a Post":            {clause: "12/post", loop: func(l tracehook.Loop) tracehook.Loop { return &loser{Loop: l} }},
}

type stopper struct{ tracehook.Loop }

func (l stopper) Attach(id int, i tracehook.Interest) (tracehook.Task, error) {
	k, err := l.Loop.Attach(id, i)
	if err == nil {
		k.Interrupt()
	}
	return k, err
}

type deaf struct{ tracehook.Loop }

func (l deaf) After(d time.Duration, f func()) tracehook.Timer {
	l.Loop.After(d, f)
	return l.Loop.After(time.Hour, func() {})
}

type loser struct {
	tracehook.Loop
	n atomic.Int64
}

func (l *loser) Post(f func()) bool {
	return l.n.Add(1)%97 == 50 || l.Loop.Post(f)
}

type handlerFunc func(*tracehook.Event)

func (f handlerFunc) Handle(e *tracehook.Event) { f(e) }

// brokenWorld is a simulated world whose back end has a fault.
type brokenWorld struct {
	World
	fault string
}

func (w brokenWorld) Kernel() tracehook.Kernel { return brokenKernel{w.World.Kernel(), w.fault} }

type brokenKernel struct {
	tracehook.Kernel
	fault string
}

func (k brokenKernel) NewLoop(h tracehook.Handler) (tracehook.Loop, error) {
	f := faults[k.fault]
	inner := h
	if f.handle != nil {
		inner = handlerFunc(func(e *tracehook.Event) { f.handle(h, e) })
	}
	l, err := k.Kernel.NewLoop(inner)
	if err == nil && f.loop != nil {
		l = f.loop(l)
	}
	return l, err
}

// faultVariable names the fault for the copy of this test that has to fail.
const faultVariable = "HOOKTEST_FAULT"

func TestMain(m *testing.M) {
	if os.Getenv(faultVariable) != "" {
		patience = 500 * time.Millisecond
	}
	os.Exit(m.Run())
}

// TestFaulty is the suite on a back end with a fault, in a process of its own.
func TestFaulty(t *testing.T) {
	fault := os.Getenv(faultVariable)
	if fault == "" {
		return // TestFaultsAreFound starts this one
	}
	TestKernel(t, brokenWorld{Simulated(sim.New(1)), fault})
}

// TestFaultsAreFound checks that the suite can fail.
func TestFaultsAreFound(t *testing.T) {
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mustFail(t, "TestFaulty", name, fault.clause)
		})
	}
}

// mustFail runs the tests of one clause, of this package's test with a fault,
// in a process of its own.
func mustFail(t *testing.T, test, fault, clause string) {
	t.Helper()
	only := "^" + test + "$/^" + strings.Replace(clause, "/", "$/^", 1)
	cmd := exec.Command(os.Args[0], "-test.run="+only, "-test.timeout=60s")
	cmd.Env = append(os.Environ(), faultVariable+"="+fault)
	out, err := cmd.CombinedOutput()
	if err == nil {
		t.Errorf("the suite found nothing:\n%s", out)
	} else if !strings.Contains(string(out), "--- FAIL: "+test+"/"+clause) {
		t.Errorf("%v, but not because of %s:\n%s", err, clause, out)
	}
}

// TestSound checks that the suite passes where nothing is broken.
func TestSound(t *testing.T) { TestKernel(t, Simulated(sim.New(1))) }
