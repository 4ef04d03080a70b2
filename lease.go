package utrace

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Lease is what somebody gets who is let into a core that is not his own.
type Lease struct {
	// Of says whose it is. It is added to the names of the engines.
	Of string
	// Admit decides whether the holder may trace a thread, or the threads of
	// a process. It is called outside the loop, and may take its time. Nil:
	// whatever the kernel lets this process trace.
	Admit func(ctx context.Context, thread int) error
	// Renew decides whether the holder may go on with a thread that executes
	// another program; if not its engines there are detached before they hear
	// of it. It is called on the loop. Nil: yes.
	Renew func(thread int) bool
	// Panicked hears of a callback that has panicked. The engine is detached,
	// and the loop goes on. It is called on the loop.
	Panicked func(e *Engine, value any)
}

// lease is a Lease in use. All of it is owned by the loop, but for what never
// changes.
type lease struct {
	Lease
	core *Core
	of   string
	// permitted are threads and processes that were admitted and not attached
	// to since: an id may be another thread's later.
	permitted map[int]struct{}
	// siblings are the threads of a process of which the holder traces one, while they
	// are attached to one after the other.
	siblings map[int]struct{}
	// engines is how many there are, with those whose threads wait to be let go.
	engines int
	// over is made by the Close, and closed when there is none.
	over chan struct{}
}

// Lease makes a core for a part of a program that is not trusted with all of
// this one: it has the same threads, but its Close only detaches the engines
// that were attached through it. A callback that panics does not end the
// program.
func (c *Core) Lease(options Lease) *Core {
	l := &lease{Lease: options, permitted: map[int]struct{}{}}
	if options.Of != "" {
		l.of = ", " + options.Of
	}
	l.core = &Core{shared: c.shared, lease: l}
	return l.core
}

// Admit asks whether the holder of a lease may trace a thread, or a process.
// Attach and AttachGroup do that themselves, unless they are called on the loop:
// then somebody must have asked before. Without a lease there is nothing to ask.
func (c *Core) Admit(ctx context.Context, thread int) error {
	l := c.lease
	if l == nil {
		return nil
	}
	if l.Admit != nil {
		if err := l.Admit(ctx, thread); err != nil {
			return err
		}
	}
	return c.Do(ctx, func() error {
		l.permitted[thread] = struct{}{}
		return nil
	})
}

// admitted reports why an engine may not be attached. Whoever traces a thread
// of a process may trace the others. On the loop.
func (c *Core) admitted(thread int) error {
	l := c.lease
	if l == nil {
		return nil
	}
	if l.over != nil {
		return ErrClosed
	}
	if _, ok := l.permitted[thread]; ok {
		delete(l.permitted, thread)
		return nil
	}
	if t := c.threads[thread]; t != nil && t.space != nil {
		for x := range t.space.threads {
			if x.Group() == t.Group() && x.leasedBy(l) {
				return nil
			}
		}
	}
	if c.threads[thread] == nil && l.sibling(thread) {
		return nil
	}
	return fmt.Errorf("attach to thread %d: it was not asked whether %s may: %w", thread, l.Of, ErrNotPermitted)
}

// sibling reports whether a thread that is not traced yet is of a process of which the
// holder traces another one. That a process is listed once for all of its threads holds
// only until the loop goes on: an id may be another thread's later.
func (l *lease) sibling(thread int) bool {
	if _, ok := l.siblings[thread]; ok {
		return true
	}
	c := l.core
	ids, err := c.kernel.Threads(thread)
	if err != nil || !slices.ContainsFunc(ids, func(id int) bool {
		t := c.threads[id]
		return t != nil && t.leasedBy(l)
	}) {
		return false
	}
	l.siblings = make(map[int]struct{}, len(ids))
	for _, id := range ids {
		l.siblings[id] = struct{}{}
	}
	c.loop.Post(func() { l.siblings = nil })
	return true
}

