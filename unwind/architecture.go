package unwind

import (
	"github.com/utrace/utrace/regset"
)

// architecture is what the walk has to know of a processor. Registers have
// DWARF's numbers.
type architecture struct {
	word       uint64
	registers  int // how many are followed
	sp, fp, pc int
	// chain says how frames are linked without call frame information.
	chain chain
	// link is the register that calls leave the return address in; none if they
	// push it.
	link int
	// goSaved is where a Go function has saved its caller's frame pointer, from
	// its stack pointer on; 0: nowhere. Where calls push the return address that
	// is always below it.
	goSaved int64
	// code has the bits of an address of code. The others may be a signature
	// (pointer authentication of arm64).
	code uint64
	// trampolines are what signal handlers return to.
	trampolines []trampoline
}

// chain is how frames are linked.
type chain uint8

const (
	// byFrame: the frame pointer points at the caller's, and behind that is the
	// return address.
	byFrame chain = iota
	// byStack: the stack pointer points at the caller's, and two words from there
	// is the caller's return address (Power Architecture 64-Bit ELF V2 ABI,
	// "The Stack Frame").
	byStack
)

// maxRegisters is the most that any architecture has followed. The last one is
// the return address, where that has a number of its own that is beyond.
const (
	maxRegisters = 34
	farReturn    = maxRegisters - 1
	none         = -1
)

var architectures = map[string]*architecture{
	"x86_64": {word: 8, registers: 17, sp: 7, fp: 6, pc: 16, link: none, code: ^uint64(0), trampolines: trampolines64},
	"i386":   {word: 4, registers: 9, sp: 4, fp: 5, pc: 8, link: none, code: ^uint64(0), trampolines: trampolines32},
	// Programs have 48 bits of addresses unless they ask for more by a hint to
	// mmap(2) (Documentation/arm64/memory.rst), which nobody does for code.
	"arm64": {word: 8, registers: 32, sp: 31, fp: 29, pc: 32, link: 30, goSaved: -8, code: 1<<48 - 1, trampolines: trampolinesARM64},
	// r31 is the frame pointer of functions that have one, and no chain.
	"ppc64le": {word: 8, registers: 34, sp: 1, fp: 31, pc: 32, chain: byStack, link: farReturn, code: ^uint64(0), trampolines: trampolinesPPC64},
}

// state is the registers of a frame, those that are known.
type state struct {
	value [maxRegisters]uint64
	known uint64 // bit n for register n
}

func (s *state) get(n int) (uint64, bool) {
	if n < 0 || n >= maxRegisters || s.known>>n&1 == 0 {
		return 0, false
	}
	return s.value[n], true
}

func (s *state) set(n int, v uint64) {
	if n >= 0 && n < maxRegisters {
		s.value[n] = v
		s.known |= 1 << n
	}
}

func (s *state) forget(n int) {
	if n >= 0 && n < maxRegisters {
		s.known &^= 1 << n
	}
}

// ppcLink is DWARF's number of the link register of ppc64, which no other
// architecture has for a general register.
const ppcLink = 65

// registersOf takes the numbered registers out of a general register set.
func registersOf(abi regset.ABI, gpr []byte) (s state) {
	for i := range abi.View().Sets[0].Registers {
		r := &abi.View().Sets[0].Registers[i]
		offset, ok := r.Offset()
		if !ok || r.DWARF < 0 || r.Size > 8 || offset+r.Size > len(gpr) {
			continue
		}
		n := r.DWARF
		if n == ppcLink {
			n = farReturn
		}
		s.set(n, number(gpr[offset:][:r.Size]))
	}
	return s
}

// number is one of up to 8 bytes, the least significant first.
func number(p []byte) (v uint64) {
	for i := len(p) - 1; i >= 0; i-- {
		v = v<<8 | uint64(p[i])
	}
	return v
}
