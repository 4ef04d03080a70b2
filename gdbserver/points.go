package gdbserver

import (
	"context"
	"errors"
	"slices"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/breakpoint"
	"github.com/utrace/utrace/breakpoint/agent"
	"github.com/utrace/utrace/gdbserver/rsp"
)

// points are a client's breakpoints in one process. The manager that keeps them
// is made with the first.
type points struct {
	manager *breakpoint.Manager
	list    map[pointKey]*point
	// watches is how many of the list are watchpoints.
	watches int
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
	// move makes the same one for another process.
	move moving
}

type moving func(p *process, spec breakpoint.Spec) breakpoint.Spec

// kinds are what the manager has of the protocol's types. x86 cannot watch reads
// alone, and clients that are told so watch every access.
var kinds = map[rsp.PointType]breakpoint.Kind{
	rsp.Software: breakpoint.Software, rsp.Hardware: breakpoint.Hardware,
	rsp.WatchWrite: breakpoint.Write, rsp.WatchAny: breakpoint.Access,
}

// reasons are what a hit is told as.
var reasons = map[breakpoint.Kind]rsp.Reason{
	breakpoint.Software: rsp.SoftwareBreak, breakpoint.Hardware: rsp.HardwareBreak,
	breakpoint.Write: rsp.Watch, breakpoint.Access: rsp.AccessWatch,
}

// maxWatch is more than debug registers can watch; what a client asks for is not
// to make us read gigabytes.
const maxWatch = 1 << 12

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
	kind, supported := kinds[x.Type]
	if !supported {
		return nil, errUnsupported
	}
	key := pointKey{kind: x.Type, addr: x.Addr}
	root := t.p.root()
	spec := breakpoint.Spec{PID: root.pid, Kind: kind, Addr: x.Addr}
	if x.Type != rsp.Software && x.Type != rsp.Hardware {
		if x.Kind == 0 || x.Kind > maxWatch {
			return nil, failed
		}
		key.length, spec.Len = x.Kind, int(x.Kind)
	}
	if !x.Insert {
		return s.removePoint(dst, root, key)
	}
	conditions, err := programs(x.Conditions)
	if err != nil {
		return nil, err
	}
	commands, err := programs(x.Commands)
	if err != nil {
		return nil, err
	}
	return s.insertPoint(dst, root, key, root.target(spec, conditions, commands), func(p *process, spec breakpoint.Spec) breakpoint.Spec {
		return p.target(spec, conditions, commands)
	})
}

// maxExpressions is how many conditions, or commands, a breakpoint can have. All clients
// wait while they are evaluated.
const maxExpressions = 64

// programs parses agent expressions.
func programs(list [][]byte) (parsed []*agent.Program, err error) {
	if len(list) > maxExpressions {
		return nil, refusal("a breakpoint can have %d conditions and commands each, not %d", maxExpressions, len(list))
	}
	for _, code := range list {
		p, err := agent.Parse(code)
		if err != nil {
			return nil, refusal("%v", err)
		}
		parsed = append(parsed, p)
	}
	return parsed, nil
}

// target completes a breakpoint of a process. One condition that holds is enough,
// and where there are commands the client is not told of hits.
func (p *process) target(spec breakpoint.Spec, conditions, commands []*agent.Program) breakpoint.Spec {
	spec.PID, spec.Hit = p.pid, p.hit
	if len(conditions) != 0 {
		spec.Condition = func(r *utrace.Report, _ *breakpoint.Breakpoint) bool {
			names := p.layoutFor(r).names()
			return slices.ContainsFunc(conditions, func(c *agent.Program) bool { return c.Holds(r, names) })
		}
	}
	if len(commands) != 0 {
		spec.Hit = func(r *utrace.Report, _ *breakpoint.Breakpoint) utrace.Action {
			machine := agent.NewThread(r, p.layoutFor(r).names())
			for _, c := range commands {
				_, _ = c.Eval(machine, p.s.server.options.output()) // there is nobody to tell of an error
			}
			return utrace.Resume
		}
	}
	return spec
}

