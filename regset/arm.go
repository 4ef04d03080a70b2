package regset

import (
	"bytes"
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

// armView is what an arm64 kernel shows a 64-bit tracer of a 32-bit thread
// (aarch32_ptrace_regsets in arch/arm64/kernel/ptrace.c). Cores have the first two
// sets of it (aarch32_regsets).
var armView = newView("arm", elf.EM_ARM, elf.ELFCLASS32,
	&Set{Note: NotePRStatus, Name: "general", SlotSize: 4, Slots: 18,
		Registers: words(armOrder, 4), access: plain{NotePRStatus}},
	&Set{Note: NoteARMVFP, Name: "floating point", SlotSize: 4, Slots: 65,
		Registers: armFloat(), access: plain{NoteARMVFP}},
	notInCore(&Set{Note: NoteARMTLS, Name: "TLS", SlotSize: 4, Slots: 1,
		Registers: words([]Register{named("tpidruro", -1).of("org.gnu.gdb.arm.tls", System).as(DataPointer)}, 4), access: plain{NoteARMTLS}}),
	notInCore(armDebugSet(NoteARMHWBreak, "hardware breakpoints", "bp")),
	notInCore(armDebugSet(NoteARMHWWatch, "hardware watchpoints", "wp")),
	notInCore(armSystemCall()),
)

func notInCore(s *Set) *Set {
	s.unnoted = true
	return s
}

func armFloat() []Register {
	var list []Register
	for i := range 32 {
		list = append(list, named(fmt.Sprintf("d%d", i), 256+i).of("org.gnu.gdb.arm.vfp", Float).at(8*i, 8))
	}
	return append(list, named("fpscr", -1).of("org.gnu.gdb.arm.vfp", Float).as(Flags).at(256, 4))
}

// armCalls finds out by the mode whether instructions are those of Thumb. Otherwise
// it is as arm64Calls, for it is the same kernel.
type armCalls struct{ wordABI }

var armABI = &armCalls{wordABI{name: "arm", audit: AuditARM, order: binary.LittleEndian, size: 4, words: 18, view: armView,
	pc: 15, sp: 13, number: 7, result: 0, args: [6]int{0, 1, 2, 3, 4, 5},
	breakpoint: []byte{0xf0, 0x01, 0xf0, 0xe7}, // udf #16, which the kernel takes for a breakpoint
	call:       []byte{0x00, 0x00, 0x00, 0xef}, // svc #0
}}

const armThumb = 1 << 5 // in cpsr

// Restart: svc has two bytes in Thumb mode.
func (a *armCalls) Restart(gpr []byte) {
	back := uint64(4)
	if a.get(gpr, 16)&armThumb != 0 {
		back = 2
	}
	a.SetPC(gpr, a.PC(gpr)-back)
}

// IsSyscallInsn takes svc of either mode: nobody says in which one the code is.
func (a *armCalls) IsSyscallInsn(code []byte) (int, bool) {
	if n, ok := a.wordABI.IsSyscallInsn(code); ok {
		return n, true
	}
	return 2, bytes.HasPrefix(code, []byte{0x00, 0xdf})
}

// NumberNote: r7 is looked at once, before the tracer is.
func (*armCalls) NumberNote() Note { return NoteARMSystemCall }

// Forgets: as arm64Calls.
func (*armCalls) Forgets() bool { return true }

// CopyMarked copies r12 (report_syscall).
func (a *armCalls) CopyMarked(to, from []byte) { a.set(to, 12, a.get(from, 12)) }

// Skip leaves r7 as the program has it.
func (a *armCalls) Skip(gpr []byte, result int64) { a.SetResult(gpr, result) }
