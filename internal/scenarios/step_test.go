package scenarios_test

import (
	"errors"
	"os"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/host"
	"github.com/utrace/utrace/internal/ptrace"
	"github.com/utrace/utrace/internal/seccomp"
	"github.com/utrace/utrace/launch"
	"github.com/utrace/utrace/syscalls"
)

// stepper answers every trap of its own with another step, n times.
func (r *rig) stepper(n int, action utrace.Action) *utrace.Funcs {
	return &utrace.Funcs{
		SyscallExit: func(_ *utrace.Report, s *utrace.Syscall) utrace.Action {
			if s.Number() == syscall.SYS_GETPPID {
				return action
			}
			return utrace.Resume
		},
		Trap: func(_ *utrace.Report, x *utrace.Trap) utrace.Action {
			r.log.Printf("%v", x.Kind)
			if n--; n > 0 {
				return action
			}
			return utrace.Resume
		},
	}
}

// needsSteps skips a test on machines without single steps, of which
// TestRS9_NoSteps says what they do.
func needsSteps(t *testing.T) {
	t.Helper()
	if !ptrace.Has(ptrace.InstructionStep) {
		t.Skip("this kernel has no single steps (PTRACE_SINGLESTEP fails with EIO)")
	}
}

// TestRS9_BlockStep asks for block steps: where the machine has none, it steps.
func TestRS9_BlockStep(t *testing.T) {
	needsSteps(t)
	r := newRig(t)
	p := r.start(`getppid; spin 1000; exit 5`)
	r.attach(p.PID, utrace.EventSyscallExit|utrace.EventTrap, r.stepper(10, utrace.BlockStep))
	p.Release()
	if s := p.Wait(); s.ExitStatus() != 5 {
		t.Errorf("status %#x", s)
	}
	if n := r.log.Count("step"); n != 10 {
		t.Errorf("%d reports of steps", n)
	}
}

// TestRS9_NoSteps asks for a step where the machine has none: the core says so, and
// the thread runs as if nobody had asked.
func TestRS9_NoSteps(t *testing.T) {
	if ptrace.Has(ptrace.InstructionStep) {
		t.Skip("this machine has single steps")
	}
	var refused atomic.Int32
	r := newRigWith(t, utrace.Options{OnFault: func(_ int, err error) {
		if !errors.Is(err, utrace.ErrNotSupported) {
			t.Error(err)
		}
		refused.Add(1)
	}})
	p := r.start(`getppid; spin 1000; exit 5`)
	r.attach(p.PID, utrace.EventSyscallExit|utrace.EventTrap, r.stepper(10, utrace.SingleStep))
	p.Release()
	if s := p.Wait(); s.ExitStatus() != 5 {
		t.Errorf("status %#x", s)
	}
	if n := r.log.Count("step"); n != 0 || refused.Load() == 0 {
		t.Errorf("%d reports of steps, %d refusals", n, refused.Load())
	}
}

// TestCL9_StepOverFork steps a thread through a fork: the child is not stepped
// and takes no trap of ours. TestST5: system calls are stepped over.
func TestCL9_StepOverFork(t *testing.T) {
	stepOver(t, `getppid; fork { exit 3 }; wait print; exit 0`, "exited 3")
}
func TestST5_StepOverCalls(t *testing.T) {
	stepOver(t, `getppid; getppid*3; print "through"; exit 0`, "through")
}

func stepOver(t *testing.T, script, want string) {
	t.Helper()
	needsSteps(t)
	r := newRig(t)
	p := r.start(script)
	r.attach(p.PID, utrace.EventSyscallExit|utrace.EventTrap, r.stepper(5000, utrace.SingleStep))
	p.Release()
	p.Expect(want)
	if s := p.Wait(); s != 0 {
		t.Errorf("status %#x", s)
	}
	if n := r.log.Count("step"); n < 20 {
		t.Errorf("%d steps", n)
	}
}

// TestRO7_Self: tracing oneself is refused, with the reason.
func TestRO7_Self(t *testing.T) {
	r := newRig(t)
	_, err := r.core.Attach(r.ctx, os.Getpid(), r.recorder("A"))
	if !errors.Is(err, utrace.ErrNotPermitted) {
		t.Errorf("attach to this process: %v", err)
	}
}

