package utrace

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
)

// Engine is the attachment of one party to one thread. Its methods may be
// called from any goroutine, also from inside callbacks.
type Engine struct {
	thread   *Thread
	cb       Funcs
	handler  any
	data     any
	name     string
	layer    int
	seq      uint64
	filtered bool
	group    *Group
	party    any // what its traps belong to; nil: the group or itself
	release  func()
	summoner Summoner
	lease    *lease // through which it was attached; nil: none

	// mask is written under mu, and read by the loop without it.
	mask atomic.Uint32
	// gone: no callback may start any more. Set once, by anybody.
	gone atomic.Bool
	// phase and mask belong together when the thread dies.
	mu    sync.Mutex
	phase phase

	// Owned by the loop:

	// held: this engine keeps the thread stopped.
	held bool
	// wish is what the engine wants of the next resume.
	wish Action
	// asked is ReportSoon, Interrupt or Stop, asked of the running thread and
	// not yet answered by a report.
	asked Action
	// stepper: the last resume was a step for this engine.
	stepper bool
	// stoppedc is closed when the thread is stopped for this engine, or never
	// will be; WaitStopped makes it.
	stoppedc chan struct{}
	// step is the stepping that was asked of the running thread.
	step Action
	// holdsExit: there is no limit to its hold at the exit.
	holdsExit bool
	// unfiltered: it wants seccomp filters suspended.
	unfiltered bool
	// later: it wants to hear of the signal behind the others.
	later bool
	// stopInHandler: stop once the handler of the signal has been entered.
	stopInHandler bool
}

// phase is how far an engine's end has come.
type phase uint8

const (
	_ phase = iota // attached
	// dying: the Death pass has begun.
	dying
	// reaping: the Reap pass has begun.
	reaping
	// detached: off the thread's list.
	detached
)

// Thread is the thread that the engine is attached to.
func (e *Engine) Thread() *Thread { return e.thread }

// Group is the group that the engine belongs to; nil if it was attached alone.
func (e *Engine) Group() *Group { return e.group }

// Handler is the value that the engine was attached with.
func (e *Engine) Handler() any { return e.handler }

// Data is the value of WithData.
func (e *Engine) Data() any { return e.data }

// Name is the value of WithName, for people who ask who is attached.
func (e *Engine) Name() string { return e.name }

// Events is the engine's event mask.
func (e *Engine) Events() Events {
	if e.gone.Load() {
		return 0
	}
	return Events(e.mask.Load())
}

// SetEvents replaces the event mask, from now on.
//
// nil: no callback for an event that was removed runs or will start.
// ErrInProgress: done, but a callback of this engine is running right now;
// Barrier waits for its end. ErrAlready: nothing was changed, because the
// thread's death is being reported and it is too late to remove Death, Reap or
// Quiesce, or to ask for Death or Quiesce. ErrGone: the engine is detached.
func (e *Engine) SetEvents(mask Events) error {
	if !mask.valid() {
		return ErrInvalid
	}
	e.mu.Lock()
	old := Events(e.mask.Load())
	if err := e.maskError(old, mask); err != nil {
		e.mu.Unlock()
		return err
	}
	e.mask.Store(uint32(mask))
	e.mu.Unlock()

	t := e.thread
	if t.core.loop.OnLoop() {
		t.maskChanged()
		return nil
	}
	if !t.core.loop.Post(t.maskChanged) {
		return ErrClosed
	}
	if old&^mask != 0 && t.core.current.Load() == e {
		return ErrInProgress
	}
	return nil
}

// maskError says why the mask must not change. mu is held.
func (e *Engine) maskError(old, mask Events) error {
	if e.gone.Load() || e.phase == detached {
		return ErrGone
	}
	removed, added := old&^mask, mask&^old
	switch {
	case e.phase >= dying && (removed|added)&(EventDeath|EventQuiesce) != 0,
		e.phase >= reaping && removed&EventReap != 0:
		return ErrAlready
	}
	return nil
}

// maskChanged runs on the loop.
func (t *Thread) maskChanged() {
	t.dirty = true
	if !t.passing {
		t.refresh()
	}
}

// Detach ends the attachment. The thread runs on if no other engine holds it.
//
// nil: no callback runs or will start. ErrInProgress: none will start, but one
// is running right now; Barrier waits for its end. ErrAlready: the thread's
// death is being reported, and the report of it comes or came; the engine is
// detached after it. ErrGone: it was detached before.
func (e *Engine) Detach() error {
	t := e.thread
	onLoop := t.core.loop.OnLoop()
	e.mu.Lock()
	if e.gone.Load() || e.phase >= reaping {
		e.mu.Unlock()
		return ErrGone
	}
	if e.phase == dying && !onLoop {
		e.mu.Unlock()
		if t.core.current.Load() == e {
			return ErrAlready
		}
		// Only the loop knows whether the report of the death has detached it.
		if err := t.core.Do(context.Background(), e.Detach); !errors.Is(err, ErrClosed) {
			return err
		}
		return nil // the loop has let go of everything
	}
	e.gone.Store(true)
	e.mu.Unlock()

	if onLoop {
		t.unlinkGone()
		return nil
	}
	if !t.core.loop.Post(t.unlinkGone) {
		return nil // the loop has let go of everything
	}
	if t.core.current.Load() == e {
		return ErrInProgress
	}
	return nil
}

// Barrier waits until no callback of this engine is running and the effects of
// its answer are applied. nil or ErrGone: nothing of the engine is running;
// otherwise ctx's error. On the loop nothing else can run, so there is nothing
// to wait for.
func (e *Engine) Barrier(ctx context.Context) error {
	return e.thread.core.Do(ctx, func() error {
		if e.gone.Load() {
			return ErrGone
		}
		return nil
	})
}

// unlinkGone drops the engines that were detached. It runs on the loop.
func (t *Thread) unlinkGone() {
	t.dirty = true
	if t.passing {
		return // endPass will come here
	}
	t.sweep()
	if t.ended() {
		return
	}
	t.refresh()
	switch {
	case t.state == stopped:
		t.settle()
	case len(t.engines)+len(t.attaching) == 0:
		t.interrupt() // to be let go at the stop
	}
}

// sweep removes the engines that are gone.
func (t *Thread) sweep() {
	t.engines = t.remaining(t.engines)
	t.attaching = t.remaining(t.attaching)
	if t.ended() || !t.nobody() {
		t.parted()
	}
}

// remaining removes engines that are gone from a list.
func (t *Thread) remaining(list []*Engine) []*Engine {
	kept := list[:0]
	for _, e := range list {
		if e.gone.Load() {
			t.dropped(e)
			continue
		}
		kept = append(kept, e)
	}
	clear(list[len(kept):])
	return kept
}

// dropped finishes the end of an engine that is off its list.
func (t *Thread) dropped(e *Engine) {
	e.mu.Lock()
	again := e.phase == detached
	e.phase = detached
	e.mu.Unlock()
	if again {
		return
	}
	e.gone.Store(true)
	e.held, e.wish, e.asked = false, Resume, Resume
	e.wakeStopped()
	if t.space != nil {
		t.space.dropOwner(e)
	}
	if e.group != nil {
		e.group.lost(e)
	}
	if e.release != nil {
		e.release()
	}
	if e.lease != nil {
		t.parting = append(t.parting, e.lease)
	}
}
