package hooktest

import (
	"testing"

	"github.com/utrace/utrace/tracehook"
)

func interruptRunning(t *testing.T, w World) {
	r := newRig(t, w, tracehook.Quiesce)
	p := w.Spawn(t, `spin`)
	k := r.attach(p.PID(), nothing)
	for range 20 {
		r.check(k.Interrupt)
		r.wait(tracehook.Quiesce)
		r.resume(k, tracehook.Run, 0)
	}
	if n := len(r.events(nil)); n != 20 {
		t.Errorf("%d events for 20 interrupts", n)
	}
}

func interruptsCoalesce(t *testing.T, w World) {
	r := newRig(t, w)
	p := w.Spawn(t, `barrier a; spin`)
	p.Expect("@a\n")
	k := r.attach(p.PID(), nothing)
	r.do(func() {
		for range 5 {
			if err := k.Interrupt(); err != nil {
				t.Error(err)
			}
		}
	})
	r.wait(tracehook.Quiesce)
	r.settle()
	if n := r.count(tracehook.Quiesce); n != 1 {
		t.Errorf("%d stops for interrupts in a row, want 1", n)
	}
}

func interruptStopped(t *testing.T, w World) {
	r := newRig(t, w, tracehook.Signal)
	p := w.Spawn(t, `handle USR1; barrier a; kill USR1; exit 4`)
	p.Expect("@a\n")
	k := r.attach(p.PID(), nothing)
	p.Release()
	r.wait(tracehook.Signal)
	r.check(k.Interrupt)
	r.settle()
	if n := r.count(tracehook.Quiesce); n != 0 {
		t.Error("an Interrupt took effect before Resume")
	}
	r.resume(k, tracehook.Run, sigUSR1)
	r.wait(tracehook.Quiesce)
	if status := p.Wait(); status != exited(4) {
		t.Errorf("status %#x, want exit 4", status)
	}
}

// interruptCalls interrupts every call that blocks: the program must not see
// EINTR before a handler has run.
func interruptCalls(t *testing.T, w World) {
	for _, c := range w.Calls() {
		t.Run(c.Name, func(t *testing.T) {
			r := newRig(t, w, tracehook.Quiesce)
			p := w.Spawn(t, `handle USR1; print "up"; await `+c.Name)
			p.Expect("up")
			p.AwaitSleep(p.PID())
			k := r.attach(p.PID(), nothing)
			for range 3 {
				r.check(k.Interrupt)
				r.wait(tracehook.Quiesce)
				r.resume(k, tracehook.Run, 0)
				p.AwaitSleep(p.PID())
			}
			if p.Output() != "up" {
				t.Errorf("output %q after interrupts", p.Output())
			}
			p.Kill(sigUSR1)
			if p.Wait(); p.Output() != "up"+c.Name+": EINTR\n" {
				t.Errorf("output %q after a handler, want EINTR", p.Output())
			}
		})
	}
}

// interruptReportedCalls does that while system calls are reported: the
// interruption shows as the end of the call, and its restart as another entry.
func interruptReportedCalls(t *testing.T, w World) {
	for _, c := range w.Calls() {
		t.Run(c.Name, func(t *testing.T) {
			r := newRig(t, w, tracehook.Quiesce)
			p := w.Spawn(t, `print "up"; await `+c.Name)
			p.Expect("up")
			p.AwaitSleep(p.PID())
			k := r.attach(p.PID(), tracehook.WantSyscalls)
			r.check(k.Interrupt)
			r.wait(tracehook.Quiesce)
			r.resume(k, tracehook.Run, 0)
			for range 3 {
				if e := r.wait(tracehook.SyscallEntry); !e.Restarted {
					t.Errorf("%v is not marked as restarted", e)
				}
				p.AwaitSleep(p.PID())
				r.check(k.Interrupt)
				if e := r.wait(tracehook.SyscallExit); e.Syscall.Result < -516 || e.Syscall.Result > -512 {
					t.Errorf("%v with result %d, want one of the ERESTART numbers", e, e.Syscall.Result)
				}
			}
			if p.Output() != "up" {
				t.Errorf("output %q after interrupts", p.Output())
			}
		})
	}
}

func interest(t *testing.T, w World) {
	r := newRig(t, w, tracehook.Quiesce)
	p := w.Spawn(t, `barrier a; getppid*3; barrier b; getppid*3; spin`)
	p.Expect("@a\n")
	k := r.attach(p.PID(), nothing)
	r.do(func() {
		if !k.SetInterest(tracehook.WantSyscalls) {
			t.Error("SetInterest of a running thread: no stop needed for system calls")
		}
	})
	r.check(k.Interrupt)
	r.wait(tracehook.Quiesce)
	r.do(func() {
		if k.SetInterest(tracehook.WantSyscalls) {
			t.Error("SetInterest of a stopped thread: a stop needed")
		}
	})
	r.resume(k, tracehook.Run, 0)
	p.Release()
	p.Expect("@b\n")
	p.AwaitSleep(p.PID()) // the exit of its write would do as an answer, too
	r.check(k.Interrupt)
	// With system calls reported, the exit of the interrupted call may come first.
	r.waitFor("stop", func(e record) bool {
		if e.Kind == tracehook.SyscallEntry && e.Restarted && e.Syscall.Nr == w.Number("read") {
			return true
		}
		return e.Kind == tracehook.Quiesce || e.Kind == tracehook.SyscallExit && e.Syscall.Failed
	})
	n := 0
	for _, e := range r.events(k) {
		if e.Kind == tracehook.SyscallExit && e.Syscall.Nr == w.Number("getppid") {
			n++
		}
	}
	if n != 3 {
		t.Errorf("%d calls of getppid reported, want 3", n)
	}
}
