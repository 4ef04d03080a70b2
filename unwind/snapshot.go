package unwind

import (
	"fmt"

	"github.com/utrace/utrace/regset"
)

// Memory is what is read of a process besides its files.
type Memory interface {
	// ReadMemory copies from addr on and returns how many bytes there were,
	// with an error if that is not all.
	ReadMemory(addr uint64, p []byte) (int, error)
}

// Snapshot is a thread at one moment.
type Snapshot struct {
	ABI regset.ABI
	// Registers is the general register set (NT_PRSTATUS).
	Registers []byte
	// Base is where Stack was copied from, the stack pointer or below.
	Base  uint64
	Stack []byte
	// Rest is asked for what is not in Stack, such as another stack on which
	// a signal was handled. Nil: there is no more. If the thread runs again
	// what it says may not be of the same moment.
	Rest Memory
}

// ReadMemory implements Memory.
func (s *Snapshot) ReadMemory(addr uint64, p []byte) (int, error) {
	if offset := addr - s.Base; offset < uint64(len(s.Stack)) && uint64(len(s.Stack))-offset >= uint64(len(p)) {
		return copy(p, s.Stack[offset:]), nil
	}
	if s.Rest == nil {
		return 0, fmt.Errorf("%#x is not in the copy of the stack", addr)
	}
	return s.Rest.ReadMemory(addr, p)
}

// PC is the program counter.
func (s *Snapshot) PC() uint64 { return s.ABI.PC(s.Registers) }

// SP is the stack pointer.
func (s *Snapshot) SP() uint64 { return s.ABI.SP(s.Registers) }
