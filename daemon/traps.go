package daemon

import (
	"context"
	"fmt"
	"slices"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/api"
)

func plant(c *call) (any, error) { return c.trap((*utrace.Engine).PlantTrap) }

func lift(c *call) (any, error) { return c.trap((*utrace.Engine).RemoveTrap) }

func (c *call) trap(do func(*utrace.Engine, context.Context, uint64) error) (any, error) {
	var p api.Breakpoint
	if err := c.want(&p); err != nil {
		return nil, err
	}
	e, err := c.engine(p.Attachment, p.Thread)
	if err != nil {
		return nil, err
	}
	return done(do(e, c.ctx, uint64(p.Addr)))
}

func plantWatch(c *call) (any, error) {
	return c.watch((*utrace.Engine).PlantWatch, func(x *seat, w utrace.Watch) {
		x.watches = append(x.watches, w)
	})
}

func removeWatch(c *call) (any, error) {
	return c.watch((*utrace.Engine).RemoveWatch, func(x *seat, w utrace.Watch) {
		x.watches = slices.DeleteFunc(x.watches, func(have utrace.Watch) bool { return have == w })
	})
}

// watch plants or removes a watch, and notes it if the party is a guest, who is
// told of its matches.
func (c *call) watch(do func(*utrace.Engine, context.Context, utrace.Watch) error, note func(*seat, utrace.Watch)) (any, error) {
	var p api.Watch
	if err := c.want(&p); err != nil {
		return nil, err
	}
	w := utrace.Watch{Addr: uint64(p.Addr), Len: p.Len}
	for w.Kind.String() != p.Kind {
		if w.Kind++; w.Kind > utrace.WatchAccess {
			return nil, fmt.Errorf("%w: there is no kind of watch %q", errParams, p.Kind)
		}
	}
	e, err := c.engine(p.Attachment, p.Thread)
	if err != nil {
		return nil, err
	}
	return done(c.core.Do(c.ctx, func() error {
		if err := do(e, c.ctx, w); err != nil {
			return err
		}
		if x, ok := e.Handler().(*seat); ok {
			note(x, w)
		}
		return nil
	}))
}

// matched are the seat's watches that have made a trap.
func (x *seat) matched(t *utrace.Trap) (list []api.Watch) {
	for _, w := range x.watches {
		if t.Matched(w) {
			list = append(list, api.Watch{
				Attachment: x.guest.number, Thread: x.engine.Thread().ID(),
				Kind: w.Kind.String(), Addr: api.Uint64(w.Addr), Len: w.Len,
			})
		}
	}
	return list
}
