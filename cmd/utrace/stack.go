package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/host"
	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/stack"
)

// stackOptions are the options of utrace stack.
type stackOptions struct {
	pids    []int
	all     bool
	frames  int
	source  bool
	json    bool
	pprof   string
	verbose bool
}

func stackCommand() *cobra.Command {
	var o stackOptions
	cmd := &cobra.Command{
		Use:   "stack [OPTION]... {PID... | --all}",
		Short: "Print the stacks of all threads of a running process",
		Long: `stack prints where each thread of a process is, and who called that. A thread is
stopped only while its registers and its stack are copied, a fraction of a
millisecond, one after the other.`,
		Example: `  utrace stack 1234
  utrace stack -s -n 10 1234
  utrace stack --all > stacks
  utrace stack --pprof threads.pb.gz 1234 && go tool pprof -top threads.pb.gz`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.check(args); err != nil {
				return err
			}
			return o.run(cmd.Context(), cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.BoolVarP(&o.all, "all", "a", false, "print the stacks of all processes that may be looked at")
	f.IntSliceVarP(&o.pids, "pid", "p", nil, "another way to name a process")
	f.IntVarP(&o.frames, "frames", "n", 0, "print so many frames of each thread (default 1024)")
	f.BoolVarP(&o.source, "source", "s", false, "print source files and lines, too")
	f.BoolVar(&o.json, "json", false, "print one JSON object per thread")
	f.StringVar(&o.pprof, "pprof", "", "write a profile of the threads to this `FILE`, for pprof")
	f.BoolVarP(&o.verbose, "verbose", "v", false, "say for how long threads were stopped")
	return cmd
}

// check finds mistakes before anything is done.
func (o *stackOptions) check(args []string) error {
	for _, text := range args {
		pid, err := strconv.Atoi(text)
		if err != nil {
			return misused("%q is not a process id", text)
		}
		o.pids = append(o.pids, pid)
	}
	for _, pid := range o.pids {
		if pid <= 0 {
			return misused("%d is not a process id", pid)
		}
	}
	switch {
	case o.all && len(o.pids) != 0:
		return misused("--all and a process id exclude each other")
	case o.all && o.pprof != "":
		return misused("--pprof takes one process")
	case o.all:
		return nil
	case len(o.pids) == 0:
		return misused("the stacks of what? Give a process id, or --all")
	case o.frames < 0:
		return misused("-n %d is negative", o.frames)
	case o.json && o.pprof != "":
		return misused("--json and --pprof exclude each other")
	case o.pprof != "" && len(o.pids) != 1:
		return misused("--pprof takes one process")
	}
	return nil
}

// run prints the stacks of one process after the other.
func (o *stackOptions) run(ctx context.Context, stdout io.Writer) error {
	core, err := host.Open(utrace.Options{})
	if err != nil {
		return err
	}
	defer core.Close()
	if o.all {
		return o.everything(ctx, core, stdout)
	}
	var failed error
	for _, pid := range o.pids {
		err := o.one(ctx, core, pid, stdout)
		switch {
		case errors.Is(err, syscall.ESRCH) && syscall.Kill(pid, 0) == syscall.ESRCH:
			err = fmt.Errorf("there is no process %d", pid)
		case err == nil:
			continue
		}
		complain(err)
		failed = &exitError{status: failure}
	}
	return failed
}

// everything prints the stacks of all processes. Those that end meanwhile, of the
// kernel, and of others, whom we may not look at, are left out; so is this one.
func (o *stackOptions) everything(ctx context.Context, core *utrace.Core, stdout io.Writer) error {
	var pids []int
	err := procfs.Processes(func(pid int) bool {
		if stat, err := procfs.ReadStat(pid); err == nil && !stat.Kernel() && stat.State != 'Z' && pid != os.Getpid() {
			pids = append(pids, pid)
		}
		return true
	})
	if err != nil {
		return err
	}
	slices.Sort(pids)
	var failed error
	forbidden := 0
	for _, pid := range pids {
		err := o.one(ctx, core, pid, stdout)
		switch {
		case err == nil || errors.Is(err, syscall.ESRCH):
		case errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES):
			forbidden++
		default:
			complain(err)
			failed = &exitError{status: failure}
		}
	}
	if forbidden != 0 {
		fmt.Fprintf(os.Stderr, "utrace: %d processes may not be looked at\n", forbidden)
	}
	return failed
}

func (o *stackOptions) one(ctx context.Context, core *utrace.Core, pid int, stdout io.Writer) error {
	p, err := stack.Take(ctx, core, pid, stack.Options{})
	if err != nil {
		return err
	}
	defer p.Close()
	printer := &stack.Printer{Process: p, Frames: o.frames, Source: o.source}
	if err := o.print(printer, stdout); err != nil {
		return fmt.Errorf("print stacks: %w", err)
	}
	if o.verbose {
		fmt.Fprintf(os.Stderr, "utrace: process %d: %d threads, stopped for %v, at most %v\n", pid, len(p.Threads), p.Median(), p.Longest())
	}
	return nil
}

func (o *stackOptions) print(p *stack.Printer, stdout io.Writer) error {
	if o.pprof != "" {
		file, err := os.Create(o.pprof)
		if err != nil {
			return err
		}
		return errors.Join(p.Profile(file), file.Close())
	}
	out := bufio.NewWriter(stdout)
	var err error
	if o.json {
		err = p.JSON(out)
	} else {
		err = p.Text(out)
	}
	return errors.Join(err, out.Flush())
}
