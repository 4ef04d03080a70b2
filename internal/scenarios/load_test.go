package scenarios_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/internal/actor"
	"github.com/utrace/utrace/internal/scale"
)

// TestAttachDetach attaches to and detaches from a busy process 1,000 times. In the
// end the program has done all that it should, and nobody is traced or stopped.
// Every system call that an engine saw begin while it was attached was seen to
// end, unless the engine left in between.
func TestAttachDetach(t *testing.T) {
	r := newRig(t)
	p := r.start(`handle USR1; repeat 4 { thread { repeat 1000000000 { getppid; tkill USR1 } } }; repeat 1000000000 { fork { getpid; exit 3 }; wait }`)
	p.Release()
	tids := append(r.threads(p.PID, 4), p.PID)
	random := rand.New(rand.NewPCG(10, 3))
	for round := range scale.Rounds(1000) {
		tid := tids[random.IntN(len(tids))]
		inside, lost := false, 0
		h := &utrace.Funcs{
			SyscallEntry: func(_ *utrace.Report, s *utrace.Syscall) utrace.SyscallAnswer {
				if inside && !s.Restarted() {
					lost++
				}
				inside = true
				return utrace.SyscallAnswer{}
			},
			SyscallExit: func(_ *utrace.Report, s *utrace.Syscall) utrace.Action {
				// A pair whose entry was reported to the engine before is one, too.
				if inside && !s.Paired() {
					lost++
				}
				inside = false
				return utrace.Resume
			},
		}
		mask := [...]utrace.Events{0, utrace.EventSyscall, utrace.EventSyscall | utrace.EventSignalAll | utrace.EventClone, everything}[round%4]
		e := r.attach(tid, mask, h)
		switch round % 3 {
		case 0:
			r.stop(e)
		case 1:
			r.control(e, utrace.Interrupt)
		}
		r.detach(e)
		if err := e.Barrier(r.ctx); err != nil && !errors.Is(err, utrace.ErrGone) {
			t.Fatal(err)
		}
		if lost != 0 {
			t.Fatalf("round %d: %d events of thread %d are lost", round, lost, tid)
		}
	}
	for _, tid := range tids {
		checkFree(t, tid)
		advances(t, tid)
	}
	if s := p.Statuses(); len(s) != 0 {
		t.Errorf("the parent was told %v", s)
	}
}

// TestOSExec runs programs by os/exec in the very process that traces: none of
// their ends is taken away by the tracing loop, and none of its events by them.
func TestOSExec(t *testing.T) {
	r := newRig(t)
	p := r.start("repeat 1000000000 { fork { getpid; exit 3 }; wait }")
	var deaths atomic.Int64
	g := r.attachGroup(p.PID, utrace.Tree, everything, &utrace.Funcs{
		Death: func(_ *utrace.Report, d *utrace.Death) utrace.Action {
			deaths.Add(1)
			return utrace.Resume
		},
	})
	p.Release()
	const workers = 4
	var all sync.WaitGroup
	for w := range workers {
		all.Go(func() {
			for i := range scale.Rounds(400) / workers {
				code := (w + i) % 120
				out, err := exec.Command("sh", "-c", fmt.Sprintf("echo %d; exit %d", i, code)).Output()
				var exit *exec.ExitError
				if code == 0 && err != nil || code != 0 && (!errors.As(err, &exit) || exit.ExitCode() != code) {
					t.Errorf("exit %d: %v", code, err)
				}
				if string(out) != fmt.Sprintln(i) {
					t.Errorf("output %q", out)
				}
			}
		})
	}
	all.Wait()
	until(t, "the tracing goes on", func() bool { return deaths.Load() > 20 })
	syscall.Kill(p.PID, syscall.SIGKILL)
	<-g.Done()
}

