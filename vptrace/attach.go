package vptrace

import (
	"slices"
	"syscall"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/internal/denial"
	"github.com/utrace/utrace/internal/procfs"
)

// traceme makes the caller a tracee of its parent. It does not stop.
func (s *Server) traceme(c *call) {
	if s.repeated(c) {
		return
	}
	status, err := procfs.ReadStatus(c.tgid)
	if err != nil {
		return
	}
	t, err := s.tracer(status.Parent)
	if err != nil {
		s.answer(c, 0, syscall.ESRCH)
		return
	}
	tid := int(c.TID)
	if t.links[tid] != nil {
		s.answer(c, 0, syscall.EPERM)
		return
	}
	maker := parentThread(&status)
	if s.domains.bars(maker, c.tgid) {
		s.answer(c, 0, syscall.EPERM)
		return
	}
	s.answerDone(c, errnoOf(s.begin(t, maker, tid), syscall.EPERM))
}

// begin makes the link of a child that has asked to be traced.
func (s *Server) begin(t *tracer, maker, tid int) error {
	tgid := s.process(tid)
	l, err := s.connect(t, maker, tid, tgid, false, 0)
	if err != nil {
		return err
	}
	l.maker = maker
	if l.bond != nil {
		l.bond.Fresh = 1
	}
	return nil
}

// parentThread is the thread of its parent that has made a process.
func parentThread(status *procfs.Status) int {
	threads, _ := procfs.Threads(status.Parent)
	for _, tid := range threads {
		if tid == status.Parent {
			continue
		}
		if list, _ := procfs.Children(tid); slices.Contains(list, status.Group) {
			return tid
		}
	}
	return status.Parent
}

// attach serves PTRACE_ATTACH and PTRACE_SEIZE.
func (s *Server) attach(c *call, seize bool) {
	if s.repeated(c) {
		return
	}
	tid, options := int(int32(c.Args[1])), uint32(0)
	if seize {
		// ptrace_attach in kernel/ptrace.c: EIO for both.
		if c.Args[2] != 0 || c.Args[3]&^optAll != 0 {
			s.answer(c, 0, syscall.EIO)
			return
		}
		if options = uint32(c.Args[3]); options&optSuspend != 0 {
			if errno := s.maySuspend(c); errno != 0 {
				s.answer(c, 0, errno)
				return
			}
		}
	}
	status, err := procfs.ReadStatus(tid)
	if tid <= 0 || err != nil {
		s.answer(c, 0, syscall.ESRCH)
		return
	}
	t, err := s.tracer(c.tgid)
	switch {
	case err != nil:
		s.answer(c, 0, syscall.EPERM)
		return
	case t.links[tid] != nil && t.links[tid].takeAgain(c):
		return
	case status.State == 'Z', status.State == 'X', status.Group == c.tgid, t.links[tid] != nil, denial.May(int(c.TID), tid) != nil:
		s.answer(c, 0, syscall.EPERM)
		return
	case s.asksDomain(c):
		return
	}
	l, err := s.connect(t, int(c.TID), tid, status.Group, seize, options)
	if err != nil {
		s.answer(c, 0, errnoOf(err, syscall.EPERM))
		return
	}
	if l.natural = tid == status.Group && status.Parent == c.tgid; l.natural {
		l.maker = parentThread(&status)
	}
	if options&optSuspend != 0 {
		l.engine.SuspendFilters(true)
	}
	// Another tracer has it there. Alone this one would see that stop first
	// (ptrace_attach in kernel/ptrace.c, "STOPPED -> TRACED").
	l.groupFirst = l.engine.Thread().JobStop() != 0
	_, heard := l.engine.Thread().Stop()
	switch {
	case l.groupFirst, status.State == 'T':
		l.take(c)
	case status.State == 't' && !heard:
		l.take(c)
		s.core.Loop().After(unheard, l.tookUnheard)
	default:
		s.answerDone(c, 0)
	}
	if !seize {
		l.stopSignal = fromAttach
	}
	if l.wanted() {
		l.ask()
	}
}

// connect makes a link, and has waits of the tracer that were left to the kernel
// come back: what they wait for is ours to tell from now on.
func (s *Server) connect(t *tracer, by, tid, tgid int, seized bool, options uint32) (*link, error) {
	l, err := t.link(by, tid, tgid, seized, options, func(id int, h any, o ...utrace.AttachOption) (*utrace.Engine, error) {
		return s.core.Attach(background, id, h, o...)
	})
	if err != nil {
		return nil, err
	}
	if status, err := procfs.ReadStatus(tid); err == nil {
		l.uid = status.UIDs[0]
	}
	if !seized && tid == tgid {
		// PTRACE_TRACEME comes from a child; attach corrects it.
		l.natural = true
	}
	s.recall(t)
	return l, nil
}

// recall has the waits of a tracer come back that were left to the kernel.
func (s *Server) recall(t *tracer) {
	for waiting := range s.native {
		if s.callers[waiting] == t.tgid {
			s.kick(waiting)
		}
	}
	if s.heir && !t.searched {
		t.searched = true
		s.recallUnknown(t)
	}
}

// kick takes a thread out of its wait in the kernel: it is interrupted, and the
// kernel makes the call again, through the filter. One that is stopped is in no
// wait.
func (s *Server) kick(tid int) {
	delete(s.native, tid)
	e, err := s.core.Attach(background, tid, &utrace.Funcs{
		Quiesce: func(*utrace.Report, utrace.Events) utrace.Action { return utrace.Detach },
	}, utrace.WithName("end of a wait"), utrace.WithEvents(utrace.EventQuiesce))
	if err == nil && e.Direct(utrace.Stop) == nil {
		_ = e.Detach()
	}
}

// sigstop serves tkill and tgkill of SIGSTOP. From a tracer to a thread that it
// traces it is the request of a debugger that wants a thread to stop, and
// nobody else's business; a signal would stay behind when the tracer dies.
func (s *Server) sigstop(c *call, tgid, tid int) {
	t := s.tracers[c.tgid]
	var l *link
	if t != nil {
		l = t.links[tid]
	}
	if t != nil && l == nil && t.lost(tid) {
		s.answer(c, 0, syscall.ESRCH)
		return
	}
	if l == nil || tgid != 0 && tgid != l.tgid {
		s.pass(c)
		return
	}
	if s.answeredBefore(c) || !s.grant(c) {
		return // the call is made again, and must not make two
	}
	if l.stopSignal == noStop {
		l.stopSignal = fromTkill
	}
	l.ask()
}
