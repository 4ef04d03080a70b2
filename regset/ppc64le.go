package regset

import (
	"debug/elf"
	"encoding/binary"
	"fmt"
)

// AuditPPC64LE is AUDIT_ARCH_PPC64LE.
const AuditPPC64LE = 0xc0000015

const (
	ppcCore  = "org.gnu.gdb.power.core"
	ppcLinux = "org.gnu.gdb.power.linux"
)

// Places in struct pt_regs (asm/ptrace.h, PT_*).
const (
	ppcNIP    = 32
	ppcMSR    = 33
	ppcOrigR3 = 34
	ppcCCR    = 38
	ppcSoftE  = 39
	ppcTrap   = 40
	ppcResult = 43
	ppcWords  = 48 // the last four are not used
)

var ppcOrder = append(numbered("r%d", 32, 0, func(r Register) Register { return r.of(ppcCore, General) }),
	named("pc", -1).of(ppcCore, General).as(CodePointer),
	named("msr", -1).of(ppcCore, System).as(Flags),
	named("orig_r3", -1).of(ppcLinux, System),
	named("ctr", 66).of(ppcCore, General),
	named("lr", 65).of(ppcCore, General).as(CodePointer),
	named("xer", 76).of(ppcCore, General).as(Flags),
	named("cr", 64).of(ppcCore, General).as(Flags),
	named("softe", -1).of("", System),
	named("trap", -1).of(ppcLinux, System),
	named("dar", -1).of("", System).as(DataPointer),
	named("dsisr", -1).of("", System),
	named("result", -1).of("", System))

var ppc64leView = newView("ppc64le", elf.EM_PPC64, elf.ELFCLASS64,
	&Set{Note: NotePRStatus, Name: "general", SlotSize: 8, Slots: ppcWords,
		Registers: words(ppcOrder, 8), access: plain{NotePRStatus}},
	&Set{Note: NotePRFPReg, Name: "floating point", SlotSize: 8, Slots: 33,
		Registers: words(append(numbered("f%d", 32, 32, func(r Register) Register { return r.of("org.gnu.gdb.power.fpu", Float) }),
			named("fpscr", -1).of("org.gnu.gdb.power.fpu", Float).as(Flags)), 8), access: plain{NotePRFPReg}},
	&Set{Note: NotePPCVMX, Name: "VMX", SlotSize: 16, Slots: 34,
		Registers: ppcVectors(), access: plain{NotePPCVMX}},
	&Set{Note: NotePPCVSX, Name: "VSX", SlotSize: 8, Slots: 32,
		Registers: words(numbered("vs%dh", 32, -1, func(r Register) Register { return r.of("org.gnu.gdb.power.vsx", VectorGroup) }), 8),
		access:    plain{NotePPCVSX}},
	ppcWord(NotePPCPPR, "PPR", "ppr"),
	ppcWord(NotePPCDSCR, "DSCR", "dscr"),
	ppcWord(NotePPCTAR, "TAR", "tar"), // as in the kernel's list, which cores follow
	&Set{Note: NotePPCEBB, Name: "event-based branches", SlotSize: 8, Slots: 3, access: sparse{plain{NotePPCEBB}},
		Registers: ppcSystem("ebb", "ebbrr", "ebbhr", "bescr")},
	&Set{Note: NotePPCPMU, Name: "performance monitor", SlotSize: 8, Slots: 5,
		Registers: ppcSystem("pmu", "siar", "sdar", "sier", "mmcr2", "mmcr0"), access: sparse{plain{NotePPCPMU}}},
)

// ppcSystem are registers of eight bytes.
func ppcSystem(feature string, names ...string) (list []Register) {
	for _, name := range names {
		list = append(list, named(name, -1).of("org.gnu.gdb.power."+feature, System))
	}
	return words(list, 8)
}

func ppcWord(note Note, name, register string) *Set {
	return &Set{Note: note, Name: name, SlotSize: 8, Slots: 1, access: plain{note}, Registers: ppcSystem(register, register)}
}

// ppcVectors: the last two have four bytes each, at the start of their slots.
func ppcVectors() []Register {
	vmx := func(name string, dwarf int) Register {
		return named(name, dwarf).of("org.gnu.gdb.power.altivec", VectorGroup)
	}
	var list []Register
	for i := range 32 {
		list = append(list, vmx(fmt.Sprintf("vr%d", i), 77+i).as(Vector).at(16*i, 16))
	}
	return append(list, vmx("vscr", 110).as(Flags).at(512, 4), vmx("vrsave", 109).as(Flags).at(528, 4))
}

