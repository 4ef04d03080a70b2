package sim

import (
	"encoding/binary"
	"fmt"

	"github.com/utrace/utrace/regset"
	"github.com/utrace/utrace/tracehook"
)

// registers are the general registers, in the order of user_regs_struct of
// x86_64 (arch/x86/include/asm/user_64.h).
type registers [27]uint64

const (
	r15     = 0
	rbx     = 5
	r10     = 7
	r9      = 8
	r8      = 9
	rax     = 10
	rdx     = 12
	rsi     = 13
	rdi     = 14
	origRax = 15
	rip     = 16
	cs      = 17
	eflags  = 18
	rsp     = 19
	ss      = 20
)

// noCall is orig_rax of a thread that is in no system call.
const noCall = ^uint64(0)

// argRegisters carry the arguments of a system call.
var argRegisters = [6]int{rdi, rsi, rdx, r10, r8, r9}

// Note types of the register sets that a simulated thread has.
const (
	noteGeneral regset.Note = 1 // NT_PRSTATUS
	noteFP      regset.Note = 2 // NT_PRFPREG
)

// generalSize is how many bytes of general registers there are, which struct
// user begins with.
const generalSize = 27 * 8

func (t *thread) readRegset(note regset.Note, buf []byte) (int, error) {
	switch note {
	case noteGeneral:
		n := min(len(buf), generalSize)
		if n%8 != 0 {
			return 0, fmt.Errorf("thread %d: %d is no whole number of registers: %w", t.id, len(buf), tracehook.ErrInvalid)
		}
		for i := range n / 8 {
			binary.LittleEndian.PutUint64(buf[i*8:], t.regs[i])
		}
		return n, nil
	case noteFP:
		if t.fp == nil {
			return copy(buf, zeroPage[:512]), nil
		}
		return copy(buf, t.fp[:]), nil
	}
	return 0, t.noSet(note)
}

func (t *thread) writeRegset(note regset.Note, buf []byte) error {
	switch {
	case note == noteGeneral && len(buf) <= generalSize && len(buf)%8 == 0:
		for i := range len(buf) / 8 {
			t.regs[i] = binary.LittleEndian.Uint64(buf[i*8:])
		}
		return nil
	case note == noteFP && len(buf) <= 512:
		if t.fp == nil {
			t.fp = new([512]byte)
		}
		copy(t.fp[:], buf)
		return nil
	case note == noteGeneral || note == noteFP:
		return fmt.Errorf("thread %d: %d bytes do not fit register set %#x: %w", t.id, len(buf), uint32(note), tracehook.ErrInvalid)
	}
	return t.noSet(note)
}

// noSet is what ptrace(2) says of a set that the machine does not have.
func (t *thread) noSet(note regset.Note) error {
	return fmt.Errorf("thread %d: no register set %#x in the simulated machine: %w", t.id, uint32(note), tracehook.ErrInvalid)
}

// user finds the word at an offset of struct user.
func (t *thread) user(off uintptr) (*uint64, error) {
	switch {
	case off%8 == 0 && off < generalSize:
		return &t.regs[off/8], nil
	case off >= debugOffset && off < debugOffset+8*debugWord && (off-debugOffset)%debugWord == 0:
		return &t.debug[(off-debugOffset)/debugWord], nil
	}
	return nil, fmt.Errorf("thread %d: offset %#x of struct user: %w", t.id, off, errIO)
}
