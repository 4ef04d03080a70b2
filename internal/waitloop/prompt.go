package waitloop

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// promptNice is how far the loop goes ahead of others. A traced thread and its tracer
// hand the processor over some ten times at each stop, and every other time to the
// loop; where others want the processors too, it would wait for its turn each time,
// and both with it. With more, such as -10, it takes the processor from those whom it
// has just woken, and stops cost half as much again where nobody else wants one
// (bench/stops).
const promptNice = -3

// Prompt has the calling thread run soon after it was woken. That takes CAP_SYS_NICE;
// without it nothing changes. What it forks is not affected. A thread with a policy
// of its own, such as SCHED_FIFO, is left as it is, and so is one that somebody has made
// nice: its children would not be (SCHED_RESET_ON_FORK, sched(7)).
func Prompt() error {
	attr, err := unix.SchedGetAttr(0, 0)
	if err != nil {
		return fmt.Errorf("read how this thread is scheduled: %w", err)
	}
	if attr.Policy != unix.SCHED_NORMAL || attr.Nice > 0 {
		return nil
	}
	attr.Flags |= unix.SCHED_FLAG_RESET_ON_FORK
	attr.Nice = min(attr.Nice, promptNice)
	if err = unix.SchedSetAttr(0, attr, 0); err != nil && err != unix.EPERM && err != unix.EACCES {
		return fmt.Errorf("have this thread run as soon as it is woken: %w", err)
	}
	return nil
}
