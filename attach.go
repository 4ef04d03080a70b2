package utrace

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall"
)

// AttachOption adjusts an attachment, or says what Find looks for.
type AttachOption func(*attachment)

type attachment struct {
	mask      Events
	name      string
	data      any
	layer     int
	filtered  bool
	release   func()
	group     *Group
	party     any
	holdsExit bool
	exclusive bool
	summoner  Summoner
	lease     *lease
	matchKind any
	matchData any
	byKind    bool
	byData    bool
}

// WithEvents sets the event mask from the start. The default is none: the handler is
// called for nothing. An event in the mask for which the handler has no callback stops
// the thread in vain.
func WithEvents(mask Events) AttachOption { return func(a *attachment) { a.mask = mask } }

// WithName names the engine for people.
func WithName(name string) AttachOption { return func(a *attachment) { a.name = name } }

// WithData keeps a value with the engine, which MatchData finds it by. It must
// be comparable for that.
func WithData(v any) AttachOption { return func(a *attachment) { a.data = v } }

// WithLayer puts the engine into a layer: reports go through the layers from
// the lowest to the highest, and within one in the order of attachment;
// system call entries go the other way round. The default layer is 0. A high
// layer is near user mode: it sees the program's own view of system calls.
func WithLayer(layer int) AttachOption { return func(a *attachment) { a.layer = layer } }

// WithFilter says that the thread was launched with a filter that picks all
// the system calls which this engine wants. If that is true of all engines,
// other calls do not stop.
func WithFilter() AttachOption { return func(a *attachment) { a.filtered = true } }

// WithRelease has f called on the loop, once, when the engine is detached and
// none of its callbacks is running or will start: what they use can be freed.
func WithRelease(f func()) AttachOption { return func(a *attachment) { a.release = f } }

// WithParty has the traps which the engine plants belong to the party, a
// comparable value: to all engines that were attached with it, on whatever
// thread. Without it they belong to the engine or its group.
func WithParty(party any) AttachOption { return func(a *attachment) { a.party = party } }

// HoldingExit says that the engine may hold its thread at the exit for as long as
// it likes, also where SIGKILL has brought it there, as a tracer of ptrace(2)
// may. Otherwise Options.ExitHold is the limit, and a killed thread is not held.
func HoldingExit() AttachOption { return func(a *attachment) { a.holdsExit = true } }

// Exclusive makes Attach fail with ErrExists if an engine matches MatchKind
// and MatchData or, without these, if there is any engine.
func Exclusive() AttachOption { return func(a *attachment) { a.exclusive = true } }

// MatchKind matches engines whose handler is of the same type as h (the same
// pointer for a *Funcs).
func MatchKind(h any) AttachOption {
	return func(a *attachment) { a.matchKind, a.byKind = kindOf(h), true }
}

// MatchData matches engines with this value of WithData.
func MatchData(v any) AttachOption {
	return func(a *attachment) { a.matchData, a.byData = v, true }
}

// Attach attaches a new engine to a thread. The handler implements some of the
// reporter interfaces, or is a *Funcs. The thread does not stop for it.
//
// Errors: ErrInvalid for a handler without callbacks, ErrExists (see
// Exclusive), ErrGone if there is no such thread or it is being reaped,
// ErrNotPermitted with the rule that forbade it.
func (c *Core) Attach(ctx context.Context, thread int, handler any, options ...AttachOption) (e *Engine, err error) {
	a, cb, err := c.newAttachment(handler, options)
	if err != nil {
		return nil, err
	}
	if !c.loop.OnLoop() {
		if err := c.Admit(ctx, thread); err != nil {
			return nil, err
		}
	}
	err = c.Do(ctx, func() error {
		if err := c.admitted(thread); err != nil {
			return err
		}
		e, err = c.attach(thread, handler, cb, a)
		return err
	})
	return e, err
}

func (c *Core) newAttachment(handler any, options []AttachOption) (*attachment, Funcs, error) {
	a := &attachment{lease: c.lease}
	for _, o := range options {
		o(a)
	}
	cb, ok := callbacks(handler)
	if !ok {
		return nil, cb, fmt.Errorf("attach: handler %T has no callbacks: %w", handler, ErrInvalid)
	}
	if !a.mask.valid() {
		return nil, cb, fmt.Errorf("attach: event mask %#x: %w", uint32(a.mask), ErrInvalid)
	}
	if a.lease != nil {
		a.name += a.lease.of
		cb = a.lease.guard(cb)
	}
	return a, cb, nil
}

