package utrace

import (
	"context"
	"fmt"
	"syscall"
)

// Inject has the thread report a signal with exactly this siginfo when it goes
// on, to the engines like any other, even if the program blocks it; then it
// takes effect when the program unblocks it (ptrace_signal in kernel/signal.c).
// Several injected signals, by whomever, queue up and are reported in order;
// signals that the kernel has pending may come first.
//
// The engine must hold the thread, else ErrInvalid (ErrAgain while the stop is
// under way). ErrInvalid also for SIGKILL and SIGSTOP, which are not delivered
// by a tracer but sent with kill(2).
func (e *Engine) Inject(ctx context.Context, info Siginfo) error {
	return e.thread.core.Do(ctx, func() error {
		if err := e.examinable(); err != nil {
			return e.errorf("inject a signal", err)
		}
		return e.thread.inject(&info)
	})
}

// Inject is Engine.Inject from inside a callback, where the thread is stopped
// anyway.
func (r *Report) Inject(info Siginfo) error { return r.thread.inject(&info) }

func (t *Thread) inject(info *Siginfo) error {
	if !deliverable(info.Signo()) || info.Signo() == int(syscall.SIGSTOP) {
		return fmt.Errorf("inject signal %d into thread %d: %w", info.Signo(), t.ID(), ErrInvalid)
	}
	if err := t.task.Inject(info); err != nil {
		return fmt.Errorf("inject signal %d into thread %d: %w", info.Signo(), t.ID(), err)
	}
	return nil
}

// deliverable reports whether a tracer can have a signal delivered.
func deliverable(signo int) bool {
	return signo >= 1 && signo <= 64 && signo != int(syscall.SIGKILL)
}
