package main

import (
	"context"
	"errors"
	"runtime"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/utrace/utrace/client"
	"github.com/utrace/utrace/internal/denial"
	"github.com/utrace/utrace/launch"
	"github.com/utrace/utrace/vptrace"
)

func runCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "run [--] TRACER [ARG...]",
		Short: "Run an unmodified tracer, such as gdb or strace, on virtual ptrace",
		Long: `run executes a program whose use of ptrace(2) is served by utrace: any number
of such tracers can trace the same process at the same time. The tracer keeps
process id, terminal, signals and exit status. What it starts is served, too.

One process of each user, "utrace serve", does the tracing for all. It is
started when it is needed, and ends when nobody needs it.`,
		Example: `  utrace run strace -f ./server
  utrace run gdb -p 1234
  utrace run strace -p 1234      # at the same time`,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return misused("run what? Give a tracer and its arguments")
			}
			return runVirtually(args)
		},
	}
	cmd.Flags().SetInterspersed(false)
	return cmd
}

// runVirtually does not return if all goes well.
func runVirtually(args []string) error {
	path, err := launch.LookPath(args[0])
	if err != nil {
		return &exitError{status: launch.ExitCode(err), err: err}
	}
	// The filter is this thread's, and the exec has to be, too.
	runtime.LockOSThread()
	if err := virtualize(); err != nil {
		return &exitError{status: 125, err: err}
	}
	err = launch.Replace(&launch.Command{Path: path, Args: args})
	return &exitError{status: launch.ExitCode(err), err: err}
}

// virtualize puts the calling thread under the filter and gives its listener to
// the owner. A thread that has one is virtual already.
func virtualize() error {
	c, err := dialOwner()
	fd := -1
	for attempt := 0; err == nil; attempt++ {
		if err = invite(c); err == nil && fd < 0 {
			if fd, err = vptrace.Filter(); err != nil {
				_ = c.Close()
				break
			}
			defer syscall.Close(fd)
		}
		if err == nil {
			err = c.Adopt(context.Background(), fd)
		}
		_ = c.Close()
		// An owner that is killed has a successor, which has its socket.
		if !client.Lost(err) || attempt == attempts {
			break
		}
		c, err = client.Dial("")
	}
	if errors.Is(err, vptrace.ErrNested) {
		return nil
	}
	return err
}

// invite lets the owner trace this process, where that takes a relation.
func invite(c *client.Client) error {
	if !denial.Relational() {
		return nil
	}
	hello, err := c.Hello(context.Background())
	if err != nil {
		return err
	}
	return denial.Invite(hello.PID)
}

// attempts is how many owners may be killed before a tracer is not run.
const attempts = 10
