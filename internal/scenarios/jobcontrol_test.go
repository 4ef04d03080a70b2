package scenarios_test

import (
	"fmt"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/internal/scale"
)

const (
	wasStopped   = syscall.WaitStatus(0x137f) // by SIGSTOP
	wasStoppedT  = syscall.WaitStatus(0x147f) // by SIGTSTP
	wasContinued = syscall.WaitStatus(0xffff)
)

// TestJC1_JC2_Group stops and continues a process of three threads: one signal, a
// report of each thread, one notice to the parent each time.
func TestJC1_JC2_Group(t *testing.T) {
	r := newRig(t)
	p := r.start(`handle CONT print; thread { spin }; thread { spin }; pause*99`)
	p.Release()
	r.threads(p.PID, 2)
	var mu sync.Mutex
	notices := map[bool]int{}
	g := r.attachGroup(p.PID, utrace.Process, utrace.EventSignalAll|utrace.EventJobControl, &utrace.Funcs{
		Signal: func(_ *utrace.Report, s *utrace.Signal) utrace.SignalAnswer {
			r.log.Printf("signal %d", s.Number())
			return utrace.SignalAnswer{}
		},
		JobControl: func(_ *utrace.Report, j utrace.JobControl) utrace.Action {
			r.log.Printf("job stopped %v by %d", j.Stopped, j.Signal)
			mu.Lock()
			defer mu.Unlock()
			if j.Notify {
				notices[j.Stopped]++
			}
			return utrace.Resume
		},
	})
	if g.Len() != 3 {
		t.Fatalf("%d threads", g.Len())
	}
	for round := 1; round <= 3; round++ {
		syscall.Kill(p.PID, syscall.SIGTSTP)
		p.WaitStatus(2*round - 1)
		r.await(3*round, "job stopped true by 20")
		untilState(t, p.PID, "tT")
		syscall.Kill(p.PID, syscall.SIGCONT)
		p.WaitStatus(2 * round)
		r.await(3*round, "job stopped false")
		r.await(round, "signal 18")
	}
	p.Expect("got CONT 0\ngot CONT 0\ngot CONT 0\n")
	if n := r.log.Count("signal 20"); n != 3 {
		t.Errorf("%d reports of SIGTSTP", n)
	}
	if n := r.log.Count("signal 18"); n != 3 {
		t.Errorf("%d reports of SIGCONT", n)
	}
	mu.Lock()
	defer mu.Unlock()
	if notices[true] != 3 || notices[false] != 3 {
		t.Errorf("notices %v", notices)
	}
	if got, want := fmt.Sprint(p.Statuses()), fmt.Sprint([]syscall.WaitStatus{wasStoppedT, wasContinued, wasStoppedT, wasContinued, wasStoppedT, wasContinued}); got != want {
		t.Errorf("the parent was told %v, want %v", got, want)
	}
}

// TestJC3_JC4_JC11_AttachStopped attaches to a stopped process, with all interest there is, and
// detaches: it stays stopped, and its parent is told nothing.
func TestJC3_JC4_JC11_AttachStopped(t *testing.T) {
	for _, mask := range []utrace.Events{0, utrace.EventSyscall, everything} {
		t.Run(mask.String(), func(t *testing.T) {
			r := newRig(t)
			p := r.start(`thread { spin }; stop; print "continued\n"; pause`)
			p.Release()
			p.WaitStatus(1)
			untilState(t, p.PID, "T")
			for range 10 {
				g := r.attachGroup(p.PID, utrace.Process, mask, &utrace.Funcs{})
				g.Engines()[0].Barrier(r.ctx)
				g.Detach()
				<-g.Done()
				until(t, "let go", func() bool { return status(p.PID).Tracer == 0 })
				untilState(t, p.PID, "T")
			}
			if n := len(p.Statuses()); n != 1 {
				t.Errorf("the parent was told %v", p.Statuses())
			}
			syscall.Kill(p.PID, syscall.SIGCONT)
			p.Expect("continued\n")
			if s := p.WaitStatus(2); s[1] != wasContinued {
				t.Errorf("the parent was told %v", s)
			}
		})
	}
}

// TestJC5_BothStops stops a thread by an engine and by job control: it runs when both
// have let go, in either order.
func TestJC5_BothStops(t *testing.T) {
	for _, engineFirst := range []bool{false, true} {
		t.Run(fmt.Sprint("engine lets go first ", engineFirst), func(t *testing.T) {
			needsSteps(t)
			r := newRig(t)
			p := r.start(`stop; print "runs\n"; pause`)
			h := r.recorder("A")
			h.JobControl = func(*utrace.Report, utrace.JobControl) utrace.Action {
				return utrace.Stop
			}
			e := r.attach(p.PID, utrace.EventJobControl, h)
			p.Release()
			r.stopped(e)
			p.WaitStatus(1) // a parent that comes after SIGCONT does not hear of the stop
			e.SetEvents(0)
			if engineFirst {
				r.control(e, utrace.Resume)
				untilState(t, p.PID, "tT")
				if strings.Contains(p.Output(), "runs") {
					t.Error("it runs before SIGCONT")
				}
				syscall.Kill(p.PID, syscall.SIGCONT)
			} else {
				syscall.Kill(p.PID, syscall.SIGCONT)
				if err := e.Control(r.ctx, utrace.Stop); err != nil {
					t.Errorf("it is not stopped: %v", err)
				}
				if strings.Contains(p.Output(), "runs") {
					t.Error("it runs though the engine holds it")
				}
				r.control(e, utrace.Resume)
			}
			p.Expect("runs\n")
			p.WaitStatus(2) // a thread tells, once it runs (get_signal in kernel/signal.c)
		})
	}
}

