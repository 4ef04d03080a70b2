package strace

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"syscall"
	"time"

	"github.com/utrace/utrace/launch"
	"github.com/utrace/utrace/tool"
)

// Run is the whole command: it follows the arguments and returns how the
// command is to end. program is its name in messages about the options. It ends
// early with ctx.
func Run(ctx context.Context, env *tool.Env, program, version string, args []string) Outcome {
	opts, err := ParseOptions(args)
	if err != nil {
		return refuse(program, err, env.Stderr)
	}
	return run(ctx, env, program, version, opts, nil)
}

// run is the command behind its options. The watcher, if there is one, observes.
func run(ctx context.Context, env *tool.Env, program, version string, opts *Options, w *Watcher) Outcome {
	switch {
	case opts.Help:
		fmt.Fprint(env.Stdout, Usage(program))
		return Outcome{}
	case opts.Version:
		fmt.Fprint(env.Stdout, VersionText(program, version))
		return Outcome{}
	}
	for _, w := range opts.Warnings {
		fmt.Fprintf(env.Stderr, "%s: %s\n", program, w)
	}
	c := &command{env: env, opts: opts, exact: exact(program), watcher: w}
	path, err := c.find()
	if err == nil {
		c.tracee, err = daemonize(opts, path)
	}
	if err == nil {
		c.log, err = newLog(env, messagesFrom(program), opts)
	}
	if err != nil {
		fmt.Fprintf(env.Stderr, "%s: %v\n", messagesFrom(program), err)
		return Outcome{Code: ExitUsage}
	}
	return c.run(ctx, path)
}

// run traces to the end. Who is told to end by a signal does, even if what was written
// waits for a reader that there is not, such as a terminal after ^S: what is traced is let
// go when the process ends, or when the reader does.
func (c *command) run(ctx context.Context, path string) Outcome {
	c.stuck = make(chan Outcome, 1)
	ended := make(chan Outcome, 1)
	c.env.Go(func() {
		outcome := c.trace(ctx, path)
		c.log.Close()
		ended <- outcome
	})
	select {
	case outcome := <-ended:
		return outcome
	case outcome := <-c.stuck:
		return outcome
	}
}

// source is where the events come from: a Tracer or a Watcher.
type source interface {
	Attach(ctx context.Context, pid int, origin Origin) error
	Detach(ctx context.Context) error
	Done() <-chan struct{}
	none() bool
}

// command is one run of the tracer.
type command struct {
	env *tool.Env
	// exact: it stands in for strace under that name, and stops threads as
	// strace does, unless it is asked not to.
	exact   bool
	opts    *Options
	log     *Log
	tracer  source
	watcher *Watcher // not used yet; nil: there is none
	process tool.Process
	// stuck is how the command ends if it cannot be ended properly.
	stuck chan Outcome
	// tracee is the process that is about to become the program; 0 without -D.
	tracee int
}

// find looks for the program, before anything is traced.
func (c *command) find() (path string, err error) {
	if len(c.opts.Command) == 0 {
		return "", nil
	}
	const pathMax = 4096 // PATH_MAX of linux/limits.h
	if len(c.opts.Command[0]) >= pathMax {
		return "", fmt.Errorf("exec: %s", reason(syscall.ENAMETOOLONG))
	}
	path, err = c.env.LookPath(c.opts.Command[0])
	var e *launch.Error
	if errors.As(err, &e) {
		return "", fmt.Errorf("Can't stat '%s': %s", c.opts.Command[0], reason(e.Err))
	}
	return path, err
}

