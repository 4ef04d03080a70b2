package scenarios_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/internal/scale"
)

// TestSG5_PutBack puts a signal back: others are delivered first, then it is reported
// again, as it was.
func TestSG5_PutBack(t *testing.T) {
	r := newRig(t)
	p := r.start("handle USR1 print; handle USR2 print; block USR1; block USR2; sigqueue USR1 7; sigqueue USR2 8; unblock USR1; unblock USR2; barrier y")
	held := false
	r.signaller(p.PID, func(_ *utrace.Report, s *utrace.Signal) utrace.SignalAnswer {
		info, err := s.Info()
		if err != nil {
			t.Error(err)
		}
		r.log.Printf("signal %d code %d from %d", s.Number(), info.Code(), info.PID())
		if s.Number() == int(syscall.SIGUSR1) && !held {
			held = true
			return utrace.SignalAnswer{Hold: true}
		}
		return utrace.SignalAnswer{}
	})
	p.Release()
	p.Expect("@y\n")
	if out := p.Output(); strings.Count(out, "got USR1 7\n") != 1 || strings.Count(out, "got USR2 8\n") != 1 {
		t.Errorf("output %q", out)
	}
	usr1, usr2 := fmt.Sprintf("signal 10 code -1 from %d", p.PID), fmt.Sprintf("signal 12 code -1 from %d", p.PID)
	if r.log.Count(usr1) != 2 || r.log.Count(usr2) != 1 {
		t.Error("reports are missing, or there are too many")
	}
	if s := status(p.PID); s.Blocked != 0 || s.Pending|s.SharedPending != 0 {
		t.Errorf("blocked %#x, pending %#x", s.Blocked, s.Pending|s.SharedPending)
	}
}

// TestSG6_HeldByHand suspends a signal pass, as a person with a debugger does, and has
// it delivered later with all that came with it.
func TestSG6_HeldByHand(t *testing.T) {
	r := newRig(t)
	p := r.start("handle USR1 print; sigqueue USR1 9; barrier y")
	e := r.signaller(p.PID, func(_ *utrace.Report, s *utrace.Signal) utrace.SignalAnswer {
		r.log.Printf("signal %d", s.Number())
		return utrace.SignalAnswer{Action: utrace.Stop, Do: utrace.Ignore}
	})
	p.Release()
	r.stopped(e)
	if err := e.Answer(r.ctx, utrace.SignalAnswer{Do: utrace.Deliver}); err != nil {
		t.Fatal(err)
	}
	p.Expect("got USR1 9\n")
	p.Expect("@y\n")
	r.expect("", "signal 10")
}

// TestSG7_Inject has two engines inject a signal each, at each kind of stop. Both
// handlers run with the exact siginfo, which no process could have sent.
func TestSG7_Inject(t *testing.T) {
	for _, test := range []struct {
		name, script string
		event        utrace.Events
	}{
		{"asynchronous", "spin", 0},
		{"syscall entry", "getppid; barrier y", utrace.EventSyscallEntry},
		{"syscall exit", "getppid; barrier y", utrace.EventSyscallExit},
		{"clone", "fork { }; barrier y", utrace.EventClone},
		{"group-stop", "stop; barrier y", utrace.EventJobControl},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newRig(t)
			p := r.start("handle USR1 print; handle USR2 print; handle HUP; tkill HUP; " + test.script)
			inject := func(sig syscall.Signal, value int32) *utrace.Funcs {
				done := false
				h := r.stopper(fmt.Sprint(sig))
				h.SyscallEntry = func(x *utrace.Report, s *utrace.Syscall) utrace.SyscallAnswer {
					if s.Resumed() { // the end of the hold; the pass is after the call
						x.Engine().SetEvents(utrace.EventQuiesce)
						return utrace.SyscallAnswer{Action: utrace.Interrupt}
					}
					return utrace.SyscallAnswer{Action: utrace.Stop}
				}
				h.Signal = func(x *utrace.Report, s *utrace.Signal) utrace.SignalAnswer {
					if s.Pass() != utrace.Reporting || done {
						return utrace.SignalAnswer{}
					}
					done = true
					var info utrace.Siginfo
					info.SetSigno(int(sig))
					info.SetCode(-1)
					info.SetPID(1)
					info.SetValue(int(value))
					if err := s.SetInfo(info); err != nil {
						t.Error(err)
					}
					return utrace.SignalAnswer{Do: utrace.Deliver}
				}
				return h
			}
			var engines [2]*utrace.Engine
			r.attach(p.PID, utrace.EventSignal, &utrace.Funcs{Signal: func(x *utrace.Report, s *utrace.Signal) utrace.SignalAnswer {
				if s.Number() != int(syscall.SIGHUP) {
					return utrace.SignalAnswer{}
				}
				for i, e := range engines {
					if err := e.SetEvents(test.event | utrace.EventQuiesce); err != nil {
						t.Errorf("engine %d: %v", i, err)
					}
				}
				return utrace.SignalAnswer{Action: utrace.Detach}
			}})
			engines[0] = r.attach(p.PID, 0, inject(syscall.SIGUSR1, 1))
			engines[1] = r.attach(p.PID, 0, inject(syscall.SIGUSR2, 2))
			r.sync() // the callbacks read engines
			p.Release()
			if test.event == 0 {
				until(t, "armed", func() bool { return engines[1].Events() != 0 })
				r.control(engines[0], utrace.Interrupt)
			} else {
				r.stopped(engines[0])
				r.stopped(engines[1])
				for _, e := range engines {
					if test.event == utrace.EventSyscallEntry {
						break
					}
					if err := e.SetEvents(utrace.EventQuiesce); err != nil {
						t.Error(err)
					}
				}
				r.control(engines[1], utrace.Interrupt)
				r.control(engines[0], utrace.Interrupt)
			}
			if test.event == utrace.EventJobControl {
				syscall.Kill(p.PID, syscall.SIGCONT)
			}
			p.Expect("got USR1 1\n")
			p.Expect("got USR2 2\n")
			if out := p.Output(); strings.Count(out, "got") != 2 {
				t.Errorf("output %q", out)
			}
			until(t, "no signal is blocked or pending", func() bool {
				s := status(p.PID)
				return s.Blocked|s.Pending|s.SharedPending == 0
			})
		})
	}
}

