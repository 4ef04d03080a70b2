package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/launch"
	"github.com/utrace/utrace/probe"
	"github.com/utrace/utrace/symbol"
	"github.com/utrace/utrace/tool"
)

// breakOptions are the options of utrace break.
type breakOptions struct {
	pids      []int
	follow    bool
	summary   bool
	limit     uint64
	condition string
	arguments int
	body      bool
	frames    int
	json      bool
	output    string
	quiet     bool

	watched []string

	places  []symbol.Spec
	watches []probe.Watch
	command []string

	*invocation
	private bool
}

func breakCommand(v *invocation) *cobra.Command {
	o := breakOptions{invocation: v}
	cmd := &cobra.Command{
		Use:   "break [OPTION]... [PLACE]... {-p PID... | -- COMMAND [ARG...]}",
		Short: "Print when threads come to places in a program, and let them go on",
		Long: `break prints a line for each time that a thread comes to one of the places, with
the thread, the function and its arguments. Nothing is ever left stopped.

A place is a function (main, ns::f), maybe with an offset (main+0x10) or of one
file (libc.so:malloc), a source line (file.c:12), an address in memory (*0x401136)
or an address in a file (prog:0x1136). Places in libraries that are loaded later
are found then.`,
		Example: `  utrace break malloc free -- ls
  utrace break -c -f libc.so:open64 -- make
  utrace break --if 'arg0 > 4096' -n 10 malloc -p 1234
  utrace break -k=5 abort -p 1234
  utrace break --watch counter -k=3 -- ./prog
  utrace break --json server.c:120 -p 1234`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.check(args, cmd.ArgsLenAtDash()); err != nil {
				return err
			}
			return v.share(cmd.Context(), o.private, func() error { return o.run(cmd.Context()) })
		},
	}
	f := cmd.Flags()
	f.IntSliceVarP(&o.pids, "pid", "p", nil, "watch process `PID`; may be repeated")
	f.BoolVarP(&o.follow, "follow", "f", false, "watch the processes that it starts, too")
	f.BoolVarP(&o.summary, "count", "c", false, "print only how often each place was hit, in the end")
	f.Uint64VarP(&o.limit, "limit", "n", 0, "stop watching after `N` hits")
	f.StringVar(&o.condition, "if", "", "count only threads for which this `EXPRESSION` is true, such as 'arg0 == 5 && *(u32*)(rsi+8) > 3'")
	f.IntVarP(&o.arguments, "args", "a", 3, "print `N` arguments of a function, at its first instruction")
	f.BoolVar(&o.body, "body", false, "break behind the beginning of functions, where gdb does")
	f.IntVarP(&o.frames, "stack", "k", 0, "print the stack, too: `N` frames, 64 if not given")
	f.Lookup("stack").NoOptDefVal = "64"
	f.StringArrayVar(&o.watched, "watch", nil, "print who writes to `WHAT`, a variable or an address, such as 'counter' or '*0x404010:4'; may be repeated")
	f.BoolVar(&o.json, "json", false, "print one JSON object per line")
	f.StringVarP(&o.output, "output", "o", "", "write to this `FILE` rather than to standard error")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "do not say which places are not there")
	f.BoolVar(&o.private, "private", false, privateHelp)
	return cmd
}

// check finds mistakes before anything is started. dash is how many arguments
// stand before "--", -1 without one.
func (o *breakOptions) check(args []string, dash int) error {
	places := args
	if dash >= 0 {
		places, o.command = args[:dash], args[dash:]
	}
	switch {
	case len(places) == 0 && len(o.watched) == 0:
		return misused("break where? Give a place, such as a function, or --watch")
	case len(o.command) == 0 && len(o.pids) == 0:
		return misused("break in what? Give -p PID, or -- and a command")
	case len(o.command) != 0 && len(o.pids) != 0:
		return misused("a command and -p exclude each other")
	case o.summary && o.json:
		return misused("-c and --json exclude each other")
	case o.arguments < 0 || o.arguments > 32:
		return misused("-a %d: from 0 to 32 arguments can be printed", o.arguments)
	}
	if o.frames < 0 {
		return misused("-k=%d is negative", o.frames)
	}
	if o.frames != 0 && o.summary {
		return misused("-c and -k exclude each other")
	}
	for _, pid := range o.pids {
		if pid <= 0 {
			return misused("-p %d: not a process id", pid)
		}
	}
	for _, text := range places {
		spec, err := symbol.ParseSpec(text)
		if err != nil {
			return misused("%w", err)
		}
		o.places = append(o.places, spec)
	}
	for _, text := range o.watched {
		w, err := probe.ParseWatch(text)
		if err != nil {
			return misused("%w", err)
		}
		o.watches = append(o.watches, w)
	}
	if o.condition != "" {
		if _, err := probe.ParseCondition(o.condition); err != nil {
			return misused("%w", err)
		}
	}
	return nil
}

