package gdbserver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/gdbserver/rsp"
	"github.com/utrace/utrace/internal/procfs"
)

// session is one client: what it said about itself, what it debugs, and what it
// has still to be told. It is owned by the loop.
type session struct {
	server *Server
	// conn is nil for the server's own session.
	conn *conn
	// observer: it may look, and change nothing.
	observer bool

	// What the client can do (qSupported), and wants.
	multi, swbreak, hwbreak             bool
	forkEvents, vforkEvents, execEvents bool
	noResumed, threadEvents, nonStop    bool
	// plain: it does not read target descriptions.
	plain    bool
	extended bool
	// lldb: it speaks lldb's dialect.
	lldb bool
	// rawReads: its x packets are answered without the letter 'b'.
	rawReads bool
	// listThreads: its stop replies list all threads.
	listThreads bool
	// debug: its packets are printed, timed: with the time.
	debug, timed bool

	settings settings
	// processes are those that it debugs; order is that of their attachment.
	processes map[int]*process
	order     []*process
	// general is the thread that its next packets are about, and cont whom the
	// older packets resume.
	general *thread
	cont    rsp.Thread

	// began is the process that it began to debug last, other than by a fork.
	began *process

	// waiting: it has resumed threads, in all-stop mode, and gets an answer when
	// something happens. resuming: it is being done.
	waiting, resuming bool
	// wantsEnd: it does not wait, and is told of the end of a process only.
	// last is the last stop that was told, for who asks again.
	last *thread
	// awaited is a thread that the stop of everything waits for, if one is known.
	awaited    *thread
	interrupts interrupts
	queue      queue
	// exits are ends of threads, in all-stop mode, that it wants to hear of.
	exits  []*ending
	files  files
	object object
	// unlisted are the threads of a list that is being told which did not fit a packet.
	unlisted []rsp.Thread
	seq      uint64

	// busy: a goroutine does something for it, and it has to wait.
	busy bool
	// gone: it has hung up. A task that ends then has nobody to tell.
	gone bool
}

func newSession(s *Server, c *conn) *session {
	n := &session{server: s, conn: c, processes: map[int]*process{}}
	n.settings.init(&s.options)
	if c == nil {
		n.forkEvents, n.vforkEvents, n.execEvents = false, false, false
	}
	return n
}

// welcome gives a new client what the server has kept for it.
func (s *session) welcome() {
	if s.observer {
		return
	}
	for _, p := range append([]*process(nil), s.server.own.order...) {
		s.takeOver(p)
	}
	// Who comes later debugs what the others do.
	for c := range s.server.clients {
		if c == s || c.observer || s.server.options.Multi {
			continue
		}
		for _, p := range c.order {
			if s.processes[p.pid] == nil {
				_, _ = s.attach(p.pid, p.attached) // or it has just ended
			}
		}
	}
}

// takeOver gives a process that the server has kept to a client, without its
// running in between.
func (s *session) takeOver(p *process) {
	mine, err := s.attach(p.pid, p.attached)
	if err == nil {
		mine.startup = p.startup
		told := map[int]*rsp.Stop{}
		for _, t := range p.threads {
			told[t.id] = t.last
		}
		for _, t := range mine.threads {
			t.last = told[t.id]
		}
		if last := p.s.last; last != nil && last.p == p {
			s.last = mine.thread(last.id)
		}
	}
	p.s.leave(p)
}

// lost is called when the connection has ended. What the client leaves behind is
// kept for the next one, as gdbserver does, unless somebody else debugs it. Where there
// is no next one the server ends, and does with it what Close says.
func (s *session) lost() {
	if s.gone {
		return
	}
	server := s.server
	if !s.observer {
		for _, p := range append([]*process(nil), s.order...) {
			if p.exit == nil && !server.debugged(p.pid, s) {
				server.own.takeOver(p)
			}
		}
	}
	s.hangUp()
	if server.options.Once && !s.observer {
		server.finish()
		return
	}
	if !s.observer && len(server.own.processes) != 0 {
		server.logf("Remote side has terminated connection.  GDBserver will reopen the connection.\n")
	}
	server.idle()
}

