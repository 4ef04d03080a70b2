package linux

import (
	"bytes"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/utrace/utrace/internal/actor"
	"github.com/utrace/utrace/internal/ptrace"
	"github.com/utrace/utrace/internal/scale"
	"github.com/utrace/utrace/tracehook"
)

// needsSteps skips a test on machines whose kernel refuses steps; that they do is
// for the contract's clause about traps.
func needsSteps(t *testing.T) {
	t.Helper()
	if !ptrace.Has(ptrace.InstructionStep) {
		t.Skip("this kernel has no single steps (PTRACE_SINGLESTEP fails with EIO)")
	}
}

// TestStep steps a program of both sizes through system calls, with and without
// their events. Each step must move the program on by one instruction, and each
// call must be seen from both ends in the middle of its step.
func TestStep(t *testing.T) {
	needsSteps(t)
	n := scale.Rounds(5000)
	for _, size := range actor.Sizes() {
		for _, want := range []tracehook.Interest{0, all} {
			t.Run(fmt.Sprint(size.Bits, " ", want), func(t *testing.T) {
				p := size.Start(t, "barrier x; repeat 100000 { getppid }")
				p.Expect("@x\n")
				steps, calls, over := 0, 0, 0
				var last tracehook.Kind
				r := newRig(t, func(ev *tracehook.Event) bool {
					if !ev.Kind.Stops() || steps == n {
						return false
					}
					switch ev.Kind {
					case tracehook.SyscallExit:
						calls++
					case tracehook.Signal:
						if ev.Trap != tracehook.TrapStep {
							t.Errorf("signal %d, trap %v", ev.Signal, ev.Trap)
						}
						var info tracehook.Siginfo
						if err := ev.Task.Siginfo(&info); err != nil || info.Signo() != int(syscall.SIGTRAP) {
							t.Errorf("siginfo of a step: %v, signal %d", err, info.Signo())
						}
						steps++
						if last == tracehook.SyscallExit {
							over++
						}
					}
					last = ev.Kind
					if steps == n {
						return false
					}
					ev.Task.Resume(tracehook.Step, 0)
					return true
				})
				r.attach(p.PID, want)
				p.Release()
				r.await(n, " step")
				r.do(func() {
					if want != 0 && (calls < n/500 || over < calls-1) {
						t.Errorf("%d calls, %d of them followed by the end of their step", calls, over)
					}
				})
				if want != 0 {
					checkPairs(t, r, p.PID)
				}
				if status := r.events.Count(" step handler"); status != 0 {
					t.Errorf("%d handlers", status)
				}
			})
		}
	}
}

// TestStepInterrupted: a step over a call that waits goes on when it was interrupted,
// and the program has no trap that is not the step's.
func TestStepInterrupted(t *testing.T) {
	needsSteps(t)
	p := actor.Start(t, "handle USR1; barrier x; pause; exit 3")
	p.Expect("@x\n")
	stepping, stops := true, 0
	r := newRig(t, func(ev *tracehook.Event) bool {
		if ev.Kind == tracehook.Signal && ev.Trap == tracehook.NoTrap && ev.Signal != int(syscall.SIGUSR1) {
			t.Errorf("signal %d", ev.Signal)
		}
		if !ev.Kind.Stops() || !stepping {
			return false
		}
		stops++ // x86 has the trap of the step come before that of the interrupt
		ev.Task.Resume(tracehook.Step, 0)
		return true
	})
	p.Release()
	asleep(t, p.PID)
	k := r.attach(p.PID, 0)
	for i := range 10 {
		r.eventually(func() bool { return stops > i })
		asleep(t, p.PID)
		r.do(func() {
			if err := k.Interrupt(); err != nil {
				t.Error(err)
			}
		})
	}
	r.eventually(func() bool { return stops > 10 })
	r.do(func() { stepping = false })
	syscall.Kill(p.PID, syscall.SIGUSR1)
	if status := p.Wait(); status.ExitStatus() != 3 {
		t.Errorf("status %#x", status)
	}
}

