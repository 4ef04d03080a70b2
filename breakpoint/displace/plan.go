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

// Step is the plan of one instruction's way through a slot. It does not change:
// any number of threads may be on that way at a time.
type Step struct {
	insn       Insn
	form       Form
	addr, slot uint64
	base       base   // the register that an operand goes through
	baseValue  uint64 // what it has to hold
	code       [SlotSize]byte
	// exits are the places in the slot that a thread comes to when it has
	// executed the instruction, and what stands for them at home.
	exits [2]exit
}

// exit is an offset in the slot, never 0, and the address that it stands for.
type exit struct {
	at int
	to uint64
}

// Trip is what has to be remembered of one thread from Before to After: the own
// value of the register that an operand goes through, and the trap flag if the
// program has set it itself.
type Trip [2]uint64

const (
	savedBase = iota
	savedTrapFlag
)

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
	switch {
	case form == Jump:
		s.jump(0, s.target(code))
	case form == Branch && !in.transaction():
		s.planBranch(code)
	default:
		s.planPlain(code)
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

// Free reports whether a thread that executes the slot comes home by itself, so
// that it need not be stepped: see Enter.
func (s *Step) Free() bool {
	switch s.form {
	case Call, CallIndirect, Syscall:
		return false
	case PopFlags:
		return false // a trap flag of the program's would strike in the slot
	}
	return s.base == 0 && !s.insn.transaction() && !s.Calls()
}

// Calls reports whether the instruction makes a system call. The thread has to
// be taken home at the entry of the call: it may wait there for long, and make
// a child that comes out of it at the same place.
func (s *Step) Calls() bool {
	return s.form == Syscall || s.insn.encoding == legacy &&
		(s.insn.space == 1 && s.insn.opcode == 0x34 || // sysenter
			s.insn.space == 0 && s.insn.opcode == 0xcd && s.code[s.insn.Len-1] == 0x80)
}

// wrap cuts an address to the mode's size.
func (s *Step) wrap(addr uint64) uint64 {
	if s.insn.mode == I386 {
		return uint64(uint32(addr))
	}
	return addr
}

// next is the address of the instruction behind this one, at home.
func (s *Step) next() uint64 { return s.wrap(s.addr + uint64(s.insn.Len)) }

// target is where a relative branch leads.
func (s *Step) target(code []byte) uint64 {
	field := code[s.insn.rel:][:s.insn.relSize]
	rel := int64(int8(field[0]))
	if len(field) == 4 {
		rel = int64(int32(binary.LittleEndian.Uint32(field)))
	}
	return s.wrap(s.next() + uint64(rel))
}

// planPlain copies the instruction. Behind it and a NOP goes a jump to the next
// one at home, for those who run freely and for a thread whose tracer dies
// while it is here. Relative branches among these (calls, and the begin of a
// transaction) lead to the NOP, or behind it if they may not be taken.
func (s *Step) planPlain(code []byte) {
	n := s.insn.Len
	copy(s.code[:], code[:n])
	s.code[n] = nop
	s.exits = [2]exit{{n, s.next()}, {n + 1, s.next()}}
	s.jump(n+1, s.next())
	switch s.form {
	case Call:
		s.exits[0].to = s.target(code)
		clear(s.code[s.insn.rel:][:s.insn.relSize])
	case Branch:
		s.exits[1].to = s.target(code)
		field := s.code[s.insn.rel:][:s.insn.relSize]
		clear(field)
		field[0] = 1
	}
}

// planBranch makes the branch a short one to the second of two jumps, of which
// the first leads to the next instruction. Of its prefixes only the one counts
// that makes rcx, which JRCXZ and LOOP look at, shorter.
func (s *Step) planBranch(code []byte) {
	n := 0
	if s.insn.prefixes.has(addressSize) {
		s.code[0] = 0x67
		n++
	}
	s.code[n] = s.insn.opcode
	if s.insn.space == 1 { // 0F 80 to 0F 8F
		s.code[n] = 0x70 | s.insn.opcode&15
	}
	first := n + 2
	second := first + s.jump(first, s.next())
	s.jump(second, s.target(code))
	s.code[n+1] = byte(second - first)
	s.exits = [2]exit{{first, s.next()}, {second, s.target(code)}}
}

// jump puts a jump to an absolute address at an offset of the slot and returns
// its length.
func (s *Step) jump(at int, to uint64) int {
	code := s.code[at:]
	rel := int64(to - s.slot - uint64(at) - 5)
	if s.insn.mode == I386 || rel == int64(int32(rel)) {
		code[0] = 0xe9
		binary.LittleEndian.PutUint32(code[1:], uint32(rel))
		return 5
	}
	copy(code, []byte{0xff, 0x25, 0, 0, 0, 0}) // jmp *(%rip): the address follows
	binary.LittleEndian.PutUint64(code[6:], to)
	return 14
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
