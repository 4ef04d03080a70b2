package gdbserver

import (
	"slices"

	"github.com/utrace/utrace/regset"
)

// What gdb's manual has of x86 in "i386 Features".

const (
	x86Core   = "org.gnu.gdb.i386.core"
	x86SSE    = "org.gnu.gdb.i386.sse"
	x86AVX512 = "org.gnu.gdb.i386.avx512"
)

var x86Features = []string{x86Core, x86SSE, "org.gnu.gdb.i386.linux", "org.gnu.gdb.i386.segments",
	"org.gnu.gdb.i386.avx", x86AVX512, "org.gnu.gdb.i386.pkeys"}

// x86Assumed features, those up to SSE and what Linux adds, are assumed by
// clients that are not told.
const x86Assumed = 4

// Behind their general registers both sizes have the same.
var x86Float = []string{
	"cs", "ss", "ds", "es", "fs", "gs",
	"st0", "st1", "st2", "st3", "st4", "st5", "st6", "st7",
	"fctrl", "fstat", "ftag", "fiseg", "fioff", "foseg", "fooff", "fop",
}

var x8664Machine = &machine{
	architecture: "i386:x86-64", triple: "x86_64-pc-linux-gnu",
	features: x86Features, assumed: x86Assumed,
	order: map[string][]string{x86Core: append([]string{
		"rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
		"rip", "eflags"}, x86Float...)},
	expedited: []string{"rbp", "rsp", "rip"},
	width:     x86Width, types: x86Types,
	generic: map[string]string{"rip": "pc", "rsp": "sp", "rbp": "fp", "eflags": "flags",
		"rdi": "arg1", "rsi": "arg2", "rdx": "arg3", "rcx": "arg4", "r8": "arg5", "r9": "arg6"},
	watchAfter: true, threadPointer: "fs_base",
	within: map[regset.Note]regset.Note{regset.NotePRFPReg: regset.NoteXState}, // xfpregs_get copies from there
}

// The C library of 32-bit programs has the thread pointer in the first of the
// three TLS descriptors.
var i386Machine = &machine{
	architecture: "i386", triple: "i386-pc-linux-gnu",
	features: x86Features, assumed: x86Assumed,
	order: map[string][]string{x86Core: append([]string{
		"eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi", "eip", "eflags"}, x86Float...)},
	expedited: []string{"ebp", "esp", "eip"},
	width:     x86Width, types: x86Types,
	generic:    map[string]string{"eip": "pc", "esp": "sp", "ebp": "fp", "eflags": "flags"},
	watchAfter: true, threadPointer: "tls0_base",
	within: map[regset.Note]regset.Note{regset.NotePRXFPReg: regset.NoteXState},
}

// x86Width: in the core feature these have 32 bits in either size.
func x86Width(r *regset.Register) int {
	switch {
	case r.Feature != x86Core && r.Name != "mxcsr":
	case r.Name == "eflags" || len(r.Name) == 2 && r.Name[1] == 's' || r.Group == regset.Float && r.Type != regset.Float80:
		return 4
	}
	return 0
}

var x86Types = map[string]string{
	x86Core: flagsType("i386_eflags", map[int]string{
		0: "CF", 1: "", 2: "PF", 4: "AF", 6: "ZF", 7: "SF", 8: "TF", 9: "IF", 10: "DF", 11: "OF",
		14: "NT", 16: "RF", 17: "VM", 18: "AC", 19: "VIF", 20: "VIP", 21: "ID",
	}),
	x86SSE: vec128 + flagsType("i386_mxcsr", map[int]string{
		0: "IE", 1: "DE", 2: "ZE", 3: "OE", 4: "UE", 5: "PE", 6: "DAZ",
		7: "IM", 8: "DM", 9: "ZM", 10: "OM", 11: "UM", 12: "PM", 15: "FZ",
	}),
	x86AVX512: vec128 + "<vector id=\"v2ui128\" type=\"uint128\" count=\"2\"/>\n",
}

// rank brings registers of one kind together: the sets of extended state have all
// parts of one vector register side by side.
func rank(r *regset.Register) int {
	switch {
	case r.Name == "mxcsr":
		return 1 << 8
	case r.Type == regset.Vector && r.Name[0] == 'x':
		return 0
	case r.Type == regset.Vector && r.Name[0] == 'y':
		return 1
	case r.Name[0] == 'k':
		return 2
	}
	return 3
}

// fullTag makes the tag word of the x87 of the one that FXSAVE keeps, which has a
// bit for each register that is not empty (Intel's manual, volume 1, "FXSAVE").
func fullTag(abridged byte, area []byte) (tag uint16) {
	const (
		valid, zero, special, empty = 0, 1, 2, 3

		statusAt, registersAt = 2, 32
	)
	top := int(area[statusAt+1]>>3) & 7
	for i := range 8 {
		kind := uint16(empty)
		if abridged&(1<<i) != 0 {
			st := area[registersAt+16*((i-top)&7):][:10]
			exponent := uint16(st[8]) | uint16(st[9]&0x7f)<<8
			fraction := slices.ContainsFunc(st[:8], func(b byte) bool { return b != 0 })
			switch {
			case exponent == 0x7fff:
				kind = special
			case exponent == 0 && !fraction:
				kind = zero
			case exponent != 0 && st[7]&0x80 != 0:
				kind = valid
			default:
				kind = special
			}
		}
		tag |= kind << (2 * i)
	}
	return tag
}

func abridgedTag(tag uint16) (abridged byte) {
	for i := range 8 {
		if tag>>(2*i)&3 != 3 {
			abridged |= 1 << i
		}
	}
	return abridged
}
