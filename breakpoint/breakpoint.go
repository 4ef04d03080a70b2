package breakpoint

import (
	"context"
	"sync/atomic"

	"github.com/utrace/utrace"
)

// Spec says what a breakpoint is to be.
type Spec struct {
	// PID is the process that it is for; 0 is the one that the manager was
	// opened on. Children that are forked later and followed get it too.
	PID int
	// Kind is what makes a thread hit it. The zero value is Software.
	Kind Kind
	// Addr is the address of the first byte of an instruction, or of what is
	// watched.
	Addr uint64
	// Len is how many bytes a watchpoint watches. One that is not aligned takes
	// several debug registers.
	Len int
	// Condition decides whether a thread that has come to Addr counts as a
	// hit. It is called on the loop with the thread stopped at Addr, or behind
	// the instruction that did what was watched for, and must not block.
	// Without one every thread counts.
	Condition func(r *utrace.Report, b *Breakpoint) bool
	// Ignore is how many hits pass without Hit being called. They count.
	Ignore uint64
	// Hit is called for every hit that is not ignored, on the loop. Its answer
	// is Resume or Stop: stopped threads go on when their engine, r.Engine(),
	// is told so by Control. Without it the thread goes on.
	Hit func(r *utrace.Report, b *Breakpoint) utrace.Action
}

// Breakpoint is one owner's breakpoint. Its methods may be called from any
// goroutine, also from inside callbacks.
type Breakpoint struct {
	spec    Spec
	manager *Manager
	// pieces are what debug registers watch for on its behalf.
	pieces []utrace.Watch
	// steps are the engines that have all threads step for it. Owned by the
	// loop.
	steps   *utrace.Group
	reached atomic.Uint64
	hits    atomic.Uint64
	// was and now are the bytes of the watchpoint that is being hit. Owned by
	// the loop.
	was, now []byte
}

// Kind is the kind of the breakpoint.
func (b *Breakpoint) Kind() Kind { return b.spec.Kind }

// Addr is the address of the breakpoint.
func (b *Breakpoint) Addr() uint64 { return b.spec.Addr }

// Reached counts the threads that came to the address, whatever the condition
// said of them.
func (b *Breakpoint) Reached() uint64 { return b.reached.Load() }

// Hits counts the times that the condition held, the ignored ones among them.
func (b *Breakpoint) Hits() uint64 { return b.hits.Load() }

// Values are the bytes of a watchpoint as they were when a thread hit it last,
// or when it was set, and as they are. Another thread may have written after
// the one that reports. They are valid inside Condition and Hit.
func (b *Breakpoint) Values() (was, now []byte) { return b.was, b.now }

// Remove takes the breakpoint out of all processes. It may be called from
// inside a callback. A thread that has run into it and has not reported yet goes
// on as if it had never been there. ErrNotFound: it was removed before.
func (b *Breakpoint) Remove(ctx context.Context) error { return b.manager.remove(ctx, b) }

// reach counts a thread that came to the breakpoint and says what it does next.
// On the loop.
func (b *Breakpoint) reach(r *utrace.Report) utrace.Action {
	b.reached.Add(1)
	if b.spec.Condition != nil && !b.spec.Condition(r, b) {
		return utrace.Resume
	}
	if n := b.hits.Add(1); n <= b.spec.Ignore || b.spec.Hit == nil {
		return utrace.Resume
	}
	return b.spec.Hit(r, b)
}
