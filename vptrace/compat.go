package vptrace

import (
	"encoding/binary"
	"syscall"

	"github.com/utrace/utrace/internal/ptrace"
)

// A 32-bit tracer has words, and so structures, of its own.

// compat reports whether the call comes from a 32-bit program.
func (c *call) compat() bool { return compatArch != 0 && c.Arch == compatArch }

// word is the size of the caller's words.
func (c *call) word() int {
	if c.compat() {
		return 4
	}
	return 8
}

// decode reads a word of the caller's.
func (c *call) decode(b []byte) uint64 {
	if c.compat() {
		return uint64(binary.NativeEndian.Uint32(b))
	}
	return binary.NativeEndian.Uint64(b)
}

// putWord writes a word to the memory of the caller.
func (s *Server) putWord(c *call, addr, word uint64) syscall.Errno {
	var b [8]byte
	binary.NativeEndian.PutUint64(b[:], word)
	return s.put(c, addr, b[:c.word()])
}

// block makes a request whose data is a block, as the caller's kind of tracer.
func (c *call) block(request int64, tid int, addr uint64, b []byte) (int, error) {
	if c.compat() {
		return ptrace.Block32(int(request), tid, uint32(addr), b)
	}
	return ptrace.Block(int(request), tid, uintptr(addr), b)
}
