//go:build linux && (amd64 || 386)

package displace_test

import (
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/utrace/utrace/breakpoint/displace"
)

// form is an instruction that depends on its place.
type form struct {
	name, code string
	modes      string // "64", "32", or both
	// set are registers, by the name that both modes' names end with, flags
	// among them.
	set map[string]uint64
	// faults: it is not executed.
	faults bool
}

const (
	cf = 1
	zf = 1 << 6
)

var forms = []form{
	{name: "jmp rel8", code: "eb10", modes: "64 32"},
	{name: "jmp rel8 back", code: "eb90", modes: "64 32"},
	{name: "jmp rel32", code: "e900020000", modes: "64 32"},
	{name: "jmp rel32 far off", code: "e9000000f0", modes: "64 32"},
	{name: "jmp to the next", code: "eb00", modes: "64 32"},
	{name: "jmp one further", code: "eb01", modes: "64 32"},
	{name: "bnd jmp", code: "f2e900020000", modes: "64 32"},
	{name: "jz taken", code: "7420", modes: "64 32", set: map[string]uint64{"flags": zf}},
	{name: "jz not taken", code: "7420", modes: "64 32", set: map[string]uint64{"flags": 0}},
	{name: "jz one further", code: "7401", modes: "64 32", set: map[string]uint64{"flags": zf}},
	{name: "jz to the next", code: "7400", modes: "64 32", set: map[string]uint64{"flags": zf}},
	{name: "jc rel32 taken", code: "0f8200010000", modes: "64 32", set: map[string]uint64{"flags": cf}},
	{name: "jc rel32 not taken", code: "0f8200010000", modes: "64 32", set: map[string]uint64{"flags": 0}},
	{name: "hinted jz", code: "3e7420", modes: "64 32", set: map[string]uint64{"flags": zf}},
	{name: "jz with many prefixes", code: "2e2e2e2e2e2e2e2e2e0f8420010000", modes: "64 32", set: map[string]uint64{"flags": zf}},
	{name: "jz with REX", code: "2e480f8420010000", modes: "64", set: map[string]uint64{"flags": zf}},
	{name: "plain of 15 bytes", code: "2e2e2e2e2e2e2e2e2e2e2e2e2e2e90", modes: "64 32"},
	{name: "jcxz taken", code: "e320", modes: "64 32", set: map[string]uint64{"cx": 0}},
	{name: "jcxz not taken", code: "e320", modes: "64 32", set: map[string]uint64{"cx": 1}},
	{name: "short jcxz taken", code: "67e320", modes: "64 32", set: map[string]uint64{"cx": 1 << 32}},
	{name: "loop taken", code: "e220", modes: "64 32", set: map[string]uint64{"cx": 2}},
	{name: "loop not taken", code: "e220", modes: "64 32", set: map[string]uint64{"cx": 1}},
	{name: "loope taken", code: "e120", modes: "64 32", set: map[string]uint64{"cx": 2, "flags": zf}},
	{name: "loope not taken", code: "e120", modes: "64 32", set: map[string]uint64{"cx": 2, "flags": 0}},
	{name: "loopne taken", code: "e020", modes: "64 32", set: map[string]uint64{"cx": 2, "flags": 0}},
	{name: "loopne not taken", code: "e020", modes: "64 32", set: map[string]uint64{"cx": 2, "flags": zf}},
	{name: "call rel32", code: "e800010000", modes: "64 32"},
	{name: "call to the next", code: "e800000000", modes: "64 32"},
	{name: "call one further", code: "e801000000", modes: "64 32"},
	{name: "call without a stack", code: "e800010000", modes: "64 32", set: map[string]uint64{"sp": 0x1000}, faults: true},
	{name: "call with padding (TLS)", code: "666648e800010000", modes: "64"},
	{name: "call register", code: "ffd1", modes: "64 32", set: map[string]uint64{"cx": codePage + 16}},
	{name: "call stack pointer", code: "ffd4", modes: "64 32"},
	{name: "call [register]", code: "ff11", modes: "64 32", set: map[string]uint64{"cx": dataPage}},
	{name: "call [stack]", code: "ff1424", modes: "64 32"},
	{name: "call [nowhere]", code: "ff11", modes: "64 32", set: map[string]uint64{"cx": 16}, faults: true},
	{name: "call not canonical", code: "ffd1", modes: "64", set: map[string]uint64{"cx": 1 << 60}, faults: true},
	{name: "call [rip]", code: "ff15fa170000", modes: "64"},
	{name: "call [absolute]", code: "ff150020002c", modes: "32"},
	{name: "jmp register", code: "ffe1", modes: "64 32", set: map[string]uint64{"cx": codePage + 16}},
	{name: "jmp [rip]", code: "ff25fa170000", modes: "64"},
	{name: "push [rip]", code: "ff35fa170000", modes: "64"},
	{name: "pop [rip]", code: "8f05fa170000", modes: "64"},
	{name: "ret", code: "c3", modes: "64 32"},
	{name: "rep ret", code: "f3c3", modes: "64 32"},
	{name: "ret imm", code: "c21000", modes: "64 32"},
	{name: "lea [rip]", code: "488d3510000000", modes: "64"},
	{name: "lea [eip]", code: "67488d3510000000", modes: "64"},
	{name: "mov rsi, [rip]", code: "488b35f9170000", modes: "64"},
	{name: "mov rdi, [rip]", code: "488b3df9170000", modes: "64"},
	{name: "mov r14, [rip]", code: "4c8b35f9170000", modes: "64"},
	{name: "mov [rip], rsi", code: "488935f9170000", modes: "64"},
	{name: "mov r14, [rip] with REX.B", code: "4d8b35f9170000", modes: "64"},
	{name: "mov [rip], imm", code: "c705f617000078563412", modes: "64"},
	{name: "mov [rip], dh", code: "8835fa170000", modes: "64"},
	{name: "cmpxchg16b [rip]", code: "480fc70df8170000", modes: "64"},
	{name: "lock xadd [rip]", code: "f0480fc13df7170000", modes: "64"},
	{name: "div [rip]", code: "f735fa170000", modes: "64", set: map[string]uint64{"dx": 0}},
	{name: "shl [rip], cl", code: "d325fa170000", modes: "64"},
	{name: "pcmpestri [rip]", code: "660f3a610df617000000", modes: "64"},
	{name: "movups [rip] (vex2)", code: "c5f81005f8170000", modes: "64"},
	{name: "andn rsi, rdi, [rip] (vex3)", code: "c4e2c0f235f7170000", modes: "64"},
	{name: "andn rdi, rsi, [rip] (vex3)", code: "c4e2c8f23df7170000", modes: "64"},
	{name: "andn with VEX.B", code: "c4c2c0f235f7170000", modes: "64"},
	{name: "vmovups zmm, [rip] (evex)", code: "62f17c481005f6170000", modes: "64"},
	{name: "vmovups xmm30, [rip] (evex)", code: "62617c081035f6170000", modes: "64"},
	{name: "pushf", code: "9c", modes: "64 32"},
	{name: "pushfw", code: "669c", modes: "64 32"},
	{name: "pushf without a stack", code: "9c", modes: "64 32", set: map[string]uint64{"sp": 0x1000}, faults: true},
	{name: "popf", code: "9d", modes: "64 32"},
	{name: "popfw", code: "669d", modes: "64 32"},
	{name: "popf without a stack", code: "9d", modes: "64 32", set: map[string]uint64{"sp": 0x1000}, faults: true},
	{name: "mov ss, ax", code: "8ed0", modes: "64 32", set: map[string]uint64{"ax": 0x2b}},
	{name: "mov ss, bad", code: "8ed0", modes: "64 32", set: map[string]uint64{"ax": 0x777}, faults: true},
	{name: "mov ss, [rip]", code: "8e15fa170000", modes: "64", faults: true},
	{name: "rep movsb", code: "f3a4", modes: "64 32", set: map[string]uint64{"cx": 20, "si": dataPage + 64, "di": dataPage + 512}},
	{name: "rep movsb of none", code: "f3a4", modes: "64 32", set: map[string]uint64{"cx": 0}},
	{name: "rep stosd into a hole", code: "f3ab", modes: "64 32", faults: true,
		set: map[string]uint64{"flags": 0, "cx": 20, "di": dataPage + dataSize - 16}},
	{name: "repne scasb", code: "f2ae", modes: "64 32", set: map[string]uint64{"flags": 0, "cx": 30, "di": dataPage}},
	{name: "syscall", code: "0f05", modes: "64", set: map[string]uint64{"ax": 39}}, // getpid
	{name: "syscall fails", code: "0f05", modes: "64", set: map[string]uint64{"ax": 9999}},
	{name: "syscall with prefix", code: "480f05", modes: "64", set: map[string]uint64{"ax": 39}},
	{name: "int 0x80", code: "cd80", modes: "64 32", set: map[string]uint64{"ax": 20}},
	{name: "int 0x55", code: "cd55", modes: "64 32", faults: true},
	{name: "ud2", code: "0f0b", modes: "64 32", faults: true},
	{name: "hlt", code: "f4", modes: "64 32", faults: true},
	{name: "into, no overflow", code: "ce", modes: "32", set: map[string]uint64{"flags": 0}},
	{name: "bound", code: "6201", modes: "32", set: map[string]uint64{"ax": 0, "cx": dataPage + 8}, faults: true},
	{name: "push cs", code: "0e", modes: "32"},
	{name: "pop ss", code: "17", modes: "32", faults: true},
	{name: "enter", code: "c8200000", modes: "64 32"},
	{name: "leave", code: "c9", modes: "64 32"},
	{name: "nop", code: "90", modes: "64 32"},
	{name: "endbr", code: "f30f1efa", modes: "64"},
	{name: "xbegin", code: "c7f800010000", modes: "64 32"},
	{name: "fld1", code: "d9e8", modes: "64 32"},
}

