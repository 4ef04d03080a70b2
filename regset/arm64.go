package regset

import (
	"debug/elf"
	"encoding/binary"
	"fmt"
)

// AuditARM64 is AUDIT_ARCH_AARCH64.
const AuditARM64 = 0xc00000b7

// arm64Order is struct user_pt_regs: x0 to x30, and three more.
var arm64Order = append(numbered("x%d", 31, 0, func(r Register) Register { return r.of(arm64Core, General) }),
	named("sp", 31).of(arm64Core, General).as(DataPointer),
	named("pc", 32).of(arm64Core, General).as(CodePointer),
	named("cpsr", 33).of(arm64Core, General).as(Flags))

const arm64Core = "org.gnu.gdb.aarch64.core"

// arm64View has the sets in the order of the kernel's list, which cores follow
// (aarch64_regsets in arch/arm64/kernel/ptrace.c).
var arm64View = newView("arm64", elf.EM_AARCH64, elf.ELFCLASS64,
	&Set{Note: NotePRStatus, Name: "general", SlotSize: 8, Slots: 34,
		Registers: words(arm64Order, 8), access: plain{NotePRStatus}},
	&Set{Note: NotePRFPReg, Name: "floating point", SlotSize: 16, Slots: 33,
		Registers: arm64Float(), access: plain{NotePRFPReg}},
	&Set{Note: NoteARMTLS, Name: "TLS", SlotSize: 8,
		Registers: words([]Register{named("tpidr", -1).of("org.gnu.gdb.aarch64.tls", System).as(DataPointer),
			named("tpidr2", -1).of("org.gnu.gdb.aarch64.tls", System).as(DataPointer)}, 8), access: plain{NoteARMTLS}},
	armDebugSet(NoteARMHWBreak, "hardware breakpoints", "bp"),
	armDebugSet(NoteARMHWWatch, "hardware watchpoints", "wp"),
	&Set{Note: NoteARMFPMR, Name: "8-bit floating point", SlotSize: 8, Slots: 1,
		Registers: words([]Register{named("fpmr", -1).of("org.gnu.gdb.aarch64.fpmr", Float).as(Flags)}, 8), access: plain{NoteARMFPMR}},
	armSystemCall(),
	&Set{Note: NoteARMSVE, Name: "SVE", SlotSize: 16, access: vectors{scalable{plain{NoteARMSVE}}, false},
		Registers: sveRegisters("", "sve_vl", "org.gnu.gdb.aarch64.sve", 96, 48, 47)},
	&Set{Note: NoteARMSSVE, Name: "streaming SVE", SlotSize: 16, access: vectors{scalable{plain{NoteARMSSVE}}, true},
		Registers: sveRegisters("ssve_", "ssve_vl", "", -1, -1, -1)},
	&Set{Note: NoteARMZA, Name: "SME matrix", SlotSize: 16, access: scalable{plain{NoteARMZA}},
		Registers: []Register{named("za", -1).of("org.gnu.gdb.aarch64.sme", VectorGroup).as(Vector).scaled(smeZA, 0),
			named("za_vl", -1).of("", System).at(sveLength, 2)}},
	&Set{Note: NoteARMZT, Name: "SME2 table", SlotSize: 64, Slots: 1, access: plain{NoteARMZT},
		Registers: []Register{named("zt0", -1).of("org.gnu.gdb.aarch64.sme2", VectorGroup).as(Vector).at(0, 64)}},
	&Set{Note: NoteARMPACMask, Name: "pointer authentication masks", SlotSize: 8, Slots: 2, ReadOnly: true,
		Registers: words([]Register{named("pauth_dmask", -1).of("org.gnu.gdb.aarch64.pauth", System),
			named("pauth_cmask", -1).of("org.gnu.gdb.aarch64.pauth", System)}, 8), access: plain{NoteARMPACMask}},
	&Set{Note: NoteARMPACKeys, Name: "pointer authentication keys in use", SlotSize: 8, Slots: 1,
		Registers: words([]Register{named("pac_enabled_keys", -1).of("", System)}, 8), access: plain{NoteARMPACKeys}},
	&Set{Note: NoteARMPACAKeys, Name: "pointer authentication keys for addresses", SlotSize: 16, Slots: 4,
		Registers: words(pacKeys("apiakey", "apibkey", "apdakey", "apdbkey"), 16), access: plain{NoteARMPACAKeys}},
	&Set{Note: NoteARMPACGKeys, Name: "pointer authentication key for data", SlotSize: 16, Slots: 1,
		Registers: words(pacKeys("apgakey"), 16), access: plain{NoteARMPACGKeys}},
	&Set{Note: NoteARMTaggedAddr, Name: "tagged addresses", SlotSize: 8, Slots: 1,
		Registers: words([]Register{named("tag_ctl", -1).of("org.gnu.gdb.aarch64.mte", System)}, 8),
		access:    sparse{plain{NoteARMTaggedAddr}}},
	&Set{Note: NoteARMPOE, Name: "permission overlays", SlotSize: 8, Slots: 1,
		Registers: words([]Register{named("por_el0", -1).of("", System)}, 8), access: plain{NoteARMPOE}},
	&Set{Note: NoteARMGCS, Name: "guarded control stack", SlotSize: 8, Slots: 3,
		Registers: words([]Register{named("gcs_features_enabled", -1).of("", System), named("gcs_features_locked", -1).of("", System),
			named("gcspr", -1).of("", System).as(DataPointer)}, 8), access: plain{NoteARMGCS}},
)

