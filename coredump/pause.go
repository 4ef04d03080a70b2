package coredump

import (
	"context"
	"errors"
	"time"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/internal/procfs"
)

// How long threads may take to stop. One that sleeps in the kernel and cannot be
// interrupted, such as one that waits for its vfork child, gets the shorter time;
// it is left out, and runs nothing meanwhile.
const (
	patience      = 2 * time.Second
	uninterrupted = 50 * time.Millisecond
)

// pause is a process that stands still.
type pause struct {
	group   *utrace.Group
	engines []*utrace.Engine // of the threads that have stopped
}

// stop stops a process.
func stop(ctx context.Context, core *utrace.Core, pid int) (*pause, error) {
	nothing := &utrace.Funcs{Reap: func(*utrace.Report, utrace.Status) {}}
	group, err := core.AttachGroup(ctx, pid, utrace.Process, func(*utrace.Thread) any { return nothing }, utrace.WithName("core"))
	if err != nil {
		return nil, err
	}
	if err := group.Control(ctx, utrace.Stop); err != nil && !errors.Is(err, utrace.ErrInProgress) {
		group.Detach()
		return nil, err
	}
	p := &pause{group: group}
	p.await(ctx)
	if len(p.engines) == 0 {
		group.Detach()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, utrace.ErrGone
	}
	return p, nil
}

// await waits until all threads are stopped, also those that are made meanwhile.
func (p *pause) await(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	seen := make(map[*utrace.Engine]bool)
	for again := true; again; {
		again = false
		for _, e := range p.group.Engines() {
			if seen[e] {
				continue
			}
			seen[e], again = true, true
			e.Control(ctx, utrace.Stop)
			if awaitStop(ctx, e) == nil {
				p.engines = append(p.engines, e)
			}
		}
	}
}

// awaitStop waits for one thread.
func awaitStop(ctx context.Context, e *utrace.Engine) error {
	for {
		once, cancel := context.WithTimeout(ctx, uninterrupted)
		err := e.WaitStopped(once)
		cancel()
		if err == nil || ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded) {
			return err
		}
		if stat, err := procfs.ReadStat(e.Thread().ID()); err == nil && stat.State == 'D' {
			return context.DeadlineExceeded
		}
	}
}
