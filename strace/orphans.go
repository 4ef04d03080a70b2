package strace

import (
	"os"
	"os/signal"
	"syscall"

	"github.com/utrace/utrace/internal/procfs"
)

// adoptOrphans does what the first process of a PID namespace has to do: children
// whose parents have ended become ours, and nobody else can reap them. It returns
// how to stop; for any other process there is nothing to do.
func (c *command) adoptOrphans() (stop func()) {
	if os.Getpid() != 1 {
		return func() {}
	}
	children := make(chan os.Signal, 1)
	signal.Notify(children, syscall.SIGCHLD)
	go func() {
		for range children {
			c.reapOrphans()
		}
	}()
	return func() {
		signal.Stop(children)
		close(children)
	}
}

// reapOrphans reaps the children that have ended, but for the program that was
// started here, and for those that are traced: somebody waits for these.
func (c *command) reapOrphans() {
	threads, _ := procfs.Threads(os.Getpid())
	for _, tid := range threads {
		orphans, _ := procfs.Children(tid)
		for _, pid := range orphans {
			status, err := procfs.ReadStatus(pid)
			if err != nil || status.State != 'Z' || status.Tracer != 0 || c.process != nil && c.process.PID() == pid {
				continue
			}
			var ws syscall.WaitStatus
			syscall.Wait4(pid, &ws, syscall.WNOHANG, nil)
		}
	}
}
