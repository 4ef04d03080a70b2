package gdbserver

import (
	"context"
	"errors"
	"syscall"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/gdbserver/rsp"
)

// maxPacket is the longest packet that clients are told to send, and that they
// get: gdb reads memory in pieces of half of it.
const maxPacket = 1 << 17

// memory serves m, x, M and X.
func (s *session) memory(dst, packet []byte) ([]byte, error) {
	m, err := rsp.ParseMemory(packet)
	if err != nil {
		return nil, err
	}
	if m.Letter == 'x' && m.Length == 0 { // lldb asks whether we know it
		s.rawReads = true
		return ok(dst)
	}
	t, err := s.selected()
	if err != nil {
		return nil, err
	}
	if m.Letter == 'M' || m.Letter == 'X' {
		return s.writeMemory(dst, t.p, m)
	}
	limit := uint64(maxPacket / 2)
	m.Length = min(m.Length, limit-1)
	return s.withMemory(dst, t.p, func(dst []byte, r memory) ([]byte, error) {
		data := make([]byte, m.Length)
		n, err := r.ReadMemory(m.Addr, data)
		if n == 0 && m.Length != 0 {
			return nil, memoryError(err)
		}
		return m.AppendReply(dst, data[:n], s.rawReads), nil
	})
}

func (s *session) writeMemory(dst []byte, p *process, m rsp.Memory) ([]byte, error) {
	if m.Length == 0 {
		return ok(dst)
	}
	return s.withMemory(dst, p, func(dst []byte, r memory) ([]byte, error) {
		if _, err := r.WriteMemory(m.Addr, m.Data); err != nil {
			return nil, memoryError(err)
		}
		return ok(dst)
	})
}

// memoryError is the reply about memory that is not there.
func memoryError(err error) error {
	var errno syscall.Errno
	if errors.As(err, &errno) && errno < 0x100 {
		return &rsp.Error{Code: byte(errno)}
	}
	return failed
}

// memory is what can be done with memory through a thread that stands.
type memory interface {
	ReadMemory(addr uint64, p []byte) (int, error)
	WriteMemory(addr uint64, p []byte) (int, error)
}

// withMemory calls f with the memory of a process: at once if the client holds a
// thread of it, else as soon as one has been stopped for a moment.
func (s *session) withMemory(dst []byte, p *process, f func(dst []byte, r memory) ([]byte, error)) ([]byte, error) {
	if t := p.held(); t != nil {
		r, err := t.engine.Held()
		if err != nil {
			return nil, failed
		}
		return f(dst, r)
	}
	return nil, s.withStopped(p.pid, 0, func(r *utrace.Report) ([]byte, error) { return f(nil, r) })
}

// withStopped stops a thread of a process for a moment, by an engine for just
// that, and calls f on the loop. 0 is whichever thread stops first.
func (s *session) withStopped(pid, tid int, f func(r *utrace.Report) ([]byte, error)) error {
	core := s.server.core
	return s.later(func(ctx context.Context) func() ([]byte, error) {
		var reply []byte
		err := stopBriefly(ctx, core, pid, tid, func(e *utrace.Engine) error {
			return s.server.do(ctx, func() error {
				r, err := e.Held()
				if err == nil {
					reply, err = f(r)
				}
				return err
			})
		})
		return func() ([]byte, error) { return reply, err }
	})
}

// idler is the handler of engines that only hold.
var idler = &utrace.Funcs{Reap: func(*utrace.Report, utrace.Status) {}}

// stopBriefly stops a thread, and calls look with the engine that holds it.
func stopBriefly(ctx context.Context, core *utrace.Core, pid, tid int, look func(e *utrace.Engine) error) error {
	ids := []int{tid}
	if tid == 0 {
		ids = threadsOf(pid)
	}
	for _, id := range ids {
		e, attachErr := core.Attach(ctx, id, idler, utrace.WithName("gdb look"))
		if attachErr != nil {
			continue
		}
		brief, cancel := context.WithTimeout(ctx, stopPatience/10)
		_ = e.Control(ctx, utrace.Stop) // that it takes a moment is an error, too
		stopped := e.WaitStopped(brief) == nil
		cancel()
		var err error
		if stopped {
			err = look(e)
		}
		_ = e.Detach()
		if stopped {
			return err
		}
	}
	return failed
}
