package scenarios_test

import (
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/internal/actor"
	"github.com/utrace/utrace/regset"
)

// signaller attaches an engine that answers the reports of all signals.
func (r *rig) signaller(tid int, f func(*utrace.Report, *utrace.Signal) utrace.SignalAnswer) *utrace.Engine {
	r.Helper()
	return r.attach(tid, utrace.EventSignalAll, &utrace.Funcs{Signal: f})
}

// TestSG1_SG11_Classes gives each kind of signal to six engines that each want one class.
func TestSG1_SG11_Classes(t *testing.T) {
	for _, test := range []struct {
		script string
		want   utrace.Events
	}{
		{"handle USR1; tkill USR1", utrace.EventSignal},
		{"ignore USR1; tkill USR1", utrace.EventSignalIgnore},
		{"kill CHLD", utrace.EventSignalIgnore},
		{"kill URG", utrace.EventSignalIgnore},
		{"kill WINCH", utrace.EventSignalIgnore},
		{"kill CONT", utrace.EventSignalIgnore},
		{"kill STOP", utrace.EventSignalStop},
		{"kill TSTP", utrace.EventSignalStop},
		{"kill TTIN", utrace.EventSignalStop},
		{"kill TTOU", utrace.EventSignalStop},
		{"kill USR1", utrace.EventSignalTerm},
		{"kill RTMIN+3", utrace.EventSignalTerm},
		{"kill ABRT", utrace.EventSignalCore},
		{"segv", utrace.EventSignalCore},
		{"int3", utrace.EventSignalCore},
	} {
		t.Run(test.script, func(t *testing.T) {
			r := newRig(t)
			p := r.start(test.script)
			for class := utrace.EventSignal; class <= utrace.EventSignalCore; class <<= 1 {
				r.attach(p.PID, class, &utrace.Funcs{Signal: func(_ *utrace.Report, s *utrace.Signal) utrace.SignalAnswer {
					r.log.Printf("%v as %v", class, s.Class())
					return utrace.SignalAnswer{Do: utrace.Ignore}
				}})
			}
			p.Release()
			r.await(1, "as")
			const anywhere = 1 << 20
			behind := regset.NativeABI().BreakpointPC(anywhere) != anywhere
			if test.script == "segv" || test.script == "int3" && !behind {
				// It faults for ever, as nobody repairs the address, or takes it
				// past the breakpoint.
				syscall.Kill(p.PID, syscall.SIGKILL)
				p.Wait()
				if n := r.log.Count(""); n != r.log.Count("signal-core as signal-core") {
					t.Error("reports to the wrong engine")
				}
				return
			}
			p.Wait()
			r.expect("", fmt.Sprintf("%v as %v", test.want, test.want))
		})
	}
}

// TestSG3_Rewrite makes a signal another one: the handler sees it as it was written. If
// that one is blocked it waits.
func TestSG3_Rewrite(t *testing.T) {
	r := newRig(t)
	p := r.start(`handle USR1 print; handle USR2 print; sigqueue USR1 5; print "between\n"; block USR2; sigqueue USR1 6; print "blocked\n"; unblock USR2; print "end\n"`)
	r.signaller(p.PID, func(_ *utrace.Report, s *utrace.Signal) utrace.SignalAnswer {
		if s.Number() != int(syscall.SIGUSR1) {
			r.log.Printf("signal %d", s.Number())
			return utrace.SignalAnswer{}
		}
		info, err := s.Info()
		if err != nil {
			t.Error(err)
		}
		info.SetSigno(int(syscall.SIGUSR2))
		if err := s.SetInfo(info); err != nil {
			t.Error(err)
		}
		return utrace.SignalAnswer{}
	})
	p.Release()
	p.Wait()
	if got, want := p.Output(), "@x\ngot USR2 5\nbetween\nblocked\ngot USR2 6\nend\n"; got != want {
		t.Errorf("output %q, want %q", got, want)
	}
	r.expect("", "signal 12") // when it was unblocked
}

// TestSG4_ResetHand has a handler that is reset when it runs: by a signal that is
// dropped it is not, nor by one that became another.
func TestSG4_ResetHand(t *testing.T) {
	r := newRig(t)
	path := compile(t, "signal")
	p, pid := startApart(t, path)
	p.expect("ready")
	n := 0
	r.signaller(pid, func(_ *utrace.Report, s *utrace.Signal) utrace.SignalAnswer {
		n++
		switch n {
		case 1:
			return utrace.SignalAnswer{Do: utrace.Ignore}
		case 2:
			info, _ := s.Info()
			info.SetSigno(int(syscall.SIGUSR2))
			s.SetInfo(info)
		}
		return utrace.SignalAnswer{}
	})
	p.stdin.Close()
	p.expect("status")
	if !strings.Contains(p.output(), "set set reset \n") {
		t.Errorf("output %q", p.output())
	}
}

// TestSG8_PassBeforeSignal interrupts a held thread with a signal pending: the pass
// that was asked for comes before the signal.
func TestSG8_PassBeforeSignal(t *testing.T) {
	r := newRig(t)
	p := r.start("handle USR1 print; barrier y; spin")
	e := r.attach(p.PID, utrace.EventSignalAll|utrace.EventQuiesce, r.recorder("A"))
	p.Release()
	p.Expect("@y\n")
	p.Release()
	until(t, "it spins", func() bool { return status(p.PID).State == 'R' })
	r.stop(e)
	r.log.Clear()
	syscall.Kill(p.PID, syscall.SIGUSR1)
	r.control(e, utrace.Interrupt)
	p.Expect("got USR1 0\n")
	r.expect("signal", "A signal 0", "A signal 10")
}

