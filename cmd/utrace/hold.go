package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/coredump"
	"github.com/utrace/utrace/hold"
	"github.com/utrace/utrace/launch"
	"github.com/utrace/utrace/strace"
	"github.com/utrace/utrace/tool"
)

// holdOptions are the options of utrace hold.
type holdOptions struct {
	pids    []int
	timeout time.Duration
	on      string
	json    bool
	hook    string
	stop    bool
	core    coreFile

	*invocation
	private bool
}

func holdCommand(v *invocation) *cobra.Command {
	o := holdOptions{invocation: v}
	cmd := &cobra.Command{
		Use:   "hold [OPTION]... {-p PID... | [--] COMMAND [ARG...]}",
		Short: "Keep a crashing program alive until somebody has had a look",
		Long: `hold watches a program. When it is about to die of a signal that dumps core,
the process is held alive, every thread of it standing still, and hold prints
what happened. It dies as it would have, with the same status, on SIGCONT, on
Ctrl-C, or when --timeout is over.

A watched program pays nothing for system calls, and one short stop for each
signal. SIGKILL, and a seccomp filter that kills, cannot be held.`,
		Example: `  utrace hold ./server --port 8080
  utrace hold --on-hold 'cp /proc/$UTRACE_PID/maps crash.maps' ./a.out
  utrace hold --core /var/tmp ./server
  utrace hold --timeout 1m -p 1234
  utrace hold --stop ./a.out     # then, from another terminal: gdb -p PID
  utrace hold --on SEGV,TERM -- ./a.out`,
		RunE: func(cmd *cobra.Command, args []string) error {
			signals, err := o.check(args)
			if err != nil {
				return err
			}
			return v.share(cmd.Context(), o.private, func() error { return o.run(cmd.Context(), signals, args) })
		},
	}
	f := cmd.Flags()
	f.SetInterspersed(false) // what follows the program's name is the program's
	f.IntSliceVarP(&o.pids, "pid", "p", nil, "watch process `PID`; may be repeated")
	f.DurationVar(&o.timeout, "timeout", 0, "let a crash take its course after this `TIME`, such as 90s")
	f.StringVar(&o.on, "on", "", "`SIGNALS` to hold, in strace's notation (default: those that dump core)")
	f.BoolVar(&o.json, "json", false, "print one JSON object per line")
	f.BoolVar(&o.stop, "stop", false, "do not hold: leave a crashing process stopped, so that a debugger can attach")
	f.StringVar(&o.core.path, "core", "", "write a core file to this `FILE`, or DIR/core.PID, while a process is held; then let it die")
	f.BoolVar(&o.core.zstd, "zstd", false, "compress what --core writes; .zst is added to its name")
	f.StringVar(&o.hook, "on-hold", "", "run this shell `COMMAND` while a process is held, with UTRACE_PID, UTRACE_TID and UTRACE_SIGNAL set; then let it die")
	f.BoolVar(&o.private, "private", false, privateHelp)
	return cmd
}

// run watches until all that is watched has ended.
func (o *holdOptions) run(ctx context.Context, signals []int, args []string) error {
	core, shut, err := o.Core(tool.CoreOptions{})
	if err != nil {
		return err
	}
	defer shut()
	if o.core.path != "" {
		if err := o.core.possible(o, o.PID); err != nil {
			return fmt.Errorf("--core: %w", err)
		}
	}
	watch := &watch{options: o, ctx: ctx, out: o.Stderr}
	options := hold.Options{Signals: signals, Timeout: o.timeout, OnCrash: func(c *hold.Crash) {
		defer o.Recover()
		watch.crashed(c)
	}}
	if len(args) == 0 {
		return o.attach(ctx, core, watch, options)
	}
	return o.launch(ctx, core, watch, options, args)
}

// check finds mistakes before anything is started.
func (o *holdOptions) check(args []string) (signals []int, err error) {
	switch {
	case len(args) == 0 && len(o.pids) == 0:
		return nil, misused("hold what? Give a command, or -p PID")
	case len(args) != 0 && len(o.pids) != 0:
		return nil, misused("a command and -p exclude each other")
	case o.stop && o.timeout != 0:
		return nil, misused("--stop and --timeout exclude each other: what is handed over cannot be called back")
	case o.core.zstd && o.core.path == "":
		return nil, misused("--zstd is for --core")
	case o.timeout < 0:
		return nil, misused("--timeout %v is negative", o.timeout)
	}
	for _, pid := range o.pids {
		if pid <= 0 {
			return nil, misused("-p %d: not a process id", pid)
		}
	}
	if o.on == "" {
		return nil, nil
	}
	set, err := strace.ParseSignalSet(o.on)
	if err != nil {
		return nil, misused("--on %s: %w", o.on, err)
	}
	for n := 1; n <= 64; n++ {
		if !set.Contains(n) {
			continue
		}
		if s := syscall.Signal(n); s == syscall.SIGKILL || s == syscall.SIGSTOP {
			if o.on == "all" || strings.HasPrefix(o.on, "!") {
				continue // not named, only not left out
			}
			return nil, misused("--on %s: the kernel asks nobody about %s", o.on, strace.SignalName(n))
		}
		signals = append(signals, n)
	}
	return signals, nil
}

