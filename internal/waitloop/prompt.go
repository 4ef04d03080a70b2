package waitloop

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// A traced thread and its tracer hand the processor over some ten times at each
// stop, and every other time to the loop. Where others want the processors too, it
// would wait for its turn each time, and both with it; it never keeps a processor
// for long.

const (
	// promptNice is how far the loop may go ahead of others.
	promptNice = -10
	// promptSlice, in nanoseconds, is what the loop asks for at a time: the least that
	// the kernel takes. Who asks for less runs sooner (__setparam_fair in
	// kernel/sched/syscalls.c; before Linux 6.12 it means nothing).
	promptSlice = 100_000
)

// Prompt has the calling thread run soon after it was woken, as far as it may: without
// CAP_SYS_NICE only by asking for short turns. What it forks is not
// affected. A thread with a policy of its own, such as SCHED_FIFO, is left as it is.
func Prompt() error {
	attr, err := unix.SchedGetAttr(0, 0)
	if err != nil {
		return fmt.Errorf("read how this thread is scheduled: %w", err)
	}
	if attr.Policy != unix.SCHED_NORMAL {
		return nil
	}
	own := attr.Nice
	attr.Flags |= unix.SCHED_FLAG_RESET_ON_FORK
	attr.Runtime, attr.Nice = promptSlice, min(own, promptNice)
	if err = unix.SchedSetAttr(0, attr, 0); err == unix.EPERM || err == unix.EACCES {
		attr.Nice = own
		err = unix.SchedSetAttr(0, attr, 0)
	}
	if err != nil {
		return fmt.Errorf("have this thread run as soon as it is woken: %w", err)
	}
	return nil
}
