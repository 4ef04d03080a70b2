package utrace

import (
	"bytes"

	"github.com/utrace/utrace/tracehook"
)

// discreet returns a slot to make a step in, where a step at home would show in
// what the instruction does: the processor's trap flag, which the kernel steps
// by, is one of the flags that a program can push. Nil: it can be made at home.
func (t *Thread) discreet() *slot {
	stepper, s := t.core.options.Stepper, t.space
	if stepper == nil || s == nil || !t.nearUser() || t.at == tracehook.SyscallEntry ||
		t.at == tracehook.Signal && t.signal.deliver != 0 {
		return nil
	}
	pc, err := t.pc()
	if err != nil || s.planted(pc) {
		return nil
	}
	code := t.core.code[:insnBytes]
	n, _ := t.readMemory(pc, code)
	if code = code[:n]; !stepper.Shows(t.bare(), code) {
		return nil
	}
	var known *slot
	s.everySlot(func(x *slot) {
		if x.planted != nil && x.home == pc && bytes.HasPrefix(code, x.code) {
			known = x
		}
	})
	if known != nil {
		return known
	}
	x := s.room(t, pc).reserve(t)
	if x == nil || !x.prepare(t, pc, code) {
		return nil
	}
	return x
}
