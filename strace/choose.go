package strace

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/launch"
	"github.com/utrace/utrace/tool"
)

// starter launches the program that is to be traced.
type starter func(ctx context.Context, path string) error

// needsStops names the first option that can only be had by stopping threads, or
// whose text would be less true otherwise; "" if there is none.
func (o *Options) needsStops() string {
	for _, need := range []struct {
		option string
		given  bool
	}{
		{"-b", o.DetachOnExec},
		{"-k", o.StackTrace},
		{"--kill-on-exit", o.KillOnExit},
		{"--seccomp-bpf", o.Seccomp},
		{"-e inject=", len(o.Faults.Rules) > 0},
		{"-e read= or -e write=", !o.ReadFDs.Empty() || !o.WriteFDs.Empty()},
		{"-P", len(o.Paths) > 0},
		{"-e kvm=", o.VCPUExits},
	} {
		if need.given {
			return need.option
		}
	}
	return ""
}

// canObserve reports whether the text is as true without stops.
func (o *Options) canObserve() bool {
	return o.needsStops() == "" && o.DecodeFDs == 0 && !o.stacks()
}

// exact reports whether a command of this name stops threads unless it is asked
// not to.
func exact(program string) bool { return filepath.Base(program) == "strace" }

// messagesFrom is the name that stands before messages about what is traced: the
// program's if that stands in for strace, else strace's, whatever the command is called.
// Scripts look for "strace: Process N attached".
func messagesFrom(program string) string {
	if exact(program) {
		return program
	}
	return "strace"
}

// Observes reports whether a command that was called by this name observes where
// that can be, and then needs no core.
func Observes(program string, o *Options) bool {
	return o.Mode == ModeObserve || o.Mode == ModeAuto && !exact(program) && o.canObserve()
}

// Observe is Run for options that Observes holds of. The error says why threads
// cannot be observed; then nothing has been opened or started, so that the
// command can be run elsewhere, and with --mode=stop: the user knows already.
func Observe(ctx context.Context, env *tool.Env, program, version string, args []string) (Outcome, error) {
	opts, err := ParseOptions(args)
	if err != nil {
		return refuse(program, err, env.Stderr), nil
	}
	w, err := NewWatcher(opts, nil)
	if err != nil {
		if opts.Quiet&QuietAttach == 0 {
			fmt.Fprintf(env.Stderr, "strace: %s\n", stopsInstead(err))
		}
		return Outcome{}, err
	}
	defer w.Detach(context.Background())
	return run(ctx, env, program, version, opts, w), nil
}

// choose opens what the events come from. It observes where that is wanted and
// possible; start launches a program so that it can be traced, and end gives
// everything back.
func (c *command) choose() (start starter, end func(), err error) {
	observe := c.opts.Mode == ModeObserve || c.opts.Mode == ModeAuto && !c.exact && c.opts.canObserve()
	if c.env.Shared() {
		observe = false // it would not be here
	}
	if observe {
		w, err := c.watcher, error(nil)
		if w == nil {
			w, err = NewWatcher(c.opts, c.log)
		}
		if err == nil {
			w.log = c.log // no thread is observed yet
			c.tracer = w
			c.debug("Threads are observed without being stopped (%s)", w.observer.Name())
			unsay := w.announce(c.name())
			return c.startObserved, func() {
				unsay()
				w.Detach(context.Background())
			}, nil
		}
		if c.opts.Mode == ModeObserve {
			return nil, nil, fmt.Errorf("--mode=observe: %w", err)
		}
		if c.opts.Quiet&QuietAttach == 0 {
			c.log.Notice("%s", stopsInstead(err))
		}
	}
	return c.stop()
}

// stopsInstead says why threads are stopped that were to be observed.
func stopsInstead(err error) string {
	return fmt.Sprintf("Threads are stopped at each call, which --mode=stop does without this message: %v", err)
}

// stop opens a core that stops threads.
func (c *command) stop() (start starter, end func(), err error) {
	// The summary counts processor time, unless -w asks for the clock's.
	usage := c.opts.Summary.Enabled && !c.opts.Summary.Wall
	core, shut, err := c.env.Core(tool.CoreOptions{Usage: usage, ExitKill: c.opts.KillOnExit})
	if err != nil {
		return nil, nil, err
	}
	c.tracer = NewTracer(core, c.opts, c.log)
	c.debug("Threads are stopped at each call (%s)", core.Mechanism())
	start = func(ctx context.Context, path string) error { return c.startStopped(ctx, core, path) }
	return start, func() { shut() }, nil
}

// name is what the command is called in lists.
func (c *command) name() string {
	if c.log.told != nil {
		return "top"
	}
	return "strace"
}

// debug says something about the tracer itself, with -d.
func (c *command) debug(format string, args ...any) {
	if c.opts.Debug {
		c.log.Notice(format, args...)
	}
}

// program describes what is to be launched.
func (c *command) program(path string) (cmd *launch.Command, err error) {
	cmd = &launch.Command{Path: path, Args: c.opts.Command}
	if cmd.Env, err = environment(c.env, c.opts.Env); err != nil {
		return nil, err
	}
	if cmd.User, err = lookUpUser(c.opts.User); err != nil {
		return nil, err
	}
	if c.opts.Seccomp {
		cmd.Filter, err = filter(c.opts.Trace).Compile()
	}
	return cmd, err
}

// startStopped launches the program under the core.
func (c *command) startStopped(ctx context.Context, core *utrace.Core, path string) error {
	cmd, err := c.program(path)
	if err != nil {
		return err
	}
	c.process, err = c.env.Start(ctx, core, cmd, func(pid int) error {
		return c.tracer.Attach(ctx, pid, Launched)
	})
	return err
}

// startObserved launches the program, which is observed from before its exec on.
func (c *command) startObserved(ctx context.Context, path string) error {
	cmd, err := c.program(path)
	if err != nil {
		return err
	}
	p, err := launch.Start(cmd)
	if err != nil {
		return err
	}
	err = c.tracer.Attach(ctx, p.PID(), Launched)
	if err == nil {
		err = p.Release()
	}
	if err == nil {
		err = p.ExecError()
	}
	if err != nil {
		err = errors.Join(err, p.Abandon(ctx))
		select {
		case <-c.tracer.Done(): // its end has been told, too
		case <-ctx.Done():
		case <-time.After(time.Second): // or it was never attached to
		}
		return err
	}
	c.process = p
	go p.Wait(ctx) // or it would stay a zombie
	return nil
}
