package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/strace"
	"github.com/utrace/utrace/strace/decode"
	"github.com/utrace/utrace/syscalls"
	"github.com/utrace/utrace/top"
)

// topOptions are those of utrace top. The letters are top(1)'s.
type topOptions struct {
	pids       []int
	delay      float64
	iterations int
	batch      bool
	once       bool
	by, sort   string
	trace      string
	mode       string
	private    bool
}

func topCommand(v *invocation) *cobra.Command {
	var o topOptions
	cmd := &cobra.Command{
		Use:   "top [OPTION]... [-p PID]... [-- COMMAND [ARG]...]",
		Short: "Show live which system calls programs make",
		Long: `Show live which system calls programs make: how many, with how many errors, how
long they take, by process, thread and call. Without -p and a command it is about
all processes, which needs eBPF.`,
		RunE: func(cmd *cobra.Command, args []string) error { return runTop(cmd.Context(), v, &o, args) },
	}
	f := cmd.Flags()
	f.SetInterspersed(false)
	f.IntSliceVarP(&o.pids, "pid", "p", nil, "show process `PID`, and what it starts; may be repeated")
	f.Float64VarP(&o.delay, "delay", "d", 1, "`SECONDS` between updates")
	f.IntVarP(&o.iterations, "iterations", "n", 0, "end after `N` updates; 0: do not")
	f.BoolVarP(&o.batch, "batch", "b", false, "print tables, without using a screen")
	f.BoolVar(&o.once, "once", false, "print one table: -b -n 1")
	f.StringVar(&o.by, "by", "processes", "`WHAT` is in a row: processes, threads or calls")
	f.StringVarP(&o.sort, "sort", "s", "time", "`ORDER` of the rows: time, calls, errors or longest")
	f.StringVarP(&o.trace, "expr", "e", "all", "count the calls of `SET` only, as strace's -e trace=")
	f.StringVar(&o.mode, "mode", "auto", "`HOW` to count: observe threads, stop them at each call, or auto")
	f.BoolVar(&o.private, "private", false, "if threads are stopped, "+privateHelp)
	return cmd
}

// choice is what is shown first.
func (o *topOptions) choice() (c top.Choice, err error) {
	by := map[string]top.By{"processes": top.Processes, "threads": top.Threads, "calls": top.Calls}
	sort := map[string]top.Order{"time": top.ByTime, "calls": top.ByRate, "errors": top.ByErrors, "longest": top.ByLongest}
	var ok bool
	if c.By, ok = by[o.by]; !ok {
		return c, misused("--by %s: it is processes, threads or calls", o.by)
	}
	if c.Order, ok = sort[o.sort]; !ok {
		return c, misused("--sort %s: it is time, calls, errors or longest", o.sort)
	}
	return c, nil
}

func runTop(ctx context.Context, v *invocation, o *topOptions, args []string) error {
	choice, err := o.choice()
	if err != nil {
		return err
	}
	if o.once {
		o.batch, o.iterations = true, 1
	}
	if o.delay < 0.05 || o.delay > 1e6 {
		return misused("--delay %v: from 0.05 to a million seconds", o.delay)
	}
	set, err := syscalls.ParseSet(strings.TrimPrefix(o.trace, "trace="))
	if err != nil {
		return misused("%v", err)
	}
	mode, ok := map[string]strace.Mode{"auto": strace.ModeAuto, "observe": strace.ModeObserve, "stop": strace.ModeStop}[o.mode]
	all := len(args) == 0 && len(o.pids) == 0
	switch {
	case !ok:
		return misused("--mode %s: it is auto, observe or stop", o.mode)
	case all && (mode == strace.ModeStop || v.Shared()):
		return misused("stop the threads of what? Give a command, or -p PID")
	}
	opts := &strace.Options{
		Command: args, PIDs: o.pids, Follow: true, Trace: set, Mode: mode,
		// Nothing of the arguments is looked at.
		Raw: syscalls.All(), Constants: decode.XlatRaw,
		Quiet: strace.AllQuiet, Status: strace.AllStatuses, Interruptible: 1,
	}
	if v.Shared() {
		return count(ctx, v, opts)
	}
	if !o.batch && !(term.IsTerminal(int(os.Stdin.Fd())) && term.IsTerminal(int(os.Stdout.Fd()))) {
		return misused("standard input and output are no terminal; -b prints tables")
	}
	if kind := os.Getenv("TERM"); !o.batch && (kind == "" || kind == "dumb") {
		return misused("TERM is %q, a terminal without a screen; -b prints tables", kind)
	}
	if all {
		opts.Mode = strace.ModeObserve
		if opts.PIDs, err = everybody(); err != nil {
			return err
		}
	}
	title := "utrace top"
	if len(args) > 0 {
		title += ": " + strings.Join(args, " ")
	}
	return o.show(ctx, v, opts, choice, title)
}