// armSystemCall is the number of the system call that a thread is in, or -1.
func armSystemCall() *Set {
	return &Set{Note: NoteARMSystemCall, Name: "system call", SlotSize: 4, Slots: 1,
		Registers: []Register{named("syscallno", -1).of("", System).at(0, 4)}, access: plain{NoteARMSystemCall}}
}

// armDebugSet is the hardware's breakpoints or watchpoints.
func armDebugSet(note Note, name, short string) *Set {
	return &Set{Note: note, Name: name, SlotSize: 8, Registers: armDebugRegisters(short), access: armDebug{plain{note}}}
}

func pacKeys(names ...string) []Register {
	var list []Register
	for _, name := range names {
		list = append(list, named(name, -1).of("", System))
	}
	return list
}

// arm64Float is struct user_fpsimd_state, whose last words are reserved.
func arm64Float() []Register {
	var list []Register
	for i := range 32 {
		list = append(list, named(fmt.Sprintf("v%d", i), 64+i).of("org.gnu.gdb.aarch64.fpu", VectorGroup).as(Vector).at(16*i, 16))
	}
	return append(list, named("fpsr", -1).of("org.gnu.gdb.aarch64.fpu", Float).as(Flags).at(512, 4),
		named("fpcr", -1).of("org.gnu.gdb.aarch64.fpu", Float).as(Flags).at(516, 4))
}

// armDebugRegisters is struct user_hwdebug_state: what there is, and 16 slots of an
// address and a control word.
func armDebugRegisters(name string) []Register {
	list := []Register{named("dbg_"+name+"_info", -1).of("", Debug).at(0, 4)}
	for i := range 16 {
		list = append(list, named(fmt.Sprintf("dbg_%s%d_addr", name, i), -1).of("", Debug).as(DataPointer).at(8+16*i, 8),
			named(fmt.Sprintf("dbg_%s%d_ctrl", name, i), -1).of("", Debug).as(Flags).at(16+16*i, 4))
	}
	return list
}

// armDebug is the access to debug registers. The kernel shows 16 slots, and
// takes no more than the machine has (ENOSPC, hw_break_set), whose number is in
// the lowest byte.
type armDebug struct{ plain }

func (d armDebug) load(t Transport, buf []byte) (int, error) {
	n, err := d.plain.load(t, buf)
	if err != nil || n < 8 {
		return n, err
	}
	return min(n, 8+16*int(buf[0])), nil
}

func (armDebug) used(s *Set, content []byte) int {
	const enable = 1
	used := 0
	for at := 8; at+16 <= len(content); at += 16 {
		if content[at+8]&enable != 0 {
			used = at/8 + 2
		}
	}
	return used
}

// arm64Calls: the number of the call is kept apart, and pt_regs.orig_x0 is not
// shown.
type arm64Calls struct{ wordABI }

var arm64ABI = &arm64Calls{wordABI{name: "arm64", audit: AuditARM64, order: binary.LittleEndian, size: 8, words: 34, view: arm64View,
	pc: 32, sp: 31, number: 8, result: 0, args: [6]int{0, 1, 2, 3, 4, 5},
	breakpoint: []byte{0x00, 0x00, 0x20, 0xd4}, // brk #0
	call:       []byte{0x01, 0x00, 0x00, 0xd4}, // svc #0
}}

// NumberNote: x8 is looked at once, before the tracer is.
func (*arm64Calls) NumberNote() Note { return NoteARMSystemCall }

// Forgets: do_signal calls forget_syscall before it looks for a signal, and so
// before any stop.
func (*arm64Calls) Forgets() bool { return true }

// CopyMarked copies x7 (report_syscall in arch/arm64/kernel/ptrace.c).
func (a *arm64Calls) CopyMarked(to, from []byte) { a.set(to, 7, a.get(from, 7)) }

// Skip leaves x8 as the program has it: the number that counts is another one.
func (a *arm64Calls) Skip(gpr []byte, result int64) { a.SetResult(gpr, result) }
