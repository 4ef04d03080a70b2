package regset

import (
	"debug/elf"
	"encoding/binary"
	"fmt"
)

// AuditARM is AUDIT_ARCH_ARM: 32-bit programs under a 64-bit kernel.
const AuditARM = 0x40000028

const armCore = "org.gnu.gdb.arm.core"

var armOrder = append(numbered("r%d", 13, 0, func(r Register) Register { return r.of(armCore, General) }),
	named("sp", 13).of(armCore, General).as(DataPointer),
	named("lr", 14).of(armCore, General).as(CodePointer),
	named("pc", 15).of(armCore, General).as(CodePointer),
	named("cpsr", -1).of(armCore, General).as(Flags),
	named("orig_r0", -1).of("", System))

// armView is what an arm64 kernel shows of a 32-bit thread (compat_regsets).
var armView = newView("arm", elf.EM_ARM, elf.ELFCLASS32,
	&Set{Note: NotePRStatus, Name: "general", SlotSize: 4, Slots: 18,
		Registers: words(armOrder, 4), access: plain{NotePRStatus}},
	&Set{Note: NoteARMVFP, Name: "floating point", SlotSize: 4, Slots: 65,
		Registers: armFloat(), access: plain{NoteARMVFP}},
)

func armFloat() []Register {
	var list []Register
	for i := range 32 {
		list = append(list, named(fmt.Sprintf("d%d", i), 256+i).of("org.gnu.gdb.arm.vfp", Float).at(8*i, 8))
	}
	return append(list, named("fpscr", -1).of("org.gnu.gdb.arm.vfp", Float).as(Flags).at(256, 4))
}

// armCalls finds out by the mode whether instructions are those of Thumb.
type armCalls struct{ wordABI }

var armABI = &armCalls{wordABI{name: "arm", audit: AuditARM, order: binary.LittleEndian, size: 4, words: 18, view: armView,
	pc: 15, sp: 13, number: 7, result: 0, args: [6]int{0, 1, 2, 3, 4, 5},
	breakpoint: []byte{0xf0, 0x01, 0xf0, 0xe7}, // udf #16, which the kernel takes for a breakpoint
	call:       []byte{0x00, 0x00, 0x00, 0xef}, // svc #0
}}

const armThumb = 1 << 5 // in cpsr

// Restart: svc has two bytes in Thumb mode. orig_r0 is the first argument.
func (a *armCalls) Restart(gpr []byte) {
	back := uint64(4)
	if a.get(gpr, 16)&armThumb != 0 {
		back = 2
	}
	a.SetPC(gpr, a.PC(gpr)-back)
	a.SetResult(gpr, int64(a.get(gpr, 17)))
}