// hangUp ends the session.
func (s *session) hangUp() {
	if s.gone {
		return
	}
	s.gone = true
	s.leaveAll()
	s.files.closeAll()
	if s.conn != nil {
		s.conn.close()
	}
	delete(s.server.clients, s)
}

// pids are the processes that the client debugs.
func (s *session) pids() map[int]bool {
	list := map[int]bool{}
	for pid := range s.processes {
		list[pid] = true
	}
	return list
}

// reply sends the reply to a packet.
func (s *session) reply(content []byte) {
	if s.conn != nil && !s.gone {
		s.conn.reply(content)
	}
}

// trace writes a packet for who debugs the protocol.
func (s *session) trace(mark string, content []byte) {
	if w := s.server.options.Packets; w != nil || s.debug {
		if w == nil {
			w = s.server.options.Log
		}
		if s.timed || s.server.options.Timestamps {
			mark = time.Now().Format("15:04:05.000000 ") + mark
		}
		if w != nil {
			fmt.Fprintf(w, "%s %q\n", mark, content)
		}
	}
}

// errLater is returned by who replies later.
var errLater = errors.New("the reply comes later")

// errUnsupported is answered by an empty reply, which is the protocol's word for
// a packet that is not known.
var errUnsupported = errors.New("packet is not supported")

// packet serves a packet.
func (s *session) packet(content []byte) {
	reply, err := s.dispatch(s.conn.content[:0], content)
	if errors.Is(err, utrace.ErrAgain) && !s.busy {
		s.retry(bytes.Clone(content))
		return
	}
	s.answer(reply, err)
}

// answer sends the outcome of a packet.
func (s *session) answer(reply []byte, err error) {
	if errors.Is(err, errLater) || s.conn == nil {
		return
	}
	if err != nil {
		reply = s.refuse(s.conn.content[:0], err)
	}
	s.conn.content = reply
	s.reply(reply)
}

// refuse appends the reply about an error.
func (s *session) refuse(dst []byte, err error) []byte {
	var e *rsp.Error
	switch {
	case errors.Is(err, errUnsupported):
		return dst
	case errors.As(err, &e):
		return e.AppendTo(dst)
	}
	return (&rsp.Error{Code: 1}).AppendTo(dst)
}

// refusal makes an error that the client's user gets to read.
func refusal(format string, args ...any) error {
	return &rsp.Error{Text: fmt.Sprintf(format, args...)}
}

// failed is the error without a text.
var failed error = &rsp.Error{Code: 1}

// later has a goroutine do something for the client, which is not served
// meanwhile. work runs on the goroutine, and what it returns on the loop.
func (s *session) later(work func(ctx context.Context) (finish func() ([]byte, error))) error {
	if s.busy {
		return failed
	}
	s.busy = true
	server := s.server
	server.work(func() {
		finish := work(server.ctx)
		server.post(func() {
			s.busy = false
			reply, err := finish()
			if s.gone {
				return
			}
			s.answer(reply, err)
			if s.conn != nil {
				s.conn.serve()
			}
		})
	})
	return errLater
}

// retry serves a packet once more when the thread that it is about has come to
// its stop: one that job control has stopped takes a moment to be had.
func (s *session) retry(content []byte) {
	t := s.general
	if t == nil || t.engine == nil {
		s.answer(nil, failed)
		return
	}
	_ = s.later(func(ctx context.Context) func() ([]byte, error) {
		ctx, cancel := context.WithTimeout(ctx, stopPatience)
		defer cancel()
		err := t.engine.WaitStopped(ctx)
		return func() ([]byte, error) {
			if err != nil || s.gone {
				return nil, failed
			}
			return s.dispatch(nil, content)
		}
	})
}

// threadsOf lists the threads of a process, or none when it is gone.
func threadsOf(pid int) []int {
	ids, err := procfs.Threads(pid)
	if err != nil {
		return nil
	}
	return ids
}
