package utrace

import (
	"context"
	"errors"

	"github.com/utrace/utrace/regset"
	"github.com/utrace/utrace/tracehook"
)

// Range is a piece of memory to be read.
type Range = tracehook.Range

// RegsetRead asks for one register set.
type RegsetRead struct {
	Note regset.Note
	Data []byte
	// N is the number of bytes that were read, Err why there are none.
	N   int
	Err error
}

// Request asks for memory and register sets of one thread, through an engine
// that holds it.
type Request struct {
	Engine  *Engine
	Memory  []Range
	Regsets []RegsetRead
	// Err says why nothing could be read: ErrInvalid if the engine does not
	// hold the thread, ErrGone, ErrAgain.
	Err error
}

// Gather reads memory and registers of many threads in one hand-off to the
// loop. All that it reads of one thread is of one moment. Errors about single
// threads are in the requests.
func (c *Core) Gather(ctx context.Context, requests []Request) error {
	return c.Do(ctx, func() error {
		for i := range requests {
			requests[i].Err = requests[i].fill()
		}
		return nil
	})
}

// fill does one request. On the loop.
func (q *Request) fill() error {
	t := q.Engine.thread
	if err := q.Engine.examinable(); err != nil {
		return err
	}
	if len(q.Memory) != 0 {
		if err := t.task.ReadMemoryV(q.Memory); err != nil {
			return err
		}
		for _, m := range q.Memory {
			t.space.mask(m.Addr, m.Data[:m.N])
		}
	}
	from := registers{t, q.Engine}
	for i := range q.Regsets {
		s := &q.Regsets[i]
		s.N, s.Err = from.ReadRegset(s.Note, s.Data)
	}
	return nil
}

// ControlAll controls many threads in one hand-off. The errors are those of
// Control, in the order of the engines.
func (c *Core) ControlAll(ctx context.Context, engines []*Engine, action Action) []error {
	errs := make([]error, len(engines))
	err := c.Do(ctx, func() error {
		for i, e := range engines {
			errs[i] = e.Control(ctx, action) // on the loop: does not wait
		}
		return nil
	})
	if err != nil {
		for i := range errs {
			errs[i] = err
		}
	}
	return errs
}

// joinControl makes one error of many: threads that died do not count, and
// ErrInProgress says the same of all.
func joinControl(errs []error) error {
	var inProgress bool
	var rest []error
	for _, err := range errs {
		switch {
		case err == nil || isGone(err):
		case err == error(ErrInProgress):
			inProgress = true
		default:
			rest = append(rest, err)
		}
	}
	if len(rest) != 0 {
		return errors.Join(rest...)
	}
	if inProgress {
		return ErrInProgress
	}
	return nil
}
