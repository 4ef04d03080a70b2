package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/daemon"
	"github.com/utrace/utrace/gdbserver"
	"github.com/utrace/utrace/launch"
	"github.com/utrace/utrace/tool"
)

func gdbserverCommand(v *invocation) *cobra.Command {
	return &cobra.Command{
		Use:   "gdbserver [OPTIONS] COMM PROG [ARGS...]",
		Short: "Serve any number of debuggers by gdb's remote protocol",
		// Options are gdbserver's own, to the letter.
		DisableFlagParsing: true,
		RunE:               func(cmd *cobra.Command, args []string) error { return runGdbserver(cmd.Context(), v, args) },
	}
}

// tracesOnFirstThread reports whether the arguments are those of a server: programs
// that ask who traces them compare that with their parent, which is gdbserver.
func tracesOnFirstThread(args []string) bool {
	return isLLDBServer(args[0]) || len(args) > 1 && args[1] == "gdbserver"
}

func runGdbserver(ctx context.Context, v *invocation, args []string) error {
	line, err := parseGdbserver(args, isLLDBServer(v.Name))
	switch {
	case errors.Is(err, errUsage):
		fmt.Fprint(v.Stderr, gdbserverUsage)
		return &exitError{status: failure}
	case err != nil:
		fmt.Fprintln(v.Stderr, err)
		return &exitError{status: failure}
	case line.answer != "":
		fmt.Fprint(v.Stdout, line.answer)
		return nil
	}
	return v.share(ctx, line.private || line.owner, func() error {
		if err := line.serve(ctx, v); err != nil {
			fmt.Fprintf(v.Stderr, "%v\nExiting\n", err)
			return &exitError{status: failure}
		}
		return nil
	})
}

// serve is the server: the socket first, so that nothing is started in vain.
func (line *gdbserverLine) serve(ctx context.Context, v *invocation) error {
	leave, err := line.settle(v)
	if err != nil {
		return err
	}
	defer leave()
	var listener, observers net.Listener
	if !line.stdio() {
		if listener, err = v.listenComm(line.comm); err != nil {
			return err
		}
		defer listener.Close()
	}
	if line.observe != "" {
		if observers, err = v.listenComm(line.observe); err != nil {
			return err
		}
		defer observers.Close()
	}
	core, shut, err := v.Core(tool.CoreOptions{Plants: true, First: true})
	if err != nil {
		return err
	}
	defer shut()
	ctx, stop := v.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	server := gdbserver.New(core, line.Options)
	defer server.Close(context.WithoutCancel(ctx))
	if line.owner {
		var end func()
		ctx, end = own(ctx, core)
		defer end()
	}
	err = line.run(ctx, v, server, listener, observers)
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		return fmt.Errorf("--owner: %w", cause)
	}
	return err
}

// stdio reports whether the one client is behind standard input and output.
func (line *gdbserverLine) stdio() bool { return line.comm == "-" || line.comm == "stdio" }

// settle says where the server prints, and what is the called process's to do, if that
// is another one. The loop prints, which must not wait for the readers of others.
func (line *gdbserverLine) settle(v *invocation) (leave func(), err error) {
	stdout, stderr := v.Stdout, v.Stderr
	leave = func() {}
	if v.Shared() {
		if leave, err = line.away(v); err != nil {
			return nil, err
		}
		out, log := tool.LossyRelayTo(v.Stdout), tool.LossyRelayTo(v.Stderr)
		stdout, stderr = out, log
		away := leave
		leave = func() {
			_ = errors.Join(out.Close(), log.Close()) // nobody is left to be told
			away()
		}
	}
	line.Log, line.Output = stderr, stdout
	if line.Quiet = line.stdio(); line.Quiet {
		line.Output = stderr
		line.Once = true // nobody else can come that way
	}
	if line.debug {
		line.Packets = stderr
	}
	return leave, nil
}

// away makes the called process the place of the server.
func (line *gdbserverLine) away(v *invocation) (leave func(), err error) {
	line.Place = gdbserver.Place{PID: v.PID, Open: v.OpenFile, Recover: v.Recover}
	line.Place.Start = func(ctx context.Context, core *utrace.Core, cmd *launch.Command, attach func(pid int) error) (gdbserver.Process, error) {
		return v.Start(ctx, core, cmd, attach)
	}
	if line.Place.Environ, err = v.Environ(); err != nil {
		return nil, err
	}
	if line.Place.Dir, err = v.Getwd(); err != nil {
		return nil, err
	}
	fd, err := tool.Duplicate(v.Stderr)
	if err != nil {
		return nil, err
	}
	line.Place.Stderr = os.NewFile(uintptr(fd), "standard error")
	return func() { _ = line.Place.Stderr.Close() }, nil
}

// own makes this process an owner as well. If that fails the context is done.
func own(ctx context.Context, core *utrace.Core) (_ context.Context, end func()) {
	ctx, fail := context.WithCancelCause(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		fail(daemon.Serve(ctx, daemon.Options{Core: core, Build: versionText()}))
	}()
	return ctx, func() {
		fail(nil)
		<-done
	}
}

// run starts or attaches, and serves.
func (line *gdbserverLine) run(ctx context.Context, v *invocation, server *gdbserver.Server, listener, observers net.Listener) error {
	if err := line.begin(ctx, server); err != nil {
		return err
	}
	if observers != nil {
		announce(line.Log, observers)
		v.Go(func() { _ = server.Serve(ctx, observers, true) })
	}
	if listener == nil {
		if err := serveStdio(ctx, v, server); err != nil {
			return err
		}
	} else {
		announce(line.Log, listener)
		if err := server.Serve(ctx, listener, false); err != nil {
			return err
		}
	}
	select {
	case <-server.Done():
		return server.Join(ctx)
	case <-ctx.Done():
		return nil
	}
}

// serveStdio serves the one client that the called process was started by.
func serveStdio(ctx context.Context, v *invocation, server *gdbserver.Server) error {
	in, err := tool.Duplicate(v.Stdin)
	if err != nil {
		return err
	}
	out, err := tool.Duplicate(v.Stdout)
	if err != nil {
		return errors.Join(err, syscall.Close(in))
	}
	return server.ServeStdio(ctx, in, out)
}

// begin starts, or attaches to, what the command line names.
func (line *gdbserverLine) begin(ctx context.Context, server *gdbserver.Server) error {
	if !line.attach {
		if len(line.rest) == 0 {
			return nil
		}
		return server.Run(ctx, line.rest)
	}
	err := server.Attach(ctx, line.pid)
	switch {
	case err != nil && ctx.Err() != nil:
		return fmt.Errorf("interrupted: process %d goes on", line.pid)
	case err != nil:
		return attachError(line.pid, err)
	}
	fmt.Fprintf(line.Log, "Attached; pid = %d\n", line.pid)
	return nil
}

// attachError says why a process cannot be attached to: one that does not exist in
// gdbserver's words, which programs look for.
func attachError(pid int, err error) error {
	if errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("Cannot attach to process %d: No such process (%d)", pid, int(syscall.ESRCH)) //nolint:staticcheck // gdbserver's words
	}
	return fmt.Errorf("Cannot attach to process %d: %w", pid, err) //nolint:staticcheck // gdbserver's words
}

// announce prints where clients can connect.
func announce(w io.Writer, l net.Listener) {
	if addr, isTCP := l.Addr().(*net.TCPAddr); isTCP {
		fmt.Fprintf(w, "Listening on port %d\n", addr.Port)
		return
	}
	fmt.Fprintf(w, "Listening on %s\n", l.Addr())
}
