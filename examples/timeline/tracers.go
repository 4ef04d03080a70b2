package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/client"
	"github.com/utrace/utrace/daemon"
	"github.com/utrace/utrace/host"
	"github.com/utrace/utrace/launch"
)

// The sources of the second demonstration.
var (
	debugger = source{"gdb", "35"}
	files    = source{"strace 1", "36"}
	writes   = source{"strace 2", "32"}
)

// together shows unmodified tracers and an engine on one running program. The
// engine is in the process that serves the tracers: they share its core.
func together(command string, line *timeline) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	dir, err := os.MkdirTemp("", "timeline")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	core, err := host.Open(utrace.Options{})
	if err != nil {
		return err
	}
	defer core.Close()
	socket := filepath.Join(dir, "run", "owner")
	if err := os.Setenv("UTRACE_SOCKET", socket); err != nil {
		return err
	}
	serving, done := context.WithCancel(ctx)
	var served sync.WaitGroup
	served.Go(func() {
		if e := daemon.Serve(serving, daemon.Options{Path: socket, Core: core}); e != nil && err == nil {
			err = e
		}
	})
	defer served.Wait()
	defer done()
	if err := answers(ctx, socket); err != nil {
		return err
	}

	target, err := startTarget(ctx, core, line)
	if err != nil {
		return err
	}
	defer target.output.Close()
	defer target.input.Close() // it ends
	script := filepath.Join(dir, "script")
	if err := os.WriteFile(script, target.script(), 0o600); err != nil {
		return err
	}
	pid := fmt.Sprint(target.PID())
	tracers := []*tracer{
		{source: files, ready: "attached", args: []string{"strace", "-f", "-e", "trace=openat", "-e", "signal=none", "-p", pid}},
		{source: writes, ready: "attached", args: []string{"strace", "-f", "-e", "trace=write", "-e", "signal=none", "-p", pid}},
		{source: debugger, ready: "armed", args: []string{"gdb", "-nx", "-q", "-batch", "-readnever", "-x", script, "-p", pid}},
	}
	for _, t := range tracers {
		if err := t.start(ctx, command, line, target.PID()); err != nil {
			return err
		}
		defer t.Wait()
	}
	for _, t := range tracers {
		select {
		case <-t.isReady:
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready: %w", t.args[0], ctx.Err())
		}
	}
	target.tell("go")
	for t := bufio.NewScanner(target.output); t.Scan(); {
		line.add(program, target.PID(), target.PID(), t.Text())
	}
	_, err = target.Wait(ctx)
	return err
}

// answers waits until an owner does.
func answers(ctx context.Context, socket string) error {
	for {
		c, err := client.Dial(socket)
		if err == nil {
			return c.Close()
		}
		select {
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// tracer is an unmodified tracer.
type tracer struct {
	*exec.Cmd
	source source
	args   []string
	// ready is what it prints when it traces; then isReady is closed.
	ready   string
	isReady chan struct{}
	printed sync.WaitGroup
}

func (t *tracer) start(ctx context.Context, command string, line *timeline, pid int) error {
	t.isReady = make(chan struct{})
	t.Cmd = exec.CommandContext(ctx, command, append([]string{"run"}, t.args...)...)
	from, theirs, err := os.Pipe()
	if err != nil {
		return err
	}
	defer theirs.Close()
	t.Stdout, t.Stderr = theirs, theirs
	if err := t.Start(); err != nil {
		from.Close()
		return err
	}
	t.printed.Go(func() {
		defer from.Close()
		var once sync.Once
		for s := bufio.NewScanner(from); s.Scan(); {
			text := s.Text()
			if strings.Contains(text, t.ready) {
				once.Do(func() { close(t.isReady) })
				continue
			}
			select {
			case <-t.isReady:
				line.add(t.source, pid, pid, text)
			default: // what gdb says of libraries
			}
		}
	})
	return nil
}

// Wait waits for its end, and for what it has printed.
func (t *tracer) Wait() {
	_ = t.Cmd.Wait()
	t.printed.Wait()
}

// target is the program that is traced.
type target struct {
	*launch.Process
	input, output *os.File
	// work is where its function is.
	work uint64
}

func startTarget(ctx context.Context, core *utrace.Core, line *timeline) (*target, error) {
	t := new(target)
	stdin, input, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer stdin.Close()
	output, stdout, err := os.Pipe()
	if err != nil {
		input.Close()
		return nil, err
	}
	defer stdout.Close()
	t.input, t.output = input, output
	t.Process, err = host.Start(ctx, core, &launch.Command{
		Path: "/proc/self/exe", Args: []string{"target", targetArgument}, Files: []*os.File{stdin, stdout, stdout},
		Env: append(os.Environ(), "GODEBUG=asyncpreemptoff=1"),
	}, func(pid int) error {
		_, err := core.AttachGroup(ctx, pid, utrace.Tree,
			func(*utrace.Thread) any { return &signalLogger{line} },
			utrace.WithName("signals"), utrace.WithEvents(utrace.EventSignalAll|utrace.EventDeath))
		return err
	})
	if err == nil {
		_, err = fmt.Fscanln(output, &t.work)
	}
	if err != nil {
		input.Close()
		output.Close()
	}
	return t, err
}

func (t *target) tell(what string) { fmt.Fprintln(t.input, what) }

// script are gdb's commands: a breakpoint that prints what the function is called
// with. Go passes the first argument in a register.
func (t *target) script() []byte {
	return fmt.Appendf(nil, `set pagination off
handle SIGUSR1 nostop noprint pass
handle SIGURG nostop noprint pass
break *%#x
commands
silent
printf "stopped at work(%%ld)\n", $rax
continue
end
echo armed\n
continue
`, t.work)
}