// TestJC6_JC7_LookAtStopped examines the registers of a stopped thread, and asks for a step:
// it stays stopped for its parent, and goes on at SIGCONT.
func TestJC6_JC7_LookAtStopped(t *testing.T) {
	r := newRig(t)
	p := r.start(`stop; print "runs\n"; pause`)
	e := r.attach(p.PID, utrace.EventJobControl|utrace.EventTrap|utrace.EventQuiesce, r.recorder("A"))
	p.Release()
	r.await(1, "A job stopped by signal 19")
	p.WaitStatus(1)
	for range 5 {
		r.stop(e)
		now, x := r.examine(e)
		now.general(t)
		if err := x.Close(); err != nil {
			t.Error(err)
		}
		r.control(e, utrace.SingleStep)
	}
	e.Barrier(r.ctx)
	if out := p.Output(); strings.Contains(out, "runs") || len(p.Statuses()) != 1 {
		t.Errorf("output %q, the parent was told %v", out, p.Statuses())
	}
	syscall.Kill(p.PID, syscall.SIGCONT)
	p.Expect("runs\n")
	p.WaitStatus(2)
}

// TestJC8_Orphaned sends SIGTSTP to an orphaned process group, where it does nothing;
// an engine can stop the process all the same.
func TestJC8_Orphaned(t *testing.T) {
	for _, do := range []utrace.SignalAction{utrace.KeepSignal, utrace.JobStop} {
		t.Run(do.String(), func(t *testing.T) {
			r := newRig(t)
			parent := compile(t, "supervisor")                                             // a session of its own: nobody outside of the group
			s := supervise(t, parent, nil, "sh", "-c", "kill -TSTP $$; sleep 0.5; exit 3") // time for the parent to hear of SIGCONT
			r.signaller(s.pid, func(_ *utrace.Report, sig *utrace.Signal) utrace.SignalAnswer {
				if sig.Number() != int(syscall.SIGTSTP) {
					return utrace.SignalAnswer{}
				}
				return utrace.SignalAnswer{Do: do}
			})
			s.begin()
			if do == utrace.JobStop {
				until(t, "a stop", func() bool { return strings.HasPrefix(s.waits(), "0x137f") })
				syscall.Kill(s.pid, syscall.SIGCONT)
			}
			s.finish()
			want := "0x300"
			if do == utrace.JobStop {
				want = "0x137f 0xffff 0x300"
			}
			if s.waits() != want {
				t.Errorf("the parent was told %s, want %s", s.waits(), want)
			}
		})
	}
}

// TestJC10_OneHeld stops a process of which an engine holds one thread. The others stop;
// the kernel counts the held one, and tells the parent, when it has let go (it
// takes part in ptrace_stop only on its way in, kernel/signal.c).
func TestJC10_OneHeld(t *testing.T) {
	r := newRig(t)
	p := r.start("thread { spin }; pause")
	p.Release()
	held := r.attach(r.threads(p.PID, 1)[0], 0, &utrace.Funcs{})
	r.stop(held)
	syscall.Kill(p.PID, syscall.SIGSTOP)
	untilState(t, p.PID, "T")
	r.control(held, utrace.Resume)
	if s := p.WaitStatus(1); len(s) == 0 || s[0] != wasStopped {
		t.Errorf("the parent was told %v", s)
	}
	untilState(t, held.Thread().ID(), "tT")
	syscall.Kill(p.PID, syscall.SIGCONT)
	if s := p.WaitStatus(2); len(s) < 2 || s[1] != wasContinued {
		t.Errorf("the parent was told %v", s)
	}
	advances(t, held.Thread().ID())
}

// TestJC9_Overtaken sends SIGCONT at once behind the stop signal, many times: however
// they meet, the process runs in the end.
func TestJC9_Overtaken(t *testing.T) {
	r := newRig(t)
	p := r.start("thread { spin }; thread { spin }; repeat 1000000000 { yield }")
	p.Release()
	tids := r.threads(p.PID, 2)
	r.attachGroup(p.PID, utrace.Process, utrace.EventSignalAll|utrace.EventJobControl, &utrace.Funcs{})
	for range scale.Rounds(200) {
		syscall.Kill(p.PID, syscall.SIGTSTP)
		syscall.Kill(p.PID, syscall.SIGCONT)
	}
	for _, tid := range append(tids, p.PID) {
		advances(t, tid)
	}
}