// run watches until the end of what is watched, of the number of hits, or of
// the user's patience.
func (o *breakOptions) run(ctx context.Context) (err error) {
	out := o.Stderr
	if o.output != "" {
		file, err := o.OpenFile(o.output, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o666)
		if err != nil {
			return err
		}
		defer file.Close()
		out = file
	}
	core, shut, err := o.Core(tool.CoreOptions{Plants: true})
	if err != nil {
		return err
	}
	defer shut()

	options := probe.Options{Places: o.places, Watches: o.watches, Body: o.body, Follow: o.follow, Arguments: o.arguments, Stack: o.frames, Limit: o.limit, Failed: o.complain}
	if o.condition != "" {
		if options.Condition, err = probe.ParseCondition(o.condition); err != nil {
			return err
		}
	}
	if !o.quiet {
		options.Notice = func(text string) { o.complain(errors.New(text)) }
	}
	var printer *probe.Printer
	if !o.summary {
		printer = probe.NewPrinter(out, o.json)
		options.Hit = printer.Hit
	}
	p := probe.New(core, options)
	status, err := o.watch(ctx, core, p)
	if err == nil {
		err = o.finish(ctx, p, printer, out)
	} else if printer != nil {
		p.Detach()
		printer.Close()
		p.Close()
	}
	if err != nil {
		return err
	}
	if err := shut(); err != nil {
		return err
	}
	if status != nil {
		return endLike(status.WaitStatus)
	}
	return nil
}

// finish lets everything go and prints what is left to be said.
func (o *breakOptions) finish(ctx context.Context, p *probe.Probe, printer *probe.Printer, out io.Writer) error {
	counts, err := p.Counts(ctx)
	if err != nil {
		return err
	}
	p.Detach()
	defer p.Close() // not before the last stack has been printed
	if printer != nil {
		if err := printer.Close(); err != nil {
			return fmt.Errorf("write hits: %w", err)
		}
		for _, place := range p.Missing() {
			if !o.quiet {
				o.complain(fmt.Errorf("never found: %v", place))
			}
		}
		return nil
	}
	if err := probe.PrintCounts(out, p, counts); err != nil {
		return fmt.Errorf("write counts: %w", err)
	}
	return nil
}

// watch watches processes that run, or one that is started here; of that it
// returns the status.
func (o *breakOptions) watch(ctx context.Context, core *utrace.Core, p *probe.Probe) (*launch.Status, error) {
	if len(o.command) != 0 {
		return o.launch(ctx, core, p)
	}
	ctx, stop := o.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	attached := 0
	for _, pid := range o.pids {
		err := p.Attach(ctx, pid, true)
		if errors.Is(err, utrace.ErrGone) && syscall.Kill(pid, 0) == syscall.ESRCH {
			err = fmt.Errorf("there is no process %d", pid)
		}
		if err != nil {
			o.complain(err)
			continue
		}
		attached++
	}
	if attached == 0 {
		return nil, &exitError{status: failure}
	}
	select {
	case <-p.Done():
	case <-p.Limited():
	case <-ctx.Done():
	}
	return nil, nil
}

// launch starts a program. After the last hit it is waited for, without being
// watched any more.
func (o *breakOptions) launch(ctx context.Context, core *utrace.Core, p *probe.Probe) (*launch.Status, error) {
	// The terminal sends Ctrl-C to the program, too, and that decides.
	interrupts := make(chan os.Signal, 8)
	o.Notify(interrupts, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGHUP)
	defer o.Forget(interrupts)

	path, err := o.LookPath(o.command[0])
	if err != nil {
		return nil, &exitError{status: launch.ExitCode(err), err: err}
	}
	program, err := o.Start(ctx, core, &launch.Command{Path: path, Args: o.command}, func(pid int) error {
		return p.Attach(ctx, pid, false)
	})
	if err != nil {
		return nil, &exitError{status: launch.ExitCode(err), err: err}
	}
	ended, limited := make(chan struct{}), p.Limited()
	defer close(ended)
	o.Go(func() {
		for {
			select {
			case s := <-interrupts:
				if s != syscall.SIGINT && s != syscall.SIGQUIT {
					program.Signal(s.(syscall.Signal))
				}
			case <-limited:
				p.Detach()
				limited = nil
			case <-ended:
				return
			}
		}
	})
	status, err := program.Wait(ctx)
	return &status, err
}
