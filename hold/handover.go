package hold

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/internal/procfs"
)

// HandOver ends the hold in another way: it leaves the process stopped by job
// control, with no engine of the core on it, so that a debugger can attach. When
// the process is continued (SIGCONT, or by the debugger) the crash happens
// again: a fault because the instruction is made again, a signal that somebody
// had sent because it is sent once more, by this process.
//
// All engines on the process are detached, not only the holder's: one that
// stayed would keep the debugger out. It is for OnCrash, or later. ErrGone: the
// process was killed meanwhile.
func (c *Crash) HandOver(ctx context.Context) error {
	t := c.Engine.Thread()
	if !c.repeats() {
		if err := syscall.Tgkill(t.Group(), t.ID(), syscall.Signal(c.Signal.Signo())); err != nil {
			return fmt.Errorf("send signal %d to thread %d again: %w", c.Signal.Signo(), t.ID(), err)
		}
	}
	if err := c.Engine.Answer(ctx, utrace.SignalAnswer{Do: utrace.JobStop}); err != nil {
		return err
	}
	core := t.Core()
	if err := detachAll(ctx, core, t); err != nil {
		return err
	}
	// The other threads stay where they are until the stop has begun; then
	// none can run any more.
	if err := awaitStop(ctx, t.ID()); err != nil {
		return err
	}
	threads, err := core.Threads(ctx)
	if err != nil {
		return err
	}
	for _, x := range threads {
		if x.Group() != t.Group() {
			continue
		}
		if err := detachAll(ctx, core, x); err != nil {
			return err
		}
	}
	c.Release()
	return nil
}

// detachAll detaches all engines from a thread.
func detachAll(ctx context.Context, core *utrace.Core, t *utrace.Thread) error {
	engines, err := core.Engines(ctx, t.ID())
	for _, e := range engines {
		if e.Detach() == utrace.ErrInProgress {
			e.Barrier(ctx)
		}
	}
	return err
}

// repeats reports whether the crash happens again by itself: the signal is a
// fault, after which the program counter is still at the instruction.
func (c *Crash) repeats() bool {
	switch syscall.Signal(c.Signal.Signo()) {
	case syscall.SIGSEGV, syscall.SIGBUS, syscall.SIGILL, syscall.SIGFPE:
		return c.Signal.Code() > 0
	}
	return false
}

// awaitStop waits until a thread that is not traced is stopped by job control.
func awaitStop(ctx context.Context, tid int) error {
	for {
		stat, err := procfs.ReadStat(tid)
		if err != nil {
			if errors.Is(err, syscall.ESRCH) {
				return utrace.ErrGone
			}
			return err
		}
		if stat.State == 'T' {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Millisecond):
		}
	}
}
