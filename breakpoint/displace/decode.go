package displace

import (
	"errors"
	"fmt"
	"strings"
)

// Mode is the mode of the processor that the code is for.
type Mode uint8

// The modes. 64-bit code of 32-bit pointers (x32) is X86_64.
const (
	X86_64 Mode = iota
	I386
)

func (m Mode) String() string {
	if m == I386 {
		return "i386"
	}
	return "x86_64"
}

// MaxLen is the length of the longest instruction.
const MaxLen = 15

// Errors of Decode.
var (
	// ErrShort: the instruction goes on behind the bytes that were given.
	ErrShort = errors.New("instruction is cut off")
	// ErrUnknown: not an instruction, or not one that this package knows.
	ErrUnknown = errors.New("unknown instruction")
)

// Insn is a decoded instruction: where its parts are.
type Insn struct {
	// Len is its length in bytes, 1 to MaxLen.
	Len int

	mode     Mode
	encoding encoding
	prefixes prefixes
	rex      int   // offset of the REX prefix, or -1
	vex      int   // offset of the first byte of VEX, EVEX or XOP
	space    uint8 // the map: 0 primary, 1 behind 0F, 2 behind 0F 38, 3 behind 0F 3A
	opcode   byte
	modrm    int // offset of ModRM, or 0
	disp     int // offset of a displacement of 32 bits from the program counter, or 0
	rel      int // offset of a branch's displacement, or 0
	relSize  int
}

// encoding is how the opcode is given.
type encoding uint8

const (
	legacy encoding = iota
	vex2
	vex3
	evex
	xop
)

// prefixes is a set of prefixes that change what an instruction is.
type prefixes uint8

const (
	operandSize prefixes = 1 << iota // 66
	addressSize                      // 67
	repeatNot                        // F2
	repeat                           // F3
	lock                             // F0
	rexW                             // REX.W
)

func (p prefixes) has(x prefixes) bool { return p&x != 0 }

// reader takes the bytes of an instruction one after the other.
type reader struct {
	code []byte
	at   int
	err  error
}

// skip passes over n bytes.
func (r *reader) skip(n int) {
	switch r.at += n; {
	case r.err != nil || r.at <= len(r.code) && r.at <= MaxLen:
	case r.at > MaxLen:
		r.err = fmt.Errorf("%w: longer than %d bytes", ErrUnknown, MaxLen)
	default:
		r.err = ErrShort
	}
}

// next takes a byte; 0 if there is none.
func (r *reader) next() byte {
	if r.skip(1); r.err != nil {
		return 0
	}
	return r.code[r.at-1]
}

// peek looks at the next byte, which stays.
func (r *reader) peek() byte {
	b := r.next()
	r.at--
	return b
}

// Decode decodes the instruction that code begins with. An instruction that the
// processor would refuse may be decoded nevertheless.
func Decode(code []byte, mode Mode) (Insn, error) {
	in := Insn{mode: mode, rex: -1}
	r := reader{code: code}
	in.opcode = in.readPrefixes(&r)
	shape := oneByte[in.opcode]
	switch {
	case in.isVector(&r, shape):
		shape = in.readVector(&r)
	case shape == 'X':
		shape = 'm'
	case shape == 'V' || shape == 'E': // LES, LDS, BOUND
		shape = 'm'
	case in.opcode == 0x0f:
		shape = in.readEscape(&r)
	}
	in.readOperands(&r, shape)
	if r.err != nil {
		return Insn{}, r.err
	}
	in.Len = r.at
	return in, nil
}

// readPrefixes reads up to the opcode, and that.
func (in *Insn) readPrefixes(r *reader) byte {
	for r.err == nil {
		b := r.next()
		if in.mode == X86_64 && b&0xf0 == 0x40 {
			in.rex = r.at - 1
			in.prefixes &^= rexW
			if b&8 != 0 {
				in.prefixes |= rexW
			}
			continue
		}
		switch b {
		case 0x66:
			in.prefixes |= operandSize
		case 0x67:
			in.prefixes |= addressSize
		case 0xf2:
			in.prefixes |= repeatNot
		case 0xf3:
			in.prefixes |= repeat
		case 0xf0:
			in.prefixes |= lock
		case 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65: // segments
		default:
			return b
		}
		// A REX prefix counts only right before the opcode.
		in.rex, in.prefixes = -1, in.prefixes&^rexW
	}
	return 0
}

// readEscape reads an opcode of a secondary map and gives its shape.
func (in *Insn) readEscape(r *reader) byte {
	in.space, in.opcode = 1, r.next()
	switch in.opcode {
	case 0x38:
		in.space, in.opcode = 2, r.next()
		return map38
	case 0x3a:
		in.space, in.opcode = 3, r.next()
		return map3A
	}
	return twoByte[in.opcode]
}

// isVector tells VEX, EVEX and XOP from the older instructions that begin with
// the same byte: those have operands in memory where in 32-bit mode a VEX says
// 11, and POP has 0 where XOP has a map from 8 on.
func (in *Insn) isVector(r *reader, shape byte) bool {
	switch shape {
	case 'V', 'E':
		return in.mode == X86_64 || r.peek() >= 0xc0
	case 'X':
		return r.peek()&0x1f >= 8
	}
	return false
}