// TestSG13_AtSyscallStop sends a signal to a thread that is held at a system call: it is
// reported once, when the thread goes on.
func TestSG13_AtSyscallStop(t *testing.T) {
	for _, event := range []utrace.Events{utrace.EventSyscallEntry, utrace.EventSyscallExit} {
		t.Run(event.String(), func(t *testing.T) {
			r := newRig(t)
			p := r.start("handle USR1 print; getppid; barrier y")
			h := r.recorder("A")
			at := func(x *utrace.Report, s *utrace.Syscall) utrace.Action {
				if s.Number() != syscall.SYS_GETPPID {
					return utrace.Resume
				}
				r.log.Printf("here")
				return utrace.Stop
			}
			h.SyscallEntry = func(x *utrace.Report, s *utrace.Syscall) utrace.SyscallAnswer {
				return utrace.SyscallAnswer{Action: at(x, s)}
			}
			h.SyscallExit = at
			e := r.attach(p.PID, event|utrace.EventSignal, h)
			p.Release()
			r.stopped(e)
			syscall.Kill(p.PID, syscall.SIGUSR1)
			r.expect("", "here")
			r.control(e, utrace.Resume)
			p.Expect("got USR1 0\n")
			p.Expect("@y\n")
			r.expect("", "here", "A signal 10")
		})
	}
}

// TestSG14_AttachLoop attaches to and detaches from a program that signals itself all
// the time. It counts the signals that arrive: none is lost or doubled.
func TestSG14_AttachLoop(t *testing.T) {
	r := newRig(t)
	n := scale.Rounds(20000)
	p := r.start(fmt.Sprintf("handle USR1; repeat %d { tkill USR1 }; handled USR1", n))
	p.Release()
	random := rand.New(rand.NewPCG(14, 14))
	ended := func() bool { return strings.Contains(p.Output(), "USR1: ") }
	rounds := 0
	for ; !ended() && rounds < scale.Rounds(10000); rounds++ {
		mask := [...]utrace.Events{0, utrace.EventSyscall, utrace.EventSignalAll, utrace.EventSyscall | utrace.EventSignalAll | utrace.EventQuiesce}[random.IntN(4)]
		e, err := r.core.Attach(r.ctx, p.PID, &utrace.Funcs{}, utrace.WithEvents(mask))
		if err != nil {
			break // it has ended
		}
		if random.IntN(3) == 0 {
			e.Control(r.ctx, utrace.Interrupt)
		}
		if err := e.Detach(); err != nil && !errors.Is(err, utrace.ErrInProgress) {
			break // it has ended
		}
	}
	if s := p.Wait(); s != 0 {
		t.Errorf("status %#x", s)
	}
	p.Expect(fmt.Sprintf("USR1: %d\n", n))
	if rounds < 10 {
		t.Errorf("only %d rounds", rounds)
	}
	t.Logf("%d rounds of attach and detach", rounds)
}

// TestSG15_Order has signals of all kinds pending at once: those of the thread come
// before those of the process, low numbers before high ones, and real-time
// signals of one number in the order of sending.
func TestSG15_Order(t *testing.T) {
	r := newRig(t)
	path := compile(t, "inject")
	p, pid := startApart(t, path)
	p.expect("ready")
	r.signaller(pid, func(_ *utrace.Report, s *utrace.Signal) utrace.SignalAnswer {
		info, err := s.Info()
		if err != nil {
			t.Error(err)
		}
		value := 0
		if info.Code() == -1 {
			value = info.Value()
		}
		r.log.Printf("signal %d value %d", s.Number(), value)
		return utrace.SignalAnswer{}
	})
	p.stdin.Close()
	p.expect("status 0")
	r.expect("", "signal 12 value 0", "signal 10 value 0", "signal 15 value 0",
		"signal 40 value 1", "signal 40 value 2", "signal 40 value 3")
}
