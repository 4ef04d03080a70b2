package tool

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/host"
	"github.com/utrace/utrace/keeper"
	"github.com/utrace/utrace/launch"
	"github.com/utrace/utrace/tracehook/linux"
)

// Here is the environment of a command that runs in this process, with a core of
// its own.
func Here() *Env {
	return &Env{System: here{}, Name: os.Args[0], PID: os.Getpid(), Stdin: os.Stdin, Stdout: Descriptor(1), Stderr: Descriptor(2)}
}

// here is the System of this process.
type here struct{}

func (here) Shared() bool                         { return false }
func (here) Environ() ([]string, error)           { return os.Environ(), nil }
func (here) Getwd() (string, error)               { return os.Getwd() }
func (here) LookPath(name string) (string, error) { return launch.LookPath(name) }
func (here) OpenFile(name string, flag int, perm fs.FileMode) (*os.File, error) {
	return os.OpenFile(name, flag, perm)
}
func (here) Listen(network, address string) (net.Listener, error) {
	return net.Listen(network, address)
}
func (here) Rename(from, to string) error { return os.Rename(from, to) }
func (here) Remove(name string) error     { return os.Remove(name) }

func (here) Run(ctx context.Context, command string, environ []string) error {
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", command)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	cmd.Env = append(os.Environ(), environ...)
	return cmd.Run()
}

func (here) Pipe(command string) (io.WriteCloser, error) { return startPipe(command) }

// pipe is a shell's command that reads what is written.
type pipe struct {
	*os.File
	cmd *exec.Cmd
}

func startPipe(command string) (*pipe, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("pipe: %w", err)
	}
	defer r.Close()
	cmd := exec.Command("/bin/sh", "-c", command)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = r, os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		w.Close()
		return nil, err
	}
	return &pipe{w, cmd}, nil
}

// Close closes the pipe and waits for the command. How that ends is its own
// affair.
func (p *pipe) Close() error { return errors.Join(p.File.Close(), p.wait()) }

func (p *pipe) wait() error {
	if err := p.cmd.Wait(); err != nil && !errors.As(err, new(*exec.ExitError)) {
		return err
	}
	return nil
}

// Core opens a core, with a keeper that takes breakpoints out of the programs if
// this process is killed.
func (here) Core(o CoreOptions) (*utrace.Core, func() error, error) {
	kernel := linux.Kernel{Usage: o.Usage, ExitKill: o.ExitKill}
	start := (*utrace.Core).Start
	if o.First && onFirst.Load() {
		kernel.First, start = true, startOnFirst
	}
	if !o.Plants {
		core, err := host.OpenOn(start, kernel, utrace.Options{})
		if err != nil {
			return nil, nil, err
		}
		return core, sync.OnceValue(core.Close), nil
	}
	k, err := keeper.Start()
	if err != nil {
		return nil, nil, err
	}
	core, err := host.OpenOn(start, kernel, utrace.Options{Journal: k})
	if err != nil {
		return nil, nil, errors.Join(err, k.Close())
	}
	return core, sync.OnceValue(func() error { return errors.Join(core.Close(), k.Close()) }), nil
}

func (here) Start(ctx context.Context, core *utrace.Core, cmd *launch.Command, attach func(pid int) error) (Process, error) {
	p, err := host.Start(ctx, core, cmd, attach)
	if err != nil {
		return nil, err // no *launch.Process that is nil
	}
	return p, nil
}

func (here) Notify(c chan<- os.Signal, list ...os.Signal) { signal.Notify(c, list...) }
func (here) Forget(c chan<- os.Signal)                    { signal.Stop(c) }
func (here) Ignore(list ...os.Signal)                     { signal.Ignore(list...) }
func (here) Ignored(sig os.Signal) bool                   { return signal.Ignored(sig) }

// Descriptor writes to a file descriptor as it is. An *os.File for standard
// output or error would end the process with SIGPIPE when its reader is gone
// (os/signal, "SIGPIPE"), and with it the trace of a program that could go on.
type Descriptor int

// Write implements io.Writer.
func (d Descriptor) Write(p []byte) (int, error) {
	done := 0
	for done < len(p) {
		n, err := syscall.Write(int(d), p[done:])
		switch {
		case err == nil:
			done += n
		case errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.EAGAIN):
			// Someone who shares the descriptor made it non-blocking.
			time.Sleep(time.Millisecond)
		default:
			return done, err
		}
	}
	return done, nil
}
