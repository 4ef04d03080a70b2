//go:build linux && (amd64 || 386)

package displace_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"github.com/utrace/utrace/breakpoint/displace"
	"github.com/utrace/utrace/internal/scale"
)

// seed is UTRACE_TEST_SEED, or a new one.
func seed(t *testing.T) uint64 {
	s := rand.Uint64()
	if v, err := strconv.ParseUint(os.Getenv("UTRACE_TEST_SEED"), 0, 64); err == nil {
		s = v
	}
	t.Logf("UTRACE_TEST_SEED=%d", s)
	return s
}

// generator makes up instructions.
type generator struct {
	*rand.Rand
	mode displace.Mode
}

// oneOf is true once in n.
func (g *generator) oneOf(n int) bool { return g.IntN(n) == 0 }

// insn is an instruction that can be displaced, executed safely and gives the
// same whenever it is executed.
func (g *generator) insn() []byte {
	for {
		code := g.bytes()
		in, err := displace.Decode(code, g.mode)
		if err != nil {
			continue
		}
		if _, err := in.Form(code); err != nil {
			continue
		}
		code = code[:in.Len]
		if !unfit(code, g.mode) {
			return code
		}
	}
}

// bytes begin with an instruction, more often than not.
func (g *generator) bytes() (b []byte) {
	for _, p := range []byte{0x66, 0x67, 0xf2, 0xf3, 0xf0, 0x2e, 0x3e} {
		if g.oneOf(12) {
			b = append(b, p)
		}
	}
	vector := g.oneOf(5)
	if vector {
		b = b[:0]
	}
	if g.mode == displace.X86_64 && g.oneOf(2) && !vector {
		b = append(b, 0x40|byte(g.IntN(16)))
	}
	op := byte(g.Uint32())
	switch n := g.IntN(10); {
	case vector && n < 2:
		b = append(b, 0xc5, byte(g.Uint32())|0xc0, op)
	case vector && n < 7:
		b = append(b, 0xc4, 0xe1+byte(g.IntN(3)), byte(g.Uint32()), op)
	case vector:
		b = append(b, 0x62, 0xf1+byte(g.IntN(3)), byte(g.Uint32())|4, byte(g.Uint32())&0x6f|8, op)
	case n < 5:
		b = append(b, op)
	case n < 8:
		b = append(b, 0x0f, op)
	case n < 9:
		b = append(b, 0x0f, 0x38, op)
	default:
		b = append(b, 0x0f, 0x3a, op)
	}
	switch modrm := byte(g.Uint32()); {
	case g.oneOf(3): // relative, or absolute in 32-bit mode
		b = append(b, modrm&0x38|5)
		at := int32(dataPage + g.IntN(dataSize/64-1)*64)
		if g.mode == displace.X86_64 {
			at -= home + int32(len(b)) + 4
		}
		b = binary.LittleEndian.AppendUint32(b, uint32(at))
	case g.oneOf(2):
		b = append(b, modrm&0x3f, byte(g.Uint32()))
	default:
		b = append(b, modrm)
	}
	for range 9 {
		b = append(b, byte(g.IntN(128)))
	}
	return b
}

// unfit says which instructions the sample leaves out: system calls, which
// would do something; what depends on time or place anyway; what would come
// back by an int3 of its own, or would never come back.
func unfit(code []byte, mode displace.Mode) bool {
	var p int
	for p < len(code) {
		switch b := code[p]; {
		case b == 0x66, b == 0x67, b == 0xf0, b == 0xf2, b == 0xf3,
			b == 0x26, b == 0x2e, b == 0x36, b == 0x3e, b == 0x64, b == 0x65,
			mode == displace.X86_64 && b&0xf0 == 0x40:
			p++
			continue
		}
		break
	}
	if p == len(code)-1 {
		return code[p] == 0xcc || loadsSegment(code[p], 0, mode)
	}
	op, next := code[p], code[p+1]
	if loadsSegment(op, next, mode) {
		return true
	}
	switch op {
	case 0xcc, 0xcd: // int3, int
		return true
	case 0xeb, 0xe0, 0xe1, 0xe2, 0xe3:
		return backInto(code)
	}
	if op&0xf0 == 0x70 {
		return backInto(code)
	}
	if op != 0x0f {
		return false
	}
	switch next {
	case 0x05, 0x34, 0x31, 0x33, 0xa2: // syscall, sysenter, rdtsc, rdpmc, cpuid
		return true
	case 0x01: // virtual machines, rdtscp, mwait and others
		return len(code) > p+2 && code[p+2] >= 0xc0
	case 0xc7: // rdrand, rdseed, rdpid
		return len(code) > p+2 && code[p+2] >= 0xf0
	}
	return false
}

