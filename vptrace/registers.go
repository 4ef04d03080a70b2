package vptrace

import (
	"syscall"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/regset"
)

// maxRegset is more than any register set has, AMX included.
const maxRegset = 16 << 10

// regset reads a register set as this tracer sees it.
func (l *link) regset(r *utrace.Report, note regset.Note, p []byte) (int, error) {
	n, err := r.ReadRegset(note, p)
	if err == nil && note == ntPRStatus {
		if abi, err := regset.ABIFor(n, 0); err == nil {
			l.showPC(r, abi, p[:n])
		}
	}
	if _, ok := watchSet(r, note); ok && err == nil {
		l.showWatches(note, p[:n])
	}
	return n, err
}

// setRegset writes one.
func (l *link) setRegset(r *utrace.Report, note regset.Note, p []byte) error {
	if abi, err := regset.ABIFor(len(p), 0); note == ntPRStatus && err == nil {
		abi.SetPC(p, l.set(r, abi.PC(p)))
	}
	if m, ok := watchSet(r, note); ok {
		return l.writeWatches(r, m, note, p)
	}
	err := r.WriteRegset(note, p)
	l.tracer.s.touched(l.tid)
	return err
}

// maxBlock is more than any of them moves.
const maxBlock = 544

// block is a request that moves a whole set of registers in a layout that the
// tracer's word size determines, not the thread's.
type block struct {
	note regset.Note
	// size is that of a 64-bit tracer, size32 of a 32-bit one; 0: it has none.
	size, size32 int
	set          bool
	// torn: it ends in the middle of a register, as no register set may.
	torn bool
}

// moveBlock serves them. Where tracer and thread have the same word size, the
// set is a regset; else the kernel converts.
func (s *Server) moveBlock(c *call, l *link, r *utrace.Report, request int64) syscall.Errno {
	k := blocks[request]
	size := k.size
	if c.compat() {
		size = k.size32
	}
	if size == 0 {
		return syscall.EIO
	}
	var room [maxBlock]byte
	b := room[:size]
	if k.set {
		if errno := s.get(c, c.Args[3], b); errno != 0 {
			return errno
		}
	}
	var now [512]byte
	gpr, abi, err := general(r, now[:])
	if err != nil {
		return errnoOf(err, syscall.EIO)
	}
	part := compatArch == 0 && k.note == ntPRStatus && size < len(gpr)
	same := compatArch == 0 || c.compat() == (len(gpr) == blocks[reqGetRegs].size32)
	switch {
	case part && k.set:
		copy(gpr, b)
		err = l.setRegset(r, k.note, gpr)
	case part:
		l.showPC(r, abi, gpr)
		copy(b, gpr)
	case k.torn:
		err = l.convert(c, r, request, k, b)
	case same && k.set:
		err = l.setRegset(r, k.note, b)
	case same:
		_, err = l.regset(r, k.note, b)
	default:
		err = l.convert(c, r, request, k, b)
	}
	if err == nil && !k.set {
		return s.put(c, c.Args[3], b)
	}
	return errnoOf(err, syscall.EIO)
}

// convert has the kernel move a set of registers, as between a tracer and a thread
// of different word sizes.
func (l *link) convert(c *call, r *utrace.Report, request int64, k block, b []byte) error {
	abi, err := regset.ABIFor(len(b), 0)
	general := err == nil && k.note == ntPRStatus
	if general && k.set {
		abi.SetPC(b, l.set(r, abi.PC(b)))
	}
	r.Forget()
	if _, err := c.block(request, l.tid, 0, b); err != nil {
		return err
	}
	if k.set {
		r.Forget()
		l.tracer.s.touched(l.tid)
	} else if general {
		l.showPC(r, abi, b)
	}
	return nil
}

// iovec reads the struct iovec of the regset requests.
func (s *Server) iovec(c *call) (base, size uint64, errno syscall.Errno) {
	var b [16]byte
	word := c.word()
	errno = s.get(c, c.Args[3], b[:2*word])
	return c.decode(b[:word]), min(c.decode(b[word:]), maxRegset), errno
}

func (s *Server) getRegset(c *call, l *link, r *utrace.Report) syscall.Errno {
	base, size, errno := s.iovec(c)
	if errno != 0 {
		return errno
	}
	b := s.scratch(size)
	n, err := l.regset(r, regset.Note(c.Args[2]), b)
	if err != nil {
		return errnoOf(err, syscall.EINVAL)
	}
	// The kernel wants whole registers (ptrace_regset in kernel/ptrace.c); the
	// core may have had this set already.
	if abi, err := regset.ABIFor(n, 0); err == nil && size%uint64(abi.WordSize()) != 0 {
		return syscall.EINVAL
	}
	if n > 0 {
		if errno := s.put(c, base, b[:n]); errno != 0 {
			return errno
		}
	}
	return s.putSize(c, n, size)
}

func (s *Server) setRegset(c *call, l *link, r *utrace.Report) syscall.Errno {
	base, size, errno := s.iovec(c)
	if errno != 0 {
		return errno
	}
	room := s.scratch(2 * size)
	b, now := room[:size], room[size:]
	if size > 0 {
		if errno := s.get(c, base, b); errno != 0 {
			return errno
		}
	}
	note := regset.Note(c.Args[2])
	// What is more than the set is no error (ptrace_regset in kernel/ptrace.c).
	n, err := r.ReadRegset(note, now)
	if err != nil {
		return errnoOf(err, syscall.EINVAL)
	}
	b = b[:min(len(b), n)]
	if err := l.setRegset(r, note, b); err != nil {
		return errnoOf(err, syscall.EINVAL)
	}
	return s.putSize(c, len(b), size)
}

// putSize updates iov_len, which most often says so already.
func (s *Server) putSize(c *call, n int, was uint64) syscall.Errno {
	if uint64(n) == was {
		return 0
	}
	return s.putWord(c, c.Args[3]+uint64(c.word()), uint64(n))
}
