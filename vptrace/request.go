package vptrace

import (
	"encoding/binary"
	"syscall"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/internal/ptrace"
)

// ptrace serves one request of ptrace(2).
func (s *Server) ptrace(c *call) {
	if s.answeredBefore(c) {
		return
	}
	request := int64(c.Args[0])
	switch request {
	case reqTraceme:
		s.traceme(c)
		return
	case reqAttach, reqSeize:
		s.attach(c, request == reqSeize)
		return
	}
	var l *link
	if t := s.tracers[c.tgid]; t != nil {
		l = t.links[int(int32(c.Args[1]))]
	}
	switch {
	case l == nil:
		s.ofDead(c, int(int32(c.Args[1])), request)
	case l.by != int(c.TID): // another thread of it traces
		s.answer(c, 0, syscall.ESRCH)
	case request == reqKill:
		s.answer(c, 0, 0)
		_ = syscall.Tgkill(l.tgid, l.tid, sigkill)
	case request == reqInterrupt:
		s.interrupt(c, l)
	case l.state != stopped:
		s.answer(c, 0, syscall.ESRCH)
	default:
		s.stopped(c, l, request)
	}
}

// interrupt serves PTRACE_INTERRUPT, for tracees of PTRACE_SEIZE only.
func (s *Server) interrupt(c *call, l *link) {
	if !l.seized {
		s.answer(c, 0, syscall.EIO)
		return
	}
	if s.grant(c) {
		l.interrupt = true
		l.ask()
	}
}

// stopped serves a request about a thread in a virtual stop.
func (s *Server) stopped(c *call, l *link, request int64) {
	switch request {
	case reqCont, reqSyscall, reqSingleStep, reqSingleBlock, reqSysemu, reqSysemuStep:
		if c.Args[3] > lastSig {
			s.answer(c, 0, syscall.EIO)
			return
		}
		if s.grant(c) {
			l.resume(request, int(c.Args[3]))
		}
	case reqDetach:
		if c.Args[3] > lastSig {
			s.answer(c, 0, syscall.EIO)
			return
		}
		if s.grant(c) {
			l.detach(int(c.Args[3]))
		}
	case reqListen:
		if l.cut {
			// Killed in the stop that the tracer means. As if it were on the way to
			// its exit still: strace ends at any other error.
			s.answer(c, 0, syscall.ESRCH)
			return
		}
		// Only in a stop of PTRACE_EVENT_STOP that job control made.
		if !l.seized || l.stop.code>>8 != eventStop {
			s.answer(c, 0, syscall.EIO)
			return
		}
		if s.grant(c) {
			l.listen()
		}
	case reqSetOptions, reqOldSetOptions:
		s.answer(c, 0, s.setOptions(c, l))
	case reqGetEventMsg:
		s.answer(c, 0, s.putWord(c, c.Args[3], l.stop.msg))
	case reqGetSyscallInfo:
		s.syscallInfo(c, l)
	default:
		r, err := l.engine.Held()
		if err != nil {
			l.cut = true
			s.answer(c, 0, syscall.ESRCH) // it has been killed
			return
		}
		value, errno := s.access(c, l, r, request)
		l.cut = l.cut || errno == syscall.ESRCH // killed, which the core has yet to hear
		s.answer(c, value, errno)
	}
}

// setOptions serves PTRACE_SETOPTIONS.
func (s *Server) setOptions(c *call, l *link) syscall.Errno {
	if c.Args[3]&^optAll != 0 {
		return syscall.EINVAL
	}
	if c.Args[3]&optSuspend != 0 {
		if errno := s.maySuspend(c); errno != 0 {
			return errno
		}
	}
	l.setOptions(uint32(c.Args[3]))
	return 0
}

func (l *link) setOptions(options uint32) {
	if (options^l.options)&optSuspend != 0 {
		l.engine.SuspendFilters(options&optSuspend != 0)
	}
	l.options = options
	l.remask()
}

