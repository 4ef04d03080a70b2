package agent

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// The limits of a program.
const (
	// MaxCode is how long it may be.
	MaxCode = 1 << 16
	// MaxStack is how many values it may have at a time.
	MaxStack = 100
	// MaxSteps is how many bytecodes it may execute.
	MaxSteps = 10000
)

// What can be wrong with a program.
var (
	// ErrCode: it is not valid, and was not even begun.
	ErrCode = errors.New("not a valid agent expression")
	// ErrRefused: it is valid, but uses what is not evaluated here.
	ErrRefused = errors.New("not evaluated")
	// ErrStack: it takes what it has not put there, or puts too much.
	ErrStack = errors.New("stack over- or underflow")
	// ErrSteps: it does not come to an end.
	ErrSteps = errors.New("too many steps")
	// ErrDivision: it divides by zero.
	ErrDivision = errors.New("division by zero")
	// ErrMemory: it reads memory that is not there.
	ErrMemory = errors.New("no memory")
	// ErrRegister: it reads a register that the thread has not got, or that is
	// no number of up to 64 bits.
	ErrRegister = errors.New("no such register")
	// ErrPrint: it prints where nothing can be printed, or what is no format.
	ErrPrint = errors.New("cannot print")
)

// Error is where and why a program was given up.
type Error struct {
	// At is the place in the bytecode, and Op what is there.
	At  int
	Op  string
	Err error
}

// Error says it for people.
func (e *Error) Error() string {
	return fmt.Sprintf("agent expression: %s at %d: %v", e.Op, e.At, e.Err)
}

// Unwrap gives the reason.
func (e *Error) Unwrap() error { return e.Err }

// Program is an agent expression that has been parsed. It can be used by several
// goroutines at a time.
type Program struct {
	code []byte
	// formats are those of its printf, by place.
	formats map[int]*format
}

// Parse checks a program: that all of it is known and complete, that jumps lead
// to where a bytecode begins, and that it cannot run off its end. It keeps a copy
// of the code. The error is an *Error with ErrCode or ErrRefused.
func Parse(code []byte) (*Program, error) {
	if len(code) == 0 || len(code) > MaxCode {
		return nil, &Error{0, "code", fmt.Errorf("%w: it has %d bytes", ErrCode, len(code))}
	}
	p := &Program{code: append([]byte(nil), code...)}
	begins := make([]bool, len(code))
	last := 0
	for at := 0; at < len(code); {
		begins[at], last = true, at
		n, err := p.check(at)
		if err != nil {
			return nil, err
		}
		at += n
	}
	if op := code[last]; op != opEnd && op != opGoto {
		return nil, p.bad(last, "it runs off its end")
	}
	for at, is := range begins {
		if !is || code[at] != opGoto && code[at] != opIfGoto {
			continue
		}
		if to := int(binary.BigEndian.Uint16(code[at+1:])); to >= len(code) || !begins[to] {
			return nil, p.bad(at, fmt.Sprintf("it jumps to %d, where nothing begins", to))
		}
	}
	return p, nil
}

// check looks at one bytecode and returns its length.
func (p *Program) check(at int) (n int, err error) {
	op := &opcodes[p.code[at]]
	n = 1 + op.operand
	switch {
	case op.name == "":
		return 0, &Error{at, fmt.Sprintf("bytecode %#x", p.code[at]), fmt.Errorf("%w: there is no such", ErrCode)}
	case op.refused != "":
		return 0, &Error{at, op.name, fmt.Errorf("%w: %s", ErrRefused, op.refused)}
	case at+n > len(p.code):
		return 0, p.bad(at, "its operand is cut off")
	case p.code[at] != opPrintf:
		return n, nil
	}
	length := int(binary.BigEndian.Uint16(p.code[at+2:]))
	if n += length; at+n > len(p.code) {
		return 0, p.bad(at, "its format is cut off")
	}
	f, err := parseFormat(p.code[at+4:at+n], int(p.code[at+1]))
	if err != nil {
		return 0, p.bad(at, err.Error())
	}
	if p.formats == nil {
		p.formats = map[int]*format{}
	}
	p.formats[at] = f
	return n, nil
}

func (p *Program) bad(at int, why string) error {
	return &Error{at, opcodes[p.code[at]].name, fmt.Errorf("%w: %s", ErrCode, why)}
}