// TestMD1_MD3_ThreeParties attaches a debugger that stops, a logger of system calls
// and one that catches crashes: each gets what it would get alone, and the
// debugger's decision keeps the catcher from seeing a death.
func TestMD1_MD3_ThreeParties(t *testing.T) {
	r := newRig(t)
	p := r.start(`getppid; segv; print "survived\n"; getppid; exit 2`)
	r.attach(p.PID, utrace.EventSignalCore|utrace.EventExit, &utrace.Funcs{
		Signal: func(_ *utrace.Report, s *utrace.Signal) utrace.SignalAnswer {
			r.log.Printf("catcher signal %d", s.Number())
			return utrace.SignalAnswer{}
		},
		Exit: func(_ *utrace.Report, s utrace.Status) utrace.Action {
			r.log.Printf("catcher exit %v", s)
			return utrace.Resume
		},
	})
	logger := r.recorder("logger")
	r.attach(p.PID, utrace.EventSyscallEntry, logger)
	debugger := r.attach(p.PID, utrace.EventSignalCore|utrace.EventSyscallExit, &utrace.Funcs{
		Signal: func(x *utrace.Report, s *utrace.Signal) utrace.SignalAnswer {
			r.log.Printf("debugger signal %d, choice %v", s.Number(), s.Choice())
			now := of(x)
			now.abi.View().WriteUint(now, actor.BadRegister(), now.abi.SP(now.general(t))-4096)
			return utrace.SignalAnswer{Action: utrace.Stop, Do: utrace.Ignore}
		},
		SyscallExit: func(_ *utrace.Report, s *utrace.Syscall) utrace.Action {
			if s.Number() == syscall.SYS_GETPPID {
				r.log.Printf("debugger stops")
				return utrace.Stop
			}
			return utrace.Resume
		},
	})
	p.Release()
	for range 3 {
		r.stopped(debugger)
		r.control(debugger, utrace.Resume)
	}
	if s := p.Wait(); s.ExitStatus() != 2 || !strings.Contains(p.Output(), "survived") {
		t.Errorf("status %#x, output %q", s, p.Output())
	}
	r.expect("catcher", "catcher signal 11", "catcher exit exited with 2")
	r.expect("debugger", "debugger stops", "debugger signal 11, choice core", "debugger stops")
	if n := r.log.Count(fmt.Sprintf("logger entry %d ", syscall.SYS_GETPPID)); n != 2 {
		t.Errorf("the logger saw %d calls", n)
	}
}

// TestRO6_ManyCallers makes requests about one thread from many goroutines: all
// are made by the one thread of the kernel that may.
func TestRO6_ManyCallers(t *testing.T) {
	r := newRig(t)
	p := r.start("spin")
	p.Release()
	e := r.attach(p.PID, 0, &utrace.Funcs{})
	r.stop(e)
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			for range scale.Rounds(500) {
				_, err := e.Examine(r.ctx)
				if err != nil {
					t.Error(err)
					return
				}
			}
			x, err := e.Examine(r.ctx)
			if err != nil {
				t.Error(err)
				return
			}
			gpr := make([]byte, 216)
			for range scale.Rounds(500) {
				if _, err := x.ReadRegset(1, gpr); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
}

// TestRO4_ReusedID refuses a request about a thread that has died, whoever has its
// id by then.
func TestRO4_ReusedID(t *testing.T) {
	r := newRig(t)
	p := r.start("thread { barrier y }; pause")
	p.Release()
	p.Expect("@y\n")
	e := r.attach(r.threads(p.PID, 1)[0], utrace.EventReap, r.recorder("A"))
	p.Release()
	r.await(1, "A reap")
	if err := e.Control(r.ctx, utrace.Stop); !errors.Is(err, utrace.ErrGone) {
		t.Errorf("control: %v", err)
	}
	if err := e.Detach(); !errors.Is(err, utrace.ErrGone) {
		t.Errorf("detach: %v", err)
	}
	if err := e.SetEvents(0); !errors.Is(err, utrace.ErrGone) {
		t.Errorf("set events: %v", err)
	}
}
