package agent_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/utrace/utrace/breakpoint/agent"
)

var small = machine{
	memory:    map[uint64][]byte{0x1000: []byte("\x81\x82\x83\x84\x85\x86\x87\x88hello\x00")},
	registers: map[int]uint64{0: 7, 16: 0x401000},
}

func neg(v int64) uint64 { return uint64(v) }

func TestBytecodes(t *testing.T) {
	for _, c := range []struct {
		code string
		want uint64
	}{
		{"const8 255; end", 255},
		{"const16 0x1234; end", 0x1234},
		{"const32 0xdeadbeef; end", 0xdeadbeef},
		{"const64 0xfedcba9876543210; end", 0xfedcba9876543210},
		{"const8 5; const8 3; add; end", 8},
		{"const8 3; const8 5; sub; end", neg(-2)},
		{"const8 3; const8 5; mul; end", 15},
		{"const8 7; const8 2; div_signed; end", 3},
		{"const8 249; ext 8; const8 2; div_signed; end", neg(-3)},
		{"const8 249; ext 8; const8 2; div_unsigned; end", (math.MaxUint64 - 6) / 2},
		{"const8 249; ext 8; const8 2; rem_signed; end", neg(-1)},
		{"const8 249; const8 4; rem_unsigned; end", 1},
		{"const64 0x8000000000000000; const8 255; ext 8; div_signed; end", 1 << 63},
		{"const64 0x8000000000000000; const8 255; ext 8; rem_signed; end", 0},
		{"const8 3; const8 4; lsh; end", 48},
		{"const8 3; const8 64; lsh; end", 0},
		{"const8 128; ext 8; const8 4; rsh_signed; end", neg(-8)},
		{"const8 128; ext 8; const8 60; rsh_unsigned; end", 15},
		{"const8 0; log_not; end", 1},
		{"const8 9; log_not; end", 0},
		{"const8 12; const8 10; bit_and; end", 8},
		{"const8 12; const8 10; bit_or; end", 14},
		{"const8 12; const8 10; bit_xor; end", 6},
		{"const8 0; bit_not; end", math.MaxUint64},
		{"const8 9; const8 9; equal; end", 1},
		{"const8 9; const8 8; equal; end", 0},
		{"const8 255; ext 8; const8 1; less_signed; end", 1},
		{"const8 255; ext 8; const8 1; less_unsigned; end", 0},
		{"const8 128; ext 8; end", neg(-128)},
		{"const16 0x8080; zero_ext 8; end", 0x80},
		{"const8 255; ext 8; zero_ext 64; end", math.MaxUint64},
		{"const8 255; ext 64; end", 255},
		{"const16 0x1000; ref8; end", 0x81},
		{"const16 0x1000; ref16; end", 0x8281},
		{"const16 0x1000; ref32; end", 0x84838281},
		{"const16 0x1000; ref64; end", 0x8887868584838281},
		{"reg 16; end", 0x401000},
		{"const8 4; dup; mul; end", 16},
		{"const8 4; const8 5; pop; end", 4},
		{"const8 4; const8 5; swap; sub; end", 1},
		{"const8 4; const8 5; const8 6; pick 2; end", 4},
		{"const8 4; pick 0; add; end", 8},
		{"const8 1; const8 2; const8 3; rot; end", 2},
		{"const8 1; const8 2; const8 3; rot; pop; end", 1},
		{"const8 1; const8 2; const8 3; rot; pop; pop; end", 3},
		{"goto 5; const8 1; const8 2; end", 2},
		{"const8 1; if_goto 7; const8 9; const8 2; end", 2},
		{"const8 0; if_goto 8; const8 9; end; const8 2; end", 9},
		{"end", 0},
	} {
		p, err := agent.Parse(assemble(t, c.code))
		if err != nil {
			t.Errorf("%s: %v", c.code, err)
			continue
		}
		if got, err := p.Eval(small, nil); got != c.want || err != nil {
			t.Errorf("%s: %#x, %v, want %#x", c.code, got, err, c.want)
		}
	}
}

// A program that fails says where and why.
func TestFailures(t *testing.T) {
	for _, c := range []struct {
		code string
		want error
	}{
		{"add; end", agent.ErrStack},
		{"const8 1; add; end", agent.ErrStack},
		{"const8 1; pick 1; end", agent.ErrStack},
		{"const8 1; goto 0", agent.ErrStack}, // too much
		{"goto 0", agent.ErrSteps},
		{"const8 1; const8 0; div_signed; end", agent.ErrDivision},
		{"const8 1; const8 0; rem_unsigned; end", agent.ErrDivision},
		{"const8 1; ref8; end", agent.ErrMemory},
		{"const16 0x100c; ref32; end", agent.ErrMemory},
		{"reg 99; end", agent.ErrRegister},
		{`const8 1; const8 0; const8 0; printf "%d" 1; end`, agent.ErrPrint}, // nowhere to
		{`const8 0; const8 0; printf "%d" 1; end`, agent.ErrStack},
	} {
		p, err := agent.Parse(assemble(t, c.code))
		if err != nil {
			t.Errorf("%s: %v", c.code, err)
			continue
		}
		var where *agent.Error
		if _, err := p.Eval(small, nil); !errors.Is(err, c.want) || !errors.As(err, &where) {
			t.Errorf("%s: %v, want %v", c.code, err, c.want)
		}
	}
}