// hit is called when a thread has come to a breakpoint.
func (p *process) hit(r *utrace.Report, b *breakpoint.Breakpoint) utrace.Action {
	t := p.thread(r.Thread().ID())
	if t == nil || p.startup > 0 {
		return utrace.Resume
	}
	t.happened(rsp.Stop{Reason: reasons[b.Kind()], Signal: gdbSIGTRAP, Addr: b.Addr()})
	return utrace.Resume
}

// insertPoint plants a breakpoint, at once if a thread of the process stands.
func (s *session) insertPoint(dst []byte, p *process, key pointKey, spec breakpoint.Spec, move moving) ([]byte, error) {
	ctx := context.Background()
	if err := p.points.open(ctx, p); err != nil {
		return nil, failed
	}
	manager := p.points.manager
	b, err := manager.Set(ctx, spec)
	if err == nil {
		p.inserted(key, &point{spec, b, move})
		return ok(dst)
	}
	if !errors.Is(err, utrace.ErrRunning) {
		return nil, failed
	}
	return nil, s.later(func(ctx context.Context) func() ([]byte, error) {
		b, err := manager.Set(ctx, spec)
		return func() ([]byte, error) {
			if err != nil || p.points.manager != manager { // or the client has left the process
				return nil, failed
			}
			p.inserted(key, &point{spec, b, move})
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

// inserted notes a breakpoint, and has the kin of the process stop at it, too.
func (p *process) inserted(key pointKey, b *point) {
	p.points.add(key, b)
	for _, x := range p.kin() {
		x.points.take(x, key, b)
	}
}

// add notes a breakpoint. One that it takes the place of, with other conditions
// maybe, is removed after it was set, so that nobody gets past them.
func (x *points) add(key pointKey, b *point) {
	if x.list == nil {
		x.list = map[pointKey]*point{}
	}
	if old := x.list[key]; old != nil {
		_ = old.set.Remove(context.Background())
	} else if key.length != 0 {
		x.watches++
	}
	x.list[key] = b
}

// removePoint takes a breakpoint out. One that is not there is no error: after a
// fork and an exec client and server do not always agree on what is.
func (s *session) removePoint(dst []byte, p *process, key pointKey) ([]byte, error) {
	b := p.points.list[key]
	if b == nil {
		return ok(dst)
	}
	delete(p.points.list, key)
	if key.length != 0 {
		p.points.watches--
	}
	var failure error
	lost := key.kind == rsp.Software && p.unmapped(key.addr)
	if err := b.set.Remove(context.Background()); err != nil && !errors.Is(err, utrace.ErrNotFound) && !errors.Is(err, utrace.ErrGone) || lost {
		failure = failed
	}
	for _, x := range p.kin() { // in all, also if it fails in one
		if _, err := s.removePoint(nil, x, key); err != nil {
			failure = err
		}
	}
	if failure != nil {
		return nil, failure
	}
	return ok(dst)
}

// unmapped reports whether the program has taken the memory at an address away, with
// the breakpoint there, which clients warn of.
func (p *process) unmapped(addr uint64) bool {
	t := p.held()
	if t == nil {
		return false
	}
	r, err := t.engine.Held()
	if err != nil {
		return false
	}
	_, err = r.ReadMemory(addr, make([]byte, 1))
	return err != nil
}

// inherit gives a forked process the breakpoints of its parent. Its client finds
// them in the copy of the memory that the child is.
func (x *points) inherit(child *process, parent *points) {
	for key, b := range parent.list {
		x.take(child, key, b)
	}
}

// take sets another process's breakpoint, as far as it can be set at once.
func (x *points) take(child *process, key pointKey, b *point) {
	spec := b.move(child, b.spec)
	ctx := context.Background()
	if x.open(ctx, child) != nil {
		return
	}
	if set, err := x.manager.Set(ctx, spec); err == nil {
		x.add(key, &point{spec, set, b.move})
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
func (x *points) forget() { x.list, x.watches = nil, 0 }
