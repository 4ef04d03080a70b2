package displace

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// SlotSize is the room that the code of a Step takes.
const SlotSize = 32

// nop is for instructions that a step does not end after: loads of SS, and those
// that the kernel emulates and then goes on (fixup_umip_exception).
const nop = 0x90

// ErrMode says that registers are not those of the mode that a step is for.
var ErrMode = errors.New("registers of another mode")

// Step is one instruction on its way through a slot. It belongs to one thread
// at a time and needs no lock.
type Step struct {
	insn       Insn
	form       Form
	addr, slot uint64
	target     uint64 // of a relative branch
	base       base   // the register that an operand goes through
	baseValue  uint64 // what it has to hold
	code       [SlotSize]byte

	// From Before to After:
	saved uint64 // the register's own value
	traps bool   // the program has set the trap flag itself
}

// base is a register as ModRM has it; 0 (rax) stands for none.
type base uint8

// The registers that an operand can go through. No instruction that has an
// operand in memory by ModRM uses rsi or rdi unless ModRM or VEX names it, and
// of those that name a register in both no one uses rbx by itself.
const (
	rbx base = 3
	rsi base = 6
	rdi base = 7
)

// Plan prepares to execute the instruction that code begins with, and whose
// home is addr, in a slot. Code may be longer; MaxLen bytes are always enough.
//
// ErrBarred: it cannot be executed there; ErrShort, ErrUnknown: see Decode. In
// all these cases it can be stepped at home.
func Plan(code []byte, mode Mode, addr, slot uint64) (Step, error) {
	in, err := Decode(code, mode)
	if err != nil {
		return Step{}, fmt.Errorf("instruction at %#x: %w", addr, err)
	}
	form, err := in.Form(code)
	if err != nil {
		return Step{}, fmt.Errorf("instruction at %#x: %w", addr, err)
	}
	s := Step{insn: in, form: form, addr: addr, slot: slot}
	// Whoever runs out of the slot by a mistake of ours traps.
	for i := range s.code {
		s.code[i] = 0xcc
	}
	copy(s.code[:], code[:in.Len])
	s.code[in.Len] = nop
	if form == Jump || form == Branch || form == Call {
		s.planBranch()
	}
	if in.RelativeOperand() {
		s.planOperand()
	}
	return s, nil
}

// Insn is the decoded instruction.
func (s *Step) Insn() Insn { return s.insn }

// Form is how the instruction depends on its place.
func (s *Step) Form() Form { return s.form }

// Code is what the slot has to hold.
func (s *Step) Code() []byte { return s.code[:] }

// wrap cuts an address to the mode's size.
func (s *Step) wrap(addr uint64) uint64 {
	if s.insn.mode == I386 {
		return uint64(uint32(addr))
	}
	return addr
}

// planBranch finds the target out and makes the branch lead one byte further
// than its end, or, if it is always taken, to its end.
func (s *Step) planBranch() {
	field := s.code[s.insn.rel:][:s.insn.relSize]
	var rel int64
	if len(field) == 1 {
		rel = int64(int8(field[0]))
	} else {
		rel = int64(int32(binary.LittleEndian.Uint32(field)))
	}
	s.target = s.wrap(s.addr + uint64(s.insn.Len) + uint64(rel))
	clear(field)
	if s.form == Branch {
		field[0] = 1
	}
}

// planOperand changes an operand relative to the program counter.
func (s *Step) planOperand() {
	field := s.code[s.insn.disp:][:4]
	old := int64(int32(binary.LittleEndian.Uint32(field)))
	moved := old + int64(s.addr-s.slot)
	// With an address size prefix the sum is cut to 32 bits.
	if near := moved >= math.MinInt32 && moved <= math.MaxInt32; near || s.insn.prefixes.has(addressSize) {
		binary.LittleEndian.PutUint32(field, uint32(moved))
		return
	}
	s.base = s.chooseBase()
	s.baseValue = s.addr + uint64(s.insn.Len)
	s.code[s.insn.modrm] = s.code[s.insn.modrm]&0x38 | 0x80 | byte(s.base)
	// The fourth bit of the register's number, in VEX inverted, becomes 0. It
	// had no meaning before.
	switch s.insn.encoding {
	case legacy:
		if s.insn.rex >= 0 {
			s.code[s.insn.rex] &^= 1
		}
	case vex3, evex, xop:
		s.code[s.insn.vex+1] |= 0x20
	}
}

// chooseBase finds a register that the instruction does not use.
func (s *Step) chooseBase() base {
	reg, vvvv := base(s.insn.reg(s.code[:])), base(0)
	switch s.insn.encoding {
	case vex2:
		vvvv = base(^s.code[s.insn.vex+1] >> 3 & 7)
	case vex3, evex, xop:
		vvvv = base(^s.code[s.insn.vex+2] >> 3 & 7)
	}
	for _, b := range [2]base{rsi, rdi} {
		if b != reg && b != vvvv {
			return b
		}
	}
	return rbx
}
