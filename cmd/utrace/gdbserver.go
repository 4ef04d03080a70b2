package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/utrace/utrace/gdbserver"
)

const gdbserverUsage = `Usage:	utrace gdbserver [OPTIONS] COMM PROG [ARGS ...]
	utrace gdbserver [OPTIONS] --attach COMM PID
	utrace gdbserver [OPTIONS] --multi COMM

COMM is HOST:PORT or :PORT to listen on (port 0: any free one), the path of a
socket to make, or '-' or 'stdio' for standard input and output.
Any number of debuggers may connect; each has its own breakpoints.

  --attach              Attach to running process PID.
  --multi               Start without a program, and stay until told to exit.
  --once                Exit after the first connection has closed.
  --observe COMM        Also listen on COMM, for clients that may only look.
  --wrapper WRAPPER --  Run WRAPPER to start new programs.
  --startup-with-shell, --no-startup-with-shell
                        Start programs with a shell (default), or directly.
  --disable-randomization, --no-disable-randomization
                        Start programs without (default), or with, address
                        space layout randomization.
  --debug, --remote-debug
                        Print all packets to standard error.
  --disable-packet=OPT1[,OPT2,...]
                        Do without packets: vCont, T, Tthread, qC, qfThreadInfo,
                        and threads for all that are about threads.
  --help, --version
`

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

// gdbserverLine is a parsed command line.
type gdbserverLine struct {
	gdbserver.Options
	attach        bool
	help, version bool
	disableable   bool
	comm          string
	observe       string
	rest          []string
}

// disableable are the packets that gdbserver can do without.
var disableable = []string{"vCont", "Tthread", "qC", "qfThreadInfo"}

// parseGdbserver parses the command line by gdbserver's rules: options come first,
// and --attach may also stand behind COMM.
func parseGdbserver(args []string) (line gdbserverLine, err error) {
	for ; len(args) != 0 && strings.HasPrefix(args[0], "-") && args[0] != "-"; args = args[1:] {
		if args, err = line.option(args); err != nil || line.help || line.version || line.disableable {
			return line, err
		}
	}
	if len(args) == 0 {
		return line, errUsage
	}
	line.comm, line.rest = args[0], args[1:]
	if len(line.rest) != 0 && line.rest[0] == "--attach" {
		line.attach, line.rest = true, line.rest[1:]
	}
	if line.attach && len(line.rest) != 1 || !line.attach && !line.Multi && len(line.rest) == 0 {
		return line, errUsage
	}
	return line, nil
}

// errUsage has the usage printed.
var errUsage = errors.New("wrong usage")

// option takes one option off, and leaves its last word in front.
func (line *gdbserverLine) option(args []string) (rest []string, err error) {
	switch name, value, _ := strings.Cut(args[0], "="); name {
	case "--attach":
		line.attach = true
	case "--multi":
		line.Multi = true
	case "--once":
		line.Once = true
	case "--help":
		line.help = true
	case "--version":
		line.version = true
	case "--debug", "--remote-debug":
		line.Packets = os.Stderr
	case "--startup-with-shell":
		line.NoShell = false
	case "--no-startup-with-shell":
		line.NoShell = true
	case "--disable-randomization":
		line.KeepRandomization = false
	case "--no-disable-randomization":
		line.KeepRandomization = true
	case "--observe":
		if len(args) < 2 {
			return nil, errUsage
		}
		line.observe = args[1]
		return args[1:], nil
	case "--wrapper":
		for args = args[1:]; len(args) != 0 && args[0] != "--"; args = args[1:] {
			line.Wrapper = append(line.Wrapper, args[0])
		}
		if len(args) == 0 || len(line.Wrapper) == 0 {
			return nil, errUsage
		}
	case "--disable-packet":
		if args[0] == name {
			line.disableable = true
			return args, nil
		}
		return args, line.disable(strings.Split(value, ","))
	default:
		return nil, fmt.Errorf("Unknown argument: %s", args[0]) //nolint:staticcheck // gdbserver's words
	}
	return args, nil
}