// access serves the requests that read and change the thread. All of them can be
// made again if the answer is lost.
func (s *Server) access(c *call, l *link, r *utrace.Report, request int64) (value int64, errno syscall.Errno) {
	if _, ok := blocks[request]; ok {
		return 0, s.moveBlock(c, l, r, request)
	}
	addr, data := c.Args[2], c.Args[3]
	switch request {
	case reqPeekText, reqPeekData:
		return 0, s.peek(c, l, r, addr, data)
	case reqPokeText, reqPokeData:
		return 0, l.poke(c, r, addr, data)
	case reqPeekUser:
		return 0, s.peekUser(c, l, r, addr, data)
	case reqPokeUser:
		return 0, s.pokeUser(c, l, r, addr, data)
	case reqGetRegset:
		return 0, s.getRegset(c, l, r)
	case reqSetRegset:
		return 0, s.setRegset(c, l, r)
	case reqGetSiginfo:
		return 0, s.getSiginfo(c, l, r, data)
	case reqSetSiginfo:
		return 0, s.setSiginfo(c, l, r, data)
	case reqGetSigMask, reqSetSigMask:
		return 0, s.sigMask(c, r, request, addr, data)
	}
	return s.kernel(c, l, r, request)
}

// put writes to the memory of the caller.
func (s *Server) put(c *call, addr uint64, p []byte) syscall.Errno { return put(c.TID, addr, p) }

func put(tid uint32, addr uint64, p []byte) syscall.Errno {
	if n, err := ptrace.Write(int(tid), uintptr(addr), p); err != nil || n != len(p) {
		return syscall.EFAULT
	}
	return 0
}

// get reads the memory of the caller.
func (s *Server) get(c *call, addr uint64, p []byte) syscall.Errno {
	if n, err := ptrace.Read(int(c.TID), uintptr(addr), p); err != nil || n != len(p) {
		return syscall.EFAULT
	}
	return 0
}

func (s *Server) getSiginfo(c *call, l *link, r *utrace.Report, data uint64) syscall.Errno {
	info, errno := l.siginfo(r)
	if errno != 0 {
		return errno
	}
	if c.compat() {
		info = info.Narrow()
	}
	return s.put(c, data, info[:])
}

// siginfo is what PTRACE_GETSIGINFO says of a stop.
func (l *link) siginfo(r *utrace.Report) (info utrace.Siginfo, errno syscall.Errno) {
	st := &l.stop
	switch {
	case st.known:
		return st.info, 0
	case st.kind == stopSignalled:
		if g := r.Signal(); g != nil {
			info, err := g.Info()
			return info, errnoOf(err, syscall.ESRCH)
		}
	case st.kind == stopTrapped:
		info, err := r.TrapInfo()
		return info, errnoOf(err, syscall.ESRCH)
	case st.kind == stopGroup && !l.seized:
		return info, syscall.EINVAL // ptrace(2): a group-stop has none
	}
	// ptrace_do_notify in kernel/signal.c.
	info.SetSigno(st.code & 0x7f)
	if st.kind == stopSyscall || st.code>>8 != eventStop {
		info.SetSigno(sigtrap)
	}
	if status, err := procfs.ReadStatus(l.tid); err == nil {
		info.SetUID(status.UIDs[0])
	}
	info.SetCode(st.code)
	info.SetPID(l.tracer.s.ids.own(l.tid))
	return info, 0
}

// setSiginfo changes what the signal will look like; of a stop without one it
// changes what PTRACE_GETSIGINFO says.
func (s *Server) setSiginfo(c *call, l *link, r *utrace.Report, data uint64) syscall.Errno {
	var info utrace.Siginfo
	if errno := s.get(c, data, info[:]); errno != 0 {
		return errno
	}
	if c.compat() {
		info = info.Widen()
	}
	if g := r.Signal(); g != nil && l.stop.kind == stopSignalled {
		return errnoOf(g.SetInfo(info), syscall.EINVAL)
	}
	if l.stop.kind == stopGroup && !l.seized {
		return syscall.EINVAL
	}
	l.stop.info, l.stop.known = info, true
	return 0
}

// sigMask serves PTRACE_GETSIGMASK and PTRACE_SETSIGMASK.
func (s *Server) sigMask(c *call, r *utrace.Report, request int64, size, data uint64) syscall.Errno {
	var b [8]byte
	if size != uint64(len(b)) {
		return syscall.EINVAL
	}
	if request == reqSetSigMask {
		if errno := s.get(c, data, b[:]); errno != 0 {
			return errno
		}
		return errnoOf(r.SetSignalMask(binary.NativeEndian.Uint64(b[:])), syscall.ESRCH)
	}
	mask, err := r.SignalMask()
	if err != nil {
		return errnoOf(err, syscall.ESRCH)
	}
	binary.NativeEndian.PutUint64(b[:], mask)
	return s.put(c, data, b[:])
}
