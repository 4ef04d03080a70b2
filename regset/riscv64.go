package regset

import (
	"debug/elf"
	"encoding/binary"
)

// AuditRISCV64 is AUDIT_ARCH_RISCV64.
const AuditRISCV64 = 0xc00000f3

const (
	riscvCPU = "org.gnu.gdb.riscv.cpu"
	riscvFPU = "org.gnu.gdb.riscv.fpu"
)

// riscv64Order is struct user_regs_struct: the program counter in the place of
// the register that is always zero.
var riscv64Order = func() []Register {
	order := []Register{named("pc", -1).of(riscvCPU, General).as(CodePointer)}
	for i, name := range []string{"ra", "sp", "gp", "tp", "t0", "t1", "t2", "fp", "s1", "a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7",
		"s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6"} {
		order = append(order, named(name, i+1).of(riscvCPU, General))
	}
	return order
}()

// riscv64Floats are the names of f0 to f31 in calls.
var riscv64Floats = []string{"ft0", "ft1", "ft2", "ft3", "ft4", "ft5", "ft6", "ft7", "fs0", "fs1",
	"fa0", "fa1", "fa2", "fa3", "fa4", "fa5", "fa6", "fa7",
	"fs2", "fs3", "fs4", "fs5", "fs6", "fs7", "fs8", "fs9", "fs10", "fs11", "ft8", "ft9", "ft10", "ft11"}

var riscv64View = newView("riscv64", elf.EM_RISCV, elf.ELFCLASS64,
	&Set{Note: NotePRStatus, Name: "general", SlotSize: 8, Slots: 32,
		Registers: words(riscv64Order, 8), access: plain{NotePRStatus}},
	&Set{Note: NotePRFPReg, Name: "floating point", SlotSize: 8, Slots: 33,
		Registers: riscv64Float(), access: plain{NotePRFPReg}},
	// v0 to v31 follow, each of vlenb bytes. A thread that has used none has no such set.
	&Set{Note: NoteRISCVVector, Name: "vector", SlotSize: 8, access: riscvVector{plain{NoteRISCVVector}},
		Registers: words([]Register{named("vstart", -1).of("", System), named("vl", -1).of("", System), named("vtype", -1).of("", System),
			named("vcsr", -1).of("", System), named("vlenb", -1).of("", System)}, 8)},
)

// riscvVector is the access to vectors. The kernel fills up with zeros to what the longest
// possible vectors would take.
type riscvVector struct{ plain }

func (v riscvVector) load(t Transport, buf []byte) (int, error) {
	const vlenb, vectors = 4 * 8, 5 * 8
	n, err := v.plain.load(t, buf)
	if err != nil || n < vectors {
		return n, err
	}
	return min(n, vectors+32*int(binary.LittleEndian.Uint64(buf[vlenb:]))), nil
}

func riscv64Float() []Register {
	var list []Register
	for i, name := range riscv64Floats {
		list = append(list, named(name, 32+i).of(riscvFPU, Float).at(8*i, 8))
	}
	return append(list, named("fcsr", -1).of(riscvFPU, Float).as(Flags).at(256, 4))
}

// riscvCalls: pt_regs.orig_a0 is not shown.
type riscvCalls struct{ wordABI }

var riscv64ABI = &riscvCalls{wordABI{name: "riscv64", audit: AuditRISCV64, order: binary.LittleEndian, size: 8, words: 32, view: riscv64View,
	pc: 0, sp: 2, number: 17, result: 10, args: [6]int{10, 11, 12, 13, 14, 15},
	breakpoint: []byte{0x73, 0x00, 0x10, 0x00}, // ebreak
	call:       []byte{0x73, 0x00, 0x00, 0x00}, // ecall
}}

// NumberNote: a7 counts.
func (*riscvCalls) NumberNote() Note { return 0 }

// Forgets: arch_do_signal_or_restart overwrites the cause of the trap before it
// looks for a signal; a7 stays.
func (*riscvCalls) Forgets() bool { return true }

// FirstArgFixed: do_trap_ecall_u calls by orig_a0, and has put ENOSYS into a0.
func (*riscvCalls) FirstArgFixed() {}

// Skip: the result is set at the exit, for a0 is the first argument yet.
func (a *riscvCalls) Skip(gpr []byte, result int64) { a.SetSyscallNumber(gpr, ^uint64(0)) }