// loadsSegment: code may load a null selector of any privilege level, but a
// tracer may write only those of level 3 (EIO, invalid_selector in
// arch/x86/kernel/ptrace.c), so that the rig could not write registers back.
func loadsSegment(op, next byte, mode displace.Mode) bool {
	switch op {
	case 0x8e:
		return true
	case 0x07, 0x17, 0x1f:
		return mode == displace.I386
	case 0xc4, 0xc5: // otherwise VEX
		return mode == displace.I386 && next < 0xc0
	case 0x0f:
		return next == 0xa1 || next == 0xa9 || next == 0xb2 || next == 0xb4 || next == 0xb5
	}
	return false
}

// backInto: a short branch that leads into itself.
func backInto(code []byte) bool {
	rel := int(int8(code[len(code)-1]))
	return rel < 0 && rel >= -len(code)
}

// TestSample executes a large sample of instructions.
func TestSample(t *testing.T) {
	for _, mode := range []displace.Mode{displace.X86_64, displace.I386} {
		t.Run(mode.String(), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed(t), uint64(mode)))
			g := generator{rng, mode}
			r := newRig(t, mode)
			n, done, relative := scale.Rounds(10000), 0, 0
			for i := range n {
				code := g.insn()
				from := r.start(rng, code)
				repeats := rng.Uint64N(20)
				r.set(from.gpr, r.name("cx"), repeats) // of string instructions
				in, err := displace.Decode(code, mode)
				if err != nil {
					t.Fatal(err)
				}
				if r.check(fmt.Sprintf("sample %d", i), from, code).done {
					if done++; in.RelativeOperand() {
						relative++
					}
				}
			}
			t.Logf("%d instructions, %d executed, %d with a relative operand", n, done, relative)
			if done < n/3 || mode == displace.X86_64 && relative < n/20 {
				t.Errorf("the sample is not what it should be")
			}
		})
	}
}

// TestBarred: what cannot be displaced says so.
func TestBarred(t *testing.T) {
	for _, c := range []struct {
		mode displace.Mode
		code []byte
	}{
		{displace.I386, []byte{0x9a, 0, 0, 0, 0, 0x23, 0}},
		{displace.I386, []byte{0xea, 0, 0, 0, 0, 0x23, 0}},
		{displace.X86_64, []byte{0xcb}},
		{displace.X86_64, []byte{0xca, 8, 0}},
		{displace.X86_64, []byte{0x48, 0xcf}},
		{displace.X86_64, []byte{0xff, 0x19}},
		{displace.X86_64, []byte{0xff, 0x29}},
		{displace.X86_64, []byte{0xf1}},
		{displace.X86_64, []byte{0x66, 0x74, 0}},
		{displace.I386, []byte{0x66, 0xe8, 0, 0}},
		{displace.I386, []byte{0x66, 0xff, 0xd0}},
		{displace.X86_64, []byte{0x66, 0xc7, 0xf8, 0, 0}},
	} {
		if step, err := displace.Plan(c.code, c.mode, home, nearSlot); !errors.Is(err, displace.ErrBarred) {
			t.Errorf("%v %x: %v, %v", c.mode, c.code, step.Form(), err)
		}
	}
}
