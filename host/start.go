package host

import (
	"context"
	"errors"
	"fmt"
	"syscall"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/launch"
	"github.com/utrace/utrace/tracehook"
)

// Start starts a program under the core. attach is called while the program is
// held before its exec, with its process id, and attaches the caller's engines:
// the first thing that they see is how the held process goes on to its exec.
//
// Start returns when the program has been exec'd, or with the *launch.Error
// that says why not. The process's Wait is fed by the core, unless another process
// traces (tracehook.Remote); nobody else may wait for it.
func Start(ctx context.Context, core *utrace.Core, cmd *launch.Command, attach func(pid int) error) (*launch.Process, error) {
	p, err := launch.Start(cmd)
	if err != nil {
		return nil, err
	}
	if _, remote := core.Loop().(tracehook.Remote); !remote {
		p.Traced()
		k := &keeper{core: core, process: p}
		if err := k.attach(ctx); err != nil {
			p.Untraced()
			return nil, errors.Join(err, p.Abandon(ctx))
		}
	}
	if attach != nil {
		if err := attach(p.PID()); err != nil {
			return nil, errors.Join(err, p.Abandon(ctx))
		}
	}
	if err := p.Release(); err != nil {
		return nil, errors.Join(err, p.Abandon(ctx))
	}
	if err := p.ExecError(); err != nil {
		return nil, errors.Join(err, p.Abandon(ctx))
	}
	return p, nil
}

// keeper is the engine that tells a launched process's handle how it ended:
// the kernel gives the status to the tracer alone.
type keeper struct {
	core    *utrace.Core
	process *launch.Process
	// reaped: the leader's end was reported. Owned by the loop.
	reaped bool
}

func (k *keeper) attach(ctx context.Context) error {
	_, err := k.core.Attach(ctx, k.process.PID(), k,
		utrace.WithName("launcher"), utrace.WithEvents(utrace.EventReap), utrace.WithRelease(k.released))
	if err != nil {
		return fmt.Errorf("trace the new process: %w", err)
	}
	return nil
}

// ReportReap implements utrace.ReapReporter. When another thread's exec has
// ended the leader, the process goes on under the same id, and so must we.
func (k *keeper) ReportReap(_ *utrace.Report, status utrace.Status) {
	k.reaped = true
	if errors.Is(k.process.Signal(0), launch.ErrEnded) {
		k.process.Ended(syscall.WaitStatus(status), nil)
		return
	}
	k.core.Loop().Post(func() {
		k.reaped = false
		if k.attach(context.Background()) != nil {
			k.process.Ended(syscall.WaitStatus(status), nil)
		}
	})
}

// released is told that the core has let the process go, as Close does: then
// the handle has to wait for its end by itself.
func (k *keeper) released() {
	if !k.reaped {
		k.process.Untraced()
	}
}
