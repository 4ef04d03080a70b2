package displace

import (
	"errors"
	"fmt"
)

// ErrBarred says that an instruction cannot be executed anywhere but at home.
var ErrBarred = errors.New("instruction cannot be displaced")

// Form is the way in which an instruction depends on where it is executed.
// Besides, it may have an operand in memory relative to the program counter.
type Form uint8

// The forms.
const (
	// Plain: only the program counter behind it.
	Plain Form = iota
	// Jump: it goes to a relative target.
	Jump
	// Branch: it may go to a relative target.
	Branch
	// Call: it pushes where it is and goes to a relative target.
	Call
	// CallIndirect: it pushes where it is and goes to an absolute target.
	CallIndirect
	// Syscall: rcx gets the program counter, r11 the flags.
	Syscall
	// PushFlags: the trap flag shows in memory.
	PushFlags
	// PopFlags: the trap flag is replaced.
	PopFlags
	// LoadSS: the processor does not trap right behind it.
	LoadSS
)

var formNames = [...]string{"plain", "jump", "branch", "call", "indirect call", "syscall", "push flags", "pop flags", "load ss"}

func (f Form) String() string {
	if int(f) < len(formNames) {
		return formNames[f]
	}
	return "invalid form"
}

// Form classifies the instruction that Decode made of code. The error is
// ErrBarred, with the reason.
func (in *Insn) Form(code []byte) (Form, error) {
	form := in.form(code)
	switch near := form == Jump || form == Branch || form == Call || form == CallIndirect; {
	case in.changesSegment(code):
		return 0, fmt.Errorf("%w: it changes the code segment", ErrBarred)
	case in.encoding == legacy && in.space == 0 && in.opcode == 0xf1:
		return 0, fmt.Errorf("%w: its trap looks like a step", ErrBarred)
	case near && in.prefixes.has(lock):
		return 0, fmt.Errorf("%w: a branch with a lock prefix is no instruction", ErrBarred)
	case form == Branch && in.space == 0 && in.opcode <= 0xe2 && in.opcode >= 0xe0 && in.prefixes.has(repeat|repeatNot):
		return 0, fmt.Errorf("%w: what a repeat prefix means to a LOOP is not documented", ErrBarred)
	case near && in.wordSize() == 2:
		// It cuts the program counter to 16 bits, or not.
		return 0, fmt.Errorf("%w: a branch with an operand size prefix", ErrBarred)
	}
	return form, nil
}

// RelativeOperand reports whether the instruction has an operand in memory
// whose address is relative to the program counter.
func (in *Insn) RelativeOperand() bool { return in.disp != 0 }

// reg is the middle field of ModRM.
func (in *Insn) reg(code []byte) byte { return code[in.modrm] >> 3 & 7 }

func (in *Insn) form(code []byte) Form {
	switch {
	case in.encoding != legacy || in.space > 1:
		return Plain
	case in.space == 1 && in.opcode == 0x05:
		return Syscall
	case in.space == 1 && in.rel != 0:
		return Branch
	case in.space == 1:
		return Plain
	}
	switch op := in.opcode; {
	case op == 0xe8:
		return Call
	case op == 0xe9 || op == 0xeb:
		return Jump
	case in.rel != 0: // Jcc, LOOP, JCXZ, XBEGIN
		return Branch
	case op == 0xff && in.reg(code) == 2:
		return CallIndirect
	case op == 0x9c:
		return PushFlags
	case op == 0x9d:
		return PopFlags
	case op == 0x17, op == 0x8e && in.reg(code) == 2:
		return LoadSS
	}
	return Plain
}

// transaction: XBEGIN, a branch that is taken when a transaction is aborted.
func (in *Insn) transaction() bool {
	return in.encoding == legacy && in.space == 0 && in.opcode == 0xc7 && in.rel != 0
}

// changesSegment: far jumps, calls and returns, which can change the mode.
func (in *Insn) changesSegment(code []byte) bool {
	if in.encoding != legacy || in.space != 0 {
		return false
	}
	switch in.opcode {
	case 0x9a, 0xea, 0xca, 0xcb, 0xcf:
		return true
	case 0xff:
		return in.reg(code) == 3 || in.reg(code) == 5
	}
	return false
}
