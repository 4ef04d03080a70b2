package vptrace

import (
	"bytes"
	"encoding/binary"
	"syscall"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/internal/notify"
	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/internal/ptrace"
)

// Some requests concern the thread alone, not how tracers share it. The kernel
// answers these: we are on the loop, which is the thread's tracer.

// Sizes of what they move.
const (
	rseqSize       = 24 // struct ptrace_rseq_configuration
	dispatchSize   = 32 // struct ptrace_sud_config
	peekArgsSize   = 16 // struct ptrace_peeksiginfo_args
	syscallSize    = 88 // struct ptrace_syscall_info
	siginfoSize    = 128
	metadataSize   = 16 // struct seccomp_metadata
	filterInsnSize = 8  // struct sock_filter
)

// kernel serves requests of this kind. EIO: there is none by this number.
func (s *Server) kernel(c *call, l *link, r *utrace.Report, request int64) (value int64, errno syscall.Errno) {
	addr, data := c.Args[2], c.Args[3]
	r.Forget()
	defer r.Forget() // some change registers
	var b [128]byte
	switch request {
	case reqGetRseq:
		errno := s.fetch(c, l, request, min(addr, rseqSize), b[:min(addr, rseqSize)], data)
		return rseqSize, errno
	case reqGetDispatch:
		if addr != dispatchSize {
			return 0, syscall.EINVAL
		}
		return 0, s.fetch(c, l, request, addr, b[:dispatchSize], data)
	case reqSetDispatch:
		if addr != dispatchSize {
			return 0, syscall.EINVAL
		}
		return 0, s.store(c, l, request, addr, b[:dispatchSize])
	case reqPeekSiginfo:
		return s.peekSiginfo(c, l)
	case reqSetSyscallInfo:
		return 0, s.setSyscallInfo(c, l)
	case reqGetFilter:
		return s.getFilter(c, l)
	case reqGetMetadata:
		return s.getMetadata(c, l)
	}
	return s.machineRequest(c, l, request)
}

// fetch makes a request that reads a structure.
func (s *Server) fetch(c *call, l *link, request int64, addr uint64, b []byte, data uint64) syscall.Errno {
	if _, err := c.block(request, l.tid, addr, b); err != nil {
		return errnoOf(err, syscall.EIO)
	}
	return s.put(c, data, b)
}

// store makes a request that writes one.
func (s *Server) store(c *call, l *link, request int64, addr uint64, b []byte) syscall.Errno {
	if errno := s.get(c, c.Args[3], b); errno != 0 {
		return errno
	}
	_, err := c.block(request, l.tid, addr, b)
	return errnoOf(err, syscall.EIO)
}

// peekSiginfo copies pending signals (ptrace_peek_siginfo in kernel/ptrace.c).
func (s *Server) peekSiginfo(c *call, l *link) (int64, syscall.Errno) {
	var args [peekArgsSize]byte
	if errno := s.get(c, c.Args[2], args[:]); errno != 0 {
		return 0, errno
	}
	first := binary.NativeEndian.Uint64(args[0:])
	flags, n := binary.NativeEndian.Uint32(args[8:]), int32(binary.NativeEndian.Uint32(args[12:]))
	if flags&^uint32(ptrace.ProcessQueue) != 0 || n < 0 {
		return 0, syscall.EINVAL
	}
	var one [1]ptrace.Siginfo
	for i := range int64(n) {
		got, err := ptrace.PeekSiginfo(l.tid, ptrace.Queue(flags), first+uint64(i), one[:])
		if err != nil || got == 0 {
			if i > 0 {
				err = nil
			}
			return i, errnoOf(err, syscall.EIO)
		}
		info := [siginfoSize]byte(one[0])
		if c.compat() {
			info = (*utrace.Siginfo)(&one[0]).Narrow()
		}
		if errno := s.put(c, c.Args[3]+uint64(i)*siginfoSize, info[:]); errno != 0 {
			if i > 0 {
				errno = 0
			}
			return i, errno
		}
	}
	return int64(n), 0
}

// What PTRACE_SECCOMP_GET_FILTER and _METADATA number begins with the filter
// that was installed first. For what a virtual tracer has started that is ours,
// and does not show.

