package daemon

import (
	"fmt"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/api"
	"github.com/utrace/utrace/internal/procfs"
)

// attachTask attaches a client's core to a thread.
func attachTask(c *call) (any, error) {
	var p api.TaskAttach
	if err := c.want(&p); err != nil {
		return nil, err
	}
	wants, err := interestOf(p.Interest)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	g, ok := c.parties[p.Attachment].(*guest)
	c.mu.Unlock()
	if !ok {
		return nil, fmt.Errorf("core %d: %w", p.Attachment, utrace.ErrGone)
	}
	if err := c.authorize(p.Thread); err != nil {
		return nil, err
	}
	if err := c.lease.Admit(c.ctx, p.Thread); err != nil {
		return nil, err
	}
	var result *api.Task
	err = c.core.Do(c.ctx, func() error {
		if g.on(p.Thread) != nil {
			return fmt.Errorf("attach to thread %d: core %d is attached to it: %w", p.Thread, p.Attachment, utrace.ErrNotPermitted)
		}
		x := g.newSeat(wants, false)
		e, err := c.lease.Attach(c.ctx, p.Thread, x, g.options(x)...)
		if err != nil {
			return err
		}
		g.seated(x, e)
		result = x.describe()
		return nil
	})
	return result, err
}

// describe describes a thread for the client. On the loop.
func (x *seat) describe() *api.Task {
	t := x.engine.Thread()
	stat, _ := procfs.ReadStat(t.ID())
	return &api.Task{Task: x.number, Thread: t.ID(), Process: t.Group(), Start: api.Uint64(stat.Start)}
}

// interest is what a seat has reported beside seatEvents. filtered: of system calls
// a filter picks those that matter.
type interest struct {
	events   utrace.Events
	filtered bool
}

// interestOf reads the names of what is reported only if wanted.
func interestOf(names []string) (wants interest, err error) {
	for _, name := range names {
		switch name {
		case "syscalls":
			wants.events |= utrace.EventSyscall
			wants.filtered = false
		case "filtered":
			wants.filtered = wants.events&utrace.EventSyscall == 0
			wants.events |= utrace.EventSyscall
		case "clones":
			wants.events |= utrace.EventClone
		case "vfork-done":
			wants.events |= utrace.EventVforkDone
		case "exit":
			wants.events |= utrace.EventExit
		case "verdicts":
			wants.events |= utrace.EventVerdict
		default:
			return wants, fmt.Errorf("%w: there is no interest %q", errParams, name)
		}
	}
	return wants, nil
}

// onSeat does something with a seat, on the loop.
func (c *call) onSeat(attachment, task int, f func(*seat) error) (any, error) {
	x, err := c.seat(attachment, task)
	if err != nil {
		return nil, err
	}
	return done(c.core.Do(c.ctx, func() error { return f(x) }))
}

func setInterest(c *call) (any, error) {
	var p api.TaskInterest
	if err := c.want(&p); err != nil {
		return nil, err
	}
	wants, err := interestOf(p.Interest)
	if err != nil {
		return nil, err
	}
	return c.onSeat(p.Attachment, p.Task, func(x *seat) error {
		if wants.filtered != x.wants.filtered {
			x.engine.Filter(wants.filtered)
		}
		x.wants = wants
		x.calls = x.calls && wants.events&utrace.EventSyscall != 0
		return x.engine.SetEvents(x.events())
	})
}

func resumeTask(c *call) (any, error) {
	var p api.TaskResume
	if err := c.want(&p); err != nil {
		return nil, err
	}
	if _, ok := modes[p.Mode]; !ok {
		return nil, fmt.Errorf("%w: there is no mode %q", errParams, p.Mode)
	}
	if len(p.Args) != 0 && len(p.Args) != 6 {
		return nil, fmt.Errorf("%w: %d arguments; a call has 6", errParams, len(p.Args))
	}
	if p.Signal < 0 || p.Signal > 64 {
		return nil, fmt.Errorf("%w: there is no signal %d", errParams, p.Signal)
	}
	if p.Info != nil {
		if _, err := infoOf(p.Info); err != nil {
			return nil, err
		}
	}
	return c.onSeat(p.Attachment, p.Task, func(x *seat) error { return x.resume(&p) })
}

func holdTask(c *call) (any, error) {
	var p api.TaskHold
	if err := c.want(&p); err != nil {
		return nil, err
	}
	return c.onSeat(p.Attachment, p.Task, func(x *seat) error {
		if x.stop == 0 || x.seq != p.Seq {
			return fmt.Errorf("the stop %d of thread %d: %w", p.Seq, x.engine.Thread().ID(), utrace.ErrTooLate)
		}
		x.held = true
		return nil
	})
}

func interruptTask(c *call) (any, error) {
	var p api.TaskInterrupt
	if err := c.want(&p); err != nil {
		return nil, err
	}
	return c.onSeat(p.Attachment, p.Task, (*seat).interrupt)
}