// disable takes the names of packets to do without.
func (line *gdbserverLine) disable(names []string) error {
	if line.Disabled == nil {
		line.Disabled = map[string]bool{}
	}
	for _, name := range names {
		switch name {
		case "threads":
			for _, x := range disableable {
				line.Disabled[x] = true
			}
		case "vCont", "Tthread", "qC", "qfThreadInfo", "T":
			line.Disabled[name] = true
		default:
			return fmt.Errorf("Don't know how to disable %q.", name) //nolint:staticcheck // gdbserver's words
		}
	}
	return nil
}

func runGdbserver(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	line, err := parseGdbserver(args)
	switch {
	case errors.Is(err, errUsage):
		fmt.Fprint(stderr, gdbserverUsage)
		return &exitError{status: failure}
	case err != nil:
		fmt.Fprintln(stderr, err)
		return &exitError{status: failure}
	case line.help:
		fmt.Fprint(stdout, gdbserverUsage)
		return nil
	case line.disableable:
		fmt.Fprint(stdout, "Disableable packets:\n  vCont       \tAll vCont packets\n  qC          \tQuerying the current thread\n"+
			"  qfThreadInfo\tThread listing\n  Tthread     \tPassing the thread specifier in the T stop reply packet\n"+
			"  threads     \tAll of the above\n  T           \tAll 'T' packets\n")
		return nil
	case line.version:
		fmt.Fprintf(stdout, "GNU gdbserver (utrace %s) compatible\n", versionText())
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
	core, shut, err := openKept()
	if err != nil {
		return err
	}
	defer shut()
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	server := gdbserver.New(core, line.Options)
	defer server.Close(context.WithoutCancel(ctx))
	if err := line.begin(ctx, server, stderr); err != nil {
		return err
	}
	if observers != nil {
		announce(stderr, observers)
		go server.Serve(ctx, observers, true)
	}
	if stdio {
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
	pid, err := strconv.Atoi(line.rest[0])
	if err != nil || pid <= 0 {
		return fmt.Errorf("%s is not a process id", line.rest[0])
	}
	if err := server.Attach(ctx, pid); err != nil {
		return fmt.Errorf("Cannot attach to process %d: %w", pid, err) //nolint:staticcheck // gdbserver's words
	}
	fmt.Fprintf(stderr, "Attached; pid = %d\n", pid)
	return nil
}

// listenComm listens where COMM says, and fails in gdbserver's words.
func listenComm(comm string) (net.Listener, error) {
	network, address := "tcp", comm
	switch {
	case strings.HasPrefix(comm, "unix:"):
		network, address = "unix", comm[len("unix:"):]
	case strings.Contains(comm, "/"):
		network = "unix"
	case strings.HasPrefix(comm, "tcp:"):
		address = comm[len("tcp:"):]
	case strings.HasPrefix(comm, "tcp4:"):
		network, address = "tcp4", comm[len("tcp4:"):]
	case strings.HasPrefix(comm, "tcp6:"):
		network, address = "tcp6", comm[len("tcp6:"):]
	}
	if i := strings.LastIndexByte(address, ':'); network != "unix" && i >= 0 {
		// An IPv6 address may stand without brackets.
		address = net.JoinHostPort(strings.Trim(address[:i], "[]"), address[i+1:])
	}
	l, err := net.Listen(network, address)
	var op *net.OpError
	var errno syscall.Errno
	if errors.As(err, &op) && errors.As(err, &errno) {
		text := errno.Error()
		return nil, fmt.Errorf("Can't bind address: %s.", strings.ToUpper(text[:1])+text[1:]) //nolint:staticcheck // gdbserver's words
	}
	if err != nil {
		return nil, fmt.Errorf("%s: cannot resolve name: %w", comm, err)
	}
	return l, nil
}

// announce prints where clients can connect.
func announce(w io.Writer, l net.Listener) {
	if addr, isTCP := l.Addr().(*net.TCPAddr); isTCP {
		fmt.Fprintf(w, "Listening on port %d\n", addr.Port)
		return
	}
	fmt.Fprintf(w, "Listening on %s\n", l.Addr())
}