// ppcCalls has the sign of a failure in the condition register, and the kind of
// the last interrupt in a word of its own.
type ppcCalls struct{ wordABI }

var ppc64leABI = &ppcCalls{wordABI{name: "ppc64le", audit: AuditPPC64LE, order: binary.LittleEndian, size: 8, words: ppcWords, view: ppc64leView,
	pc: ppcNIP, sp: 1, number: 0, result: 3, args: [6]int{ppcOrigR3, 4, 5, 6, 7, 8},
	breakpoint: []byte{0x08, 0x00, 0xe0, 0x7f}, // trap
	call:       []byte{0x02, 0x00, 0x00, 0x44}, // sc
}}

const (
	ppcTrapSC   = 0xc00
	ppcTrapSCV  = 0x3000
	ppcFailed   = 1 << 28 // summary overflow of CR0
	ppcTrapBits = ^uint64(0xf)
	ppcSettled  = 1 // in the trap's word: the call's result stands (set_trap_norestart)
)

// SyscallNumber: r0 is a number only if the thread came by a system call whose
// result does not stand yet. It does when a handler has interrupted the call, and
// has returned (restore_sigcontext in arch/powerpc/kernel/signal_64.c).
func (a *ppcCalls) SyscallNumber(gpr []byte) uint64 {
	switch a.get(gpr, ppcTrap) & (ppcTrapBits | ppcSettled) {
	case ppcTrapSC, ppcTrapSCV:
		return a.wordABI.SyscallNumber(gpr)
	}
	return ^uint64(0)
}

// SetArg: the first argument is taken from r3, and kept in orig_r3.
func (a *ppcCalls) SetArg(gpr []byte, i int, v uint64) {
	a.wordABI.SetArg(gpr, i, v)
	if i == 0 {
		a.set(gpr, a.result, v)
	}
}

// Result: sc sets a bit for a failure, and the register has errno; scv gives
// it negated, as others do.
func (a *ppcCalls) Result(gpr []byte) int64 {
	v := a.wordABI.Result(gpr)
	if a.get(gpr, ppcTrap)&ppcTrapBits != ppcTrapSCV && a.get(gpr, ppcCCR)&ppcFailed != 0 {
		return -v
	}
	return v
}

func (a *ppcCalls) SetResult(gpr []byte, v int64) {
	if a.get(gpr, ppcTrap)&ppcTrapBits == ppcTrapSCV {
		a.wordABI.SetResult(gpr, v)
		return
	}
	ccr := a.get(gpr, ppcCCR) &^ ppcFailed
	const maxErrno = 4095
	if v < 0 && v >= -maxErrno {
		ccr, v = ccr|ppcFailed, -v
	}
	a.set(gpr, ppcCCR, ccr)
	a.wordABI.SetResult(gpr, v)
}

// Skip: the result is set at the exit, for r3 is the first argument yet.
func (a *ppcCalls) Skip(gpr []byte, result int64) { a.SetSyscallNumber(gpr, ^uint64(0)) }

// Restart does what do_signal of the kernel does. Without the mark of a system
// call it does not do so again.
func (a *ppcCalls) Restart(gpr []byte) {
	a.wordABI.Restart(gpr)
	a.set(gpr, a.result, a.get(gpr, ppcOrigR3))
	a.set(gpr, ppcTrap, 0)
}

// CopyMarked copies what an interrupt leaves: one that finds the thread at an
// instruction of its own changes nothing else. (It keeps the address of the last
// branch in orig_r3: __GEN_COMMON_BODY in arch/powerpc/kernel/exceptions-64s.S.)
func (a *ppcCalls) CopyMarked(to, from []byte) {
	a.set(to, ppcMSR, a.get(from, ppcMSR))
	a.set(to, ppcOrigR3, a.get(from, ppcOrigR3))
	for i := ppcSoftE; i <= ppcResult; i++ {
		a.set(to, i, a.get(from, i))
	}
}

// IsSyscallInsn knows scv 0 too.
func (a *ppcCalls) IsSyscallInsn(code []byte) (int, bool) {
	if n, ok := a.wordABI.IsSyscallInsn(code); ok {
		return n, ok
	}
	return 4, len(code) >= 4 && binary.LittleEndian.Uint32(code) == 0x44000001
}
