package regset

import (
	"debug/elf"
	"fmt"
)

// i386Order is struct user_regs_struct of a 32-bit kernel: 17 words.
var i386Order = []Register{
	gpr("ebx", 3), gpr("ecx", 1), gpr("edx", 2), gpr("esi", 6), gpr("edi", 7),
	gpr("ebp", 5).as(DataPointer), gpr("eax", 0),
	gpr("ds", 43), gpr("es", 40), gpr("fs", 44), gpr("gs", 45),
	gpr("orig_eax", -1).of("org.gnu.gdb.i386.linux", System),
	gpr("eip", 8).as(CodePointer), gpr("cs", 41), gpr("eflags", 9).as(Flags),
	gpr("esp", 4).as(DataPointer), gpr("ss", 42),
}

const i386N = 17

// i386InX86_64 is the word of x86_64Order for each word of i386Order.
var i386InX86_64 = [i386N]int{5, 11, 12, 13, 14, 4, wRAX, 23, 24, 25, 26, wOrigRAX, wRIP, 17, 18, wRSP, 20}

// wOrigEAX is the place of orig_eax in i386Order.
const wOrigEAX = 11

var i386View = newView("i386", elf.EM_386, elf.ELFCLASS32,
	&Set{Note: NotePRStatus, Name: "general", SlotSize: 4, Slots: i386N,
		Registers: words(i386Order, 4), access: general{wide: false}},
	&Set{Note: NotePRFPReg, Name: "floating point", SlotSize: 4, Slots: 27,
		Registers: fnsave(), access: fnArea{}},
	&Set{Note: NotePRXFPReg, Name: "FXSAVE", SlotSize: 512, Slots: 1,
		Registers: fxsave(8), access: fxArea{NotePRXFPReg, NotePRFPReg}},
	&Set{Note: NoteXState, Name: "extended state", SlotSize: 8,
		Registers: extended(8), access: xstate{}},
	&Set{Note: NoteTLS, Name: "TLS descriptors", SlotSize: 16, Slots: 3,
		Registers: tlsDescriptors(), access: tls{plain{NoteTLS}}},
	&Set{Note: NoteIOPerm, Name: "I/O permissions", SlotSize: 4, ReadOnly: true,
		access: sparse{plain{NoteIOPerm}}},
	&Set{Note: NoteDebug, Name: "debug", SlotSize: 4, Slots: 8,
		Registers: debugRegisters(4), access: debug{word: 4}},
)

// fnsave lists the registers of the area that FNSAVE writes, where the tag
// word is the full one: two bits for each register.
func fnsave() []Register {
	x87 := func(name string, dwarf int) Register { return gpr(name, dwarf).of("org.gnu.gdb.i386.core", Float) }
	list := []Register{
		x87("fctrl", 37).at(0, 2), x87("fstat", 38).at(4, 2), x87("ftag", -1).at(8, 2),
		x87("fioff", -1).at(12, 4), x87("fiseg", -1).at(16, 2), x87("fop", -1).at(18, 2),
		x87("fooff", -1).at(20, 4), x87("foseg", -1).at(24, 2),
	}
	for i := range 8 {
		list = append(list, x87(fmt.Sprintf("st%d", i), 11+i).as(Float80).at(28+10*i, 10))
	}
	return list
}

// tlsDescriptors are the base addresses of the three thread-local segments.
func tlsDescriptors() []Register {
	var list []Register
	for i := range 3 {
		list = append(list, gpr(fmt.Sprintf("tls%d_base", i), -1).of("", System).as(DataPointer).at(16*i+4, 4))
	}
	return list
}

// on386 is 1 for the view with n xmm registers if that is i386's, else 0: the
// two ABIs number the same registers differently in debug information.
func on386(n int) int {
	if n == 8 {
		return 1
	}
	return 0
}
