package vptrace

import (
	"syscall"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/internal/ptrace"
)

// PTRACE_PEEKUSER and PTRACE_POKEUSER address registers by their offset in
// struct user, which a 32-bit tracer has in a layout of its own.

func (s *Server) peekUser(c *call, l *link, r *utrace.Report, off, data uint64) syscall.Errno {
	word, err := c.peekUser(l, r, off)
	if err != nil {
		return errnoOf(err, syscall.EIO)
	}
	if off == c.userPC() {
		word = l.shown(r, word)
	}
	return s.putWord(c, data, word)
}

func (c *call) peekUser(l *link, r *utrace.Report, off uint64) (uint64, error) {
	if i, ok := c.debugRegister(off); ok {
		return l.debug.peek(i), nil
	}
	if !c.compat() {
		return r.PeekUser(uintptr(off))
	}
	r.Forget()
	var b [4]byte
	_, err := ptrace.Block32(reqPeekUser, l.tid, uint32(off), b[:])
	return c.decode(b[:]), err
}

func (s *Server) pokeUser(c *call, l *link, r *utrace.Report, off, word uint64) syscall.Errno {
	if off == c.userPC() {
		word = l.set(r, word)
	}
	r.Forget()
	err := c.pokeUser(l, r, off, word)
	r.Forget()
	s.touched(l.tid)
	return errnoOf(err, syscall.EIO)
}

func (c *call) pokeUser(l *link, r *utrace.Report, off, word uint64) error {
	if i, ok := c.debugRegister(off); ok {
		return l.pokeDebug(i, word)
	}
	if c.compat() {
		return ptrace.Number32(reqPokeUser, l.tid, uint32(off), uint32(word))
	}
	return r.PokeUser(uintptr(off), word)
}
