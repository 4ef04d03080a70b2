package gdbserver

import (
	"context"
	"errors"
	"syscall"

	"github.com/utrace/utrace/gdbserver/rsp"
)

// The packets that begin and end the debugging of processes.

// vAttach attaches to a process, when the core has admitted that. An all-stop client is
// answered when all of its threads stand.
func (s *session) vAttach(_, packet []byte) ([]byte, error) {
	x, err := rsp.ParseProcess(packet)
	if err != nil {
		return nil, err
	}
	if x.PID == s.server.options.Place.pid() {
		return nil, refusal("process %d is this server", x.PID)
	}
	return nil, s.later(func(ctx context.Context) func() ([]byte, error) {
		err := s.server.core.Admit(ctx, x.PID)
		return func() ([]byte, error) { return s.begin(x.PID, err) }
	})
}

// begin attaches to a process, unless that was refused.
func (s *session) begin(pid int, err error) ([]byte, error) {
	if s.gone {
		return nil, errLater
	}
	var p *process
	if err == nil {
		p, err = s.attach(pid, s.server.launched[pid] == nil)
	}
	if err != nil {
		s.server.logf("Cannot attach to process %d: %v\n", pid, err)
		var e *rsp.Error
		if !errors.As(err, &e) {
			err = refusal("%v", err)
		}
		return nil, err
	}
	s.server.own.yield(pid)
	if s.nonStop {
		s.general = p.threads[0]
		return ok(nil)
	}
	p.threads[0].fresh = true
	return s.tellFirst(p.threads[0], 0)
}

// yield gives up what another client has taken over.
func (s *session) yield(pid int) {
	if p := s.processes[pid]; p != nil {
		s.leave(p)
	}
}

// tellFirst tells of a thread that has just become the client's, when everything
// stands.
func (s *session) tellFirst(t *thread, signal int) ([]byte, error) {
	s.seq++
	t.event, t.seq, t.resumed = &rsp.Stop{Reason: rsp.Signalled, Signal: signal, Thread: t.name(), Core: -1}, s.seq, true
	s.waiting = true
	s.settle()
	return nil, errLater
}

// vRun starts a program.
func (s *session) vRun(_, packet []byte) ([]byte, error) {
	run, err := rsp.ParseRun(packet)
	if err != nil {
		return nil, err
	}
	program := &s.server.program
	switch {
	case run.Path != "":
		*program = append([]string{run.Path}, run.Args...)
	case len(*program) == 0:
		return nil, refusal("No program to run")
	default:
		*program = append([]string{(*program)[0]}, run.Args...)
	}
	return nil, s.runProgram(true)
}

// runProgram has a goroutine start the program that was named last, and tells of
// its first stop if somebody waits for that.
func (s *session) runProgram(tell bool) error {
	st := s.prepare()
	return s.later(func(ctx context.Context) func() ([]byte, error) {
		p, err := st.run(ctx)
		return func() ([]byte, error) {
			if err != nil {
				s.server.logf("%v\n", err)
				if !tell {
					return nil, errLater
				}
				return nil, refusal("%v", err)
			}
			if s.gone || s.processes[p.pid] != p || len(p.threads) == 0 {
				return nil, failed
			}
			t := p.threads[0]
			s.general = t
			if !tell {
				return nil, errLater
			}
			if t.event == nil {
				stop := t.told()
				t.event = &stop
			}
			return s.report(nil, t), nil
		}
	})
}

// restart is R: start the program anew. It has no reply.
func (s *session) restart(dst, _ []byte) ([]byte, error) {
	if !s.extended {
		return nil, errUnsupported
	}
	s.killProcesses()
	s.server.logf("GDBserver restarting\n")
	if len(s.server.program) != 0 {
		_ = s.runProgram(false)
	}
	return nil, errLater
}

// detach lets a process go, which runs on.
func (s *session) detach(dst, packet []byte) ([]byte, error) {
	if s.observer {
		return ok(dst)
	}
	x, err := rsp.ParseProcess(packet)
	if err != nil {
		return nil, err
	}
	p := s.processes[x.PID]
	if t, err := s.selected(); x.PID == 0 && err == nil {
		p = t.p.root()
	}
	if p == nil {
		return nil, failed
	}
	s.server.logf("Detaching from process %d\n", p.pid)
	s.leave(p)
	if s.waiting {
		s.settle()
	}
	return ok(dst)
}

// vKill kills a process, and answers when it is gone.
func (s *session) vKill(_, packet []byte) ([]byte, error) {
	x, err := rsp.ParseProcess(packet)
	if err != nil {
		return nil, err
	}
	p := s.processes[x.PID]
	if p == nil {
		return nil, failed
	}
	if p.over() {
		s.forget(p)
		return []byte("OK"), nil
	}
	s.busy = true
	p.killed = func() {
		s.server.post(func() {
			s.busy = false
			if !s.gone {
				s.answer([]byte("OK"), nil)
				s.conn.serve()
			}
		})
	}
	for _, x := range p.kin() {
		_ = syscall.Kill(x.pid, syscall.SIGKILL)
	}
	_ = syscall.Kill(p.pid, syscall.SIGKILL) // ESRCH: its end is being reported
	return nil, errLater
}

// killAll is k, which has no answer.
func (s *session) killAll(_, _ []byte) ([]byte, error) {
	if s.observer {
		return nil, errLater
	}
	if len(s.order) == 0 {
		return nil, errLater
	}
	s.server.logf("Killing all inferiors\n")
	s.killProcesses()
	if !s.extended {
		s.server.post(s.lost)
	}
	return nil, errLater
}

func (s *session) killProcesses() {
	for _, p := range append([]*process(nil), s.order...) {
		if !p.over() {
			_ = syscall.Kill(p.pid, syscall.SIGKILL)
		}
		s.leave(p)
	}
}