// leasedBy reports whether the thread has an engine of a lease.
func (t *Thread) leasedBy(l *lease) (yes bool) {
	t.everyone(func(e *Engine) { yes = yes || e.lease == l && !e.gone.Load() })
	return yes
}

// renewLeases detaches engines whose holders may not trace the program that the
// thread has just executed. No pass is under way.
func (t *Thread) renewLeases() {
	withdrawn := false
	t.everyone(func(e *Engine) {
		if l := e.lease; l != nil && l.Renew != nil && !l.Renew(t.ID()) {
			e.gone.Store(true)
			withdrawn = true
		}
	})
	if withdrawn {
		t.sweep()
		t.refresh()
	}
}

// parted counts the engines off that have left the thread: it was let go, or is
// traced for others only. Whoever waits for the end of a lease finds it so.
func (t *Thread) parted() {
	for _, l := range t.parting {
		l.engines--
		if l.over != nil && l.engines == 0 {
			close(l.over)
		}
	}
	clear(t.parting)
	t.parting = t.parting[:0]
}

// endLease detaches the engines of a lease, and waits until they are gone, and the
// threads are not traced on their account any more.
func (c *Core) endLease() error {
	l := c.lease
	var over chan struct{}
	err := c.Do(context.Background(), func() error {
		if over = l.over; over != nil {
			return nil
		}
		over = make(chan struct{})
		l.over = over
		if l.engines == 0 {
			close(over)
			return nil
		}
		for _, t := range c.threads {
			if t.leasedBy(l) {
				t.everyone(func(e *Engine) {
					if e.lease == l {
						e.gone.Store(true)
					}
				})
				t.unlinkGone()
			}
		}
		return nil
	})
	if errors.Is(err, ErrClosed) {
		return nil // everybody's engines are gone
	}
	if err != nil || c.loop.OnLoop() {
		return err
	}
	select {
	case <-over:
	case <-c.finished:
	case <-time.After(drainPatience): // some thread cannot come by
	}
	return nil
}

// guard has the panics of callbacks end the attachment, not the program.
func (l *lease) guard(cb Funcs) Funcs {
	if reap := cb.Reap; reap != nil {
		cb.Reap = func(r *Report, status Status) {
			defer func() {
				if v := recover(); v != nil {
					l.panicked(r, v)
				}
			}()
			reap(r, status)
		}
	}
	if verdict := cb.Verdict; verdict != nil {
		cb.Verdict = func(r *Report, s *Syscall, data uint32) Action {
			return guarded(l, func(r *Report, s *Syscall) Action { return verdict(r, s, data) }, Detach)(r, s)
		}
	}
	cb.Quiesce = guarded(l, cb.Quiesce, Detach)
	cb.Clone = guarded(l, cb.Clone, Detach)
	cb.VforkDone = guarded(l, cb.VforkDone, Detach)
	cb.Exec = guarded(l, cb.Exec, Detach)
	cb.Exit = guarded(l, cb.Exit, Detach)
	cb.Death = guarded(l, cb.Death, Detach)
	cb.SyscallEntry = guarded(l, cb.SyscallEntry, SyscallAnswer{Action: Detach})
	cb.SyscallExit = guarded(l, cb.SyscallExit, Detach)
	cb.Signal = guarded(l, cb.Signal, SignalAnswer{Action: Detach})
	cb.JobControl = guarded(l, cb.JobControl, Detach)
	cb.Trap = guarded(l, cb.Trap, Detach)
	return cb
}

// guarded is a callback that answers otherwise where f panics.
func guarded[A, R any](l *lease, f func(*Report, A) R, otherwise R) func(*Report, A) R {
	if f == nil {
		return nil
	}
	return func(r *Report, about A) (answer R) {
		defer func() {
			if v := recover(); v != nil {
				answer = otherwise
				l.panicked(r, v)
			}
		}()
		return f(r, about)
	}
}

func (l *lease) panicked(r *Report, v any) {
	if l.Panicked != nil {
		l.Panicked(r.engine, v)
	}
}