// trace attaches to everything and waits for its end.
func (c *command) trace(until context.Context, path string) Outcome {
	ctx := context.Background()
	start, end, err := c.choose()
	if err != nil {
		c.log.Notice("%v", err)
		return Outcome{Code: ExitUsage}
	}
	defer end()

	signals := make(chan os.Signal, 8)
	c.listen(signals)
	defer c.env.Forget(signals)
	defer c.adoptOrphans()()

	for i, pid := range c.opts.PIDs {
		if slices.Contains(c.opts.PIDs[:i], pid) {
			continue // another engine could be attached, and would print it all twice
		}
		if err := c.tracer.Attach(ctx, pid, Attached); err != nil {
			c.refused(pid, err)
		}
	}
	if path != "" {
		if c.tracee != 0 {
			start = func(ctx context.Context, _ string) error { return c.attachToParent(ctx) }
		}
		if err := start(ctx, path); err != nil {
			c.notStarted(err)
			c.tracer.Detach(ctx)
			return Outcome{Code: ExitUsage}
		}
	}
	if c.tracer.none() {
		return c.log.Outcome()
	}
	dump := make(chan os.Signal, 1)
	if c.opts.Outputs.Ring != 0 {
		c.env.Notify(dump, syscall.SIGUSR2)
		defer c.env.Forget(dump)
	}
	for {
		select {
		case <-c.tracer.Done():
			return c.log.Outcome()
		case sig := <-signals:
			return c.interrupted(ctx, sig.(syscall.Signal))
		case <-c.log.Failed():
			return c.unread(ctx)
		case <-until.Done():
			return c.interrupted(ctx, syscall.SIGTERM)
		case <-dump:
			c.log.dumpRecorder("asked for by SIGUSR2")
		}
	}
}

// unread ends a trace that cannot be written any more. What was attached runs
// on, and a program that was started here keeps its exit status.
func (c *command) unread(ctx context.Context) Outcome {
	c.tracer.Detach(ctx)
	if c.process == nil {
		return Outcome{Code: ExitUsage}
	}
	status, err := c.process.Wait(ctx)
	switch {
	case err != nil:
		return Outcome{Code: ExitUsage}
	case status.Signaled():
		return Outcome{Signal: status.Signal()}
	}
	return Outcome{Code: status.ExitStatus()}
}

// refused says why a process cannot be traced: what strace says, which scripts
// look for, and then the rule and the remedy.
func (c *command) refused(pid int, err error) {
	var errno syscall.Errno
	switch {
	case errors.As(err, &errno):
		c.log.Notice("attach: ptrace(PTRACE_SEIZE, %d): %s", pid, reason(errno))
	case errors.Is(err, syscall.ESRCH):
		c.log.Notice("attach: ptrace(PTRACE_SEIZE, %d): %s", pid, reason(syscall.ESRCH))
		return
	}
	c.log.Notice("%v", err)
}

// notStarted says why the program could not be started.
func (c *command) notStarted(err error) {
	var exec *launch.Error
	if errors.As(err, &exec) {
		c.log.Notice("exec: %s", reason(exec.Err))
		return
	}
	c.log.Notice("%v", err)
}

// listen subscribes to the signals that end the trace, as -I says. A program
// that is started from a terminal gets the terminal's signals itself.
//
// A shell without job control has its background jobs ignore SIGINT and
// SIGQUIT. Like strace we listen all the same: "strace -p PID & ...; kill -INT
// $!" is how scripts end a trace. SIGHUP and SIGTERM stay ignored, because
// somebody meant that, nohup(1) for one.
func (c *command) listen(signals chan os.Signal) {
	endings := []os.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM}
	switch {
	case c.opts.Interruptible >= 4:
		c.env.Ignore(append(endings, syscall.SIGTSTP)...)
	case c.opts.Interruptible == 3:
		c.env.Ignore(endings...)
	default:
		for _, sig := range endings {
			if sig == syscall.SIGINT || sig == syscall.SIGQUIT || !c.env.Ignored(sig) {
				c.env.Notify(signals, sig)
			}
		}
	}
}

// interrupted ends the trace early: attached processes run on, a program that
// was started here gets the signal that we got.
func (c *command) interrupted(ctx context.Context, sig syscall.Signal) Outcome {
	time.AfterFunc(2*time.Second, func() { c.stuck <- Outcome{Signal: sig} })
	if c.process != nil {
		c.process.Signal(syscall.SIGCONT)
		c.process.Signal(sig)
	}
	c.tracer.Detach(ctx)
	select {
	case <-c.tracer.Done():
	case <-time.After(time.Second): // asleep in the kernel: Close leaves it behind
	}
	return Outcome{Signal: sig}
}

// none reports whether no thread could be attached.
func (t *Tracer) none() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.left == 0 && !t.ended
}
