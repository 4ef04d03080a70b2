package breakpoint

import (
	"context"
	"errors"
	"time"

	"github.com/utrace/utrace"
)

// stopPatience is how long one thread may take to stop before the next is
// tried: some are in an uninterruptible sleep.
const stopPatience = 100 * time.Millisecond

// stopper is the handler of the engine that only holds a thread for a moment.
var stopper = &utrace.Funcs{Reap: func(*utrace.Report, utrace.Status) {}}

// inRunning stops one thread of the process after the other until f, which is run
// on the loop, has found one that is stopped.
func (m *Manager) inRunning(ctx context.Context, pid int, f func() error) error {
	for {
		err := error(utrace.ErrGone)
		for _, e := range m.group.Engines() {
			if e.Thread().Group() != pid {
				continue
			}
			err = m.whileHeld(ctx, e.Thread().ID(), f)
			switch {
			case err == nil || ctx.Err() != nil:
				return err
			case errors.Is(err, context.DeadlineExceeded), errors.Is(err, utrace.ErrGone), errors.Is(err, utrace.ErrRunning):
			default:
				return err
			}
		}
		if errors.Is(err, utrace.ErrGone) {
			return err
		}
	}
}

// whileHeld runs f on the loop while one thread is held. The engine that holds it
// is another one than the manager's, which a callback may have told to hold it,
// too.
func (m *Manager) whileHeld(ctx context.Context, thread int, f func() error) error {
	e, err := m.core.Attach(ctx, thread, stopper)
	if err != nil {
		return err
	}
	defer e.Detach()
	if err := e.Control(ctx, utrace.Stop); err != nil && !errors.Is(err, utrace.ErrInProgress) {
		return err
	}
	brief, cancel := context.WithTimeout(ctx, stopPatience)
	defer cancel()
	if err := e.WaitStopped(brief); err != nil {
		return err
	}
	return m.core.Do(ctx, f)
}
