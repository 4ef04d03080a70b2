package regset

import (
	"debug/elf"
	"fmt"
)

// x86_64Order is struct user_regs_struct of a 64-bit kernel: 27 words.
var x86_64Order = []Register{
	gpr("r15", 15), gpr("r14", 14), gpr("r13", 13), gpr("r12", 12),
	gpr("rbp", 6).as(DataPointer), gpr("rbx", 3), gpr("r11", 11), gpr("r10", 10),
	gpr("r9", 9), gpr("r8", 8), gpr("rax", 0), gpr("rcx", 2),
	gpr("rdx", 1), gpr("rsi", 4), gpr("rdi", 5),
	gpr("orig_rax", -1).of("org.gnu.gdb.i386.linux", System),
	gpr("rip", 16).as(CodePointer), gpr("cs", 51), gpr("eflags", 49).as(Flags),
	gpr("rsp", 7).as(DataPointer), gpr("ss", 52),
	gpr("fs_base", 58).of("org.gnu.gdb.i386.segments", System),
	gpr("gs_base", 59).of("org.gnu.gdb.i386.segments", System),
	gpr("ds", 53), gpr("es", 50), gpr("fs", 54), gpr("gs", 55),
}

// The places of registers in x86_64Order.
const (
	wR11     = 6
	wRAX     = 10
	wOrigRAX = 15
	wRIP     = 16
	wFlags   = 18
	wRSP     = 19
	wFSBase  = 21
	wGSBase  = 22
	x86_64N  = 27
)

var x86_64View = newView("x86_64", elf.EM_X86_64, elf.ELFCLASS64,
	&Set{Note: NotePRStatus, Name: "general", SlotSize: 8, Slots: x86_64N,
		Registers: words(x86_64Order, 8), access: general{wide: true}},
	&Set{Note: NotePRFPReg, Name: "floating point", SlotSize: 512, Slots: 1,
		Registers: fxsave(16), access: fxArea{NotePRFPReg, NotePRXFPReg}},
	&Set{Note: NoteXState, Name: "extended state", SlotSize: 8,
		Registers: extended(16), access: xstate{}},
	&Set{Note: NoteIOPerm, Name: "I/O permissions", SlotSize: 8, ReadOnly: true,
		access: sparse{plain{NoteIOPerm}}},
	&Set{Note: NoteShstk, Name: "shadow stack", SlotSize: 8, Slots: 1,
		Registers: words([]Register{gpr("pl3_ssp", -1).of("org.gnu.gdb.i386.pl3_ssp", System)}, 8),
		access:    plain{NoteShstk}},
	&Set{Note: NoteDebug, Name: "debug", SlotSize: 8, Slots: 8,
		Registers: debugRegisters(8), access: debug{word: 8}},
)

// gpr is a register of the core feature.
func gpr(name string, dwarf int) Register {
	return Register{Name: name, DWARF: dwarf, Feature: "org.gnu.gdb.i386.core"}
}

// fxsave lists the registers of the area that FXSAVE writes, with n xmm
// registers. The tag word is the abridged one: a bit for each register that is
// not empty.
func fxsave(n int) []Register {
	x87 := func(name string) Register { return gpr(name, -1).of("org.gnu.gdb.i386.core", Float) }
	list := []Register{
		x87("fctrl").at(0, 2), x87("fstat").at(2, 2), x87("ftag").at(4, 1), x87("fop").at(6, 2),
		x87("fioff").at(8, 4), x87("fiseg").at(12, 2), x87("fooff").at(16, 4), x87("foseg").at(20, 2),
		gpr("mxcsr", 64-25*on386(n)).of("org.gnu.gdb.i386.sse", VectorGroup).as(Flags).at(24, 4),
	}
	for i := range 8 {
		list = append(list, gpr(fmt.Sprintf("st%d", i), 33-22*on386(n)+i).of("org.gnu.gdb.i386.core", Float).as(Float80).at(32+16*i, 10))
	}
	for i := range n {
		list = append(list, gpr(fmt.Sprintf("xmm%d", i), 17+4*on386(n)+i).of("org.gnu.gdb.i386.sse", VectorGroup).as(Vector).at(160+16*i, 16))
	}
	return list
}
