package gdbserver

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall"
	"time"

	"github.com/utrace/utrace"
)

// stopPatience is how long a thread may take to stop where somebody waits for it.
const stopPatience = 10 * time.Second

// process is a process that a client debugs.
type process struct {
	s   *session
	pid int
	// attached: it was running before; else the client, or the server, started it.
	attached bool
	threads  []*thread // in the order of attachment
	points   points
	catch    catching
	layout   *layout
	// startup is how many programs are still to be executed before the one that
	// is to be debugged.
	startup int
	// started hears of the end of the startup.
	started func(error)
	// exit is how it ended, when that is still to be told. lively: a thread that
	// the client did not hold was killed with it.
	exit   *ending
	lively bool
	// killed hears of the end instead.
	killed func()
	tls    tlsOffsets
	// parent is the process that has forked it, until the client is told: till then
	// it must not come across it, and does not mean it when it says "all".
	parent *process
	// host is the process as a thread of which this one is told; see kin.go.
	host *process
}

// attach begins to debug a process, all threads of which are asked to stop if the
// client is in all-stop mode. In non-stop mode it asks for that when it knows the
// process: gdb cannot read what it is told before.
func (s *session) attach(pid int, attached bool) (*process, error) {
	if s.processes[pid] != nil {
		return nil, refusal("process %d is debugged already", pid)
	}
	p := s.addProcess(pid, attached)
	s.began = p
	seen := map[int]bool{}
	var gone error = utrace.ErrGone
	// A thread that is not attached yet can make another one behind our back.
	for fresh := true; fresh; {
		fresh = false
		for _, tid := range threadsOf(pid) {
			if seen[tid] {
				continue
			}
			seen[tid], fresh = true, true
			t, err := p.attachThread(tid)
			if errors.Is(err, syscall.ESRCH) {
				gone = err
				continue
			}
			if err != nil {
				s.leave(p)
				return nil, err
			}
			if !s.nonStop {
				t.ask()
			}
		}
	}
	if len(p.threads) == 0 {
		s.leave(p)
		return nil, fmt.Errorf("attach to process %d: %w", pid, gone)
	}
	return p, nil
}

func (s *session) addProcess(pid int, attached bool) *process {
	p := &process{s: s, pid: pid, attached: attached}
	s.processes[pid] = p
	s.order = append(s.order, p)
	return p
}

// attachThread makes the client's engine on a thread.
func (p *process) attachThread(tid int) (*thread, error) {
	return p.attachBy(func(x any, o ...utrace.AttachOption) (*utrace.Engine, error) {
		return p.s.server.core.Attach(context.Background(), tid, x, o...)
	}, tid)
}

// attachChild does so on a thread that a report brings, which is its parent's to trace.
func (p *process) attachChild(r *utrace.Report, tid int) (*thread, error) {
	return p.attachBy(func(x any, o ...utrace.AttachOption) (*utrace.Engine, error) { return r.Attach(tid, x, o...) }, tid)
}

func (p *process) attachBy(attach func(handler any, options ...utrace.AttachOption) (*utrace.Engine, error), tid int) (*thread, error) {
	t := &thread{p: p, id: tid, resumed: true}
	e, err := attach(t, utrace.WithName(p.s.name()), utrace.WithEvents(t.mask()))
	if err != nil {
		return nil, err
	}
	t.engine = e
	p.threads = append(p.threads, t)
	return t, nil
}

// name is what the client's engines are called.
func (s *session) name() string {
	switch {
	case s.conn == nil:
		return "gdbserver"
	case s.lldb:
		return "lldb"
	}
	return "gdb"
}

// thread finds a thread by its id.
func (p *process) thread(tid int) *thread {
	for _, t := range p.threads {
		if t.id == tid {
			return t
		}
	}
	return nil
}

// remove forgets a thread that has ended.
func (p *process) remove(t *thread) {
	t.stepped = false
	if i := slices.Index(p.threads, t); i >= 0 {
		p.threads = slices.Delete(p.threads, i, i+1)
	}
	p.s.queue.drop(func(q *queued) bool { return q.thread == t })
	if p.s.general == t {
		p.s.general = nil
	}
	if p.s.last == t {
		p.s.last = nil
	}
	if p.s.awaited == t {
		p.s.awaited = nil
	}
	if t.interrupt { // somebody else has to answer
		p.s.interrupts.asked = false
		p.s.interrupt()
	}
}

// leave stops debugging a process, which goes on if nobody else holds it. What
// the client has not been told of takes its course.
func (s *session) leave(p *process) {
	for _, x := range p.kin() {
		s.leave(x)
	}
	p.points.removeAll()
	for _, t := range p.threads {
		t.leave()
	}
	s.forget(p)
}

// leaveUntold leaves the children of a process that the client does not know of, and
// so could not let go.
func (s *session) leaveUntold(parent *process) {
	for _, p := range append([]*process(nil), s.order...) {
		if p.parent == parent {
			s.leave(p)
		}
	}
}

// forget removes what is known of a process.
func (s *session) forget(p *process) {
	if s.processes[p.pid] == p {
		delete(s.processes, p.pid)
	}
	if i := slices.Index(s.order, p); i >= 0 {
		s.order = slices.Delete(s.order, i, i+1)
	}
	s.queue.drop(func(q *queued) bool { return q.process == p })
	if s.general != nil && s.general.p == p {
		s.general = nil
	}
	if s.last != nil && s.last.p == p {
		s.last = nil
	}
	if s.began == p {
		s.began = nil
	}
	if s.awaited != nil && s.awaited.p == p {
		s.awaited = nil
	}
	s.leaveUntold(p)
	if len(s.order) == 0 {
		s.interrupts = interrupts{}
	}
	if killed := p.killed; killed != nil {
		p.killed = nil
		killed()
	}
	p.finishStart(utrace.ErrGone)
}

// leaveAll stops debugging everything.
func (s *session) leaveAll() {
	for len(s.order) != 0 {
		s.leave(s.order[0])
	}
}

// held is a thread through which the memory can be reached, if there is one.
func (p *process) held() *thread {
	for _, t := range p.threads {
		if t.state == stopped {
			if _, err := t.engine.Held(); err == nil {
				return t
			}
		}
	}
	return nil
}

// awaitQuiet waits until all threads of a process have stopped. It is for
// goroutines.
func (s *session) awaitQuiet(ctx context.Context, p *process) error {
	var engines []*utrace.Engine
	if err := s.server.do(ctx, func() error {
		for _, t := range p.threads {
			if !t.quiet() {
				engines = append(engines, t.engine)
			}
		}
		return nil
	}); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, stopPatience)
	defer cancel()
	for _, e := range engines {
		if err := e.WaitStopped(ctx); err != nil && !errors.Is(err, syscall.ESRCH) {
			return err
		}
	}
	return nil
}
