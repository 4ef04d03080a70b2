package gdbserver

import (
	"context"
	"errors"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/breakpoint"
	"github.com/utrace/utrace/gdbserver/rsp"
)

// points are a client's breakpoints in one process. The manager that keeps them
// is made with the first.
type points struct {
	manager *breakpoint.Manager
	list    map[pointKey]*point
}

// pointKey is what z packets name a breakpoint by.
type pointKey struct {
	kind   rsp.PointType
	addr   uint64
	length uint64
}

type point struct {
	spec breakpoint.Spec
	set  *breakpoint.Breakpoint
}

// point serves Z and z.
func (s *session) point(dst, packet []byte) ([]byte, error) {
	x, err := rsp.ParsePoint(packet)
	if err != nil {
		return nil, err
	}
	t, err := s.selected()
	if err != nil {
		return nil, err
	}
	if x.Type != rsp.Software {
		return nil, errUnsupported
	}
	key := pointKey{x.Type, x.Addr, 0}
	p := t.p
	if !x.Insert {
		return s.removePoint(dst, p, key)
	}
	spec := breakpoint.Spec{PID: p.pid, Addr: x.Addr, Hit: p.hit}
	if len(x.Conditions) != 0 || len(x.Commands) != 0 {
		return nil, errUnsupported
	}
	return s.insertPoint(dst, p, key, spec)
}

// hit is called when a thread has come to a breakpoint.
func (p *process) hit(r *utrace.Report, b *breakpoint.Breakpoint) utrace.Action {
	t := p.thread(r.Thread().ID())
	if t == nil || p.startup > 0 {
		return utrace.Resume
	}
	t.hold()
	t.happened(rsp.Stop{Reason: rsp.SoftwareBreak, Signal: gdbSIGTRAP, Addr: b.Addr()})
	return utrace.Resume
}

// insertPoint plants a breakpoint, at once if a thread of the process stands.
func (s *session) insertPoint(dst []byte, p *process, key pointKey, spec breakpoint.Spec) ([]byte, error) {
	ctx := context.Background()
	if err := p.points.open(ctx, p); err != nil {
		return nil, failed
	}
	b, err := p.points.manager.Set(ctx, spec)
	if err == nil {
		p.points.add(key, spec, b)
		return ok(dst)
	}
	if !errors.Is(err, utrace.ErrRunning) {
		return nil, failed
	}
	return nil, s.later(func(ctx context.Context) func() ([]byte, error) {
		b, err := p.points.manager.Set(ctx, spec)
		return func() ([]byte, error) {
			if err != nil {
				return nil, failed
			}
			p.points.add(key, spec, b)
			return ok(nil)
		}
	})
}

func (x *points) open(ctx context.Context, p *process) error {
	if x.manager != nil {
		return nil
	}
	m, err := breakpoint.Open(ctx, p.s.server.core, p.pid, utrace.Process, utrace.WithName(p.s.name()+" breakpoints"))
	x.manager = m
	return err
}

// add notes a breakpoint. One that it takes the place of, with other conditions
// maybe, is removed after it was set, so that nobody gets past them.
func (x *points) add(key pointKey, spec breakpoint.Spec, b *breakpoint.Breakpoint) {
	if x.list == nil {
		x.list = map[pointKey]*point{}
	}
	if old := x.list[key]; old != nil {
		_ = old.set.Remove(context.Background())
	}
	x.list[key] = &point{spec, b}
}

// removePoint takes a breakpoint out. One that is not there is no error: after a
// fork and an exec client and server do not always agree on what is.
func (s *session) removePoint(dst []byte, p *process, key pointKey) ([]byte, error) {
	b := p.points.list[key]
	if b == nil {
		return ok(dst)
	}
	delete(p.points.list, key)
	if err := b.set.Remove(context.Background()); err != nil && !errors.Is(err, utrace.ErrNotFound) && !errors.Is(err, utrace.ErrGone) {
		return nil, failed
	}
	return ok(dst)
}

// inherit gives a forked process the breakpoints of its parent. Its client finds
// them in the copy of the memory that the child is.
func (x *points) inherit(child *process, parent *points) {
	for key, b := range parent.list {
		spec := b.spec
		spec.PID, spec.Hit = child.pid, child.hit
		ctx := context.Background()
		if x.open(ctx, child) != nil {
			return
		}
		if set, err := x.manager.Set(ctx, spec); err == nil {
			x.add(key, spec, set)
		}
	}
}

// breaksAt reports whether there is a breakpoint at an address.
func (x *points) breaksAt(pc uint64) bool {
	for key := range x.list {
		if key.addr == pc {
			return true
		}
	}
	return false
}

// removeAll takes all out, and the manager's engines away.
func (x *points) removeAll() {
	if x.manager != nil {
		_ = x.manager.Close() // no callback of it runs: we are on the loop
	}
	*x = points{}
}

// forget is removeAll for a process that has lost its memory.
func (x *points) forget() { x.list = nil }
