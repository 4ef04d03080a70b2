package regset

import (
	"debug/elf"
	"encoding/binary"
	"fmt"
)

// AuditS390X is AUDIT_ARCH_S390X.
const AuditS390X = 0x80000016

// Places in s390_regs, in words of 8 bytes: the PSW, the general registers,
// sixteen access registers of 4 bytes, and the first argument of a call.
const (
	s390GPR   = 2
	s390ACR   = 18
	s390Orig2 = 26
	s390Words = 27
)

const s390VX = "org.gnu.gdb.s390.vx"

var s390xView = bigEndian(newView("s390x", elf.EM_S390, elf.ELFCLASS64,
	&Set{Note: NotePRStatus, Name: "general", SlotSize: 8, Slots: s390Words,
		Registers: s390General(), access: plain{NotePRStatus}},
	&Set{Note: NotePRFPReg, Name: "floating point", SlotSize: 8, Slots: 17,
		Registers: s390Float(), access: plain{NotePRFPReg}},
	&Set{Note: NoteS390LastBreak, Name: "last break", SlotSize: 8, Slots: 1, ReadOnly: true,
		Registers: words([]Register{named("last_break", -1).of("org.gnu.gdb.s390.linux", System).as(CodePointer)}, 8),
		access:    plain{NoteS390LastBreak}},
	&Set{Note: NoteS390SystemCall, Name: "system call", SlotSize: 4, Slots: 1,
		Registers: words([]Register{named("system_call", -1).of("org.gnu.gdb.s390.linux", System)}, 4),
		access:    plain{NoteS390SystemCall}},
	&Set{Note: NoteS390VXRSLow, Name: "vectors 0-15, lower halves", SlotSize: 8, Slots: 16,
		Registers: words(numbered("v%dl", 16, -1, func(r Register) Register { return r.of(s390VX, VectorGroup) }), 8),
		access:    plain{NoteS390VXRSLow}},
	&Set{Note: NoteS390VXRSHigh, Name: "vectors 16-31", SlotSize: 16, Slots: 16,
		Registers: s390Vectors(), access: plain{NoteS390VXRSHigh}},
))

func s390General() []Register {
	const core, acr = "org.gnu.gdb.s390.core", "org.gnu.gdb.s390.acr"
	list := words(append([]Register{named("pswm", 64).of(core, General).as(Flags), named("pswa", 65).of(core, General).as(CodePointer)},
		numbered("r%d", 16, 0, func(r Register) Register { return r.of(core, General) })...), 8)
	for i := range 16 {
		list = append(list, named(fmt.Sprintf("acr%d", i), 48+i).of(acr, System).at(8*s390ACR+4*i, 4))
	}
	return append(list, named("orig_r2", -1).of("org.gnu.gdb.s390.linux", System).at(8*s390Orig2, 8))
}

// s390Order gives debug information's order of floating point registers.
var s390Order = []int{0, 4, 1, 5, 2, 6, 3, 7, 8, 12, 9, 13, 10, 14, 11, 15}

func s390Float() []Register {
	const fpr = "org.gnu.gdb.s390.fpr"
	list := []Register{named("fpc", -1).of(fpr, Float).as(Flags).at(0, 4)}
	for i := range 16 {
		list = append(list, named(fmt.Sprintf("f%d", i), 16+s390Order[i]).of(fpr, Float).at(8+8*i, 8))
	}
	return list
}

func s390Vectors() []Register {
	var list []Register
	for i := range 16 {
		list = append(list, named(fmt.Sprintf("v%d", 16+i), 68+s390Order[i]).of(s390VX, VectorGroup).as(Vector).at(16*i, 16))
	}
	return list
}

// s390Calls has the number of a call in the register of its result as long as
// it can be changed, and keeps it elsewhere from then on.
type s390Calls struct{ wordABI }

var s390xABI = &s390Calls{wordABI{name: "s390x", audit: AuditS390X, order: binary.BigEndian, size: 8, words: s390Words, view: s390xView,
	pc: 1, sp: s390GPR + 15, number: s390GPR + 2, result: s390GPR + 2,
	args:       [6]int{s390Orig2, s390GPR + 3, s390GPR + 4, s390GPR + 5, s390GPR + 6, s390GPR + 7},
	breakpoint: []byte{0x00, 0x01}, behind: 2,
	call: []byte{0x0a},
}}

// Skip: the result is set at the exit, for r2 is the number yet.
func (a *s390Calls) Skip(gpr []byte, result int64) { a.SetSyscallNumber(gpr, ^uint64(0)) }

// Restart: svc has two bytes, the second of which may be the number.
func (a *s390Calls) Restart(gpr []byte) { a.SetPC(gpr, a.PC(gpr)-2) }

func (a *s390Calls) IsSyscallInsn(code []byte) (int, bool) {
	_, ok := a.wordABI.IsSyscallInsn(code)
	return 2, ok
}

// NumberNote: a write of r2 at the entry changes the number (__poke_user).
func (*s390Calls) NumberNote() Note { return 0 }

// Forgets: arch_do_signal_or_restart takes the mark of a call away after it has
// looked for a signal.
func (*s390Calls) Forgets() bool { return false }
