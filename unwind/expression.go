package unwind

import "encoding/binary"

// Bounds of an expression.
const (
	maxDepth = 64
	maxSteps = 1000
)

// evaluate computes a DWARF expression (DWARF 5, 2.5) of call frame information,
// which begins with a value on the stack, unless there is none. ok is false for
// what makes no sense, or has operators that such expressions may not have.
func (w *walk) evaluate(code []byte, push ...uint64) (v uint64, ok bool) {
	e := evaluation{walk: w, code: code, stack: append(make([]uint64, 0, 8), push...)}
	e.c = &cursor{data: code, word: w.arch.word}
	for range maxSteps {
		if len(e.c.data) == 0 {
			v = e.pop()
			return w.cut(v), !e.bad && !e.c.bad
		}
		e.step(e.c.u8())
		if e.bad || e.c.bad || len(e.stack) > maxDepth {
			return 0, false
		}
	}
	return 0, false
}

type evaluation struct {
	*walk
	code  []byte
	c     *cursor
	stack []uint64
	bad   bool
}

func (e *evaluation) push(v uint64) { e.stack = append(e.stack, v) }

func (e *evaluation) pop() (v uint64) {
	if len(e.stack) == 0 {
		e.bad = true
		return 0
	}
	v = e.stack[len(e.stack)-1]
	e.stack = e.stack[:len(e.stack)-1]
	return v
}

// pick pushes the element that is n below the top once more.
func (e *evaluation) pick(n int) {
	if n >= len(e.stack) {
		e.bad = true
		return
	}
	e.push(e.stack[len(e.stack)-1-n])
}

// register pushes a register and an offset.
func (e *evaluation) register(n uint64, offset int64) {
	v, ok := e.regs.get(int(min(n, maxRegisters)))
	e.bad = e.bad || !ok
	e.push(v + uint64(offset))
}

// deref replaces an address by what is there.
func (e *evaluation) deref(size uint64) {
	v, ok := e.read(e.cut(e.pop()), size)
	e.bad = e.bad || !ok
	e.push(v)
}

// step makes one operation.
func (e *evaluation) step(op byte) {
	c := e.c
	switch {
	case op >= 0x30 && op <= 0x4f: // lit0 to lit31
		e.push(uint64(op - 0x30))
		return
	case op >= 0x70 && op <= 0x8f: // breg0 to breg31
		e.register(uint64(op-0x70), c.sleb())
		return
	}
	switch op {
	case 0x03: // addr
		e.push(c.fixed(e.arch.word) + e.bias)
	case 0x06: // deref
		e.deref(e.arch.word)
	case 0x94: // deref_size
		e.deref(min(uint64(c.u8()), 8))
	case 0x08, 0x0a, 0x0c, 0x0e: // const1u to const8u
		e.push(c.fixed(1 << ((op - 8) / 2)))
	case 0x09, 0x0b, 0x0d, 0x0f:
		e.push(c.signed(1 << ((op - 9) / 2)))
	case 0x10: // constu
		e.push(c.uleb())
	case 0x11: // consts
		e.push(uint64(c.sleb()))
	case 0x12: // dup
		e.pick(0)
	case 0x13: // drop
		e.pop()
	case 0x14: // over
		e.pick(1)
	case 0x15: // pick
		e.pick(int(c.u8()))
	case 0x16: // swap
		a, b := e.pop(), e.pop()
		e.push(a)
		e.push(b)
	case 0x17: // rot
		a, b, d := e.pop(), e.pop(), e.pop()
		e.push(a)
		e.push(d)
		e.push(b)
	case 0x19: // abs
		if v := int64(e.pop()); v < 0 {
			e.push(uint64(-v))
		} else {
			e.push(uint64(v))
		}
	case 0x1f: // neg
		e.push(-e.pop())
	case 0x20: // not
		e.push(^e.pop())
	case 0x23: // plus_uconst
		e.push(e.pop() + c.uleb())
	case 0x28: // bra
		to := c.signed(2)
		if e.pop() != 0 {
			e.jump(to)
		}
	case 0x2f: // skip
		e.jump(c.signed(2))
	case 0x92: // bregx
		e.register(c.uleb(), c.sleb())
	case 0x96: // nop
	default:
		b, a := e.pop(), e.pop()
		e.push(e.binary(op, a, b))
	}
}

// jump goes on so many bytes from here.
func (e *evaluation) jump(n uint64) {
	at := uint64(len(e.code)-len(e.c.data)) + n
	if at > uint64(len(e.code)) {
		e.bad = true
		return
	}
	e.c.data = e.code[at:]
}

// binary computes an operation of two values.
func (e *evaluation) binary(op byte, a, b uint64) uint64 {
	truth := func(x bool) uint64 {
		if x {
			return 1
		}
		return 0
	}
	switch op {
	case 0x1a:
		return a & b
	case 0x1b, 0x1d: // div, mod
		if b == 0 {
			e.bad = true
			return 0
		}
		if op == 0x1b {
			return uint64(int64(a) / int64(b))
		}
		return a % b
	case 0x1c:
		return a - b
	case 0x1e:
		return a * b
	case 0x21:
		return a | b
	case 0x22:
		return a + b
	case 0x24:
		return a << b
	case 0x25:
		return a >> b
	case 0x26: // shra
		return uint64(int64(a) >> b)
	case 0x27:
		return a ^ b
	case 0x29:
		return truth(a == b)
	case 0x2a:
		return truth(int64(a) >= int64(b))
	case 0x2b:
		return truth(int64(a) > int64(b))
	case 0x2c:
		return truth(int64(a) <= int64(b))
	case 0x2d:
		return truth(int64(a) < int64(b))
	case 0x2e:
		return truth(a != b)
	}
	e.bad = true
	return 0
}

// read is a number in memory.
func (w *walk) read(addr, size uint64) (uint64, bool) {
	var b [8]byte
	if n, err := w.memory.ReadMemory(addr, b[:size]); err != nil || n < int(size) {
		return 0, false
	}
	return binary.LittleEndian.Uint64(b[:]), true
}

// cut makes an address of a number.
func (w *walk) cut(v uint64) uint64 {
	if w.arch.word == 4 {
		return uint64(uint32(v))
	}
	return v
}
