package gdbserver

import (
	"encoding/binary"

	"github.com/utrace/utrace"
)

// A 32-bit program's debugger wants siginfo_t as that program has it. The kernel
// gives a 64-bit tracer its own (copy_siginfo_to_user32 has the reverse).

const compatSize = 128

// Kinds of content, by signal and code.
type siginfoKind uint8

const (
	siginfoSent siginfoKind = iota // si_pid, si_uid, si_value
	siginfoTimer
	siginfoChild
	siginfoFault
	siginfoPoll
)

func kindOfSiginfo(info *utrace.Siginfo) siginfoKind {
	code := info.Code()
	switch {
	case code == -2: // SI_TIMER
		return siginfoTimer
	case code <= 0:
		return siginfoSent
	}
	switch info.Signo() {
	case 17:
		return siginfoChild
	case 4, 5, 7, 8, 11:
		return siginfoFault
	case 29:
		return siginfoPoll
	}
	return siginfoSent
}

// narrowSiginfo is the siginfo as a 32-bit program has it.
func narrowSiginfo(info *utrace.Siginfo) []byte {
	out := make([]byte, compatSize)
	copy(out, info[:12])
	word := func(to, from int) { copy(out[to:to+4], info[from:from+4]) }
	switch kindOfSiginfo(info) {
	case siginfoSent, siginfoTimer:
		word(12, 16)
		word(16, 20)
		word(20, 24)
	case siginfoChild: // pid, uid, status, utime, stime
		word(12, 16)
		word(16, 20)
		word(20, 24)
		word(24, 32)
		word(28, 40)
	case siginfoFault:
		word(12, 16)
		word(16, 24)
	case siginfoPoll:
		word(12, 16)
		word(16, 24)
	}
	return out
}

// widenSiginfo puts a 32-bit program's siginfo into the kernel's.
func widenSiginfo(info *utrace.Siginfo, in []byte) {
	copy(info[:12], in[:12])
	word := func(to, from int) { copy(info[to:to+4], in[from:from+4]) }
	long := func(to, from int) {
		v := int64(int32(binary.LittleEndian.Uint32(in[from:])))
		binary.LittleEndian.PutUint64(info[to:], uint64(v))
	}
	switch kindOfSiginfo(info) {
	case siginfoSent, siginfoTimer:
		word(16, 12)
		word(20, 16)
		word(24, 20)
	case siginfoChild:
		word(16, 12)
		word(20, 16)
		word(24, 20)
		long(32, 24)
		long(40, 28)
	case siginfoFault:
		binary.LittleEndian.PutUint64(info[16:], uint64(binary.LittleEndian.Uint32(in[12:])))
		word(24, 16)
	case siginfoPoll:
		long(16, 12)
		word(24, 16)
	}
}
