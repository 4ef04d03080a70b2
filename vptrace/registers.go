package vptrace

import (
	"encoding/binary"
	"syscall"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/regset"
)

// maxRegset is more than any register set has, AMX included.
const maxRegset = 16 << 10

// regset reads a register set as this tracer sees it.
func (l *link) regset(r *utrace.Report, note regset.Note, p []byte) (int, error) {
	n, err := r.ReadRegset(note, p)
	if err == nil && note == ntPRStatus && l.trapAddr != 0 && n == r.ABI().GeneralSize() {
		if abi := r.ABI(); abi.PC(p[:n]) == l.trapAddr {
			abi.SetPC(p[:n], l.trapAddr+uint64(len(abi.BreakpointInsn())))
		}
	}
	return n, err
}

// setRegset writes one, and notes what that does to the program counter.
func (l *link) setRegset(r *utrace.Report, note regset.Note, p []byte) error {
	from, ok := uint64(0), false
	if note == ntPRStatus {
		from, ok = pc(r)
	}
	err := r.WriteRegset(note, p)
	if err == nil && ok {
		l.moved(r, from)
	}
	return err
}

func (s *Server) getRegs(c *call, l *link, r *utrace.Report, note regset.Note, data uint64) syscall.Errno {
	var b [1024]byte
	n, err := l.regset(r, note, b[:])
	if err != nil {
		return errnoOf(err, syscall.EIO)
	}
	return s.put(c, data, b[:n])
}

func (s *Server) setRegs(c *call, l *link, r *utrace.Report, note regset.Note, data uint64) syscall.Errno {
	var b [1024]byte
	n, err := r.ReadRegset(note, b[:]) // for the size
	if err != nil {
		return errnoOf(err, syscall.EIO)
	}
	if errno := s.get(c, data, b[:n]); errno != 0 {
		return errno
	}
	return errnoOf(l.setRegset(r, note, b[:n]), syscall.EIO)
}

// iovec reads the struct iovec of the regset requests.
func (s *Server) iovec(c *call) (base, size uint64, errno syscall.Errno) {
	var b [16]byte
	errno = s.get(c, c.Args[3], b[:])
	return binary.NativeEndian.Uint64(b[:]), min(binary.NativeEndian.Uint64(b[8:]), maxRegset), errno
}

func (s *Server) getRegset(c *call, l *link, r *utrace.Report) syscall.Errno {
	base, size, errno := s.iovec(c)
	if errno != 0 {
		return errno
	}
	b := make([]byte, size)
	n, err := l.regset(r, regset.Note(c.Args[2]), b)
	if err != nil {
		return errnoOf(err, syscall.EINVAL)
	}
	if n > 0 {
		if errno := s.put(c, base, b[:n]); errno != 0 {
			return errno
		}
	}
	return s.putSize(c, n)
}

func (s *Server) setRegset(c *call, l *link, r *utrace.Report) syscall.Errno {
	base, size, errno := s.iovec(c)
	if errno != 0 {
		return errno
	}
	b := make([]byte, size)
	if size > 0 {
		if errno := s.get(c, base, b); errno != 0 {
			return errno
		}
	}
	if err := l.setRegset(r, regset.Note(c.Args[2]), b); err != nil {
		return errnoOf(err, syscall.EINVAL)
	}
	return s.putSize(c, len(b))
}

// putSize updates iov_len.
func (s *Server) putSize(c *call, n int) syscall.Errno {
	var b [8]byte
	binary.NativeEndian.PutUint64(b[:], uint64(n))
	return s.put(c, c.Args[3]+8, b[:])
}

func (s *Server) peekUser(c *call, l *link, r *utrace.Report, off, data uint64) syscall.Errno {
	word, err := r.PeekUser(uintptr(off))
	if err != nil {
		return errnoOf(err, syscall.EIO)
	}
	if off == userPC && l.trapAddr != 0 && word == l.trapAddr {
		word += uint64(len(r.ABI().BreakpointInsn()))
	}
	var b [8]byte
	binary.NativeEndian.PutUint64(b[:], word)
	return s.put(c, data, b[:])
}

func (l *link) pokeUser(r *utrace.Report, off, word uint64) syscall.Errno {
	switch {
	case off == userPC:
		from, ok := pc(r)
		err := r.PokeUser(uintptr(off), word)
		if err == nil && ok {
			l.moved(r, from)
		}
		return errnoOf(err, syscall.EIO)
	case off >= userDR0 && off < userDR7 && word != 0, off == userDR7 && word&0xff != 0:
		l.debugs = true
	}
	return errnoOf(r.PokeUser(uintptr(off), word), syscall.EIO)
}

// syscallInfo serves PTRACE_GET_SYSCALL_INFO: the value is the size of what
// there is, and as much is written as the caller has room for.
func (s *Server) syscallInfo(c *call, l *link) {
	m := l.mirror
	if m.op == infoNone || l.stop.kind != stopSyscall {
		r, err := l.engine.Held()
		if err != nil {
			s.answer(c, 0, syscall.ESRCH)
			return
		}
		abi := r.ABI()
		var b [512]byte
		n, err := l.regset(r, ntPRStatus, b[:])
		if err != nil {
			s.answer(c, 0, errnoOf(err, syscall.ESRCH))
			return
		}
		m = callMirror{arch: abi.AuditArch(), pc: abi.PC(b[:n]), sp: abi.SP(b[:n])}
	}
	var b [80]byte
	size := m.encode(&b)
	if n := min(uint64(size), c.Args[2]); n > 0 {
		if errno := s.put(c, c.Args[3], b[:n]); errno != 0 {
			s.answer(c, 0, errno)
			return
		}
	}
	s.answer(c, int64(size), 0)
}

// encode lays the information out as struct ptrace_syscall_info, and returns how
// much of it there is (ptrace_get_syscall_info in kernel/ptrace.c).
func (m *callMirror) encode(b *[80]byte) int {
	e := binary.NativeEndian
	b[0] = m.op
	e.PutUint32(b[4:], m.arch)
	e.PutUint64(b[8:], m.pc)
	e.PutUint64(b[16:], m.sp)
	switch m.op {
	case infoEntry:
		e.PutUint64(b[24:], m.nr)
		for i, a := range m.args {
			e.PutUint64(b[32+8*i:], a)
		}
		return 80
	case infoExit:
		e.PutUint64(b[24:], uint64(m.result))
		if m.failed {
			b[32] = 1
		}
		return 33
	}
	return 24
}
