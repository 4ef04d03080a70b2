package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/stack"
	"github.com/utrace/utrace/tool"
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
	profile stack.Profile

	*invocation
	private bool
}

func stackCommand(v *invocation) *cobra.Command {
	o := stackOptions{invocation: v}
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
			return v.share(cmd.Context(), o.private, func() error { return o.run(cmd.Context()) })
		},
	}
	f := cmd.Flags()
	f.BoolVarP(&o.all, "all", "a", false, "print the stacks of all processes that may be looked at")
	f.IntSliceVarP(&o.pids, "pid", "p", nil, "another way to name process `PID`")
	f.IntVarP(&o.frames, "frames", "n", 0, "print `N` frames of each thread (default 1024)")
	f.BoolVarP(&o.source, "source", "s", false, "print source files and lines, too")
	f.BoolVar(&o.json, "json", false, "print one JSON object per thread")
	f.StringVar(&o.pprof, "pprof", "", "write a profile of the threads to this `FILE`, for pprof")
	f.BoolVarP(&o.verbose, "verbose", "v", false, "say for how long threads were stopped")
	f.BoolVar(&o.private, "private", false, privateHelp)
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
	case !o.all && len(o.pids) == 0:
		return misused("the stacks of what? Give a process id, or --all")
	case o.frames < 0:
		return misused("-n %d is negative", o.frames)
	case o.json && o.pprof != "":
		return misused("--json and --pprof exclude each other")
	}
	return nil
}

// run prints the stacks of one process after the other.
func (o *stackOptions) run(ctx context.Context) error {
	core, shut, err := o.Core(tool.CoreOptions{})
	if err != nil {
		return err
	}
	defer shut()
	if o.all {
		err = o.everything(ctx, core)
	} else {
		err = o.named(ctx, core)
	}
	if o.profile.Empty() {
		return err
	}
	if failed := o.writeProfile(); failed != nil {
		o.complain(failed)
		return &exitError{status: failure}
	}
	return err
}

// named prints the stacks of the processes that were named.
func (o *stackOptions) named(ctx context.Context, core *utrace.Core) error {
	var failed error
	for _, pid := range o.pids {
		err := o.one(ctx, core, pid)
		switch {
		case errors.As(err, new(*outputError)):
			return err
		case errors.Is(err, syscall.ESRCH) && syscall.Kill(pid, 0) == syscall.ESRCH:
			err = fmt.Errorf("there is no process %d", pid)
		case err == nil:
			continue
		}
		o.complain(err)
		failed = &exitError{status: failure}
	}
	return failed
}

// everything prints the stacks of all processes. Those that end meanwhile, of the
// kernel, and of others, whom we may not look at, are left out; so are this one
// and the owner.
func (o *stackOptions) everything(ctx context.Context, core *utrace.Core) error {
	var pids []int
	err := procfs.Processes(func(pid int) bool {
		if stat, err := procfs.ReadStat(pid); err == nil && !stat.Kernel() && stat.State != 'Z' && pid != os.Getpid() && pid != o.PID {
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
		err := o.one(ctx, core, pid)
		switch {
		case errors.As(err, new(*outputError)):
			return err
		case err == nil || errors.Is(err, syscall.ESRCH):
		case errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES):
			forbidden++
			if o.verbose {
				o.complain(err)
			}
		default:
			o.complain(err)
			failed = &exitError{status: failure}
		}
	}
	if forbidden != 0 {
		fmt.Fprintf(o.Stderr, "utrace: %d processes may not be looked at\n", forbidden)
	}
	return failed
}

func (o *stackOptions) one(ctx context.Context, core *utrace.Core, pid int) error {
	p, err := stack.Take(ctx, core, pid, stack.Options{})
	if err != nil {
		return err
	}
	defer p.Close()
	printer := &stack.Printer{Process: p, Frames: o.frames, Source: o.source}
	if err := o.print(printer); err != nil {
		return err
	}
	if o.verbose {
		fmt.Fprintf(o.Stderr, "utrace: process %d: %s, stopped for %v, at most %v\n", pid, countThreads(len(p.Threads)), p.Median(), p.Longest())
	}
	return nil
}

func (o *stackOptions) print(p *stack.Printer) error {
	if o.pprof != "" {
		return o.profile.Add(p)
	}
	out := bufio.NewWriter(o.Stdout)
	var err error
	if o.json {
		err = p.JSON(out)
	} else {
		err = p.Text(out)
	}
	if lost := out.Flush(); lost != nil {
		return &outputError{lost}
	}
	return err
}

func (o *stackOptions) writeProfile() error {
	file, err := o.OpenFile(o.pprof, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o666)
	if err != nil {
		return err
	}
	return errors.Join(o.profile.Write(file), file.Close())
}
