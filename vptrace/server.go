package vptrace

import (
	"context"
	"errors"
	"fmt"
	"syscall"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/internal/ledger"
	"github.com/utrace/utrace/internal/notify"
)

// Server answers the calls of tracers from engines of one core. All of it is
// owned by the core's loop.
type Server struct {
	core *utrace.Core
	// tracers are the processes that trace or wait, by process id.
	tracers map[int]*tracer
	// callers says which process a thread belongs to that has called.
	callers   map[int]int
	started   map[int]uint64       // when they were started, by process
	crowd     int                  // so many are too many to keep those that have ended
	listeners map[uint64]*listener // by number
	numbered  uint64
	guard     *notify.Guard // nil while everybody is trusted
	// ledger has what a successor would have to know, will what is done for it
	// besides; heir says that this server is one.
	ledger *ledger.Ledger
	will   Will
	heir   bool
	// native are threads that were left to wait in the kernel.
	native map[int]struct{}
	// lost are answers about something that has happened and that a signal
	// has kept from the caller, by thread.
	lost map[int]lostAnswer
	ids  ids
	// substitutions are by the threads that make other calls than theirs.
	substitutions map[int]*substitution
	// inners are the listeners that programs have asked for, by the inode of what
	// they have in their place, and guards the threads under their filters.
	inners map[uint64]*inner
	guards map[int]*guard
	// confined are threads in strict mode.
	confined map[int]struct{}
	domains  domains
	seq      uint64
	in       call // the call that is being answered
	// dispositions are those of processes that do something about SIGCHLD.
	dispositions map[int]disposition
	// buffer is for transfers of memory.
	buffer []byte
}

// listener is a filter that is served. Its number outlives this process.
type listener struct {
	notify.Listener
	number uint64
	// guard bounds receiving from one who is not trusted; else nil.
	guard *notify.Guard
}

// receive takes the next call.
func (l *listener) receive(c *notify.Call) error {
	if l.guard != nil {
		return l.guard.Receive(&l.Listener, c)
	}
	return l.Receive(c)
}

// theGuard is that of the loop's thread, which receives.
func (s *Server) theGuard() (_ *notify.Guard, err error) {
	if s.guard == nil {
		s.guard, err = notify.NewGuard()
	}
	return s.guard, err
}

// call is a system call that is being answered.
type call struct {
	notify.Call
	from *notify.Listener
	// tgid is the process of the caller.
	tgid int
}

// lostAnswer is kept for the same call to be made again (SA_RESTART).
type lostAnswer struct {
	pc    uint64
	args  [6]uint64
	errno syscall.Errno
}

// New makes a server over a core.
func New(core *utrace.Core) *Server {
	return &Server{
		core: core, tracers: map[int]*tracer{}, callers: map[int]int{}, started: map[int]uint64{},
		listeners: map[uint64]*listener{}, ledger: ledger.New(), native: map[int]struct{}{}, lost: map[int]lostAnswer{},
		dispositions: map[int]disposition{}, crowd: smallCrowd, substitutions: map[int]*substitution{}, confined: map[int]struct{}{},
		inners: map[uint64]*inner{}, guards: map[int]*guard{},
	}
}

// Adopt begins to serve the filter that a listener's descriptor belongs to, as
// notify.Install returned it. Who is trusted keeps no copy of it to receive from:
// with others, that is seen to, which costs half a microsecond a call. It takes the descriptor over also if it fails. One
// that is served already is closed, and all is well: who did not hear that it
// was adopted says it again.
func (s *Server) Adopt(ctx context.Context, fd int, trusted bool) error {
	if !notify.IsListener(fd) {
		_ = syscall.Close(fd)
		return fmt.Errorf("adopt a listener: the descriptor is not one of seccomp: %w", syscall.EINVAL)
	}
	err := s.core.Do(ctx, func() error {
		for _, l := range s.listeners {
			if l.Same(fd) {
				return syscall.Close(fd)
			}
		}
		s.numbered++
		if s.will.Hold != nil {
			if err := s.will.Hold(s.numbered, fd); err != nil {
				return err
			}
		}
		err := s.listen(s.numbered, fd, trusted)
		if err != nil && s.will.Drop != nil {
			s.will.Drop(s.numbered)
		}
		return err
	})
	if err != nil {
		_ = syscall.Close(fd)
		return fmt.Errorf("adopt a listener: %w", err)
	}
	return nil
}

// listen begins to receive calls.
func (s *Server) listen(number uint64, fd int, trusted bool) error {
	l := &listener{Listener: *notify.NewListener(fd), number: number}
	if !trusted {
		guard, err := s.theGuard()
		if err != nil {
			return err
		}
		l.guard = guard
	}
	// The loop goes to sleep after an answer more often than not.
	l.SleepsAfterAnswers(true)
	if err := s.core.Loop().Watch(fd, func() { s.serve(l) }); err != nil {
		return err
	}
	s.listeners[number] = l
	return nil
}