// TestSG9_HandlerStart delivers a signal and stops: at the first instruction of the
// handler.
func TestSG9_HandlerStart(t *testing.T) {
	needsSteps(t)
	r := newRig(t)
	p := r.start(`handle USR1 print; tkill USR1; print "end\n"`)
	var pc uint64
	h := r.recorder("A")
	h.Signal = func(x *utrace.Report, s *utrace.Signal) utrace.SignalAnswer {
		pc = of(x).pc(t)
		return utrace.SignalAnswer{Action: utrace.Stop, Do: utrace.Deliver}
	}
	h.Trap = func(x *utrace.Report, trap *utrace.Trap) utrace.Action {
		r.log.Printf("trap %v", trap.Kind)
		return utrace.Stop
	}
	e := r.attach(p.PID, utrace.EventSignal|utrace.EventTrap, h)
	p.Release()
	r.stopped(e)
	r.expect("", "trap handler")
	now, x := r.examine(e)
	if now.pc(t) == pc {
		t.Error("the thread is where the signal came")
	}
	if number := now.get(t, actor.HandlerRegister()); number != 10 {
		t.Errorf("the handler is called with %d", number)
	}
	x.Close()
	if strings.Contains(p.Output(), "got") {
		t.Error("the handler has run")
	}
	r.control(e, utrace.Resume)
	p.Expect("got USR1 0\nend\n")
}

// TestSG10_TerminateAndStop cannot hold a thread between a fatal signal and its
// exit, but at the exit.
func TestSG10_TerminateAndStop(t *testing.T) {
	r := newRig(t)
	p := r.start(`tkill TERM; print "alive"`)
	h := r.recorder("A")
	h.Signal = func(_ *utrace.Report, s *utrace.Signal) utrace.SignalAnswer {
		r.log.Printf("signal %d", s.Number())
		return utrace.SignalAnswer{Do: utrace.Terminate}
	}
	h.Exit = func(*utrace.Report, utrace.Status) utrace.Action { r.log.Printf("exit"); return utrace.Stop }
	e := r.attach(p.PID, utrace.EventSignalTerm|utrace.EventExit, h)
	p.Release()
	r.stopped(e)
	r.expect("", "signal 15", "exit")
	r.control(e, utrace.Resume)
	if s := p.Wait(); s != 15 {
		t.Errorf("status %#x", s)
	}
}

// TestSG12_Blocked sends a blocked signal: there is no report before it is unblocked,
// and none at all if sigtimedwait takes it.
func TestSG12_Blocked(t *testing.T) {
	r := newRig(t)
	p := r.start("handle USR1 print; block USR1; kill USR1; barrier y; unblock USR1; await sigtimedwait; result taken")
	r.signaller(p.PID, func(_ *utrace.Report, s *utrace.Signal) utrace.SignalAnswer {
		r.log.Printf("signal %d", s.Number())
		return utrace.SignalAnswer{}
	})
	p.Release()
	p.Expect("@y\n")
	r.expect("")
	p.Release()
	p.Expect("got USR1 0\n")
	r.await(1, "signal 10")
	untilIn(t, p.PID, "rt_sigtimedwait")
	syscall.Kill(p.PID, syscall.Signal(64))
	p.Expect("taken: 64\n")
	r.expect("", "signal 10")
}

// TestSG16_SG17_Fallback ends a process by a signal that it handles: the status tells what
// was used for it. A thread that another engine holds dies with the others.
func TestSG16_SG17_Fallback(t *testing.T) {
	r := newRig(t)
	p := r.start("handle USR1; thread { spin }; barrier y; tkill USR1; pause")
	p.Release()
	p.Expect("@y\n")
	held := r.attach(r.threads(p.PID, 1)[0], 0, &utrace.Funcs{})
	r.stop(held)
	r.signaller(p.PID, func(_ *utrace.Report, s *utrace.Signal) utrace.SignalAnswer {
		if sig, ok := s.Fallback(utrace.Terminate); !ok || sig != int(syscall.SIGKILL) {
			t.Errorf("fallback %d, %v", sig, ok)
		}
		return utrace.SignalAnswer{Do: utrace.Terminate}
	})
	p.Release()
	if s := p.Wait(); s != 9 {
		t.Errorf("status %#x", s)
	}
}

// TestSG17_FatalToGroup sends a fatal signal to a process of which a thread is held.
func TestSG17_FatalToGroup(t *testing.T) {
	r := newRig(t)
	p := r.start("thread { spin }; pause")
	p.Release()
	held := r.attach(r.threads(p.PID, 1)[0], utrace.EventSyscall, &utrace.Funcs{})
	r.stop(held)
	syscall.Kill(p.PID, syscall.SIGTERM)
	if s := p.Wait(); s != 15 {
		t.Errorf("status %#x", s)
	}
}

// TestSG18_RepairFault repairs the register that made an instruction fault, and drops
// the signal: the instruction is made again.
func TestSG18_RepairFault(t *testing.T) {
	r := newRig(t)
	p := r.start(`segv; print "repaired\n"`)
	r.signaller(p.PID, func(x *utrace.Report, s *utrace.Signal) utrace.SignalAnswer {
		r.log.Printf("signal %d", s.Number())
		now := of(x)
		if err := now.abi.View().WriteUint(now, actor.BadRegister(), now.abi.SP(now.general(t))-4096); err != nil {
			t.Error(err)
		}
		return utrace.SignalAnswer{Do: utrace.Ignore}
	})
	p.Release()
	if s := p.Wait(); s != 0 {
		t.Errorf("status %#x", s)
	}
	r.expect("", "signal 11")
}
