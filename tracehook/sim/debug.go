package sim

import "github.com/utrace/utrace/tracehook"

// Debug registers, as far as the machine has them: dr0 to dr3 wait for the
// execution of an instruction, if dr7 says so. What scripts do to memory, they do
// in the kernel, which no processor's debug registers notice.

// The bits that count of dr7, and RF of eflags.
const (
	debugStatus  = 6
	debugControl = 7
	debugSlots   = 4
	debugShift   = 16
	resumeFlag   = 1 << 16
)

// matchesDebug reports whether debug registers wait for the instruction at pc.
// Then it is not executed, but will be when the thread comes back to it: the
// kernel sets RF (hw_breakpoint_handler in arch/x86/kernel/hw_breakpoint.c).
func (t *thread) matchesDebug(pc uint64) bool {
	flags := &t.regs[eflags]
	if *flags&resumeFlag != 0 {
		*flags &^= resumeFlag
		return false
	}
	control := t.debug[debugControl]
	var hits uint64
	for i := range debugSlots {
		if control>>(2*i)&3 != 0 && control>>(debugShift+4*i)&15 == 0 && t.debug[i] == pc {
			hits |= 1 << i
		}
	}
	if hits == 0 {
		return false
	}
	t.debug[debugStatus] = hits
	*flags |= resumeFlag
	t.trap = pendingTrap{tracehook.TrapHardware, pc}
	return true
}
