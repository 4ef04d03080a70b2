package utrace_test

import (
	"errors"
	"syscall"
	"testing"

	"github.com/utrace/utrace"
)

// signaller attaches an engine that answers the signal report.
func (w *world) signaller(pid int, name string, f func(*utrace.Report, *utrace.Signal) utrace.SignalAnswer) *utrace.Engine {
	w.Helper()
	return w.attach(pid, name, utrace.EventSignalAll, &utrace.Funcs{Signal: f})
}

func (w *world) decide(pid int, name string, do utrace.SignalAction) *utrace.Engine {
	return w.signaller(pid, name, func(_ *utrace.Report, s *utrace.Signal) utrace.SignalAnswer {
		w.logf("%s sees %v", name, s.Choice())
		return utrace.SignalAnswer{Do: do}
	})
}

// SG1: each class of signals has an event of its own.
func TestSG1_Classes(t *testing.T) {
	for _, test := range []struct {
		script string
		want   utrace.Events
	}{
		{"handle USR1; kill USR1", utrace.EventSignal},
		{"ignore USR1; kill USR1", utrace.EventSignalIgnore},
		{"kill CHLD", utrace.EventSignalIgnore},
		{"kill URG", utrace.EventSignalIgnore},
		{"kill WINCH", utrace.EventSignalIgnore},
		{"kill CONT", utrace.EventSignalIgnore},
		{"kill STOP", utrace.EventSignalStop},
		{"kill TSTP", utrace.EventSignalStop},
		{"kill TTIN", utrace.EventSignalStop},
		{"kill TTOU", utrace.EventSignalStop},
		{"kill USR1", utrace.EventSignalTerm},
		{"kill ALRM", utrace.EventSignalTerm},
		{"kill ABRT", utrace.EventSignalCore},
		{"segv", utrace.EventSignalCore},
		{"int3", utrace.EventSignalCore},
	} {
		for class := utrace.EventSignal; class <= utrace.EventSignalCore; class <<= 1 {
			w := newWorld(t, 1)
			pid := w.spawn(test.script)
			called := false
			w.attach(pid, "", class, &utrace.Funcs{
				Signal: func(_ *utrace.Report, s *utrace.Signal) utrace.SignalAnswer {
					called = true
					if s.Class() != class {
						t.Errorf("%s: class %v", test.script, s.Class())
					}
					return utrace.SignalAnswer{Do: utrace.Ignore, Action: utrace.Detach}
				},
			})
			w.run()
			if called != (class == test.want) {
				t.Errorf("%s: %v called: %v", test.script, class, called)
			}
			w.sim.Kill(pid, 9)
			w.run()
		}
	}
}

// SG2: the last engine's choice counts, and each sees the one before.
func TestSG2_LastDecides(t *testing.T) {
	for _, test := range []struct {
		a, b     utrace.SignalAction
		survives bool
		seen     string
	}{
		{utrace.Ignore, utrace.Deliver, false, "deliver"},
		{utrace.Deliver, utrace.Ignore, true, "ignore"},
		{utrace.Ignore, utrace.KeepSignal, true, "ignore"},
		{utrace.KeepSignal, utrace.KeepSignal, false, "terminate"},
	} {
		w := newWorld(t, 1)
		pid := w.spawn(`kill USR1; print "x"`)
		w.decide(pid, "A", test.a)
		w.decide(pid, "B", test.b)
		w.signaller(pid, "C", func(_ *utrace.Report, s *utrace.Signal) utrace.SignalAnswer {
			if s.Choice().String() != test.seen {
				t.Errorf("C sees %v, want %s", s.Choice(), test.seen)
			}
			return utrace.SignalAnswer{}
		})
		w.run()
		if survives := w.sim.Output(pid) == "x"; survives != test.survives {
			t.Errorf("%v then %v: survives %v", test.a, test.b, survives)
		}
	}
}

