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
	// linked: the frame pointer points at the caller's, and behind that is the
	// return address.
	linked bool
	// trampolines are what signal handlers return to.
	trampolines []trampoline
}

// maxRegisters is the most that any architecture has followed.
const maxRegisters = 33

var architectures = map[string]*architecture{
	"x86_64": {word: 8, registers: 17, sp: 7, fp: 6, pc: 16, linked: true, trampolines: trampolines64},
	"i386":   {word: 4, registers: 9, sp: 4, fp: 5, pc: 8, linked: true, trampolines: trampolines32},
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

// registersOf takes the numbered registers out of a general register set.
func registersOf(abi regset.ABI, gpr []byte) (s state) {
	for i := range abi.View().Sets[0].Registers {
		r := &abi.View().Sets[0].Registers[i]
		offset, ok := r.Offset()
		if !ok || r.DWARF < 0 || r.Size > 8 || offset+r.Size > len(gpr) {
			continue
		}
		s.set(r.DWARF, number(gpr[offset:][:r.Size]))
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
