package regset

import (
	"encoding/binary"
	"slices"
	"testing"
)

// What assemblers make of the sequences of C compilers and of the kernel's documents.
func TestAtomicEnds(t *testing.T) {
	const pc = 0x1000
	for _, c := range []struct {
		name string
		abi  Atomic
		code []uint32
		want []uint64
	}{
		{"lwarx; add; stwcx.; bne-", ppc64leABI, []uint32{0x7d201828, 0x7d295214, 0x7d20192d, 0x40c2fff4}, []uint64{pc + 12}},
		{"ldarx; cmpd; bne out; stdcx.; bne-", ppc64leABI, []uint32{0x7d2018a8, 0x7c295000, 0x4082000c, 0x7d0019ad, 0x40c2fff0},
			[]uint64{pc + 20, pc + 16}},
		{"lbarx; beq to the load; stbcx.", ppc64leABI, []uint32{0x7d201868, 0x4182fffc, 0x7d201d6d}, []uint64{pc + 12}},
		{"lwarx; bl; stwcx.", ppc64leABI, []uint32{0x7d201828, 0x48000011, 0x7d20192d}, nil},
		{"lwarx; blr", ppc64leABI, []uint32{0x7d201828, 0x4e800020, 0x7d20192d}, nil},
		{"lwz; stwcx.", ppc64leABI, []uint32{0x81230000, 0x7d20192d}, nil},
		{"lwarx; lwarx; stwcx.", ppc64leABI, []uint32{0x7d201828, 0x7d201828, 0x7d20192d}, nil},
		{"lwarx and its end out of sight", ppc64leABI, []uint32{0x7d201828, 0x7d295214}, nil},
		{"ldaxr; cmp; b.ne out; stlxr; cbnz", arm64ABI, []uint32{0x885ffc02, 0x6b01005f, 0x54000061, 0x8803fc04, 0x35ffff83},
			[]uint64{pc + 20, pc + 16}},
		{"ldxp; stxp", arm64ABI, []uint32{0xc87f0c02, 0xc8240c02}, []uint64{pc + 8}},
		{"ldxr; ret; stxr", arm64ABI, []uint32{0xc85f7c02, 0xd65f03c0, 0xc8037c02}, nil},
		{"casal", arm64ABI, []uint32{0x88e0fc41, 0xc8037c02}, nil},
		{"caspal", arm64ABI, []uint32{0x4860fc82, 0xc8037c02}, nil},
		{"ldar", arm64ABI, []uint32{0x88dffc02, 0xc8037c02}, nil},
	} {
		var code []byte
		for _, word := range c.code {
			code = binary.LittleEndian.AppendUint32(code, word)
		}
		got := c.abi.AtomicEnds(append(code, 1, 2), pc)
		slices.Sort(got)
		slices.Sort(c.want)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %#x, want %#x", c.name, got, c.want)
		}
	}
}