// SG2: who asks to be called later is, once, when the others have decided, also if
// one of them took its time.
func TestSG2_Later(t *testing.T) {
	for _, held := range []bool{false, true} {
		w := newWorld(t, 1)
		pid := w.spawn(`kill USR1; print "x"`)
		order := ""
		later := func(name string) func(*utrace.Report, *utrace.Signal) utrace.SignalAnswer {
			return func(_ *utrace.Report, s *utrace.Signal) utrace.SignalAnswer {
				order += name + " " + s.Choice().String() + ","
				return utrace.SignalAnswer{Later: true, Action: utrace.Stop, Do: utrace.Terminate}
			}
		}
		a := w.signaller(pid, "A", later("A"))
		b := w.signaller(pid, "B", func(*utrace.Report, *utrace.Signal) utrace.SignalAnswer {
			order += "B,"
			if held {
				return utrace.SignalAnswer{Action: utrace.Stop}
			}
			return utrace.SignalAnswer{Do: utrace.Ignore}
		})
		c := w.signaller(pid, "C", later("C"))
		w.run()
		if held {
			if order != "A terminate,B," {
				t.Errorf("while B decides: %s", order)
			}
			if err := b.Answer(w.ctx, utrace.SignalAnswer{Do: utrace.Ignore}); err != nil {
				t.Error(err)
			}
			w.run()
		}
		const first, again = "A terminate,B,C ignore,", "A ignore,"
		if order != first+again {
			t.Errorf("order %s, want %s", order, first+again)
		}
		// A's second answer counts: it stops the thread.
		if err := a.Answer(w.ctx, utrace.SignalAnswer{Do: utrace.Ignore}); err != nil {
			t.Error(err)
		}
		w.run()
		if want := first + again + "C ignore,"; order != want {
			t.Errorf("order %s, want %s", order, want)
		}
		if err := c.Answer(w.ctx, utrace.SignalAnswer{Do: utrace.Ignore}); err != nil {
			t.Error(err)
		}
		w.run()
		if w.sim.Output(pid) != "x" {
			t.Error("the signal was not dropped")
		}
	}
}

// SG3: a rewritten siginfo is what the handler gets.
func TestSG3_Rewrite(t *testing.T) {
	w := newWorld(t, 1)
	pid := w.spawn(`handle USR2 print; kill USR1; handled USR2`)
	w.signaller(pid, "A", func(_ *utrace.Report, s *utrace.Signal) utrace.SignalAnswer {
		if s.Number() == int(syscall.SIGUSR1) {
			info, err := s.Info()
			if err != nil {
				t.Error(err)
			}
			info.SetSigno(int(syscall.SIGUSR2))
			if err := s.SetInfo(info); err != nil {
				t.Error(err)
			}
			info.SetSigno(9)
			if err := s.SetInfo(info); !errors.Is(err, utrace.ErrInvalid) {
				t.Errorf("SIGKILL was accepted: %v", err)
			}
		}
		return utrace.SignalAnswer{}
	})
	w.run()
	if out := w.sim.Output(pid); out == "" {
		t.Errorf("the handler did not run")
	}
}

// SG5: a signal that is put back comes again, after others.
func TestSG5_Hold(t *testing.T) {
	w := newWorld(t, 1)
	pid := w.spawn(`handle USR1; handle USR2; sigqueue USR1 5; kill USR2; exit 0`)
	held := false
	w.signaller(pid, "A", func(_ *utrace.Report, s *utrace.Signal) utrace.SignalAnswer {
		info, _ := s.Info()
		w.logf("%d code %d", s.Number(), info.Code())
		if !held {
			held = true
			return utrace.SignalAnswer{Do: utrace.Ignore, Hold: true}
		}
		return utrace.SignalAnswer{}
	})
	w.run()
	w.expect("10 code -1", "10 code -1", "12 code 0")
}

// SG6: an engine holds a signal while somebody thinks, and decides later. The
// engines behind it hear of the signal when it has.
func TestSG6_HumanHold(t *testing.T) {
	w := newWorld(t, 1)
	pid := w.spawn(`handle USR1; kill USR1; handled USR1`)
	a := w.signaller(pid, "A", func(_ *utrace.Report, s *utrace.Signal) utrace.SignalAnswer {
		if s.Pass() == utrace.Reporting {
			return utrace.SignalAnswer{Do: utrace.Deliver}
		}
		return utrace.SignalAnswer{Action: utrace.Stop, Do: utrace.Ignore}
	})
	w.decide(pid, "B", utrace.KeepSignal)
	w.run()
	w.expect()
	w.control(a, utrace.Interrupt, nil)
	w.run()
	w.expect("B sees deliver")
	if out := w.sim.Output(pid); out != "USR1: 1\n" {
		t.Errorf("output %q", out)
	}
}

// SG6: the same with Answer in place of another report.
func TestSG6_Answer(t *testing.T) {
	w := newWorld(t, 1)
	pid := w.spawn(`kill USR1; print "x"`)
	a := w.signaller(pid, "A", func(_ *utrace.Report, s *utrace.Signal) utrace.SignalAnswer {
		return utrace.SignalAnswer{Action: utrace.Stop}
	})
	w.decide(pid, "B", utrace.KeepSignal)
	w.run()
	w.expect()
	if err := a.Answer(w.ctx, utrace.SignalAnswer{Do: utrace.Ignore}); err != nil {
		t.Error(err)
	}
	if err := a.Answer(w.ctx, utrace.SignalAnswer{}); !errors.Is(err, utrace.ErrInvalid) {
		t.Errorf("second answer: %v", err)
	}
	w.run()
	w.expect("B sees ignore")
	if w.sim.Output(pid) != "x" {
		t.Error("the signal was not dropped")
	}
}