// readVector reads the rest of a VEX, EVEX or XOP prefix and the opcode.
func (in *Insn) readVector(r *reader) byte {
	in.vex = r.at - 1
	if in.prefixes.has(operandSize|repeat|repeatNot|lock) || in.rex >= 0 {
		r.err = fmt.Errorf("%w: a prefix that does not go with VEX", ErrUnknown)
		return 'x'
	}
	switch p := r.next(); in.opcode {
	case 0xc5:
		in.encoding, in.space = vex2, 1
	case 0xc4:
		in.encoding, in.space = vex3, p&0x1f
		r.next()
	case 0x8f:
		in.encoding, in.space = xop, p&0x1f
		r.next()
	case 0x62:
		in.encoding, in.space = evex, p&7
		// The two fixed bits have another meaning with the extended registers
		// of APX, which are not known here.
		if q := r.next(); p&8 != 0 || q&4 == 0 {
			return 'x'
		}
		r.next()
	}
	in.opcode = r.next()
	return in.vectorShape()
}

// vectorShape is the shape of the opcode of a VEX, EVEX or XOP instruction.
func (in *Insn) vectorShape() byte {
	switch {
	case in.encoding == xop && in.space == 8:
		return 'B'
	case in.encoding == xop && in.space == 9:
		return 'm'
	case in.encoding == xop && in.space == 10:
		return 'Z' // always 32 bits: 66 is refused
	case in.encoding == xop:
		return 'x'
	case in.space == 1 && in.opcode == 0x77 && in.encoding != evex:
		return '.' // VZEROUPPER, VZEROALL
	case in.space == 1:
		switch shape := twoByte[in.opcode]; shape {
		case 'm', 'B':
			return shape
		case 'q', 'x':
			return 'm'
		}
	case in.space == 2:
		return map38
	case in.space == 3:
		return map3A
	case in.encoding == evex && (in.space == 5 || in.space == 6):
		return 'm'
	}
	return 'x'
}

// readOperands passes over what follows the opcode.
func (in *Insn) readOperands(r *reader, shape byte) {
	if i := strings.IndexByte("sSaF", shape); i >= 0 {
		if in.mode == X86_64 {
			shape = 'x'
		} else {
			shape = ".Bbf"[i]
		}
	}
	switch shape {
	case 'x', 'P':
		if r.err == nil {
			r.err = ErrUnknown
		}
	case 'm':
		in.readModRM(r)
	case 'c':
		in.modrm = r.at
		r.skip(1)
	case 'b':
		r.skip(1)
	case 'B':
		in.readModRM(r)
		r.skip(1)
	case 'w':
		r.skip(2)
	case 'e':
		r.skip(3)
	case 'z':
		r.skip(in.wordSize())
	case 'Z':
		in.readModRM(r)
		if in.opcode == 0xc7 && in.space == 0 && r.err == nil && r.code[in.modrm] == 0xf8 { // XBEGIN
			in.rel, in.relSize = r.at, in.wordSize()
		}
		r.skip(in.wordSize())
	case 'f':
		r.skip(in.wordSize() + 2)
	case 'v':
		if in.prefixes.has(rexW) {
			r.skip(8)
		} else {
			r.skip(in.wordSize())
		}
	case 'o':
		r.skip(in.addressSize())
	case 'q':
		in.readModRM(r)
		if in.prefixes.has(operandSize | repeatNot) {
			r.skip(2)
		}
	case 'g', 'G':
		in.readTest(r, shape)
	case 'j':
		in.rel, in.relSize = r.at, 1
		r.skip(1)
	case 'J':
		in.readBranch(r)
	}
}

// readTest reads the group of F6 and F7, where only TEST has an immediate.
func (in *Insn) readTest(r *reader, shape byte) {
	in.readModRM(r)
	if r.err != nil || r.code[in.modrm]>>3&7 > 1 {
		return
	}
	if shape == 'g' {
		r.skip(1)
	} else {
		r.skip(in.wordSize())
	}
}

// readBranch reads the displacement of a near branch. In 64-bit mode an operand
// size prefix makes it shorter for AMD's processors, and Intel's ignore it.
func (in *Insn) readBranch(r *reader) {
	if in.mode == X86_64 && in.wordSize() == 2 {
		if r.err == nil {
			r.err = fmt.Errorf("%w: the length of a branch with prefix 66 depends on the maker of the processor", ErrUnknown)
		}
		return
	}
	in.rel, in.relSize = r.at, in.wordSize()
	r.skip(in.relSize)
}

// wordSize is the size of an immediate operand of up to 32 bits.
func (in *Insn) wordSize() int {
	if in.prefixes.has(operandSize) && !in.prefixes.has(rexW) {
		return 2
	}
	return 4
}

// addressSize is the size of addresses.
func (in *Insn) addressSize() int {
	size := 8
	if in.mode == I386 {
		size = 4
	}
	if in.prefixes.has(addressSize) {
		size /= 2
	}
	return size
}

// readModRM reads ModRM, SIB and the displacement.
func (in *Insn) readModRM(r *reader) {
	in.modrm = r.at
	b := r.next()
	mod, rm := b>>6, b&7
	switch {
	case mod == 3:
	case in.addressSize() == 2:
		switch {
		case mod == 1:
			r.skip(1)
		case mod == 2 || rm == 6:
			r.skip(2)
		}
	default:
		base := rm
		if rm == 4 {
			base = r.next() & 7
		}
		switch {
		case mod == 1:
			r.skip(1)
		case mod == 2:
			r.skip(4)
		case base == 5:
			if rm == 5 && in.mode == X86_64 {
				in.disp = r.at
			}
			r.skip(4)
		}
	}
}
