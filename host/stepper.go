package host

import (
	"fmt"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/breakpoint/displace"
	"github.com/utrace/utrace/regset"
)

// stepper is package displace as the core wants it.
type stepper struct{}

var _ utrace.Stepper = stepper{}

// SlotSize implements utrace.Stepper.
func (stepper) SlotSize() int { return displace.SlotSize }

// Plan implements utrace.Stepper.
func (stepper) Plan(r *utrace.Report, code []byte, addr, slot uint64) (utrace.Detour, error) {
	mode := displace.X86_64
	switch abi := r.ABI(); {
	case abi == nil:
		return nil, utrace.ErrNotSupported
	case abi.Name() == "i386":
		mode = displace.I386
	case abi.Name() != "x86_64":
		return nil, utrace.ErrNotSupported
	}
	step, err := displace.Plan(code, mode, addr, slot)
	if err != nil {
		return nil, err
	}
	// Its entry would not be reported: see regset.ABI.IsSyscallInsn.
	if step.Calls() && step.Insn().Len != 2 {
		return nil, fmt.Errorf("system call with prefixes at %#x: %w", addr, displace.ErrBarred)
	}
	if (step.Form() == displace.Call || step.Form() == displace.CallIndirect) && hasShadowStack(r) {
		return nil, fmt.Errorf("call at %#x of a thread with a shadow stack: %w", addr, displace.ErrBarred)
	}
	return &detour{step}, nil
}

// Shows implements utrace.Stepper: of instructions that push the flags.
func (stepper) Shows(r *utrace.Report, code []byte) bool {
	for _, b := range code {
		switch b {
		case 0x66, 0x48: // operand sizes
			continue
		case 0x9c:
			abi := r.ABI()
			return abi != nil && (abi.Name() == "x86_64" || abi.Name() == "i386")
		}
		return false
	}
	return false
}

// noteShadowStack is NT_X86_SHSTK, a register set that only threads have that
// use one.
const noteShadowStack regset.Note = 0x204

func hasShadowStack(r *utrace.Report) bool {
	var pointer [8]byte
	n, err := r.ReadRegset(noteShadowStack, pointer[:])
	return err == nil && n != 0
}

// detour is a displace.Step.
type detour struct{ displace.Step }

// Len implements utrace.Detour.
func (d *detour) Len() int { return d.Insn().Len }

// Enter implements utrace.Detour.
func (d *detour) Enter(gpr []byte, trip *utrace.Trip, step bool) error {
	if !step {
		return d.Step.Enter(gpr)
	}
	return d.Before(gpr, (*displace.Trip)(trip))
}

// Leave implements utrace.Detour.
func (d *detour) Leave(r *utrace.Report, gpr []byte, trip *utrace.Trip, step bool) (done, changed bool, err error) {
	if !step {
		done, changed = d.Step.Leave(gpr)
		return done, changed, nil
	}
	done, err = d.After(gpr, r, (*displace.Trip)(trip))
	return done, true, err
}