// ownFilter is the number of filters that do not show: 1 or 0.
func (l *link) ownFilter() uint64 {
	own := notify.Program(Rules())
	n, err := ptrace.Block(reqGetFilter, l.tid, 0, nil)
	if err != nil || n*filterInsnSize != len(own) {
		return 0
	}
	b := make([]byte, len(own))
	if _, err := ptrace.Block(reqGetFilter, l.tid, 0, b); err != nil || !bytes.Equal(b, own) {
		return 0
	}
	return 1
}

// seesFilters makes get_nth_filter's check (kernel/seccomp.c): the caller has
// CAP_SYS_ADMIN and no filter. Ours does not count.
func (s *Server) seesFilters(c *call) bool {
	status, err := procfs.ReadStatus(int(c.TID))
	const capSysAdmin = 1 << 21
	return err == nil && status.Effective&capSysAdmin != 0 && status.Filters <= 1
}

// unfiltered reports whether the thread has no filter that shows.
func (l *link) unfiltered(own uint64) bool {
	status, err := procfs.ReadStatus(l.tid)
	return err == nil && own != 0 && status.Filters == int(own)
}

func (s *Server) getFilter(c *call, l *link) (int64, syscall.Errno) {
	if !s.seesFilters(c) {
		return 0, syscall.EACCES
	}
	own := l.ownFilter()
	if l.unfiltered(own) {
		return 0, syscall.EINVAL
	}
	which := c.Args[2] + own
	n, err := ptrace.Block(reqGetFilter, l.tid, uintptr(which), nil)
	if err != nil || c.Args[3] == 0 {
		return int64(n), errnoOf(err, syscall.EIO)
	}
	b := make([]byte, n*filterInsnSize)
	if _, err := ptrace.Block(reqGetFilter, l.tid, uintptr(which), b); err != nil {
		return 0, errnoOf(err, syscall.EIO)
	}
	return int64(n), s.put(c, c.Args[3], b)
}

func (s *Server) getMetadata(c *call, l *link) (int64, syscall.Errno) {
	if !s.seesFilters(c) {
		return 0, syscall.EACCES
	}
	size := min(c.Args[2], metadataSize)
	if size < 8 {
		return 0, syscall.EINVAL
	}
	var b [metadataSize]byte
	if errno := s.get(c, c.Args[3], b[:8]); errno != 0 {
		return 0, errno
	}
	own := l.ownFilter()
	if l.unfiltered(own) {
		return 0, syscall.EINVAL
	}
	which := binary.NativeEndian.Uint64(b[:])
	binary.NativeEndian.PutUint64(b[:], which+own)
	if _, err := ptrace.Block(reqGetMetadata, l.tid, metadataSize, b[:]); err != nil {
		return 0, errnoOf(err, syscall.EIO)
	}
	binary.NativeEndian.PutUint64(b[:], which)
	return int64(size), s.put(c, c.Args[3], b[:size])
}

// prctl serves what concerns filters: ours does not show (PR_GET_SECCOMP).
func (s *Server) prctl(c *call) {
	const modeStrict = 1
	if c.Args[0] == prSetSeccomp && c.Args[1] == modeStrict {
		s.strict(c)
		return
	}
	if c.Args[0] != prGetSeccomp {
		s.pass(c)
		return
	}
	if status, err := procfs.ReadStatus(int(c.TID)); err == nil && status.Filters == 1 {
		s.answer(c, 0, 0)
		return
	}
	s.pass(c)
}

// seccomp serves seccomp(2) where our own filter is in the way.
func (s *Server) seccomp(c *call) {
	switch {
	case c.Args[0] == setModeStrict && c.Args[1] == 0 && c.Args[2] == 0:
		s.strict(c)
	case c.Args[0] == setModeFilter && c.Args[1]&filterNewListener != 0:
		s.newListener(c)
	default:
		s.pass(c)
	}
}

// maySuspend makes the check of PTRACE_O_SUSPEND_SECCOMP (check_ptrace_options).
func (s *Server) maySuspend(c *call) syscall.Errno {
	if !s.seesFilters(c) {
		return syscall.EPERM
	}
	return 0
}
