package utrace

import (
	"fmt"

	"github.com/utrace/utrace/tracehook"
)

// What tests need to see of the core's inside.

// PassNumber numbers the passes of the thread.
func (r *Report) PassNumber() uint64 { return r.thread.pass }

// Seq is the engine's place in the order of attachment.
func (e *Engine) Seq() (layer int, seq uint64) { return e.layer, e.seq }

// Drain detaches every engine, as Close does, and says when all threads are
// let go.
func (c *Core) Drain() (done <-chan struct{}) { return c.drain() }

// Planted is the number of traps in the thread's address space.
func (t *Thread) Planted() int {
	if t.space == nil {
		return 0
	}
	return len(t.space.traps)
}

// Stopped reports whether the core knows the thread to be stopped.
func (c *Core) Stopped(id int) bool {
	t := c.threads[id]
	return t != nil && t.state == stopped
}

// Check looks for what must never be between two events. In an idle world a
// thread cannot be on its way anywhere.
func (c *Core) Check(idle bool) error {
	for id, t := range c.threads {
		if err := t.check(idle); err != nil {
			return fmt.Errorf("thread %d (state %d, at %v, %d engines): %w", id, t.state, t.at, len(t.engines), err)
		}
		if t.ID() != id {
			return fmt.Errorf("thread %d is kept as %d", t.ID(), id)
		}
	}
	return nil
}

func (t *Thread) check(idle bool) error {
	waits := t.space != nil && t.space.lifter != nil
	switch {
	case t.passing || t.settling:
		return fmt.Errorf("a pass never ended")
	case t.state == stopped && !t.held() && !waits:
		return fmt.Errorf("stopped without a reason")
	case t.state == stopped && !t.held() && idle:
		return fmt.Errorf("waits for ever for thread %d to step off a trap", t.space.lifter.ID())
	case t.state == running && t.held():
		return fmt.Errorf("runs although it is held")
	case t.state == listening && t.held() && !t.interrupted:
		return fmt.Errorf("was not taken over from job control")
	case t.nobody() && !t.ended() && t.state != stopped && !t.interrupted && (t.space == nil || !t.space.hasTraps()):
		return fmt.Errorf("stays attached for nobody")
	}
	for _, e := range t.engines {
		if e.phase == detached || e.gone.Load() {
			return fmt.Errorf("a detached engine is on the list")
		}
	}
	if s := t.space; s != nil && s.lifter != nil && s.lifter.ended() {
		return fmt.Errorf("the lifter is dead")
	}
	return t.checkInterest()
}

// checkInterest compares what the back end was told with what is wanted.
func (t *Thread) checkInterest() error {
	if t.ended() || t.dirty || t.nobody() {
		return nil
	}
	if missing := t.wanted(false) &^ (t.interest | tracehook.WantSyscalls); missing != 0 {
		return fmt.Errorf("interest %#x is missing", missing)
	}
	return nil
}