// forsake forgets a listener.
func (s *Server) forsake(l *listener) {
	_ = s.core.Loop().Unwatch(l.FD())
	delete(s.listeners, l.number)
	if s.will.Drop != nil {
		s.will.Drop(l.number)
	}
	_ = l.Close()
}

// Listeners is the number of filters that have threads.
func (s *Server) Listeners(ctx context.Context) (n int, err error) {
	err = s.core.Do(ctx, func() error {
		n = len(s.listeners)
		return nil
	})
	return n, err
}

// serve takes one call: the loop calls again while there are more, and the
// listeners take turns.
func (s *Server) serve(l *listener) {
	in := s.ledger.In()
	in.Listener = l.number
	if err := l.receive(&in.Call); err != nil {
		if err == syscall.EINTR || l.Dead() {
			s.forsake(l) // somebody else receives from it, or nobody is left
		}
		return
	}
	s.carryOut(in, l)
}

// carryOut answers a call that is in the ledger's In.
func (s *Server) carryOut(in *ledger.Call, l *listener) {
	c := &s.in
	c.Call, c.from = in.Call, &l.Listener
	if c.TID == 0 {
		s.pass(c) // from a PID namespace that we cannot look into
		return
	}
	c.tgid = s.process(int(c.TID))
	if c.tgid == 0 {
		return // killed meanwhile
	}
	delete(s.native, int(c.TID))
	if x := s.substitutions[int(c.TID)]; x != nil && x.making {
		s.pass(c)
		return
	}
	if _, confined := s.confined[int(c.TID)]; confined {
		s.killConfined(c.tgid, int(c.TID))
		return
	}
	if g := s.guards[int(c.TID)]; g != nil && g.asking() {
		g.arrives(c)
		return
	}
	s.ids.into(c)
	s.dispatch(c)
}

func (s *Server) dispatch(c *call) {
	switch c.kind() {
	case callPtrace:
		s.ptrace(c)
	case callWaitpid, callWait4:
		w := waitCall{
			id: int(c.TID), tgid: c.tgid, from: c.from, notification: c.ID, compat: c.compat(),
			kind: waitFour, which: int(int32(c.Args[0])), status: c.Args[1], options: c.Args[2],
		}
		if c.kind() == callWait4 {
			w.usage = c.Args[3]
		}
		s.wait(c, w)
	case callWaitid:
		s.waitid(c)
	case callTkill:
		s.sigstop(c, 0, int(int32(c.Args[0])))
	case callTgkill:
		s.sigstop(c, int(int32(c.Args[0])), int(int32(c.Args[1])))
	case callOpenat:
		s.open(c)
	case callSigaction:
		s.sigaction(c)
	case callPrctl:
		s.prctl(c)
	case callSeccomp:
		s.seccomp(c)
	case callIoctl:
		s.ioctl(c)
	case callFstatfs, callFstatfs64:
		s.fstatfs(c, c.kind() == callFstatfs64)
	case callLandlock:
		s.enterDomain(c)
	case callPread:
		s.pread(c, c.offset())
	case callPwrite:
		s.pwrite(c, c.offset())
	default:
		s.pass(c)
	}
}

// offset is where pread64 and pwrite64 begin: 32-bit programs have it in two
// arguments.
func (c *call) offset() uint64 {
	if c.compat() {
		return c.Args[3] | c.Args[4]<<32
	}
	return c.Args[3]
}

// answer ends a call. It reports false if a signal was quicker and the call is
// going to be made again, or fails with EINTR.
func (s *Server) answer(c *call, value int64, errno syscall.Errno) bool {
	return c.from.Return(c.ID, value, errno) == nil
}

// answerDone ends a call whose effect has come about already: if the answer is
// lost, it is given to the same call when that is made again.
func (s *Server) answerDone(c *call, errno syscall.Errno) bool {
	if errno == 0 && s.grant(c) || errno != 0 && s.answer(c, 0, errno) {
		return true
	}
	s.lost[int(c.TID)] = lostAnswer{c.PC, c.Args, errno}
	return false
}

// repeated gives the answer that was lost, if the call is the same.
func (s *Server) repeated(c *call) bool {
	a, ok := s.lost[int(c.TID)]
	if !ok {
		return false
	}
	delete(s.lost, int(c.TID))
	if a.pc != c.PC || a.args != c.Args {
		return false
	}
	s.answerDone(c, a.errno)
	return true
}

// pass has the kernel execute the call.
func (s *Server) pass(c *call) { _ = c.from.Continue(c.ID) }

// errnoOf is the error number that an error stands for.
func errnoOf(err error, otherwise syscall.Errno) syscall.Errno {
	var e syscall.Errno
	switch {
	case err == nil:
		return 0
	case errors.Is(err, syscall.ESRCH):
		return syscall.ESRCH
	case errors.Is(err, syscall.EPERM):
		return syscall.EPERM
	case errors.As(err, &e):
		return e
	}
	return otherwise
}