// SG7: two engines inject a signal each, and both arrive.
func TestSG7_Inject(t *testing.T) {
	w := newWorld(t, 1)
	pid := w.spawn(`handle USR1; handle USR2; pause; handled USR1; handled USR2`)
	inject := func(sig syscall.Signal) *utrace.Engine {
		return w.attach(pid, "", utrace.EventQuiesce, &utrace.Funcs{
			Signal: func(_ *utrace.Report, s *utrace.Signal) utrace.SignalAnswer {
				if s.Pass() != utrace.Reporting {
					return utrace.SignalAnswer{}
				}
				var info utrace.Siginfo
				info.SetSigno(int(sig))
				s.SetInfo(info)
				return utrace.SignalAnswer{Do: utrace.Deliver}
			},
		})
	}
	a := inject(syscall.SIGUSR1)
	inject(syscall.SIGUSR2)
	w.run()
	w.control(a, utrace.Interrupt, nil)
	w.run()
	if out := w.sim.Output(pid); out != "USR1: 1\nUSR2: 1\n" {
		t.Errorf("output %q", out)
	}
}

// SG8: a report that was asked for comes before a pending signal.
func TestSG8_ReportFirst(t *testing.T) {
	w := newWorld(t, 1)
	pid := w.spawn(`block USR1; kill USR1; getppid; unblock USR1; exit 0`)
	h := w.recorder("A")
	h.SyscallExit = func(_ *utrace.Report, s *utrace.Syscall) utrace.Action {
		if s.Number() == 14 && w.core != nil { // rt_sigprocmask: the signal is pending now
			return utrace.Interrupt
		}
		return utrace.Resume
	}
	h.Quiesce = nil
	w.attach(pid, "A", utrace.EventQuiesce|utrace.EventSyscallExit|utrace.EventSignalTerm, h)
	w.run()
	if n := len(w.log); n < 2 || w.log[n-2] != "A signal 0 keep" || w.log[n-1] != "A signal 10 terminate" {
		t.Errorf("reports %q", w.log)
	}
}

// SG9: Deliver with Stop stops at the first instruction of the handler.
func TestSG9_StopInHandler(t *testing.T) {
	w := newWorld(t, 1)
	pid := w.spawn(`handle USR1; kill USR1; handled USR1`)
	var passes []utrace.SignalPass
	a := w.signaller(pid, "A", func(_ *utrace.Report, s *utrace.Signal) utrace.SignalAnswer {
		passes = append(passes, s.Pass())
		if s.Pass() == utrace.Dequeued {
			return utrace.SignalAnswer{Action: utrace.Stop, Do: utrace.Deliver}
		}
		return utrace.SignalAnswer{Action: utrace.Stop}
	})
	w.run()
	if len(passes) != 2 || passes[1] != utrace.HandlerStarted {
		t.Fatalf("passes %v", passes)
	}
	if w.sim.Output(pid) != "" {
		t.Error("the handler ran")
	}
	w.control(a, utrace.Resume, nil)
	w.run()
	if out := w.sim.Output(pid); out != "USR1: 1\n" {
		t.Errorf("output %q", out)
	}
}

// SG7: signals are injected from any stop, by several engines, and are taken in
// order.
func TestSG7_InjectQueue(t *testing.T) {
	w := newWorld(t, 1)
	pid := w.spawn(`handle USR1; handle USR2; block USR2; getppid; handled USR2; unblock USR2; handled USR1; handled USR2`)
	h := w.recorder("A")
	h.SyscallExit = func(_ *utrace.Report, s *utrace.Syscall) utrace.Action {
		if s.Number() == sysGetppid {
			return utrace.Stop
		}
		return utrace.Resume
	}
	a := w.attach(pid, "A", utrace.EventSyscallExit|utrace.EventSignal, h)
	b := w.attach(pid, "B", 0, w.recorder("B"))
	var info utrace.Siginfo
	info.SetSigno(int(syscall.SIGUSR1))
	if err := b.Inject(w.ctx, info); !errors.Is(err, utrace.ErrInvalid) {
		t.Errorf("into a running thread: %v", err)
	}
	w.run()
	w.control(b, utrace.Stop, nil)
	if err := a.Inject(w.ctx, info); err != nil {
		t.Error(err)
	}
	info.SetSigno(int(syscall.SIGUSR2))
	if err := b.Inject(w.ctx, info); err != nil {
		t.Error(err)
	}
	info.SetSigno(int(syscall.SIGKILL))
	if err := b.Inject(w.ctx, info); !errors.Is(err, utrace.ErrInvalid) {
		t.Errorf("SIGKILL: %v", err)
	}
	w.control(a, utrace.Resume, nil)
	w.control(b, utrace.Resume, nil)
	w.run()
	if len(w.log) < 2 || w.log[0] != "A signal 10 deliver" || w.log[1] != "A signal 12 deliver" {
		t.Errorf("reports %q", w.log)
	}
	if out := w.sim.Output(pid); out != "USR2: 0\nUSR1: 1\nUSR2: 1\n" {
		t.Errorf("output %q", out)
	}
}
