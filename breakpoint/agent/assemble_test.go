package agent_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/utrace/utrace/breakpoint/agent"
)

// numbers are the bytecodes, as gdb's disassembler calls them.
var numbers = map[string]byte{
	"float": 0x01, "add": 0x02, "sub": 0x03, "mul": 0x04, "div_signed": 0x05, "div_unsigned": 0x06,
	"rem_signed": 0x07, "rem_unsigned": 0x08, "lsh": 0x09, "rsh_signed": 0x0a, "rsh_unsigned": 0x0b,
	"trace": 0x0c, "trace_quick": 0x0d, "log_not": 0x0e, "bit_and": 0x0f, "bit_or": 0x10, "bit_xor": 0x11,
	"bit_not": 0x12, "equal": 0x13, "less_signed": 0x14, "less_unsigned": 0x15, "ext": 0x16, "ref8": 0x17,
	"ref16": 0x18, "ref32": 0x19, "ref64": 0x1a, "ref_float": 0x1b, "ref_double": 0x1c, "ref_long_double": 0x1d,
	"l_to_d": 0x1e, "d_to_l": 0x1f, "if_goto": 0x20, "goto": 0x21, "const8": 0x22, "const16": 0x23,
	"const32": 0x24, "const64": 0x25, "reg": 0x26, "end": 0x27, "dup": 0x28, "pop": 0x29, "zero_ext": 0x2a,
	"swap": 0x2b, "getv": 0x2c, "setv": 0x2d, "tracev": 0x2e, "tracenz": 0x2f, "trace16": 0x30, "pick": 0x32,
	"rot": 0x33, "printf": 0x34,
}

// operandSize is how long the operands are.
func operandSize(name string) int {
	switch name {
	case "const8", "ext", "zero_ext", "pick", "trace_quick":
		return 1
	case "const16", "reg", "goto", "if_goto", "getv", "setv", "tracev", "trace16":
		return 2
	case "const32":
		return 4
	case "const64":
		return 8
	}
	return 0
}

// assemble makes code of a line such as "const8 2; add; end". The argument of
// printf is quoted and followed by the number of values: printf "%d" 1.
func assemble(t testing.TB, text string) (code []byte) {
	t.Helper()
	for insn := range strings.SplitSeq(text, "; ") {
		name, rest, _ := strings.Cut(strings.TrimSpace(insn), " ")
		op, ok := numbers[name]
		if !ok {
			t.Fatalf("no bytecode %q", name)
		}
		code = append(code, op)
		if name == "printf" {
			quoted, err := strconv.QuotedPrefix(rest)
			if err != nil {
				t.Fatal(err)
			}
			format, _ := strconv.Unquote(quoted)
			var n int
			fmt.Sscan(rest[len(quoted):], &n)
			code = binary.BigEndian.AppendUint16(append(code, byte(n)), uint16(len(format)+1))
			code = append(append(code, format...), 0)
			continue
		}
		if n := operandSize(name); n != 0 {
			v, err := strconv.ParseUint(strings.TrimSpace(rest), 0, 64)
			if err != nil {
				t.Fatalf("%s: %v", insn, err)
			}
			code = append(code, binary.BigEndian.AppendUint64(nil, v)[8-n:]...)
		}
	}
	return code
}

// machine has memory in pieces, and registers.
type machine struct {
	memory    map[uint64][]byte
	registers map[int]uint64
}

func (m machine) ReadMemory(addr uint64, p []byte) (int, error) {
	for at, piece := range m.memory {
		if addr >= at && addr < at+uint64(len(piece)) {
			if n := copy(p, piece[addr-at:]); n < len(p) {
				return n, errors.New("end of memory")
			}
			return len(p), nil
		}
	}
	return 0, errors.New("no memory")
}

func (m machine) ReadRegister(number int) (uint64, error) {
	if v, ok := m.registers[number]; ok {
		return v, nil
	}
	return 0, agent.ErrRegister
}
