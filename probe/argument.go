package probe

import (
	"strconv"

	"github.com/utrace/utrace/regset"
)

// convention says where the arguments of a function are when it begins: first
// in registers, then, on x86, on the stack above the return address. Only numbers and
// pointers are in general registers; floating point numbers are not counted.
type convention struct {
	registers []string
	// stack: the others are there, in words.
	stack bool
}

// conventions are the ones of C on each architecture (System V ABI of x86,
// Procedure Call Standards for the Arm Architectures, 64-Bit ELF V2 ABI).
var conventions = map[string]*convention{
	"x86_64":  {[]string{"rdi", "rsi", "rdx", "rcx", "r8", "r9"}, true},
	"i386":    {nil, true},
	"arm64":   {numbered("x", 0, 7), false},
	"arm":     {numbered("r", 0, 3), false},
	"ppc64le": {numbered("r", 3, 10), false},
}

// goConventions are what the Go compiler uses inside of a program
// (ABIInternal), of which the stack part depends on types.
var goConventions = map[string]*convention{
	"x86_64":  {[]string{"rax", "rbx", "rcx", "rdi", "rsi", "r8", "r9", "r10", "r11"}, false},
	"arm64":   {numbered("x", 0, 15), false},
	"ppc64le": {append(numbered("r", 3, 10), numbered("r", 14, 17)...), false},
}

// numbered are the names of registers from first to last.
func numbered(prefix string, first, last int) (names []string) {
	for i := first; i <= last; i++ {
		names = append(names, prefix+strconv.Itoa(i))
	}
	return names
}

// conventionOf is the one of C, or of Go, for an ABI; nil if none is known.
func conventionOf(abi regset.ABI, golang bool) *convention {
	if c := goConventions[abi.Name()]; golang && c != nil {
		return c
	}
	return conventions[abi.Name()]
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
