package gdbserver

import (
	"bytes"
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
		reply, err := stopBriefly(ctx, core, pid, tid, f)
		return func() ([]byte, error) { return reply, err }
	})
}

// idler is the handler of engines that only hold.
var idler = &utrace.Funcs{Reap: func(*utrace.Report, utrace.Status) {}}

func stopBriefly(ctx context.Context, core *utrace.Core, pid, tid int, f func(r *utrace.Report) ([]byte, error)) (reply []byte, err error) {
	ids := []int{tid}
	if tid == 0 {
		ids = threadsOf(pid)
	}
	err = failed
	for _, id := range ids {
		e, attachErr := core.Attach(ctx, id, idler, utrace.WithName("gdb look"))
		if attachErr != nil {
			continue
		}
		brief, cancel := context.WithTimeout(ctx, stopPatience/10)
		if e.Control(ctx, utrace.Stop); e.WaitStopped(brief) == nil {
			err = core.Do(ctx, func() error {
				r, err := e.Held()
				if err == nil {
					reply, err = f(r)
				}
				return err
			})
			cancel()
			_ = e.Detach()
			return reply, err
		}
		cancel()
		_ = e.Detach()
	}
	return nil, err
}

// search serves qSearch:memory.
func (s *session) search(dst, packet []byte) ([]byte, error) {
	q, err := rsp.ParseSearch(packet)
	if err != nil {
		return nil, err
	}
	t, err := s.selected()
	if err != nil {
		return nil, err
	}
	return s.withMemory(dst, t.p, func(dst []byte, r memory) ([]byte, error) {
		at, found, err := find(r, q)
		if err != nil {
			return nil, memoryError(err)
		}
		return rsp.Match{Found: found, Addr: at}.AppendTo(dst), nil
	})
}

// searchStep is how much memory is looked through at a time, searchLimit how much
// in one packet: the loop has others to serve.
const (
	searchStep  = 1 << 16
	searchLimit = 1 << 28
)

// find looks for a pattern.
func find(r memory, q rsp.Search) (at uint64, found bool, err error) {
	if q.Length > searchLimit {
		return 0, false, syscall.EINVAL
	}
	window := make([]byte, 0, searchStep+len(q.Pattern))
	at = q.Addr
	for left := q.Length; left != 0; {
		n := min(left, searchStep)
		keep := len(window)
		window = window[:keep+int(n)]
		if _, err := r.ReadMemory(at+uint64(keep), window[keep:]); err != nil {
			return 0, false, err
		}
		left -= n
		if i := bytes.Index(window, q.Pattern); i >= 0 {
			return at + uint64(i), true, nil
		}
		// A match can begin at the end of what was looked through.
		drop := max(0, len(window)-len(q.Pattern)+1)
		at += uint64(drop)
		window = window[:copy(window, window[drop:])]
	}
	return 0, false, nil
}

// checksum serves qCRC.
func (s *session) checksum(dst, packet []byte) ([]byte, error) {
	q, err := rsp.ParseChecksum(packet)
	if err != nil {
		return nil, err
	}
	t, err := s.selected()
	if err != nil {
		return nil, err
	}
	if q.Length > searchLimit {
		return nil, failed
	}
	return s.withMemory(dst, t.p, func(dst []byte, r memory) ([]byte, error) {
		crc, piece := ^uint32(0), make([]byte, searchStep)
		for done := uint64(0); done < q.Length; {
			n := min(q.Length-done, searchStep)
			if _, err := r.ReadMemory(q.Addr+done, piece[:n]); err != nil {
				return nil, memoryError(err)
			}
			crc = rsp.CRC(crc, piece[:n])
			done += n
		}
		return rsp.AppendCRC(dst, crc), nil
	})
}
