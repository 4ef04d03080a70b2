package hooktest

import (
	"bytes"
	"errors"
	"slices"
	"syscall"
	"testing"

	"github.com/utrace/utrace/tracehook"
)

func signalChoices(t *testing.T, w World) {
	for name, c := range map[string]struct {
		answer int
		output string
	}{
		"deliver": {sigUSR1, "@a\nUSR1: 1\nUSR2: 0\n"},
		"drop":    {0, "@a\nUSR1: 0\nUSR2: 0\n"},
		"replace": {sigUSR2, "@a\nUSR1: 0\nUSR2: 1\n"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, w, tracehook.Signal)
			p := w.Spawn(t, `handle USR1; handle USR2; barrier a; kill USR1; handled USR1; handled USR2`)
			p.Expect("@a\n")
			k := r.attach(p.PID(), nothing)
			p.Release()
			if e := r.wait(tracehook.Signal); e.Signal != sigUSR1 || e.Trap != tracehook.NoTrap {
				t.Errorf("%v, want SIGUSR1", e)
			}
			r.hold()
			r.resume(k, tracehook.Run, c.answer)
			if p.Wait(); p.Output() != c.output {
				t.Errorf("output %q, want %q", p.Output(), c.output)
			}
		})
	}
}

func signalBlocked(t *testing.T, w World) {
	r := newRig(t, w)
	p := w.Spawn(t, `handle USR1; ignore USR2; barrier a; block USR1; kill USR1; kill USR2; getppid; unblock USR1; exit 1`)
	p.Expect("@a\n")
	r.attach(p.PID(), nothing)
	p.Release()
	p.Wait()
	r.wait(tracehook.Reap)
	var got []int
	for _, e := range r.events(nil) {
		if e.Kind == tracehook.Signal {
			got = append(got, e.Signal)
		}
	}
	if !slices.Equal(got, []int{sigUSR2, sigUSR1}) {
		t.Errorf("signals %v, want the ignored one at once and the blocked one later", got)
	}
}

func signalInfo(t *testing.T, w World) {
	r := newRig(t, w, tracehook.Signal)
	p := w.Spawn(t, `handle RTMIN+3 print; barrier a; sigqueue RTMIN+3 5; sigqueue RTMIN+3 6`)
	p.Expect("@a\n")
	k := r.attach(p.PID(), nothing)
	p.Release()
	for range 2 {
		e := r.wait(tracehook.Signal)
		r.check(func() error {
			var info tracehook.Siginfo
			if err := k.Siginfo(&info); err != nil {
				return err
			}
			if info.Signo() != e.Signal || info.Code() != tracehook.SiQueue || info.PID() != p.PID() {
				t.Errorf("siginfo: signal %d, code %d, pid %d", info.Signo(), info.Code(), info.PID())
			}
			if d, err := k.Disposition(e.Signal); err != nil || d != tracehook.DispositionHandler {
				t.Errorf("disposition %v, %v", d, err)
			}
			info.SetValue(info.Value() + 70)
			if err := k.SetSiginfo(&info); err != nil {
				return err
			}
			return k.Resume(tracehook.Run, e.Signal)
		})
	}
	if p.Wait(); p.Output() != "@a\ngot RTMIN+3 75\ngot RTMIN+3 76\n" {
		t.Errorf("output %q", p.Output())
	}
}

func signalInject(t *testing.T, w World) {
	r := newRig(t, w, tracehook.Signal, tracehook.Quiesce)
	p := w.Spawn(t, `handle RTMIN+3 print; block USR1; print "up"; pause; exit 1`)
	p.Expect("up")
	p.AwaitSleep(p.PID())
	k := r.attach(p.PID(), nothing)
	r.check(k.Interrupt)
	r.wait(tracehook.Quiesce)
	make := func(signal, value int) *tracehook.Siginfo {
		info := new(tracehook.Siginfo)
		info.SetSigno(signal)
		info.SetCode(tracehook.SiQueue)
		info.SetPID(77)
		info.SetValue(value)
		return info
	}
	r.check(func() error {
		return errors.Join(k.Inject(make(35, 1)), k.Inject(make(sigUSR1, 2)), k.Inject(make(35, 3)), k.Resume(tracehook.Run, 0))
	})
	for i, want := range []int{35, sigUSR1, 35} {
		e := r.wait(tracehook.Signal)
		r.check(func() error {
			var info tracehook.Siginfo
			err := k.Siginfo(&info)
			if e.Signal != want || info != *make(want, i+1) {
				t.Errorf("injected signal %d is reported as %d with %v", want, e.Signal, info[:32])
			}
			answer := e.Signal
			if want == sigUSR1 {
				answer = 0
			}
			if i == 2 {
				r.hold() // while its handler runs it is blocked, and reported again later
			}
			return errors.Join(err, k.Resume(tracehook.Run, answer))
		})
	}
	if status := p.Wait(); status != exited(1) || p.Output() != "upgot RTMIN+3 3\ngot RTMIN+3 1\n" && p.Output() != "upgot RTMIN+3 1\ngot RTMIN+3 3\n" {
		t.Errorf("status %#x, output %q", status, p.Output())
	}
}

func traps(t *testing.T, w World) {
	r := newRig(t, w, tracehook.Signal, tracehook.Quiesce)
	p := w.Spawn(t, `handle TRAP; handle USR1; barrier a; int3; handled TRAP; kill USR1; spin 5; barrier b; spin`)
	p.Expect("@a\n")
	k := r.attach(p.PID(), nothing)
	p.Release()

	e := r.wait(tracehook.Signal)
	if e.Signal != int(syscall.SIGTRAP) || e.Trap != tracehook.TrapBreakpoint {
		t.Errorf("breakpoint: %v", e)
	}
	r.check(func() error {
		insn := k.ABI().BreakpointInsn()
		code := make([]byte, len(insn))
		_, err := k.ReadMemory(e.Addr, code)
		if !bytes.Equal(code, insn) {
			t.Errorf("no breakpoint at %#x, where one has trapped", e.Addr)
		}
		return errors.Join(err, k.Resume(tracehook.Run, e.Signal))
	})
	p.Expect("TRAP: 1\n")

	if e := r.wait(tracehook.Signal); e.Signal != sigUSR1 {
		t.Errorf("%v, want SIGUSR1", e)
	}
	steps := true
	r.do(func() {
		if err := k.Resume(tracehook.Step, sigUSR1); errors.Is(err, tracehook.ErrNotSupported) {
			steps = false // and the thread is stopped as before
			err = k.Resume(tracehook.Run, sigUSR1)
			if err != nil {
				t.Error(err)
			}
		} else if err != nil {
			t.Error(err)
		}
	})
	if steps {
		if e := r.wait(tracehook.Signal); e.Trap != tracehook.TrapHandler {
			t.Errorf("step into a handler: %v", e)
		}
		r.resume(k, tracehook.Run, 0)
	}
	p.Expect("@b\n")
	p.Release()

	r.check(k.Interrupt)
	r.wait(tracehook.Quiesce)
	for i := 0; steps && i < 3; i++ {
		r.resume(k, tracehook.Step, 0)
		if e := r.wait(tracehook.Signal); e.Trap != tracehook.TrapStep {
			t.Errorf("step: %v", e)
		}
	}
	r.check(func() error { return k.Detach(0) }) // the trap must not kill it
	r.settle()
	p.Kill(sigTERM)
	if status := p.Wait(); status != sigTERM {
		t.Errorf("status %#x, want SIGTERM", status)
	}
}
