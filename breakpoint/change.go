package breakpoint

import (
	"context"
	"fmt"

	"github.com/utrace/utrace"
)

// Watching by stepping: engines of their own have all threads make single steps
// as long as there is a breakpoint of kind Change, and the manager's engines look
// at the memory after each. The engines that step hold nobody, so a thread that
// the manager has stopped steps on when it is let go. A system call counts as one
// instruction, so what the kernel writes is found, too.

// stepAll attaches engines to all threads of a process that have them step, and
// those that follow.
func (m *Manager) stepAll(ctx context.Context, b *Breakpoint) error {
	handler := &utrace.Funcs{
		Quiesce: func(_ *utrace.Report, cause utrace.Events) utrace.Action {
			if cause == utrace.EventExec {
				return utrace.Detach
			}
			return utrace.SingleStep
		},
		Trap: func(*utrace.Report, *utrace.Trap) utrace.Action { return utrace.SingleStep },
		Clone: func(r *utrace.Report, c *utrace.Clone) utrace.Action {
			m.stepNewborn(r, c, b)
			return utrace.SingleStep
		},
	}
	steps, err := m.core.AttachGroup(ctx, b.spec.PID, m.scope, func(*utrace.Thread) any { return handler },
		utrace.WithName("steps for a "+Change.String()),
		utrace.WithEvents(utrace.EventQuiesce|utrace.EventTrap|utrace.EventClone))
	if err != nil {
		return err
	}
	b.steps = steps
	m.stepping[b] = struct{}{}
	for _, e := range steps.Engines() {
		_ = e.Control(ctx, utrace.SingleStep) // a thread that has died need not
	}
	return m.group.SetEvents(managerEvents | utrace.EventForeignTrap)
}

// endSteps follows the removal of a breakpoint.
func (m *Manager) endSteps(b *Breakpoint) error {
	delete(m.stepping, b)
	_ = b.steps.Detach()
	if len(m.stepping) != 0 {
		return nil
	}
	return m.group.SetEvents(managerEvents)
}

// stepNewborn has a new thread step from its first instruction on: it is held
// until the engine that steps has been attached to it.
func (m *Manager) stepNewborn(r *utrace.Report, c *utrace.Clone, b *Breakpoint) {
	newborn := c.Thread
	if newborn == nil {
		return
	}
	holder, err := r.Attach(c.ID, stopper, utrace.WithName("until it steps"))
	if err != nil {
		return // it has been killed
	}
	_ = holder.Control(context.Background(), utrace.Stop)
	m.core.Loop().Post(func() {
		for _, e := range b.steps.Engines() {
			if e.Thread() == newborn {
				_ = e.Control(context.Background(), utrace.SingleStep)
			}
		}
		_ = holder.Detach()
	})
}

// changed hands a change to the breakpoints that watch for it.
func (t *table) changed(r *utrace.Report) utrace.Action {
	answer := utrace.Resume
	for _, w := range t.watched {
		if w.spec.Kind == Change && w.look(r) {
			answer = max(answer, w.reach(r))
		}
	}
	return answer
}

// glance reads memory through a thread that is stopped, whoever holds it.
func (m *Manager) glance(ctx context.Context, thread *utrace.Thread, addr uint64, p []byte) (int, error) {
	if _, stopped := thread.Stop(); !stopped {
		return 0, utrace.ErrRunning
	}
	e, err := m.core.Attach(ctx, thread.ID(), stopper)
	if err != nil {
		return 0, err
	}
	defer e.Detach()
	if err := e.Control(ctx, utrace.Stop); err != nil {
		return 0, err
	}
	r, err := e.Held()
	if err != nil {
		return 0, err
	}
	n, err := r.ReadMemory(addr, p)
	if err != nil {
		err = fmt.Errorf("what is watched: %w", err)
	}
	return n, err
}
