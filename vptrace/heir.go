package vptrace

import (
	"context"
	"slices"
	"syscall"

	"github.com/utrace/utrace/internal/ledger"
	"github.com/utrace/utrace/internal/procfs"
)

// If this process is killed, the kernel lets all tracees go, and they run on. The
// calls of filtered threads do not fail as long as somebody holds the
// listeners; those that were received wait for an answer that only who knows
// their ids can give. So a successor inherits listeners and ledger. Its tracers'
// tracees have gone: requests fail with ESRCH, and waits tell of each that it was
// killed, as nothing else ends the tracing of a thread for a tracer. A child of
// the tracer's own it gets from the kernel, with the status that it will have.

// Will is what a server does for its successor.
type Will struct {
	// Memory outlives this process. It has WillSize bytes, zeroed or a
	// predecessor's.
	Memory []byte
	// Hold keeps a listener's descriptor open whatever happens, and Drop no
	// longer. They are called on the core's loop.
	Hold func(number uint64, fd int) error
	Drop func(number uint64)
	// Trusted says that whoever a predecessor has served is (see Adopt).
	Trusted bool
}

// WillSize is the size of a Will's memory.
const WillSize = ledger.Size

// Leave makes a will. It has to come before the first Adopt.
func (s *Server) Leave(w Will) {
	s.will, s.ledger = w, ledger.Open(w.Memory)
}

// Inherit goes on where a predecessor was killed, with the Will that it has left
// and its listeners by their numbers, which it takes over.
func (s *Server) Inherit(ctx context.Context, w Will, listeners map[uint64]int) error {
	s.Leave(w)
	s.heir = true
	s.domains.seen = true // its predecessor has not said
	return s.core.Do(ctx, func() error {
		for _, b := range s.ledger.Bonds() {
			s.mourn(b)
		}
		for number, fd := range listeners {
			s.numbered = max(s.numbered, number)
			if err := s.listen(number, fd, w.Trusted); err != nil {
				return err
			}
		}
		for _, place := range s.ledger.Calls() {
			s.resume(place)
		}
		for _, t := range s.tracers {
			// Who sleeps until something happens is to look.
			t.tellLoss()
		}
		return nil
	})
}

// mourn tells a tracer of a thread that it has lost.
func (s *Server) mourn(b *ledger.Bond) {
	tgid, tid := int(b.Tracer), int(b.Thread)
	t, err := s.tracer(tgid)
	if err != nil {
		s.ledger.Free(b)
		return
	}
	if b.State() == ledger.Traced && b.Status == sigstop {
		// It has stopped itself for the tracer, which will not continue it: as
		// children do that are about to execute what is to be traced.
		_ = syscall.Kill(int(b.Process), sigcont)
	}
	status, err := procfs.ReadStatus(tid)
	natural := err == nil && status.Parent == tgid && status.Group == tid
	switch {
	case b.State() == ledger.Traced && natural:
		by, fresh := int(b.By), b.Fresh != 0
		s.ledger.Free(b)
		if fresh && s.begin(t, by, tid) == nil {
			return // it has seen no stop: nothing is lost
		}
		if t.let == nil {
			t.let = map[int]struct{}{}
		}
		t.let[tid] = struct{}{}
	default:
		if b.State() == ledger.Traced {
			b.Status = sigkill
			b.Set(ledger.Ended)
		}
		t.queueEnd(end{tid: tid, tgid: int(b.Process), status: int(b.Status), bond: b})
	}
}

// resume answers a call that the predecessor has received and not answered. What
// it has done for the caller has ended with it.
func (s *Server) resume(place int32) {
	in := s.ledger.In()
	*in = *s.ledger.Call(place)
	if l := s.listeners[in.Listener]; l != nil && l.Valid(in.ID) {
		s.carryOut(in, l)
	}
	s.ledger.Drop(place)
}

// lost reports whether the tracer believes that it traces a thread which a
// predecessor of ours has let go: what it would do to its tracee it must not do
// to the thread.
func (t *tracer) lost(tid int) bool {
	_, let := t.let[tid]
	return let || slices.ContainsFunc(t.ends, func(e end) bool { return e.tid == tid })
}

// tellLoss wakes a tracer that has lost tracees.
func (t *tracer) tellLoss() {
	if len(t.ends) == 0 && len(t.let) == 0 {
		return
	}
	_ = syscall.Kill(t.tgid, sigchld)
}

// recallUnknown has the waits of a process come back that a predecessor of ours
// may have left to the kernel: it has taken their list with it. Who sleeps in
// another call of these numbers does not notice.
func (s *Server) recallUnknown(t *tracer) {
	threads, _ := procfs.Threads(t.tgid)
	for _, tid := range threads {
		if slices.ContainsFunc(t.waiters, func(w waitCall) bool { return w.id == tid }) {
			continue
		}
		sleeps, err := procfs.ReadSyscall(tid)
		if err != nil || sleeps.Running {
			continue
		}
		if isWait(sleeps.Number) {
			s.kick(tid)
		}
	}
}