// attach finds or makes the thread and attaches to it. On the loop.
func (c *Core) attach(id int, handler any, cb Funcs, a *attachment) (*Engine, error) {
	if c.drained != nil {
		return nil, ErrClosed
	}
	t := c.threads[id]
	if t == nil {
		// What needs no stop is wanted from the very start, or the thread could
		// end before it hears of it.
		want := interestIn(a.mask, true)
		task, err := c.loop.Attach(id, want)
		if err != nil {
			return nil, err // it says which thread, which rule, and the remedy
		}
		t = c.newThread(task, running)
		t.interest = want
	}
	e, err := t.attach(handler, cb, a)
	if err != nil && len(t.engines)+len(t.attaching) == 0 && !t.ended() {
		t.unlinkGone() // nobody: let go of what was just seized
	}
	return e, err
}

// attach attaches to a thread that the core keeps. On the loop.
func (t *Thread) attach(handler any, cb Funcs, a *attachment) (*Engine, error) {
	if a.exclusive && t.find(a) != nil {
		return nil, fmt.Errorf("attach to thread %d: %w", t.ID(), ErrExists)
	}
	if t.state == reaped {
		return nil, fmt.Errorf("attach to thread %d: %w", t.ID(), ErrGone)
	}
	c := t.core
	c.seq++
	e := &Engine{
		thread: t, cb: cb, handler: handler, data: a.data, name: a.name,
		layer: a.layer, seq: c.seq, filtered: a.filtered, group: a.group,
		release: a.release, party: a.party, holdsExit: a.holdsExit, lease: a.lease,
		summoner: a.summoner,
	}
	if a.lease != nil {
		a.lease.engines++
	}
	if t.state == dead { // only Reap is still to come
		e.phase = dying
		a.mask &= EventReap
	}
	e.mask.Store(uint32(a.mask))
	if a.group != nil {
		a.group.gained(e)
	}
	if t.passing || t.signal.begun {
		t.attaching = append(t.attaching, e)
		t.dirty = true
		return e, nil
	}
	t.insert(e)
	t.parted()
	t.refresh()
	return e, nil
}

// insert puts an engine at its place in the order of passes.
func (t *Thread) insert(e *Engine) {
	i, _ := slices.BinarySearchFunc(t.engines, e, func(x, e *Engine) int {
		if x.layer != e.layer {
			return x.layer - e.layer
		}
		return int(int64(x.seq) - int64(e.seq))
	})
	t.engines = slices.Insert(t.engines, i, e)
}

// Find returns the first engine of a thread, in attach order, that matches
// MatchKind and MatchData as far as they are given. ErrNotFound: there is none.
func (c *Core) Find(ctx context.Context, thread int, options ...AttachOption) (e *Engine, err error) {
	a := new(attachment)
	for _, o := range options {
		o(a)
	}
	err = c.Do(ctx, func() error {
		if t := c.threads[thread]; t != nil {
			e = t.find(a)
		}
		if e == nil {
			return fmt.Errorf("thread %d: %w", thread, ErrNotFound)
		}
		return nil
	})
	return e, err
}

// find looks engines up in the order of their attachment.
func (t *Thread) find(a *attachment) (found *Engine) {
	for _, list := range [2][]*Engine{t.engines, t.attaching} {
		for _, e := range list {
			if e.gone.Load() || a.byKind && kindOf(e.handler) != a.matchKind || a.byData && e.data != a.matchData {
				continue
			}
			if found == nil || e.seq < found.seq {
				found = e
			}
		}
	}
	return found
}

// Engines lists the engines of a thread in the order of their passes. Nil for
// a thread that is not traced.
func (c *Core) Engines(ctx context.Context, thread int) (list []*Engine, err error) {
	err = c.Do(ctx, func() error {
		if t := c.threads[thread]; t != nil {
			list = append(append(list, t.engines...), t.attaching...)
		}
		return nil
	})
	return list, err
}

// attachGone reports whether an attachment failed because the thread died,
// which is a normal outcome for one thread of many.
func attachGone(err error) bool { return errors.Is(err, syscall.ESRCH) }
