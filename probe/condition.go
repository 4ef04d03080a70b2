package probe

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/regset"
)

// Condition is an expression about a stopped thread; see ParseCondition.
type Condition struct {
	text string
	root node
}

// String is the text that the condition was parsed from.
func (c *Condition) String() string { return c.text }

// Holds evaluates the condition for the thread that reports. The error says what
// could not be read or computed.
func (c *Condition) Holds(r *utrace.Report) (bool, error) {
	m := machine{thread: r}
	if err := m.load(); err != nil {
		return false, err
	}
	v, err := c.root.eval(&m)
	if err != nil {
		return false, fmt.Errorf("condition %q: %w", c.text, err)
	}
	return v != 0, nil
}

// machine is a thread with its general registers at hand.
type machine struct {
	thread *utrace.Report
	abi    regset.ABI
	space  [512]byte
	gpr    []byte
}

// load reads the general registers.
func (m *machine) load() error {
	m.abi = m.thread.ABI()
	n, err := m.thread.ReadRegset(regset.NotePRStatus, m.space[:])
	if err != nil {
		return fmt.Errorf("registers of thread %d: %w", m.thread.Thread().ID(), err)
	}
	m.gpr = m.space[:n]
	return nil
}

// register is the value of a general register.
func (m *machine) register(x *regset.Register) uint64 {
	offset, ok := x.Offset()
	if !ok || offset+x.Size > len(m.gpr) {
		return 0
	}
	return little(m.gpr[offset:][:x.Size])
}

// memory reads a number of 1 to 8 bytes.
func (m *machine) memory(addr uint64, size int) (uint64, error) {
	var b [8]byte
	if n, err := m.thread.ReadMemory(addr, b[:size]); n < size {
		return 0, fmt.Errorf("read memory at %#x: %w", addr, err)
	}
	return little(b[:size]), nil
}

// little is a number of up to 8 bytes, the least significant first.
func little(p []byte) uint64 {
	var b [8]byte
	copy(b[:], p)
	return binary.LittleEndian.Uint64(b[:])
}

// node is a part of an expression.
type node interface {
	eval(m *machine) (int64, error)
}

type constant int64

func (c constant) eval(*machine) (int64, error) { return int64(c), nil }

// identity is "pid" or "tid".
type identity string

func (i identity) eval(m *machine) (int64, error) {
	if t := m.thread.Thread(); i == "pid" {
		return int64(t.Group()), nil
	}
	return int64(m.thread.Thread().ID()), nil
}

// argument is one of the function that begins here.
type argument int

func (a argument) eval(m *machine) (int64, error) {
	v, err := m.argument(int(a), conventionOf(m.abi, false))
	return int64(v), err
}

// register is looked up for the ABI that the thread has when it is evaluated:
// a program can exec another one. Owned by the loop.
type register struct {
	name  string
	abi   regset.ABI
	found *regset.Register
}

func (x *register) eval(m *machine) (int64, error) {
	if x.abi != m.abi {
		x.abi, x.found = m.abi, general(m.abi.View(), x.name)
	}
	if x.found == nil {
		return 0, fmt.Errorf("a thread of %s has no register %s", m.abi.Name(), x.name)
	}
	return int64(m.register(x.found)), nil
}

// general finds a general register.
func general(v *regset.View, name string) *regset.Register {
	for i := range v.Sets[0].Registers {
		if x := &v.Sets[0].Registers[i]; x.Name == name && x.Size <= 8 {
			return x
		}
	}
	return nil
}

// isRegister reports whether threads of any ABI of this machine have it.
func isRegister(name string) bool {
	for _, abi := range regset.ABIs() {
		if general(abi.View(), name) != nil {
			return true
		}
	}
	return false
}

// integer is a type: the number of bits, negative for signed numbers.
type integer int

var integers = map[string]integer{"u8": 8, "u16": 16, "u32": 32, "u64": 64, "i8": -8, "i16": -16, "i32": -32, "i64": -64}

func (i integer) String() string {
	if i < 0 {
		return fmt.Sprintf("i%d", -i)
	}
	return fmt.Sprintf("u%d", int(i))
}

// of cuts a number off.
func (i integer) of(v uint64) int64 {
	if i < 0 {
		return int64(v) << (64 + i) >> (64 + i)
	}
	return int64(v << (64 - i) >> (64 - i))
}

// load is what memory has at an address; of the program's word size if typ is 0.
type load struct {
	typ  integer
	addr node
}

func (l *load) eval(m *machine) (int64, error) {
	addr, err := l.addr.eval(m)
	if err != nil {
		return 0, err
	}
	typ := l.typ
	if typ == 0 {
		typ = integer(8 * m.abi.WordSize())
	}
	v, err := m.memory(uint64(addr), max(int(typ), -int(typ))/8)
	return typ.of(v), err
}

// conversion is a cast.
type conversion struct {
	typ integer
	of  node
}

func (c *conversion) eval(m *machine) (int64, error) {
	v, err := c.of.eval(m)
	return c.typ.of(uint64(v)), err
}

// operation has one operand, right, or two.
type operation struct {
	op          string
	left, right node
}

var (
	errDivision   = errors.New("division by zero")
	errNoArgument = errors.New("it is not known where this argument is")
)

func (o *operation) eval(m *machine) (int64, error) {
	var a int64
	var err error
	if o.left != nil {
		if a, err = o.left.eval(m); err != nil {
			return 0, err
		}
		// What the left side decides is not looked at, as in C.
		if o.op == "&&" && a == 0 || o.op == "||" && a != 0 {
			return truth(a != 0), nil
		}
	}
	b, err := o.right.eval(m)
	if err != nil {
		return 0, err
	}
	if o.left == nil {
		switch o.op {
		case "-":
			return -b, nil
		case "~":
			return ^b, nil
		}
		return truth(b == 0), nil
	}
	return o.compute(a, b)
}

func truth(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// compute applies an operator to two numbers.
func (o *operation) compute(a, b int64) (int64, error) {
	switch o.op {
	case "||", "&&": // the left side has not decided
		return truth(b != 0), nil
	case "|":
		return a | b, nil
	case "^":
		return a ^ b, nil
	case "&":
		return a & b, nil
	case "==":
		return truth(a == b), nil
	case "!=":
		return truth(a != b), nil
	case "<":
		return truth(a < b), nil
	case "<=":
		return truth(a <= b), nil
	case ">":
		return truth(a > b), nil
	case ">=":
		return truth(a >= b), nil
	case "<<":
		return a << (uint64(b) & 63), nil
	case ">>":
		return a >> (uint64(b) & 63), nil
	case "+":
		return a + b, nil
	case "-":
		return a - b, nil
	case "*":
		return a * b, nil
	}
	if b == 0 {
		return 0, errDivision
	}
	if o.op == "/" {
		return a / b, nil
	}
	return a % b, nil
}
