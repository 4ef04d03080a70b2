package probe

import (
	"github.com/utrace/utrace/regset"
)

// convention says where the arguments of a function are when it begins: first
// in registers, then on the stack above the return address. Only numbers and
// pointers are in general registers; floating point numbers are not counted.
type convention struct {
	registers []string
	// stack: the others are there, in words.
	stack bool
}

// The conventions: the System V ABI's of both modes, and what the Go compiler
// uses inside of a program (ABIInternal), of which the stack part depends on
// types.
var (
	systemV64 = &convention{[]string{"rdi", "rsi", "rdx", "rcx", "r8", "r9"}, true}
	systemV32 = &convention{nil, true}
	goAMD64   = &convention{[]string{"rax", "rbx", "rcx", "rdi", "rsi", "r8", "r9", "r10", "r11"}, false}
)

// conventionOf is the usual one of an ABI; nil if none is known.
func conventionOf(abi regset.ABI) *convention {
	switch abi.Name() {
	case "x86_64":
		return systemV64
	case "i386":
		return systemV32
	}
	return nil
}

// count is how many of n arguments can be found.
func (c *convention) count(n int) int {
	switch {
	case c == nil:
		return 0
	case c.stack:
		return n
	}
	return min(n, len(c.registers))
}

// argument is one argument of a function whose first instruction is next.
func (m *machine) argument(i int, c *convention) (uint64, error) {
	if c.count(i+1) <= i {
		return 0, errNoArgument
	}
	if i < len(c.registers) {
		return m.register(general(m.abi.View(), c.registers[i])), nil
	}
	word := m.abi.WordSize()
	return m.memory(m.abi.SP(m.gpr)+uint64(word*(1+i-len(c.registers))), word)
}