// TestSY13_Filtered launches a program with a filter for some calls, and
// without: the engine is told the same of these calls, and with the filter it
// is told of no others.
func TestSY13_Filtered(t *testing.T) {
	// The shell is of the kernel's own word size, whatever we are.
	shell, rules := syscalls.X86_64, map[seccomp.ABI][]uint32{}
	if seccomp.Native()[0].Arch != seccomp.I386.Arch {
		shell = syscalls.Native()[0]
	}
	openat, _ := shell.ByName("openat")
	for _, abi := range seccomp.Native() {
		if abi.Bit == 0 && abi.Arch == shell.AuditArch {
			rules[abi] = []uint32{uint32(openat.Number)}
		} else {
			rules[abi] = nil
		}
	}
	var got [2]int
	for i, filtered := range []bool{false, true} {
		r := newRig(t)
		cmd := &launch.Command{Path: "/bin/sh", Args: []string{"sh", "-c", "cat /etc/passwd /etc/group >/dev/null; exit 4"}}
		var options []utrace.AttachOption
		if filtered {
			code, err := seccomp.Trace(rules, 0).Compile()
			if err != nil {
				t.Fatal(err)
			}
			cmd.Filter = code
			options = append(options, utrace.WithFilter())
		}
		others := 0
		execed := false
		h := &utrace.Funcs{
			Exec: func(*utrace.Report, int) utrace.Action { execed = true; return utrace.Resume },
			SyscallEntry: func(_ *utrace.Report, s *utrace.Syscall) (a utrace.SyscallAnswer) {
				if s.Number() == uint64(openat.Number) {
					got[i]++
				} else if execed {
					others++
				}
				return a
			},
		}
		p, err := host.Start(r.ctx, r.core, cmd, func(pid int) error {
			_, err := r.core.AttachGroup(r.ctx, pid, utrace.Tree, func(*utrace.Thread) any { return h },
				append(options, utrace.WithEvents(utrace.EventSyscallEntry|utrace.EventExec))...)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if status, err := p.Wait(r.ctx); err != nil || status.ExitStatus() != 4 {
			t.Errorf("status %v, %v", status, err)
		}
		r.core.Close()
		if filtered && others != 0 {
			t.Errorf("%d reports of calls that the filter leaves alone", others)
		}
	}
	if got[0] != got[1] || got[0] == 0 {
		t.Errorf("%d calls without a filter, %d with one", got[0], got[1])
	}
}

// TestST2_BlockedTrap steps a program that blocks SIGTRAP: it blocks it still,
// afterwards. (An ignored one the kernel resets: docs/limits.md.)
func TestST2_BlockedTrap(t *testing.T) {
	needsSteps(t)
	r := newRig(t)
	p := r.start(`handle TRAP; block TRAP; getppid; spin 100; barrier z; exit 0`)
	r.attach(p.PID, utrace.EventSyscallExit|utrace.EventTrap, r.stepper(20, utrace.SingleStep))
	p.Release()
	p.Expect("@z\n")
	s := status(p.PID)
	const trap = 1 << (syscall.SIGTRAP - 1)
	if s.Blocked&trap == 0 || s.Caught&trap == 0 {
		t.Errorf("blocked %#x, caught %#x: SIGTRAP is not as the program left it", s.Blocked, s.Caught)
	}
	p.Release()
	if s := p.Wait(); s != 0 {
		t.Errorf("status %#x", s)
	}
	if n := r.log.Count("step"); n != 20 {
		t.Errorf("%d steps", n)
	}
}

// TestCT11_Unwakeable asks a thread to stop that cannot be woken, the parent in
// a vfork: others are served meanwhile.
func TestCT11_Unwakeable(t *testing.T) {
	r := newRig(t)
	p := r.start(`vfork { barrier y; exit 1 }; exit 2`)
	p.Release()
	p.Expect("@y\n")
	e := r.attach(p.PID, 0, r.recorder("A"))
	if err := e.Control(r.ctx, utrace.Stop); !errors.Is(err, utrace.ErrInProgress) {
		t.Errorf("stop: %v", err)
	}
	other := r.start(`spin`)
	other.Release()
	for range 20 {
		o := r.attach(other.PID, 0, r.recorder("B"))
		r.stop(o)
		r.detach(o)
	}
	if status(p.PID).State != 'D' {
		t.Errorf("the parent is in state %c", status(p.PID).State)
	}
	p.Release()
	r.stopped(e)
	r.control(e, utrace.Resume)
	if s := p.Wait(); s.ExitStatus() != 2 {
		t.Errorf("status %#x", s)
	}
}