// TestStepOverBirth: so does one over a call that makes a child, or another program.
func TestStepOverBirth(t *testing.T) {
	needsSteps(t)
	p := actor.Start(t, "barrier x; fork { exit 0 }; wait; vfork { exit 0 }; wait; thread { getpid }; join; exec { exit 3 }")
	p.Expect("@x\n")
	r := newRig(t, func(ev *tracehook.Event) bool {
		if ev.Kind == tracehook.Signal && ev.Trap == tracehook.NoTrap && ev.Signal == int(syscall.SIGTRAP) {
			t.Errorf("signal %d of thread %d", ev.Signal, ev.Task.ID())
		}
		if ev.Kind == tracehook.Signal && ev.Trap == tracehook.NoTrap || !ev.Kind.Stops() {
			return false
		}
		if ev.Child != nil {
			ev.Child.Resume(tracehook.Step, 0)
		}
		ev.Task.Resume(tracehook.Step, 0)
		return true
	})
	r.attach(p.PID, tracehook.WantClones|tracehook.WantVforkDone)
	r.await(1, " quiesce")
	p.Release()
	if status := p.Wait(); status.ExitStatus() != 3 {
		t.Errorf("status %#x", status)
	}
}

// TestStepIntoHandler: a step that delivers a signal ends at the first
// instruction of its handler.
func TestStepIntoHandler(t *testing.T) {
	needsSteps(t)
	p := actor.Start(t, "handle USR1 print; barrier x; pause")
	p.Expect("@x\n")
	r := newRig(t, func(ev *tracehook.Event) bool {
		if ev.Kind == tracehook.Signal && ev.Signal == int(syscall.SIGUSR1) {
			ev.Task.Resume(tracehook.Step, ev.Signal)
			return true
		}
		return false
	})
	r.attach(p.PID, 0)
	syscall.Kill(p.PID, syscall.SIGUSR1)
	r.await(1, "signal 5 handler")
	p.Expect("got USR1")
}

// TestStepWithTrapBlocked: stepping leaves the mask and the handler of SIGTRAP
// as they were.
func TestStepWithTrapBlocked(t *testing.T) {
	needsSteps(t)
	p := actor.Start(t, "handle TRAP; block TRAP; barrier x; spin")
	p.Expect("@x\n")
	steps := 0
	r := newRig(t, func(ev *tracehook.Event) bool {
		switch {
		case ev.Kind == tracehook.Signal:
			steps++
			mask, err := ev.Task.SignalMask()
			how, _ := ev.Task.Disposition(int(syscall.SIGTRAP))
			if err != nil || mask&sigbit(5) == 0 || how != tracehook.DispositionHandler {
				t.Errorf("%v: mask %#x, disposition %d", err, mask, how)
			}
		case !ev.Kind.Stops():
			return false
		}
		if steps == 20 {
			return false
		}
		ev.Task.Resume(tracehook.Step, 0)
		return true
	})
	r.attach(p.PID, 0)
	p.Release()
	r.await(20, " step")
}

// TestBreakpoint: a breakpoint instruction is told apart from SIGTRAPs that
// processes send.
func TestBreakpoint(t *testing.T) {
	p := actor.Start(t, `handle TRAP; barrier x; kill TRAP; int3; pause`)
	p.Expect("@x\n")
	var addr uint64
	var there, want []byte
	r := newRig(t, func(ev *tracehook.Event) bool {
		if ev.Trap == tracehook.TrapBreakpoint {
			addr = ev.Addr
			want = ev.Task.ABI().BreakpointInsn()
			there = make([]byte, len(want))
			ev.Task.ReadMemory(addr, there)
		}
		return false
	})
	r.attach(p.PID, 0)
	p.Release()
	r.await(1, "breakpoint")
	r.do(func() {
		if addr == 0 || !bytes.Equal(there, want) {
			t.Errorf("breakpoint at %#x, where there is % x", addr, there)
		}
	})
	if !strings.Contains(r.history(), fmt.Sprint(p.PID, " signal 5\n")) {
		t.Error("a SIGTRAP that was sent is taken for ours")
	}
}
