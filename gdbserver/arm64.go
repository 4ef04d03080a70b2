package gdbserver

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/utrace/utrace/regset"
)

// What gdb's manual has of arm64 in "AArch64 Features", and of arm in "ARM Features".

const (
	arm64Core = "org.gnu.gdb.aarch64.core"
	arm64FPU  = "org.gnu.gdb.aarch64.fpu"
	arm64SVE  = "org.gnu.gdb.aarch64.sve"
)

// arm64Machine describes the vectors of SVE as long as they are when a client first asks.
// Clients do not find other ones: what is longer is cut off where a thread changes that.
// With them the V registers are theirs to find, in the vectors.
var arm64Machine = &machine{
	architecture: "aarch64", triple: "aarch64-unknown-linux-gnu",
	features: []string{arm64Core, arm64SVE, arm64FPU, "org.gnu.gdb.aarch64.pauth",
		"org.gnu.gdb.aarch64.tls", "org.gnu.gdb.aarch64.mte"},
	order:     map[string][]string{arm64SVE: sveOrder()},
	wider:     map[string]string{arm64SVE: arm64FPU},
	expedited: []string{"x29", "sp", "pc"},
	width:     arm64Width,
	types: map[string]string{
		arm64Core: flagsType("cpsr_flags", map[int]string{
			0: "SP", 2: "EL:2", 4: "nRW", 6: "F", 7: "I", 8: "A", 9: "D", 10: "BTYPE:2", 12: "SSBS", 20: "IL", 21: "SS",
			22: "PAN", 23: "UAO", 24: "DIT", 25: "TCO", 28: "V", 29: "C", 30: "Z", 31: "N",
		}),
		arm64FPU: vectorType("aarch64v", 16, "dshbq", "") + arm64Status,
	},
	scaled: map[string]func(int) string{arm64SVE: func(size int) string {
		return vectorType("svev", size, "qdshb", brain) + fmt.Sprintf("<vector id=\"svep\" type=\"uint8\" count=\"%d\"/>\n", size/8) + arm64Status
	}},
	typed: arm64Typed(),
	generic: map[string]string{"pc": "pc", "sp": "sp", "x29": "fp", "x30": "ra", "cpsr": "flags",
		"x0": "arg1", "x1": "arg2", "x2": "arg3", "x3": "arg4", "x4": "arg5", "x5": "arg6", "x6": "arg7", "x7": "arg8"},
	threadPointer: "tpidr", tlsBehind: true,
}

// armMachine is for 32-bit programs. Their thread pointer is in no register set.
var armMachine = &machine{
	architecture: "arm", triple: "arm-unknown-linux-gnueabihf",
	features:  []string{"org.gnu.gdb.arm.core", "org.gnu.gdb.arm.vfp"},
	expedited: []string{"r11", "sp", "pc"},
	width:     narrow(),
	generic: map[string]string{"pc": "pc", "sp": "sp", "r11": "fp", "lr": "ra", "cpsr": "flags",
		"r0": "arg1", "r1": "arg2", "r2": "arg3", "r3": "arg4"},
}

// vectorGranules is the register that gdb calls vg: how long the vectors are in words of
// 8 bytes. The register set has the bytes.
const vectorGranules = "sve_vl"

// name is what clients call a register.
func (r *register) name() string {
	if r.Name == vectorGranules {
		return "vg"
	}
	return r.Name
}

func arm64Width(r *regset.Register) int {
	switch r.Name {
	case "cpsr":
		return 4
	case vectorGranules:
		return 8
	}
	return 0
}

// appendGranules appends vg for a vector length.
func appendGranules(dst, length []byte) []byte {
	return binary.LittleEndian.AppendUint64(dst, uint64(binary.LittleEndian.Uint16(length))/8)
}

// keep refuses another value than the one that the register has: another vector length
// would make all vectors others than those that the client was told of.
func (r *register) keep(content, value []byte) error {
	now, err := r.bytes(nil, content)
	if err == nil && !bytes.Equal(now, value) {
		err = regset.ErrValue
	}
	return err
}

// sveOrder has all that a processor with SVE has in place of its V registers.
func sveOrder() (names []string) {
	for i := range 32 {
		names = append(names, fmt.Sprint("z", i))
	}
	names = append(names, "fpsr", "fpcr")
	for i := range 16 {
		names = append(names, fmt.Sprint("p", i))
	}
	return append(names, "ffr", vectorGranules)
}

func arm64Typed() map[string]string {
	typed := map[string]string{"cpsr": "cpsr_flags", "fpsr": "fpsr_flags", "fpcr": "fpcr_flags", "ffr": "svep", vectorGranules: "int"}
	for i := range 32 {
		typed[fmt.Sprint("v", i)], typed[fmt.Sprint("z", i)] = "aarch64v", "svev"
	}
	for i := range 16 {
		typed[fmt.Sprint("p", i)] = "svep"
	}
	return typed
}

// arm64Status has the bits of floating point status and control.
var arm64Status = flagsType("fpsr_flags", map[int]string{
	0: "IOC", 1: "DZC", 2: "OFC", 3: "UFC", 4: "IXC", 7: "IDC", 27: "QC", 28: "V", 29: "C", 30: "Z", 31: "N",
}) + flagsType("fpcr_flags", map[int]string{
	0: "FIZ", 1: "AH", 2: "NEP", 8: "IOE", 9: "DZE", 10: "OFE", 11: "UFE", 12: "IXE", 13: "EBF", 15: "IDE",
	16: "Len:3", 19: "FZ16", 20: "Stride:2", 22: "RMode:2", 24: "FZ", 25: "DN", 26: "AHP",
})

// lanes are what gdb shows a vector of arm64 as, by the letter that the architecture has
// for their size.
var lanes = map[rune]struct {
	size    int
	numbers []number
}{
	'q': {16, []number{{"u", "uint128"}, {"s", "int128"}}},
	'd': {8, []number{{"f", "ieee_double"}, {"u", "uint64"}, {"s", "int64"}}},
	's': {4, []number{{"f", "ieee_single"}, {"u", "uint32"}, {"s", "int32"}}},
	'h': {2, []number{{brain, "bfloat16"}, {"f", "ieee_half"}, {"u", "uint16"}, {"s", "int16"}}},
	'b': {1, []number{{"u", "uint8"}, {"s", "int8"}}},
}

// number is a lane seen as a number: with a fraction, without sign, or with one.
type number struct{ field, kind string }

// brain is the field of brain floating point, which gdb has of V registers and not of
// those of SVE.
const brain = "bf"

// vectorType defines what a vector of a size can be seen as: lanes in the given order,
// without one of the fields.
func vectorType(id string, size int, order, without string) string {
	var vectors, unions, whole strings.Builder
	fmt.Fprintf(&whole, "<union id=%q>\n", id)
	for _, letter := range order {
		lane := lanes[letter]
		fmt.Fprintf(&unions, "<union id=\"%s_%c\">\n", id, letter)
		for _, n := range lane.numbers {
			if n.field == without {
				continue
			}
			kind := fmt.Sprintf("%s_%c%s", id, letter, n.field)
			fmt.Fprintf(&vectors, "<vector id=%q type=%q count=\"%d\"/>\n", kind, n.kind, size/lane.size)
			fmt.Fprintf(&unions, "<field name=%q type=%q/>\n", n.field, kind)
		}
		unions.WriteString("</union>\n")
		fmt.Fprintf(&whole, "<field name=\"%c\" type=\"%s_%c\"/>\n", letter, id, letter)
	}
	return vectors.String() + unions.String() + whole.String() + "</union>\n"
}