// everybody lists the processes of programs, but for this one.
func everybody() (pids []int, err error) {
	err = procfs.Processes(func(pid int) bool {
		if stat, err := procfs.ReadStat(pid); err == nil && !stat.Kernel() && pid != os.Getpid() {
			pids = append(pids, pid)
		}
		return true
	})
	return pids, err
}

// show traces, and shows what is counted.
func (o *topOptions) show(ctx context.Context, v *invocation, opts *strace.Options, choice top.Choice, title string) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	ctx, quit := context.WithCancel(ctx)
	defer quit()
	var notices bytes.Buffer // would spoil the screen
	quiet := *v.Env
	quiet.Stderr = &notices
	source, trace, err := o.source(&invocation{&quiet, v.args}, opts)
	if err != nil {
		return err
	}
	traced := make(chan strace.Outcome, 1)
	var nothing atomic.Bool // could be traced
	go func() {
		outcome := trace(ctx)
		nothing.Store(outcome.Code == strace.ExitUsage && source.Empty())
		traced <- outcome
		if !o.batch && len(opts.Command) == 0 {
			return // the last sample can be looked at
		}
		quit()
	}()
	delay := time.Duration(o.delay * float64(time.Second))
	if o.batch {
		err = o.print(ctx, &nothing, source, choice, title, delay)
	} else {
		err = top.Screen{Source: source, Title: title, Every: delay, Choice: choice}.Run(ctx, os.Stdin, os.Stdout)
	}
	quit()
	outcome := <-traced
	switch {
	case len(opts.Command)+len(o.pids) > 0: // of all processes, some have always ended meanwhile
		v.told(notices.String())
	case nothing.Load():
		v.told(notices.String())
		fmt.Fprintln(v.Stderr, "Processes of -p, or a command, can be shown without.")
	}
	switch {
	case err != nil:
		return err
	case outcome.Signal != 0 && len(opts.Command) > 0 && outcome.Signal != syscall.SIGTERM:
		return ended(outcome)
	case outcome.Signal == 0 && outcome.Code != 0:
		return ended(outcome)
	}
	return nil
}

// told prints what was said about the trace, by a program that is not called strace.
func (v *invocation) told(notices string) {
	for line := range strings.Lines(notices) {
		line = strings.TrimPrefix(strings.TrimPrefix(line, "strace: "), "utrace: ")
		fmt.Fprint(v.Stderr, "utrace: ", strings.TrimPrefix(line, "--mode=observe: "))
	}
}

// print prints tables until there were enough, or ctx ends: then a last one. The time
// of the first begins when something is traced.
func (o *topOptions) print(ctx context.Context, nothing *atomic.Bool, source topSource, choice top.Choice, title string, delay time.Duration) error {
	select {
	case <-source.Begun():
	case <-time.After(max(delay, time.Second)): // a thread that does nothing
	case <-ctx.Done():
	}
	source.Sample(time.Now())
	for n := 1; ; n++ {
		over := false
		select {
		case <-time.After(delay):
		case <-ctx.Done():
			over = true
		}
		if nothing.Load() {
			return nil
		}
		table := fmt.Sprint(top.Page{Sample: source.Sample(time.Now()), Choice: choice, Title: title})
		if n > 1 {
			table = "\n" + table
		}
		if _, err := os.Stdout.WriteString(table); err != nil {
			return &outputError{err}
		}
		if over || n == o.iterations {
			return nil
		}
	}
}
