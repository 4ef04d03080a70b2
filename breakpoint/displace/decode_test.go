//go:build linux && (amd64 || 386)

package displace_test

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"golang.org/x/arch/x86/x86asm"

	"github.com/utrace/utrace/breakpoint/displace"
	"github.com/utrace/utrace/internal/scale"
)

//go:generate go run ./gen testdata/lengths.txt

// TestLengths compares with objdump on samples of all maps and encodings.
func TestLengths(t *testing.T) {
	f, err := os.Open("testdata/lengths.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n := 0
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		var bits, want int
		var digits string
		if _, err := fmt.Sscan(lines.Text(), &bits, &digits, &want); err != nil {
			t.Fatal(err)
		}
		code, err := hex.DecodeString(digits)
		if err != nil {
			t.Fatal(err)
		}
		mode := displace.X86_64
		if bits == 32 {
			mode = displace.I386
		}
		n++
		if in, err := displace.Decode(code, mode); err != nil || in.Len != want {
			t.Errorf("%v %s: %d, %v; objdump: %d", mode, digits, in.Len, err, want)
		}
	}
	if n < 1000 {
		t.Errorf("only %d samples", n)
	}
}

// TestLengthsRandom compares with package x86asm, which knows the older instructions well.
func TestLengthsRandom(t *testing.T) {
	rng := rand.New(rand.NewPCG(seed(t), 0))
	for range scale.Rounds(200000) {
		code := make([]byte, 20)
		for i := range code {
			code[i] = byte(rng.Uint32())
		}
		for mode, bits := range map[displace.Mode]int{displace.X86_64: 64, displace.I386: 32} {
			want, err := x86asm.Decode(code, bits)
			if err != nil || disputed(&want, mode) {
				continue
			}
			in, err := displace.Decode(code, mode)
			if err != nil || in.Len != want.Len {
				t.Errorf("%v %x: %d, %v; x86asm: %d (%v)", mode, code, in.Len, err, want.Len, want)
			}
		}
	}
}

// disputed says where x86asm knows less than objdump: prefixes alone, VEX and
// EVEX, moves of control registers, whose mod field has no meaning, and
// branches with an operand size prefix.
func disputed(want *x86asm.Inst, mode displace.Mode) bool {
	if want.Op == 0 || want.Opcode>>16 >= 0x0f20 && want.Opcode>>16 <= 0x0f27 {
		return true
	}
	size := false
	for _, p := range want.Prefix {
		switch p & 0xff {
		case 0x62, 0xc4, 0xc5:
			return true
		case 0x66:
			size = true
		}
	}
	return size && want.PCRel != 0 && mode == displace.X86_64
}

// TestShort: a prefix of an instruction is never taken for one.
func TestShort(t *testing.T) {
	for _, digits := range []string{"0f38f11425ffffff7f", "48b81122334455667788", "c4e2c0f235f7170000", "666648e800010000", "c7f800010000", "66f30f78c00102"} {
		code, err := hex.DecodeString(digits)
		if err != nil {
			t.Fatal(err)
		}
		for n := range code {
			if in, err := displace.Decode(code[:n], displace.X86_64); !errors.Is(err, displace.ErrShort) {
				t.Errorf("%x: %d, %v", code[:n], in.Len, err)
			}
		}
	}
	long := append([]byte(strings.Repeat("\x66", 15)), 0x90)
	if in, err := displace.Decode(long, displace.X86_64); !errors.Is(err, displace.ErrUnknown) {
		t.Errorf("16 bytes: %d, %v", in.Len, err)
	}
}

// FuzzPlan: whatever the bytes are, there is a plan or an error, and a plan
// keeps to its slot.
func FuzzPlan(f *testing.F) {
	for _, digits := range []string{"90", "e800000000", "488b05f9170000", "c4e2c0f235f7170000", "62f17c481005f6170000", "8fe97812c0", "0f05"} {
		code, err := hex.DecodeString(digits)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(code, false, uint64(0x401000), uint64(0x7fff00000000))
		f.Add(code, true, uint64(0x8048000), uint64(0xf7f00000))
	}
	f.Fuzz(func(t *testing.T, code []byte, i386 bool, addr, slot uint64) {
		mode := displace.X86_64
		if i386 {
			mode = displace.I386
		}
		step, err := displace.Plan(code, mode, addr, slot)
		if err != nil {
			if !errors.Is(err, displace.ErrBarred) && !errors.Is(err, displace.ErrUnknown) && !errors.Is(err, displace.ErrShort) {
				t.Errorf("unexpected error %v", err)
			}
			return
		}
		if n := step.Insn().Len; n < 1 || n > displace.MaxLen || n > len(code) {
			t.Errorf("%x: length %d", code, n)
		}
		moved, err := displace.Decode(step.Code(), mode)
		if err != nil || moved.Len != step.Insn().Len {
			t.Errorf("%x became %x: length %d, %v", code, step.Code(), moved.Len, err)
		}
	})
}
