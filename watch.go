package utrace

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"

	"github.com/utrace/utrace/regset"
)

// Debug registers belong to everybody, too: each thread has a few, and whoever
// sets one blindly takes it away from somebody else. So the core keeps them. An
// engine plants a Watch, and the core finds it a register in every thread that
// it is for, has owners of equal watches share one, and tells who owns what a
// trap was about.

// Watch is what a debug register waits for. Only what one register can watch
// can be planted; regset.Watcher splits others.
type Watch = regset.Watch

// The kinds of watches. No machine that the core runs on can watch for reads
// alone.
const (
	WatchExecute = regset.WatchExecute
	WatchWrite   = regset.WatchWrite
	WatchAccess  = regset.WatchAccess
)

// watch is a Watch in an address space, as long as somebody owns it. The threads
// that have it in a debug register may keep it for longer: until they come by.
type watch struct {
	Watch
	owners []any // see watchOwner
}

// watchOwner is what the watches of an engine belong to: its group, if it has
// one, else the engine alone. A party does not count: debug registers are the
// thread's own, and of the two a party is the looser bond.
func (e *Engine) watchOwner() any {
	if e.group != nil {
		return e.group
	}
	return e
}

// isOn reports whether the owner of a watch is attached to the thread, so that
// the watch is for it.
func isOn(owner any, t *Thread) bool {
	switch o := owner.(type) {
	case *Group:
		return t.memberOf(o)
	case *Engine:
		return o.thread == t && !o.gone.Load()
	}
	return false
}

// on reports whether the watch is for the thread.
func (x *watch) on(t *Thread) bool {
	return slices.ContainsFunc(x.owners, func(owner any) bool { return isOn(owner, t) })
}

// PlantWatch has the processor watch for w on behalf of this engine or, if it is
// one of a group, of the whole group: in every thread of the process that the
// owner is attached to, and in those that it is carried to by clones, forked
// children of a followed tree included. A thread that matches reports a Trap to
// the owner's engine on it, behind the instruction (before it for
// WatchExecute); nobody else notices. What the kernel does to memory on the
// program's behalf, as in read(2), is not noticed by the processor.
//
// The thread must be stopped (ErrRunning). Other threads that run are
// interrupted, and WaitWatches waits until they watch. ErrNoSlot: all debug
// registers of some thread are in use; the error names by whom. ErrInvalid: w is
// more than one register can watch. The kernel refuses addresses that are not
// the program's own (EINVAL).
func (e *Engine) PlantWatch(ctx context.Context, w Watch) error {
	return e.thread.core.Do(ctx, func() error {
		if err := e.plantWatch(w); err != nil {
			return fmt.Errorf("watch for %v in thread %d: %w", w, e.thread.ID(), err)
		}
		return nil
	})
}

// RemoveWatch gives the ownership of a watch up. A thread that has matched it and
// has not reported yet goes on as if it had never been there. ErrNotFound: it
// does not own that one.
func (e *Engine) RemoveWatch(ctx context.Context, w Watch) error {
	return e.thread.core.Do(ctx, func() error {
		s, owner := e.thread.space, e.watchOwner()
		x := s.findWatch(w)
		if x == nil || !slices.Contains(x.owners, owner) {
			return fmt.Errorf("remove the watch for %v in thread %d: %w", w, e.thread.ID(), ErrNotFound)
		}
		s.disownWatch(x, owner)
		s.rewatch(owner)
		return nil
	})
}

// WaitWatches waits until no thread of the process runs without the watches that
// were planted before the call, or with those that were removed. A thread that
// is in an uninterruptible sleep keeps it waiting, although it cannot go past
// the change: it comes by before it executes an instruction of the program's
// again. ErrNoSlot, or another errno: the kernel has refused them for some
// thread, which watches for what it did before; it is asked again at the next
// change.
func (e *Engine) WaitWatches(ctx context.Context) error {
	core := e.thread.core
	var wait chan struct{}
	err := core.Do(ctx, func() error {
		s := e.thread.space
		if s == nil {
			return nil
		}
		if wait = s.awaitArmed(); wait == nil {
			return s.refused()
		}
		return nil
	})
	switch {
	case err != nil || wait == nil:
		return err
	case core.loop.OnLoop():
		return e.errorf("wait for watches", ErrDeadlock)
	}
	select {
	case <-wait:
		return e.WaitWatches(ctx)
	case <-ctx.Done():
		return ctx.Err()
	case <-core.finished:
		return core.over()
	}
}

