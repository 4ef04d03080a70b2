package scenarios_test

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/host"
	"github.com/utrace/utrace/internal/actor"
)

// TestNI1_CT3_BlockingCalls does all that an engine can do to a thread in each of the
// calls that block: attach, ask for reports, stop, resume, detach. No call
// returns for it. In the end a real signal interrupts it.
func TestNI1_CT3_BlockingCalls(t *testing.T) {
	leakCheck(t)
	for _, call := range actor.Blocking() {
		t.Run(call.Name, func(t *testing.T) {
			t.Parallel()
			r := &rig{T: t, core: sharedCore(t), ctx: background}
			p := actor.Start(t, fmt.Sprintf("handle USR1; await %s; result call", call.Name))
			asleep := []string{call.Kernel(), "restart_syscall"}
			untilIn(t, p.PID, asleep...)
			for _, mask := range []utrace.Events{0, utrace.EventSyscall, everything} {
				e := r.attach(p.PID, mask|utrace.EventQuiesce, &utrace.Funcs{})
				for _, action := range []utrace.Action{utrace.ReportSoon, utrace.Interrupt} {
					r.control(e, action)
				}
				r.stop(e)
				r.control(e, utrace.Resume)
				r.detach(e)
				untilIn(t, p.PID, asleep...)
			}
			if out := p.Output(); out != "" {
				t.Errorf("the call returned: %q", out)
			}
			e := r.attach(p.PID, everything, &utrace.Funcs{})
			r.stop(e)
			r.control(e, utrace.Resume)
			// A signal that comes while the call is being made again comes before
			// it, and interrupts nothing.
			untilIn(t, p.PID, asleep...)
			syscall.Kill(p.PID, syscall.SIGUSR1)
			p.Expect("call: EINTR\n")
			checkEnded(t, p)
		})
	}
}

// sharedCore is a core that parallel tests can use together: their own ends
// are not a time to look for leaks.
func sharedCore(t *testing.T) *utrace.Core {
	t.Helper()
	core, err := host.Open(utrace.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { core.Close() })
	return core
}

func checkEnded(t *testing.T, p *actor.Process) {
	t.Helper()
	if s := p.Wait(); s != 0 {
		t.Errorf("status %#x", s)
	}
}

// TestNI2_Timeouts interrupts sleeps many times: each takes as long as it should in
// total.
func TestNI2_Timeouts(t *testing.T) {
	leakCheck(t)
	path := compile(t, "timeouts")
	t.Run("calls", func(t *testing.T) {
		for _, call := range []string{"nanosleep", "clock_nanosleep", "poll", "ppoll", "select"} {
			t.Run(call, func(t *testing.T) {
				t.Parallel()
				r := &rig{T: t, core: sharedCore(t), ctx: background}
				// One that began anew at each interrupt would take twice the time. A
				// little more is the machine's being busy; then it is tried again.
				for try := 1; ; try++ {
					took, passes := interruptedSleep(r, path, call)
					if took < 600 || took > 1000 && try == 3 {
						t.Errorf("a sleep of 600 ms took %d ms with %d interrupts", took, passes)
					}
					if took <= 1000 || try == 3 {
						return
					}
				}
			})
		}
	})
}

// interruptedSleep interrupts a call of 600 ms, and returns how many it took, and how
// often it was interrupted.
func interruptedSleep(r *rig, path, call string) (took int, passed int64) {
	p, pid := startApart(r.T, path, call)
	p.expect("ready")
	var passes atomic.Int64
	e := r.attach(pid, utrace.EventQuiesce, &utrace.Funcs{Quiesce: func(*utrace.Report, utrace.Events) utrace.Action {
		passes.Add(1)
		return utrace.Resume
	}})
	p.stdin.Close()
	for !strings.Contains(p.output(), "took") && passes.Load() < 100 {
		before := passes.Load()
		if e.Control(r.ctx, utrace.Interrupt) != nil {
			break
		}
		until(r.T, "a pass", func() bool { return passes.Load() > before || strings.Contains(p.output(), "took") })
		time.Sleep(4 * time.Millisecond) // spreads the interrupts over the sleep
	}
	p.expect("took")
	_, text, _ := strings.Cut(p.output(), "took ")
	took, _ = strconv.Atoi(strings.Fields(text)[0])
	return took, passes.Load()
}

// TestNI3_GenuineSignal sends a signal together with interrupts: the call that the
// kernel fails for the signal stays failed, and the handler runs once.
func TestNI3_GenuineSignal(t *testing.T) {
	for _, call := range []string{"epoll_pwait", "semop", "recv_timeout"} {
		t.Run(call, func(t *testing.T) {
			r := newRig(t)
			p := r.start(fmt.Sprintf("handle USR1; repeat 30 { await %s; result call }; handled USR1", call))
			e := r.attach(p.PID, utrace.EventQuiesce, &utrace.Funcs{})
			p.Release()
			nr := map[string]string{"recv_timeout": "recvfrom"}[call]
			if nr == "" {
				nr = call
			}
			for i := range 30 {
				untilIn(t, p.PID, nr)
				if i%2 == 0 {
					r.control(e, utrace.Interrupt)
				}
				syscall.Kill(p.PID, syscall.SIGUSR1)
				// After the last signal the program may have ended already.
				if err := e.Control(r.ctx, utrace.ReportSoon); err != nil && (i < 29 || !errors.Is(err, utrace.ErrGone)) {
					t.Fatal(err)
				}
				until(t, "the end of the call", func() bool { return strings.Count(p.Output(), "call: EINTR") == i+1 })
			}
			p.Expect("USR1: 30\n")
		})
	}
}

// TestNI6_TracerAsTracee traces a program that traces another one by itself, and one that is
// traced already.
func TestNI6_TracerAsTracee(t *testing.T) {
	r := newRig(t)
	path := compile(t, "tracer")
	for _, scope := range []utrace.Scope{utrace.Process, utrace.Tree} {
		p, pid := startApart(t, path)
		p.expect("ready")
		r.attachGroup(pid, scope, everything, &utrace.Funcs{})
		p.stdin.Close()
		p.expect("status 0")
		want := "stops 1 status 1\n" // it traces its child, which we do not
		if scope == utrace.Tree {
			want = "stops 0 status 2\n" // EPERM: the child is ours
		}
		if !strings.Contains(p.output(), want) {
			t.Errorf("output %q, want %q", p.output(), want)
		}
	}
}

func init() {
	// preempted has threads that are preempted all the time: they do nothing but
	// compute, and each collection of garbage stops them, by SIGURG.
	helpers["preempted"] = func([]string) int {
		var done atomic.Bool
		var busy sync.WaitGroup
		for range 4 {
			busy.Go(func() {
				for !done.Load() {
				}
			})
		}
		for range 4 {
			runtime.GC()
		}
		done.Store(true)
		busy.Wait()
		fmt.Println("all were preempted")
		return 0
	}
}

// TestNI5_GoProgram runs a Go program, whose runtime preempts its threads by
// signals, under an idle engine and one for everything.
func TestNI5_GoProgram(t *testing.T) {
	t.Setenv(helperVariable, "preempted")
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	parent := compile(t, "supervisor")
	r := newRig(t)
	s := supervise(t, parent, nil, path)
	r.fourEngines(s.pid)
	s.begin()
	s.finish()
	if s.output() != "all were preempted\n" || s.waits() != "0" {
		t.Errorf("output %q, status %s", s.output(), s.waits())
	}
}
