package breakpoint

import (
	"bytes"
	"context"
	"errors"
	"slices"

	"github.com/utrace/utrace"
)

// watched is a breakpoint that is no planted instruction, in one process.
type watched struct {
	*Breakpoint
	// was are the bytes at its address when they were looked at last. It is kept
	// only where somebody asks.
	was []byte
}

// plantWatch has debug registers watch for all pieces of a breakpoint, or none.
func (m *Manager) plantWatch(ctx context.Context, t *table, e *utrace.Engine, b *Breakpoint) error {
	for i, w := range b.pieces {
		if err := e.PlantWatch(ctx, w); err != nil {
			t.releaseWatches(ctx, e, b.pieces[:i])
			return err
		}
	}
	return nil
}

// releaseWatches gives up what no breakpoint of the table needs.
func (t *table) releaseWatches(ctx context.Context, e *utrace.Engine, pieces []utrace.Watch) {
	for _, w := range pieces {
		if !slices.ContainsFunc(t.watched, func(x *watched) bool { return slices.Contains(x.pieces, w) }) {
			// It may have gone already: with its thread, or through another one
			// of the address space.
			_ = e.RemoveWatch(ctx, w)
		}
	}
}

// awaitWatches waits until all threads of a process watch. One that does not come
// in time is in an uninterruptible sleep: it will watch before it executes
// another instruction.
func (m *Manager) awaitWatches(ctx context.Context, pid int) error {
	if m.core.Loop().OnLoop() {
		return nil
	}
	for _, e := range m.group.Engines() {
		if e.Thread().Group() != pid {
			continue
		}
		brief, cancel := context.WithTimeout(ctx, stopPatience)
		err := e.WaitWatches(brief)
		cancel()
		if errors.Is(err, context.DeadlineExceeded) {
			return ctx.Err()
		}
		return err
	}
	return nil
}

// addWatched is for reports of other threads of the loop only: a list that is
// being walked stays as it is.
func (t *table) addWatched(b *Breakpoint, was []byte) {
	t.watched = append(t.watched[:len(t.watched):len(t.watched)], &watched{b, was})
}

// dropWatched removes a breakpoint and says whether it was there.
func (t *table) dropWatched(b *Breakpoint) (found bool) {
	rest := slices.DeleteFunc(slices.Clone(t.watched), func(x *watched) bool { return x.Breakpoint == b })
	found = len(rest) != len(t.watched)
	t.watched = rest
	return found
}

// copyWatched gives a forked child's table what its parent's has.
func (t *table) copyWatched(parent *table) {
	for _, x := range parent.watched {
		t.addWatched(x.Breakpoint, bytes.Clone(x.was))
	}
}

// matched hands a trap of debug registers to the breakpoints whose they are.
func (t *table) matched(r *utrace.Report, x *utrace.Trap) utrace.Action {
	answer := utrace.Resume
	for _, w := range t.watched {
		if slices.ContainsFunc(w.pieces, x.Matched) {
			w.look(r)
			answer = max(answer, w.reach(r))
		}
	}
	return answer
}

// look reads the bytes for who wants to know what has become of them, and
// reports whether they have changed.
func (w *watched) look(r *utrace.Report) (changed bool) {
	b := w.Breakpoint
	if b.spec.Kind == Hardware || b.spec.Kind != Change && b.spec.Condition == nil && b.spec.Hit == nil {
		return false
	}
	now := make([]byte, b.spec.Len)
	n, _ := r.ReadMemory(b.spec.Addr, now)
	now = now[:n]
	if changed = !bytes.Equal(now, w.was); changed || b.spec.Kind != Change {
		b.was, b.now = w.was, now
		w.was = now
	}
	return changed
}