// TestForms executes every form that depends on its place.
func TestForms(t *testing.T) {
	for _, mode := range []displace.Mode{displace.X86_64, displace.I386} {
		t.Run(mode.String(), func(t *testing.T) {
			r := newRig(t, mode)
			for _, f := range forms {
				bits := map[int]string{8: "64", 4: "32"}[r.word]
				if !strings.Contains(f.modes, bits) {
					continue
				}
				code, err := hex.DecodeString(f.code)
				if err != nil {
					t.Fatal(err)
				}
				from := r.start(rand.New(rand.NewPCG(1, 2)), code)
				for name, v := range f.set {
					r.set(from.gpr, r.name(name), v)
				}
				if f.name == "bound" {
					binary.LittleEndian.PutUint64(from.mem[0x1000+8:], 5<<32|5)
				}
				if got := r.check(f.name, from, code); got.done == f.faults && f.name != "xbegin" {
					t.Errorf("%s: executed: %v, %v at %#x", f.name, got.done, got.signal, r.abi.PC(got.gpr))
				}
			}
		})
	}
}

// name is the full name of a register.
func (r *rig) name(short string) string {
	switch {
	case short == "flags":
		return "eflags"
	case len(short) == 2 && r.word == 8:
		return "r" + short
	case len(short) == 2:
		return "e" + short
	}
	return short
}
