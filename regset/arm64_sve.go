package regset

import "encoding/binary"

// The sets of scalable vectors begin with a struct user_sve_header or
// user_za_header, which are alike (asm/ptrace.h): how long the set is and how long
// it can become, the bytes of a vector and how many they can become, and flags.
const (
	sveSize   = 0 // where it is in the header
	sveLength = 8
	sveFlags  = 12
	sveHeader = 16
	sveWhole  = 1 // SVE_PT_REGS_SVE, in the flags: all registers, not those of FP/SIMD only
)

// Components of scalable state: the pieces of z and p count registers, and ffr is
// one more p.
const (
	sveZ = 2 + iota
	sveP
	smeZA
)

const (
	svePredicates = 17
	simdRegisters = 32
	simdSize      = 528 // struct user_fpsimd_state
	simdStatus    = 512 // where its fpsr and fpcr are

	longestVector = 8192 // SVE_VL_MAX in asm/sve_context.h
)

// scaled places a register whose size follows the vector length.
func (r Register) scaled(component, number int) Register {
	r.where = []piece{{component: component, offset: number}}
	return r
}

// sveRegisters has vectors, predicates, and the vector length in bytes, of which an
// 8th is gdb's vg.
func sveRegisters(prefix, length, feature string, z, p, ffr int) []Register {
	list := append(numbered(prefix+"z%d", 32, z, func(r Register) Register { return r.of(feature, VectorGroup).as(Vector) }),
		numbered(prefix+"p%d", 16, p, func(r Register) Register { return r.of(feature, VectorGroup).as(Vector) })...)
	list = append(list, named(prefix+"ffr", ffr).of(feature, VectorGroup).as(Vector))
	for i := range list {
		list[i] = list[i].scaled(sveZ+i/32, i%32)
	}
	return append(list, named(length, -1).of("", System).at(sveLength, 2))
}

// scalable is what the sets have in common.
type scalable struct{ plain }

// load: an older kernel does not say by the length of its answer how long the set
// is.
func (s scalable) load(t Transport, buf []byte) (int, error) {
	n, err := s.plain.load(t, buf)
	if err != nil || n < sveHeader {
		return n, err
	}
	return min(n, max(sveHeader, int(binary.LittleEndian.Uint32(buf[sveSize:])))), nil
}

func (scalable) locate(content []byte, p piece) (at, size int, err error) {
	if len(content) < sveHeader {
		return 0, 0, ErrAbsent
	}
	length := vectorLength(content)
	switch p.component {
	case sveZ:
		at, size = sveHeader+p.offset*length, length
	case sveP:
		at, size = sveHeader+simdRegisters*length+p.offset*length/8, length/8
	case smeZA:
		at, size = sveHeader, length*length
	default:
		return p.offset, p.size, nil
	}
	if len(content) == sveHeader || length < 16 {
		return 0, 0, ErrAbsent // the thread is not in the mode that this is about
	}
	return at, size, nil
}

func vectorLength(header []byte) int {
	return min(int(binary.LittleEndian.Uint16(header[sveLength:])), longestVector)
}

// sveLayout is where fpsr and fpcr are, and where the set ends (SVE_PT_SIZE).
func sveLayout(length int) (status, end int) {
	align := func(n int) int { return (n + 15) &^ 15 }
	status = align(sveHeader + simdRegisters*length + svePredicates*length/8)
	return status, align(status + 8)
}

// vectors is the access to NT_ARM_SVE, and with streaming to NT_ARM_SSVE. Of a
// thread that has not used SVE since its last system call the kernel gives the V
// registers only. The view has then what the thread would find: vectors with zeros
// behind those, and predicates of zeros.
type vectors struct {
	scalable
	streaming bool
}

func (v vectors) load(t Transport, buf []byte) (int, error) {
	n, err := v.scalable.load(t, buf)
	if err != nil || n < sveHeader || buf[sveFlags]&sveWhole != 0 {
		return n, err
	}
	if v.streaming || binary.LittleEndian.Uint32(buf[sveSize:]) <= sveHeader {
		return sveHeader, nil // the other mode is on
	}
	var simd [simdSize]byte
	copy(simd[:], buf[sveHeader:n])
	length := vectorLength(buf)
	status, end := sveLayout(length)
	n = min(end, len(buf))
	clear(buf[sveHeader:n])
	binary.LittleEndian.PutUint32(buf[sveSize:], uint32(end))
	buf[sveFlags] |= sveWhole
	for i := range simdRegisters {
		if at := sveHeader + i*length; at < n {
			copy(buf[at:n], simd[16*i:][:16])
		}
	}
	if status < n {
		copy(buf[status:n], simd[simdStatus:][:8])
	}
	return n, nil
}

// store writes the set as a whole: kernels do not agree on what becomes of the
// rest. Where it changes the vector length, nothing else is written, and the thread
// keeps what prctl(PR_SVE_SET_VL) would have left it: the V registers.
func (v vectors) store(t Transport, s *Set, pos int, buf []byte) error {
	content, err := s.content(t)
	if err != nil {
		return err
	}
	if pos+len(buf) > len(content) {
		return ErrRange
	}
	length := vectorLength(content)
	if pos != 0 || vectorLength(buf) == length {
		copy(content[pos:], buf)
		return t.WriteRegset(v.note, content)
	}
	status, end := sveLayout(length)
	if v.streaming || len(content) < end {
		return t.WriteRegset(v.note, buf[:sveHeader])
	}
	short := make([]byte, sveHeader+simdSize)
	copy(short, buf[:sveHeader])
	short[sveFlags] &^= sveWhole
	for i := range simdRegisters {
		copy(short[sveHeader+16*i:][:16], content[sveHeader+i*length:])
	}
	copy(short[sveHeader+simdStatus:], content[status:][:8])
	return t.WriteRegset(v.note, short)
}
