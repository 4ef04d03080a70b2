package vptrace

import (
	"encoding/binary"
	"syscall"

	"github.com/utrace/utrace/internal/ptrace"
)

// callStop reports at which end of a system call the tracer's stop is. Without
// PTRACE_O_TRACESYSGOOD the kernel does not know (ptrace_get_syscall_info_op in
// kernel/ptrace.c).
func (l *link) callStop() uint8 {
	switch {
	case l.stop.kind == stopSyscall && l.stop.code == sysTrap:
		return l.mirror.op
	case l.stop.kind == stopEvent && l.stop.code>>8 == eventSeccomp:
		return infoSeccomp
	}
	return infoNone
}

// syscallInfo serves PTRACE_GET_SYSCALL_INFO: the value is the size of what
// there is, and as much is written as the caller has room for.
func (s *Server) syscallInfo(c *call, l *link) {
	var b [syscallSize]byte
	size, err := l.describe(&b)
	if err != nil {
		s.answer(c, 0, errnoOf(err, syscall.ESRCH))
		return
	}
	if n := min(uint64(size), c.Args[2]); n > 0 {
		if errno := s.put(c, c.Args[3], b[:n]); errno != 0 {
			s.answer(c, 0, errno)
			return
		}
	}
	s.answer(c, int64(size), 0)
}

// describe fills in what there is to say about the stop, and how much that is.
func (l *link) describe(b *[syscallSize]byte) (int, error) {
	op := l.callStop()
	if op != infoNone && op != infoSeccomp && !l.mirror.stale {
		return l.mirror.encode(b), nil
	}
	size, err := ptrace.Block(reqGetSyscallInfo, l.tid, uintptr(len(b)), b[:])
	if err != nil || b[0] == op {
		return size, err
	}
	// The thread is in another stop than this tracer's.
	m := callMirror{op: infoNone, arch: binary.NativeEndian.Uint32(b[4:]),
		pc: binary.NativeEndian.Uint64(b[8:]), sp: binary.NativeEndian.Uint64(b[16:])}
	if r, err := l.engine.Held(); err == nil {
		m.pc = l.shown(r, m.pc)
	}
	return m.encode(b), nil
}

// setSyscallInfo serves PTRACE_SET_SYSCALL_INFO (Linux 6.16).
func (s *Server) setSyscallInfo(c *call, l *link) syscall.Errno {
	var b [syscallSize]byte
	if c.Args[2] < syscallSize {
		return syscall.EINVAL
	}
	if errno := s.get(c, c.Args[3], b[:]); errno != 0 {
		return errno
	}
	if b[0] != l.callStop() {
		return syscall.EINVAL
	}
	_, err := ptrace.Block(reqSetSyscallInfo, l.tid, syscallSize, b[:])
	s.touched(l.tid)
	return errnoOf(err, syscall.EIO)
}

// touched notes that a thread's registers have been changed, so that nobody
// knows its system call any more but the kernel.
func (s *Server) touched(tid int) {
	for _, t := range s.tracers {
		if l := t.links[tid]; l != nil {
			l.mirror.stale = true
		}
	}
}

// encode lays the information out as struct ptrace_syscall_info, and returns how
// much of it there is (ptrace_get_syscall_info in kernel/ptrace.c).
func (m *callMirror) encode(b *[syscallSize]byte) int {
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