// What cannot be evaluated is not begun.
func TestParse(t *testing.T) {
	refused := []string{
		"trace", "trace_quick 4", "tracev 1", "tracenz", "trace16 300", "getv 1", "setv 1",
		"float", "ref_float", "ref_double", "ref_long_double", "l_to_d", "d_to_l",
	}
	for _, code := range refused {
		_, err := agent.Parse(append(assemble(t, code), 0x27))
		name, _, _ := strings.Cut(code, " ")
		if !errors.Is(err, agent.ErrRefused) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", code, err)
		}
	}
	for _, code := range [][]byte{
		nil, {0}, {0x31, 0x27}, {0x35}, {0xff, 0x27}, // no bytecodes
		{0x22}, {0x25, 1, 2}, {0x34, 0}, // cut off
		{0x22, 1}, {0x20, 0, 0}, {0x28}, // no end
		{0x21, 0, 1}, {0x21, 0, 9}, {0x22, 1, 0x20, 0, 1, 0x27}, // jumps into the middle of things
		{0x34, 0, 0, 2, 'x', 'y', 0x27}, {0x34, 1, 0, 2, 'x', 0, 0x27}, {0x34, 1, 0, 3, '%', 'n', 0, 0x27},
		make([]byte, agent.MaxCode+1),
	} {
		if _, err := agent.Parse(code); !errors.Is(err, agent.ErrCode) {
			t.Errorf("% x: %v, want ErrCode", code[:min(len(code), 16)], err)
		}
	}
}

// printf prints as C's does.
func TestPrintf(t *testing.T) {
	const ends = "; const8 0; const8 0; "
	for _, c := range []struct{ code, want string }{
		{ends + `printf "plain %%\n" 0; end`, "plain %\n"},
		{"const8 255; ext 8" + ends + `printf "%d|" 1; end`, "-1|"},
		{"const8 255; ext 8" + ends + `printf "%u" 1; end`, "4294967295"},
		{"const8 255; ext 8" + ends + `printf "%lu" 1; end`, "18446744073709551615"},
		{"const8 255; ext 8" + ends + `printf "%hhx" 1; end`, "ff"},
		{"const16 300" + ends + `printf "%hhd" 1; end`, "44"},
		{"const64 0x100000007" + ends + `printf "%d" 1; end`, "7"},
		{"const64 0x100000007" + ends + `printf "%#lx" 1; end`, "0x100000007"},
		{"const8 42" + ends + `printf "%5d" 1; end`, "   42"},
		{"const8 42" + ends + `printf "%-5d|%05o" 2; end`, ""},
		{"const8 8; const8 42" + ends + `printf "%-5d|%05o" 2; end`, "42   |00010"},
		{"const8 65" + ends + `printf "<%c>" 1; end`, "<A>"},
		{"const16 0x1000" + ends + `printf "%p" 1; end`, "0x1000"},
		{"const16 0x1008" + ends + `printf "%s %.2s." 2; end`, ""},
		{"const16 0x1008; dup" + ends + `printf "%s %.2s." 2; end`, "hello he."},
		{"const8 2; const8 1" + ends + `printf "%d %d" 2; end`, "1 2"}, // gdb pushes the first last
	} {
		p, err := agent.Parse(assemble(t, strings.TrimPrefix(c.code, "; ")))
		if err != nil {
			t.Errorf("%s: %v", c.code, err)
			continue
		}
		var out strings.Builder
		_, err = p.Eval(small, &out)
		if out.String() != c.want || (err != nil) != (c.want == "") {
			t.Errorf("%s: %q, %v, want %q", c.code, out.String(), err, c.want)
		}
	}
}

// Evaluating a condition does not allocate.
func TestEvalAllocatesNothing(t *testing.T) {
	p, err := agent.Parse(assemble(t, "reg 0; const16 0x1000; ref32; add; const8 3; less_unsigned; log_not; end"))
	if err != nil {
		t.Fatal(err)
	}
	var m agent.Machine = small
	if n := testing.AllocsPerRun(100, func() { p.Eval(m, nil) }); n >= 1 {
		t.Errorf("%v allocations", n)
	}
}

// FuzzEval: no bytes do harm.
func FuzzEval(f *testing.F) {
	for _, code := range []string{
		"const8 1; reg 0; add; const16 0x1000; ref8; less_signed; end",
		"const8 0; if_goto 8; const8 9; end; const8 2; end",
		`const16 0x1008; const8 5; const8 0; const8 0; printf "%d %s" 2; end`,
		"const8 1; goto 0",
	} {
		f.Add(assemble(f, code))
	}
	f.Fuzz(func(t *testing.T, code []byte) {
		p, err := agent.Parse(code)
		if err != nil {
			if !errors.Is(err, agent.ErrCode) && !errors.Is(err, agent.ErrRefused) {
				t.Errorf("%x: %v", code, err)
			}
			return
		}
		var out strings.Builder
		if _, err := p.Eval(small, &out); err != nil && !errors.As(err, new(*agent.Error)) {
			t.Errorf("%x: %v", code, err)
		}
	})
}

// BenchmarkEval is a condition of two comparisons: ($rdi & 4) != 0 && x > 3.
func BenchmarkEval(b *testing.B) {
	p, err := agent.Parse(assemble(b, "reg 0; const8 4; bit_and; log_not; if_goto 21; const16 0x1000; ref32; ext 32; const8 3; swap; less_signed; end; const8 0; end"))
	if err != nil {
		b.Fatal(err)
	}
	var m agent.Machine = small
	for b.Loop() {
		if _, err := p.Eval(m, nil); err != nil {
			b.Fatal(err)
		}
	}
}