// attach watches processes that run already. Ctrl-C lets them go.
func (o *holdOptions) attach(ctx context.Context, core *utrace.Core, watch *watch, options hold.Options) error {
	ctx, stop := o.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	var failed []error
	for _, pid := range o.pids {
		h, err := hold.Attach(ctx, core, pid, utrace.Process, options)
		if err != nil && ctx.Err() != nil {
			break
		}
		// A zombie is gone, too, but is still to be seen: its error says that.
		if errors.Is(err, utrace.ErrGone) && syscall.Kill(pid, 0) == syscall.ESRCH {
			err = fmt.Errorf("there is no process %d", pid)
		}
		if err != nil {
			failed = append(failed, err)
			continue
		}
		watch.add(h)
	}
	for _, err := range failed {
		o.complain(err)
	}
	if len(failed) == len(o.pids) {
		return &exitError{status: failure}
	}
	for _, h := range watch.holders() {
		select {
		case <-h.Done():
		case <-ctx.Done():
			h.Detach()
		}
	}
	return nil
}

// launch starts a program, watches it and what it starts, and ends as it did.
func (o *holdOptions) launch(ctx context.Context, core *utrace.Core, watch *watch, options hold.Options, args []string) error {
	// The terminal sends Ctrl-C to the program too, which is what is meant,
	// unless it is held: then Ctrl-C lets it go.
	interrupts := make(chan os.Signal, 8)
	o.Notify(interrupts, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGHUP)
	defer o.Forget(interrupts)

	path, err := o.LookPath(args[0])
	if err != nil {
		return &exitError{status: launch.ExitCode(err), err: err}
	}
	p, err := o.Start(ctx, core, &launch.Command{Path: path, Args: args}, func(pid int) error {
		h, err := hold.Attach(ctx, core, pid, utrace.Tree, options)
		watch.add(h)
		return err
	})
	if err != nil {
		return &exitError{status: launch.ExitCode(err), err: err}
	}
	watch.started(p)
	ended := make(chan struct{})
	defer close(ended)
	o.Go(func() {
		for {
			select {
			case s := <-interrupts:
				if !watch.release() && s != syscall.SIGINT && s != syscall.SIGQUIT {
					p.Signal(s.(syscall.Signal))
				}
			case <-ended:
				return
			}
		}
	})
	status, err := p.Wait(ctx)
	if err != nil {
		return err
	}
	// What it left behind is not waited for: it would not be without us.
	if err := core.Close(); err != nil {
		return err
	}
	return endLike(status.WaitStatus)
}

// watch reports what happens to the processes that are watched.
type watch struct {
	options *holdOptions
	ctx     context.Context

	mu   sync.Mutex
	out  io.Writer
	held map[*hold.Crash]struct{}
	all  []*hold.Holder
	// process is what was started here; handed over: without the core, which
	// would tell how it ended.
	process    tool.Process
	handedOver int
}

// started tells which process was started here.
func (w *watch) started(p tool.Process) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.process = p
	w.waitItself()
}

// waitItself has a process that was handed over waited for by its handle. The
// lock is held; the two things can happen in either order.
func (w *watch) waitItself() {
	if w.process != nil && w.process.PID() == w.handedOver {
		w.process.Untraced()
	}
}

func (w *watch) add(h *hold.Holder) {
	if h == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all = append(w.all, h)
}

func (w *watch) holders() []*hold.Holder {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]*hold.Holder(nil), w.all...)
}

// release lets everything that is held go, and reports whether there was any.
func (w *watch) release() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	any := len(w.held) != 0
	for c := range w.held {
		c.Release()
	}
	clear(w.held)
	return any
}

// crashed tells of a crash. It runs in a goroutine of its own.
func (w *watch) crashed(c *hold.Crash) {
	r := describe(w.ctx, c)
	w.mu.Lock()
	if w.held == nil {
		w.held = map[*hold.Crash]struct{}{}
	}
	w.held[c] = struct{}{}
	if w.options.json {
		printJSON(w.out, r)
	} else {
		r.print(w.out, w.options)
	}
	w.mu.Unlock()
	if w.options.core.path != "" {
		w.dump(c, r)
	}
	if w.options.hook != "" {
		if err := w.options.runHook(w.ctx, r); err != nil {
			w.options.complain(fmt.Errorf("--on-hold: %w", err))
		}
	}
	switch {
	case w.options.stop:
		w.handOver(c, r.PID)
	case w.options.hook != "" || w.options.core.path != "":
		c.Release()
	}
}

// dump writes the core of a crash. The process dies all the same if that fails.
func (w *watch) dump(c *hold.Crash, r *crashReport) {
	w.mu.Lock()
	file := w.options.core.next(w.options, r.PID)
	w.mu.Unlock()
	result, err := file.write(w.options, func(out io.Writer) (coredump.Result, error) {
		return coredump.Write(w.ctx, r.PID, c.Engines, out, coredump.Options{Thread: r.TID, Signal: &c.Signal})
	})
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case err != nil:
		w.options.complain(fmt.Errorf("--core: %w", err))
	case !w.options.json:
		fmt.Fprintf(w.out, "utrace: %s: %s\n", file.path, describeCore(result))
	}
}

// handOverTime bounds how long a process may take to stop for a debugger.
const handOverTime = 5 * time.Second

// handOver leaves a crashing process to a debugger.
func (w *watch) handOver(c *hold.Crash, pid int) {
	ctx, cancel := context.WithTimeout(w.ctx, handOverTime)
	defer cancel()
	if err := c.HandOver(ctx); err != nil {
		if !errors.Is(err, utrace.ErrGone) {
			w.options.complain(fmt.Errorf("--stop: %w", err))
		}
		c.Release()
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.held, c)
	w.handedOver = pid
	w.waitItself()
}

// runHook runs the user's command about a held process.
func (o *holdOptions) runHook(ctx context.Context, r *crashReport) error {
	err := o.Run(ctx, o.hook, []string{
		fmt.Sprint("UTRACE_PID=", r.PID), fmt.Sprint("UTRACE_TID=", r.TID), "UTRACE_SIGNAL=" + r.Signal,
	})
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
