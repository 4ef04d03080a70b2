package vptrace

import (
	"syscall"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/internal/ptrace"
)

// PTRACE_PEEKUSER and PTRACE_POKEUSER address registers by their offset in
// struct user, which a 32-bit tracer has in a layout of its own.

func (s *Server) peekUser(c *call, l *link, r *utrace.Report, off, data uint64) syscall.Errno {
	word, err := c.peekUser(l.tid, r, off)
	if err != nil {
		return errnoOf(err, syscall.EIO)
	}
	if off == c.userPC() {
		word = l.shown(r, word)
	}
	return s.putWord(c, data, word)
}

func (c *call) peekUser(tid int, r *utrace.Report, off uint64) (uint64, error) {
	if !c.compat() {
		return r.PeekUser(uintptr(off))
	}
	if i, ok := debugRegister(off, userDR032, 4); ok {
		return r.PeekUser(uintptr(userDR0 + 8*i))
	}
	var b [4]byte
	_, err := ptrace.Block32(reqPeekUser, tid, uint32(off), b[:])
	return c.decode(b[:]), err
}

func (s *Server) pokeUser(c *call, l *link, r *utrace.Report, off, word uint64) syscall.Errno {
	if off == c.userPC() {
		word = l.set(r, word)
	}
	err := c.pokeUser(l, r, off, word)
	s.touched(l.tid)
	return errnoOf(err, syscall.EIO)
}

func (c *call) pokeUser(l *link, r *utrace.Report, off, word uint64) error {
	if c.compat() {
		if i, ok := debugRegister(off, userDR032, 4); ok {
			off = userDR0 + 8*i
		} else {
			return ptrace.Number32(reqPokeUser, l.tid, uint32(off), uint32(word))
		}
	}
	switch i, ok := debugRegister(off, userDR0, 8); {
	case ok && i < 4 && word != 0, ok && i == 7 && word&0xff != 0:
		l.debugs = true
	}
	return r.PokeUser(uintptr(off), word)
}

// debugRegister is the number of the debug register at an offset.
func debugRegister(off, first, word uint64) (number uint64, ok bool) {
	number = (off - first) / word
	return number, off >= first && number < 8 && (off-first)%word == 0
}

// userPC is where the program counter is.
func (c *call) userPC() uint64 {
	if c.compat() {
		return userPC32
	}
	return userPC
}
