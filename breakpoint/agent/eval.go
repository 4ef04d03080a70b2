package agent

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
)

// Machine is what a program is evaluated on: a thread that stands still.
type Machine interface {
	// ReadMemory reads len(p) bytes at addr, and returns how many there were.
	ReadMemory(addr uint64, p []byte) (int, error)
	// ReadRegister reads the register that gdb calls by this number.
	ReadRegister(number int) (uint64, error)
}

// Eval evaluates the program and returns the top of its stack; 0 if that is
// empty, as after commands. What it prints goes to out; with nil, printing is
// ErrPrint. The error is an *Error.
func (p *Program) Eval(m Machine, out io.Writer) (uint64, error) {
	f := frames.Get().(*frame)
	defer frames.Put(f)
	f.program, f.machine, f.out, f.depth = p, m, out, 0
	v, at, err := f.run()
	f.program, f.machine, f.out = nil, nil, nil
	if err != nil {
		return 0, &Error{at, opcodes[p.code[at]].name, err}
	}
	return v, nil
}

// frame is one evaluation. It is used again: a condition is evaluated at every
// hit.
type frame struct {
	program *Program
	machine Machine
	out     io.Writer
	stack   [MaxStack]uint64
	depth   int
	word    [8]byte
}

var frames = sync.Pool{New: func() any { return new(frame) }}

// run executes the program. at is where it has ended.
func (f *frame) run() (value uint64, at int, err error) {
	code := f.program.code
	for range MaxSteps {
		op := &opcodes[code[at]]
		if f.depth < op.takes || f.depth-op.takes+op.gives > MaxStack {
			return 0, at, ErrStack
		}
		next := at + 1 + op.operand
		switch code[at] {
		case opEnd:
			if f.depth == 0 {
				return 0, at, nil
			}
			return f.pop(), at, nil
		case opGoto:
			next = int(binary.BigEndian.Uint16(code[at+1:]))
		case opIfGoto:
			if f.pop() != 0 {
				next = int(binary.BigEndian.Uint16(code[at+1:]))
			}
		case opPrintf:
			next += int(binary.BigEndian.Uint16(code[at+2:]))
			err = f.printf(f.program.formats[at])
		default:
			err = f.execute(code[at], code[at+1:next])
		}
		if err != nil {
			return 0, at, err
		}
		at = next
	}
	return 0, at, ErrSteps
}

func (f *frame) push(v uint64) { f.stack[f.depth] = v; f.depth++ }
func (f *frame) pop() uint64   { f.depth--; return f.stack[f.depth] }

// execute does one bytecode that does not jump. The stack has been checked.
func (f *frame) execute(op byte, operand []byte) error {
	switch op {
	case opConst8, opConst16, opConst32, opConst64:
		var v uint64
		for _, b := range operand {
			v = v<<8 | uint64(b)
		}
		f.push(v)
	case opReg:
		v, err := f.machine.ReadRegister(int(binary.BigEndian.Uint16(operand)))
		if err != nil {
			return err
		}
		f.push(v)
	case opRef8, opRef16, opRef32, opRef64:
		return f.reference(1 << (op - opRef8))
	case opDup:
		v := f.pop()
		f.push(v)
		f.push(v)
	case opPop:
		f.pop()
	case opSwap:
		b, a := f.pop(), f.pop()
		f.push(b)
		f.push(a)
	case opPick:
		n := int(operand[0])
		if n >= f.depth {
			return ErrStack
		}
		f.push(f.stack[f.depth-1-n])
	case opRot: // a b c: c a b
		c, b, a := f.pop(), f.pop(), f.pop()
		f.push(c)
		f.push(a)
		f.push(b)
	case opExt:
		f.push(extend(f.pop(), operand[0]))
	case opZeroExt:
		if n := operand[0]; n < 64 {
			f.push(f.pop() & (1<<n - 1))
		}
	case opLogNot:
		f.push(truth(f.pop() == 0))
	case opBitNot:
		f.push(^f.pop())
	default:
		b, a := f.pop(), f.pop()
		v, err := binaryOp(op, a, b)
		if err != nil {
			return err
		}
		f.push(v)
	}
	return nil
}

// binaryOp computes what takes two values. All arithmetic is of 64 bits and
// wraps around; a shift by 64 or more leaves nothing but the sign.
func binaryOp(op byte, a, b uint64) (uint64, error) {
	switch op {
	case opAdd:
		return a + b, nil
	case opSub:
		return a - b, nil
	case opMul:
		return a * b, nil
	case opLsh:
		return a << b, nil
	case opRshSigned:
		return uint64(int64(a) >> b), nil
	case opRshUnsigned:
		return a >> b, nil
	case opBitAnd:
		return a & b, nil
	case opBitOr:
		return a | b, nil
	case opBitXor:
		return a ^ b, nil
	case opEqual:
		return truth(a == b), nil
	case opLessSigned:
		return truth(int64(a) < int64(b)), nil
	case opLessUnsig:
		return truth(a < b), nil
	}
	if b == 0 {
		return 0, ErrDivision
	}
	switch op {
	case opDivSigned:
		return uint64(int64(a) / int64(b)), nil
	case opDivUnsigned:
		return a / b, nil
	case opRemSigned:
		return uint64(int64(a) % int64(b)), nil
	default: // opRemUnsigned
		return a % b, nil
	}
}

// extend extends the sign of the lowest n bits.
func extend(v uint64, n byte) uint64 {
	if n == 0 || n >= 64 {
		return v
	}
	shift := 64 - n
	return uint64(int64(v<<shift) >> shift)
}

func truth(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// reference replaces an address by what is there. The machines that we run on
// are little-endian.
func (f *frame) reference(size int) error {
	addr := f.pop()
	f.word = [8]byte{}
	n, err := f.machine.ReadMemory(addr, f.word[:size])
	if n < size {
		return errors.Join(fmt.Errorf("%w of %d bytes at %#x", ErrMemory, size, addr), err)
	}
	f.push(binary.LittleEndian.Uint64(f.word[:]))
	return nil
}
