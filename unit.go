package utrace

import (
	"slices"

	"github.com/utrace/utrace/regset"
	"github.com/utrace/utrace/tracehook"
)

// Steps through atomic operations that are several instructions (regset.Atomic): the
// thread executes them as a unit, to traps where it comes out. They are planted like
// those of engines, with the thread as their owner, and go at its next stop.

// trapTrace is the code of a step's siginfo.
const trapTrace = 2

// unite prepares a step to be one of such a unit, and reports whether the thread has to
// run for it instead. One that cannot be had is stepped through, as nobody may find a
// way out of it.
func (t *Thread) unite(signal int) bool {
	machine, ok := t.task.ABI().(regset.Atomic)
	if !ok || t.space == nil || signal != 0 || t.at != tracehook.Signal && t.at != tracehook.Quiesce {
		return false
	}
	pc, err := t.pc()
	if err != nil {
		return false
	}
	code := t.core.code[:regset.AtomicBytes]
	n, _ := t.readMemory(pc, code)
	for _, end := range machine.AtomicEnds(code[:n], pc) {
		if err := t.plantTrap(t, end); err != nil {
			t.core.fault(t, err)
			t.space.divide(t)
			return false
		}
		t.unit = append(t.unit, end)
	}
	return len(t.unit) != 0
}

// united ends a step of a unit, whatever the thread reports: if it has come out, it has
// made a step.
func (t *Thread) united(ev *tracehook.Event) {
	if len(t.unit) == 0 {
		return
	}
	if ev.Trap == tracehook.TrapBreakpoint && slices.Contains(t.unit, ev.Addr) {
		t.core.fault(t, t.setPC(ev.Addr))
		ev.Trap, ev.Addr = tracehook.TrapStep, 0
		var info Siginfo
		err := t.task.Siginfo(&info)
		if err == nil {
			info.SetCode(trapTrace)
			err = t.task.SetSiginfo(&info)
		}
		t.core.fault(t, err)
	}
	t.space.divide(t)
}

// divide takes the traps of a thread's unit away.
func (s *Space) divide(t *Thread) {
	for _, end := range t.unit {
		if p := s.traps[end]; p != nil {
			s.disown(t, p)
		}
	}
	t.unit = t.unit[:0]
}
