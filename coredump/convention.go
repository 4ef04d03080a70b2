package coredump

import (
	"debug/elf"
	"fmt"
	"slices"

	"github.com/utrace/utrace/regset"
)

// convention is how calls and signal frames look on a machine.
type convention struct {
	abi string
	// call makes a call, takes pops words off the stack, and returns.
	call []byte
	pops int
	// sigreturn makes rt_sigreturn(2), in one of several ways.
	sigreturn [][]byte
	// Numbers of calls.
	clone, wait4, exitGroup uint64
	// frame is what sigreturn takes the registers from: it begins with what the
	// call returns to. float is the address of the floating point state, or 0.
	frame func(sigreturn uint64, general []byte, float, mask uint64) []byte
	word  int
}

// conventions are what is known. 32-bit programs have the instructions in the
// vdso (arch/x86/entry/vdso/vdso32), 64-bit ones in their libraries.
var conventions = []*convention{
	{
		abi:       "x86_64",
		call:      []byte{0x0f, 0x05, 0xc3}, // syscall; ret
		sigreturn: [][]byte{{0x48, 0xc7, 0xc0, 15, 0, 0, 0, 0x0f, 0x05}, {0xb8, 15, 0, 0, 0, 0x0f, 0x05}},
		clone:     56, wait4: 61, exitGroup: 231,
		frame: frame64, word: 8,
	},
	{
		abi:       "i386",
		call:      []byte{0xcd, 0x80, 0x5d, 0x5a, 0x59, 0xc3}, // int $0x80; pop; pop; pop; ret
		pops:      3,
		sigreturn: [][]byte{{0xb8, 173, 0, 0, 0, 0xcd, 0x80}},
		clone:     120, wait4: 114, exitGroup: 252,
		frame: frame32, word: 4,
	},
}

// conventionOf is that of the program which a process runs; nil if it is not
// known.
func conventionOf(pid int) *convention {
	f, err := elf.Open(fmt.Sprintf("/proc/%d/exe", pid))
	if err != nil {
		return nil
	}
	defer f.Close()
	abi := regset.ABIOf(f.Machine, f.Class)
	i := slices.IndexFunc(conventions, func(c *convention) bool { return abi != nil && c.abi == abi.Name() })
	if i < 0 {
		return nil
	}
	return conventions[i]
}
