package utrace_test

import (
	"syscall"
	"testing"

	"github.com/utrace/utrace"
)

// A session of two debuggers and a system call tracer on one thread, played
// from a script: what each of them sees and may do is the point of it all.
func TestReplay_TwoDebuggersAndStrace(t *testing.T) {
	w := newWorld(t, 1)
	pid := w.spawn(`getppid; getpid; gettid; handle USR1; kill USR1; getppid; handled USR1; pause`)
	strace := w.attach(pid, "strace", utrace.EventSyscallEntry|utrace.EventSignalAll, &utrace.Funcs{
		SyscallEntry: func(_ *utrace.Report, s *utrace.Syscall) utrace.SyscallAnswer {
			w.logf("strace %d", s.Number())
			return utrace.SyscallAnswer{}
		},
		Signal: func(_ *utrace.Report, s *utrace.Signal) utrace.SignalAnswer {
			w.logf("strace signal %d", s.Number())
			return utrace.SignalAnswer{}
		},
	})
	newDebugger := func(name string) *utrace.Engine {
		e := w.attach(pid, name, utrace.EventTrap|utrace.EventSignalAll, &utrace.Funcs{
			Trap: w.logHits(name, utrace.Stop),
			Signal: func(_ *utrace.Report, s *utrace.Signal) utrace.SignalAnswer {
				w.logf("%s signal %d %v", name, s.Number(), s.Choice())
				return utrace.SignalAnswer{Action: utrace.Stop}
			},
		})
		w.halt(e)
		return e
	}
	a, b := newDebugger("A"), newDebugger("B")
	then := func(what string, want ...string) {
		t.Helper()
		w.run()
		w.expect(want...)
		if t.Failed() {
			t.Fatalf("after: %s", what)
		}
		w.log = nil
	}
	resume := func(e *utrace.Engine) { w.control(e, utrace.Resume, nil) }

	w.plant(a, stmt(1))
	w.plant(b, stmt(1))
	w.plant(b, stmt(2))
	resume(a)
	then("A resumes while B holds")
	resume(b)
	then("both resume", "strace 110", "A breakpoint +16 own=true", "B breakpoint +16 own=true")

	resume(b)
	then("B resumes while A holds")
	w.control(a, utrace.SingleStep, nil)
	then("A steps off the breakpoint that both have", "A step own=true")
	w.control(b, utrace.Resume, nil)
	resume(a)
	then("on to B's own breakpoint", "strace 39", "B breakpoint +32 own=true")

	w.plant(a, stmt(5))
	resume(b)
	then("a signal: A is asked first", "strace 186", "strace 13", "strace 62",
		"strace signal 10", "A signal 10 deliver")
	if err := a.Answer(w.ctx, utrace.SignalAnswer{Do: utrace.Ignore}); err != nil {
		t.Fatal(err)
	}
	then("A drops it, B is told so", "B signal 10 ignore")
	if err := b.Answer(w.ctx, utrace.SignalAnswer{Do: utrace.Deliver}); err != nil {
		t.Fatal(err)
	}
	then("B has it delivered; A's breakpoint follows", "strace 15", "A breakpoint +80 own=true")

	if err := a.Detach(); err != nil {
		t.Fatal(err)
	}
	then("A leaves with its breakpoints", "strace 110", "strace 1", "strace 34")
	if out := w.sim.Output(pid); out != "USR1: 1\n" {
		t.Errorf("output %q", out)
	}

	w.halt(b)
	w.sim.Kill(pid, int(syscall.SIGKILL))
	then("SIGKILL, though B holds it")
	if status, ended := w.sim.Wait(pid); !ended || status != int(syscall.SIGKILL) {
		t.Errorf("status %#x, ended %v", status, ended)
	}
	if err := strace.Detach(); err != utrace.ErrGone {
		t.Errorf("strace is left: %v", err)
	}
}
