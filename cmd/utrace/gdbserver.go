package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/daemon"
	"github.com/utrace/utrace/gdbserver"
	"github.com/utrace/utrace/tool"
)

func gdbserverCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "gdbserver [OPTIONS] COMM PROG [ARGS...]",
		Short: "Serve any number of debuggers by gdb's remote protocol",
		// Options are gdbserver's own, to the letter.
		DisableFlagParsing: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runGdbserver(cmd.Context(), args, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
}

// tracesOnFirstThread reports whether the arguments are those of a server: programs
// that ask who traces them compare that with their parent, which is gdbserver.
func tracesOnFirstThread(args []string) bool {
	return isLLDBServer(args[0]) || len(args) > 1 && args[1] == "gdbserver"
}

func runGdbserver(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	line, err := parseGdbserver(args, isLLDBServer(os.Args[0]))
	switch {
	case errors.Is(err, errUsage):
		fmt.Fprint(stderr, gdbserverUsage)
		return &exitError{status: failure}
	case err != nil:
		fmt.Fprintln(stderr, err)
		return &exitError{status: failure}
	case line.answer != "":
		fmt.Fprint(stdout, line.answer)
		return nil
	}
	if err := line.serve(ctx, stderr); err != nil {
		fmt.Fprintf(stderr, "%v\nExiting\n", err)
		return &exitError{status: failure}
	}
	return nil
}

// serve is the server: the socket first, so that nothing is started in vain.
func (line *gdbserverLine) serve(ctx context.Context, stderr io.Writer) error {
	line.Log = stderr
	line.Output = os.Stdout
	stdio := line.comm == "-" || line.comm == "stdio"
	if line.Quiet = stdio; stdio {
		line.Output = stderr
		line.Once = true // nobody else can come that way
	}
	var listener, observers net.Listener
	var err error
	if !stdio {
		if listener, err = listenComm(line.comm); err != nil {
			return err
		}
		defer listener.Close()
	}
	if line.observe != "" {
		if observers, err = listenComm(line.observe); err != nil {
			return err
		}
		defer observers.Close()
	}
	core, shut, err := tool.Here().Core(tool.CoreOptions{Plants: true, First: true})
	if err != nil {
		return err
	}
	defer shut()
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	server := gdbserver.New(core, line.Options)
	defer server.Close(context.WithoutCancel(ctx))
	if line.owner {
		var end func()
		ctx, end = own(ctx, core)
		defer end()
	}
	err = line.run(ctx, server, listener, observers, stderr)
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		return fmt.Errorf("--owner: %w", cause)
	}
	return err
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
func (line *gdbserverLine) run(ctx context.Context, server *gdbserver.Server, listener, observers net.Listener, stderr io.Writer) error {
	if err := line.begin(ctx, server, stderr); err != nil {
		return err
	}
	if observers != nil {
		announce(stderr, observers)
		go server.Serve(ctx, observers, true)
	}
	if listener == nil {
		if err := server.ServeStdio(ctx); err != nil {
			return err
		}
	} else {
		announce(stderr, listener)
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

// begin starts, or attaches to, what the command line names.
func (line *gdbserverLine) begin(ctx context.Context, server *gdbserver.Server, stderr io.Writer) error {
	if !line.attach {
		if len(line.rest) == 0 {
			return nil
		}
		return server.Run(ctx, line.rest)
	}
	if err := server.Attach(ctx, line.pid); err != nil {
		return attachError(line.pid, err)
	}
	fmt.Fprintf(stderr, "Attached; pid = %d\n", line.pid)
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
