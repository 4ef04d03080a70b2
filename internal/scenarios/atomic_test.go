package scenarios_test

import (
	"testing"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/regset"
)

// TestRS9_AtomicOperations steps a program through atomic operations, which on some
// machines are several instructions that fail if the thread is interrupted between
// them; and has it pass a breakpoint at the first of these.
func TestRS9_AtomicOperations(t *testing.T) {
	needsSteps(t)
	r := newRig(t)
	p := r.start(`getppid; thread { exitthread 0 }; join; print "stepped"; thread { exitthread 0 }; join; print "through"; exit 0`)
	h := r.stepper(5000, utrace.SingleStep)
	step, sequence := h.Trap, uint64(0)
	h.Trap = func(report *utrace.Report, x *utrace.Trap) utrace.Action {
		if x.Kind == utrace.TrapBreakpoint {
			r.log.Printf("%v", x.Kind)
			return utrace.Resume
		}
		machine, ok := report.ABI().(regset.Atomic)
		if !ok || sequence != 0 {
			return step(report, x)
		}
		gpr := make([]byte, report.ABI().GeneralSize())
		if _, err := report.ReadRegset(regset.NotePRStatus, gpr); err != nil {
			t.Error(err)
		}
		pc := report.ABI().PC(gpr)
		code := make([]byte, regset.AtomicBytes)
		if n, err := report.ReadMemory(pc, code); n != 0 && len(machine.AtomicEnds(code[:n], pc)) != 0 {
			sequence = pc
			if err := report.Engine().PlantTrap(r.ctx, pc); err != nil {
				t.Error(err)
			}
		} else if n == 0 {
			t.Error(err)
		}
		return step(report, x)
	}
	r.attach(p.PID, utrace.EventSyscallExit|utrace.EventTrap, h)
	p.Release()
	p.Expect("through")
	if s := p.Wait(); s != 0 {
		t.Errorf("status %#x", s)
	}
	if n := r.log.Count("step"); n < 20 {
		t.Errorf("%d steps", n)
	}
	// Two operations, and what the kernel has interrupted.
	if n := r.log.Count("breakpoint"); sequence != 0 && (n < 2 || n > 50) {
		t.Errorf("%d breakpoints", n)
	}
}
