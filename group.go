package utrace

import (
	"context"
	"fmt"
	"slices"
	"sync"
)

// Scope says how far a group of engines reaches.
type Scope uint8

const (
	// Process: all threads of one process, also those made later.
	Process Scope = iota
	// Tree: the process and all processes that descend from it from now on.
	Tree
)

// Group is a party's attachment to a whole process or process tree: one engine
// for each thread, attached to new threads before they run and carried over
// execs. Its methods may be called from any goroutine.
type Group struct {
	core    *Core
	scope   Scope
	handler func(*Thread) any
	options []AttachOption

	// mu guards the rest. The loop changes it; anybody may look.
	mu      sync.Mutex
	engines map[*Engine]struct{}
	mask    *Events // of SetEvents; nil: as the options say
	closed  bool
	ended   bool
	done    chan struct{}
}

// AttachGroup attaches to all threads of a process, and to those to come.
// handler gives the handler for a thread, on the loop; it may return the same one
// for all. With nil it leaves the thread out. The options are those of Attach.
//
// The error is about the first thread that cannot be attached; nothing stays
// attached then. Threads that die meanwhile do not matter, unless none is left
// (ErrGone).
func (c *Core) AttachGroup(ctx context.Context, pid int, scope Scope, handler func(*Thread) any, options ...AttachOption) (*Group, error) {
	if !c.loop.OnLoop() {
		if err := c.Admit(ctx, pid); err != nil {
			return nil, err
		}
	}
	g := c.newGroup(scope, handler, options)
	err := c.Do(ctx, func() error {
		if err := c.admitted(pid); err != nil {
			return err
		}
		return g.attachAll(pid)
	})
	if err != nil {
		g.Detach()
		return nil, err
	}
	return g, nil
}

func (c *Core) newGroup(scope Scope, handler func(*Thread) any, options []AttachOption) *Group {
	return &Group{
		core: c, scope: scope, handler: handler, options: options,
		engines: map[*Engine]struct{}{}, done: make(chan struct{}),
	}
}

// attachAll attaches to the threads of a process until there are no others:
// one that is not attached yet can make another one behind our back.
func (g *Group) attachAll(pid int) error {
	seen := map[int]bool{}
	var gone error
	for {
		ids, err := g.core.kernel.Threads(pid)
		if err != nil {
			return fmt.Errorf("attach to process %d: %w", pid, err)
		}
		fresh := false
		for _, id := range ids {
			if seen[id] {
				continue
			}
			seen[id], fresh = true, true
			if err := g.attachOne(id); err != nil {
				if !attachGone(err) {
					return err
				}
				gone = err
			}
		}
		if !fresh {
			break
		}
	}
	if g.Len() == 0 {
		if gone != nil {
			return gone // it says more: that the process is a zombie, and whose
		}
		return fmt.Errorf("attach to process %d: %w", pid, ErrGone)
	}
	return nil
}

// attachOne attaches to one thread. On the loop.
func (g *Group) attachOne(id int) error {
	c := g.core
	if c.drained != nil {
		return ErrClosed
	}
	t := c.threads[id]
	fresh := t == nil
	if fresh {
		task, err := c.loop.Attach(id, followInterest)
		if err != nil {
			return err
		}
		t = c.newThread(task, running)
		t.interest = followInterest
	}
	err := g.adopt(t)
	if err != nil && fresh && t.nobody() {
		t.unlinkGone()
	}
	return err
}

// adopt attaches the group's engine to a thread that the core keeps.
func (g *Group) adopt(t *Thread) error {
	if t.memberOf(g) {
		return nil
	}
	handler := g.handler(t)
	if handler == nil {
		if t.nobody() && t.state == running {
			t.unlinkGone()
		}
		return nil
	}
	a, cb, err := g.core.newAttachment(handler, g.options)
	if err != nil {
		return err
	}
	a.group = g
	g.mu.Lock()
	if g.mask != nil {
		a.mask = *g.mask
	}
	g.mu.Unlock()
	_, err = t.attach(handler, cb, a)
	return err
}

// follow carries the group over to a newborn.
func (g *Group) follow(parent *Engine, c *Clone) {
	g.mu.Lock()
	off := g.closed
	g.mu.Unlock()
	if off || g.scope == Process && c.NewProcess() {
		return
	}
	if err := g.adopt(c.Thread); err != nil {
		g.core.fault(c.Thread, err)
	}
}

// gained and lost keep the list of engines. On the loop.
func (g *Group) gained(e *Engine) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.engines[e] = struct{}{}
}

func (g *Group) lost(e *Engine) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.engines, e)
	if len(g.engines) == 0 && !g.ended {
		g.ended = true
		close(g.done)
	}
}

// has reports whether an engine of the group is in the address space.
func (g *Group) has(s *Space) bool {
	for t := range s.threads {
		if t.memberOf(g) {
			return true
		}
	}
	return false
}

// memberOf reports whether an engine of the group is attached to the thread.
func (t *Thread) memberOf(g *Group) bool {
	in := func(e *Engine) bool { return e.group == g && !e.gone.Load() }
	return slices.ContainsFunc(t.engines, in) || slices.ContainsFunc(t.attaching, in)
}

// Len is the number of threads that the group is attached to.
func (g *Group) Len() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.engines)
}

// Engines lists the group's engines, one for each thread, in the order of their
// attachment.
func (g *Group) Engines() []*Engine {
	g.mu.Lock()
	defer g.mu.Unlock()
	list := make([]*Engine, 0, len(g.engines))
	for e := range g.engines {
		list = append(list, e)
	}
	slices.SortFunc(list, func(a, b *Engine) int { return int(int64(a.seq) - int64(b.seq)) })
	return list
}

// Done is closed when the group's last engine is gone: all threads have ended,
// or Detach is through.
func (g *Group) Done() <-chan struct{} { return g.done }

// Detach detaches all engines of the group; new threads are not followed any
// more. When it returns without ErrInProgress no callback is running.
func (g *Group) Detach() error {
	g.mu.Lock()
	g.closed = true
	if len(g.engines) == 0 && !g.ended {
		g.ended = true
		close(g.done)
	}
	g.mu.Unlock()
	var result error
	for _, e := range g.Engines() {
		if err := e.Detach(); err == ErrInProgress {
			result = err
		}
	}
	return result
}

// SetEvents replaces the event mask of all engines of the group, and of those
// to come.
func (g *Group) SetEvents(mask Events) error {
	if !mask.valid() {
		return ErrInvalid
	}
	g.mu.Lock()
	g.mask = &mask
	g.mu.Unlock()
	var result error
	for _, e := range g.Engines() {
		if err := e.SetEvents(mask); err == ErrInProgress {
			result = err
		}
	}
	return result
}

// Control controls all threads of the group, in one hand-off. It returns
// ErrInProgress if any thread is still on its way to the stop.
func (g *Group) Control(ctx context.Context, action Action) error {
	if action == Detach {
		return g.Detach()
	}
	return joinControl(g.core.ControlAll(ctx, g.Engines(), action))
}