func (e *Engine) plantWatch(w Watch) error {
	t := e.thread
	s, owner := t.space, e.watchOwner()
	switch {
	case e.gone.Load() || s == nil || t.ended():
		return ErrGone
	case t.state != stopped:
		return ErrRunning
	}
	machine, ok := t.task.ABI().(regset.Watcher)
	if !ok {
		return ErrNotSupported
	}
	switch pieces, err := machine.SplitWatch(w); {
	case err != nil:
		return err
	case len(pieces) != 1:
		return fmt.Errorf("takes %d debug registers: %w", len(pieces), ErrInvalid)
	}
	x := s.findWatch(w)
	if x != nil && slices.Contains(x.owners, owner) {
		return nil
	}
	if err := s.roomFor(w, owner, machine.WatchSlots()); err != nil {
		return err
	}
	if x == nil {
		x = &watch{Watch: w}
		s.watches = append(s.watches, x)
	}
	x.owners = append(x.owners, owner)
	err := t.arm() // before the others, to hear what the kernel thinks of it
	if err != nil {
		s.disownWatch(x, owner)
	}
	s.rewatch(owner)
	return err
}

// findWatch finds what somebody owns already.
func (s *Space) findWatch(w Watch) *watch {
	if s == nil {
		return nil
	}
	if i := slices.IndexFunc(s.watches, func(x *watch) bool { return x.Watch == w }); i >= 0 {
		return s.watches[i]
	}
	return nil
}

// disownWatch takes an owner's part in a watch away, and the watch with its last
// one.
func (s *Space) disownWatch(x *watch, owner any) {
	x.owners = slices.DeleteFunc(x.owners, func(o any) bool { return o == owner })
	if len(x.owners) == 0 {
		s.watches = slices.DeleteFunc(s.watches, func(o *watch) bool { return o == x })
	}
}

// dropWatches removes what an engine leaves behind: the watches from its thread,
// and, with the last engine of its group, from the space.
func (s *Space) dropWatches(e *Engine) {
	owner := e.watchOwner()
	last := e.group == nil || !e.group.has(s)
	owned := false
	for _, x := range slices.Clone(s.watches) {
		if !slices.Contains(x.owners, owner) {
			continue
		}
		owned = true
		if last {
			s.disownWatch(x, owner)
		}
	}
	if owned && e.thread.space == s {
		e.thread.rewatch()
	}
}

// roomFor checks that each thread which the owner is attached to has a debug
// register left.
func (s *Space) roomFor(w Watch, owner any, slots int) error {
	for t := range s.threads {
		if !isOn(owner, t) {
			continue
		}
		var taken []string
		for _, x := range s.watches {
			if x.Watch != w && x.on(t) {
				taken = append(taken, x.describe(t))
			}
		}
		if len(taken) >= slots {
			return fmt.Errorf("%w in thread %d: %s", ErrNoSlot, t.ID(), strings.Join(taken, "; "))
		}
	}
	return nil
}

// describe names a watch and its owners on a thread.
func (x *watch) describe(t *Thread) string {
	var names []string
	t.everyone(func(e *Engine) {
		if !slices.Contains(x.owners, e.watchOwner()) {
			return
		}
		name := e.name
		if name == "" {
			name = "an engine without a name"
		}
		names = append(names, name)
	})
	return fmt.Sprintf("%v for %s", x.Watch, strings.Join(names, " and "))
}

// inheritWatches has a newborn watch: a thread for what its group watches here,
// a process for what the groups that follow it watch in its parent. The kernel
// gives it none (arch_dup_task_struct copies dr6 and dr7, but no breakpoint is
// behind them).
func (t *Thread) inheritWatches(parent *Space) {
	if parent == nil || t.space == nil || len(parent.watches) == 0 {
		return
	}
	t.watching.stale = true
	if parent == t.space {
		return
	}
	for _, x := range parent.watches {
		var owners []any
		for _, owner := range x.owners {
			if g, ok := owner.(*Group); ok && t.memberOf(g) {
				owners = append(owners, g)
			}
		}
		if owners != nil {
			t.space.watches = append(t.space.watches, &watch{x.Watch, owners})
		}
	}
}

// refusal says what an error of the kernel means that it has given for debug
// registers: ENOSPC if somebody else, such as perf, has taken them.
func refusal(err error) error {
	if errors.Is(err, syscall.ENOSPC) {
		return fmt.Errorf("%w: the kernel has given them to others (%w)", ErrNoSlot, err)
	}
	return err
}
