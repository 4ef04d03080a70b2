package main

import (
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

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
  --private             Trace from this process, not from the owner that
                        "utrace serve" is: no other tracer can join.
  --owner               Be that owner, which must not run already.
  --wrapper WRAPPER --  Run WRAPPER to start new programs.
  --startup-with-shell, --no-startup-with-shell
                        Start programs with a shell (default), or directly.
  --disable-randomization, --no-disable-randomization
                        Start programs without (default), or with, address
                        space layout randomization.
  --debug, --remote-debug
                        Print all packets to standard error.
  --debug-format=OPT1[,OPT2,...]
                        What more to print: timestamp, all or none.
  --disable-packet=OPT1[,OPT2,...]
                        Do without packets: vCont, T, Tthread, qC, qfThreadInfo,
                        and threads for all that are about threads.
  --help, --version

Started by the name lldb-server it takes the command line of "lldb-server gdbserver":
  lldb-server gdbserver [OPTIONS] COMM [--] PROG [ARGS ...]
  lldb-server gdbserver --attach PID COMM
`

// gdbserverLine is a parsed command line.
type gdbserverLine struct {
	gdbserver.Options
	attach bool
	// answer, if there is one, is all that is wanted: help, say.
	answer  string
	comm    string
	observe string
	// private, owner: it traces by itself; and is the owner.
	private bool
	owner   bool
	debug   bool // print the packets
	rest    []string
	pid     int // to attach to
}

// disableable are the packets about threads that gdbserver can do without.
var disableable = []string{"vCont", "Tthread", "qC", "qfThreadInfo"}

const disableableText = `Disableable packets:
  vCont       	All vCont packets
  qC          	Querying the current thread
  qfThreadInfo	Thread listing
  Tthread     	Passing the thread specifier in the T stop reply packet
  threads     	All of the above
  T           	All 'T' packets
`

// isLLDBServer reports whether the command was called lldb-server: a link of that
// name is found by LLDB and by Delve (dlv --backend=lldb).
func isLLDBServer(argv0 string) bool { return filepath.Base(argv0) == "lldb-server" }

// parseGdbserver parses the command line by gdbserver's rules: options come first,
// and --attach may also stand behind COMM. By those of lldb-server there is one
// connection, no shell, and PID and COMM of --attach change places.
func parseGdbserver(args []string, lldb bool) (line gdbserverLine, err error) {
	line.Once, line.NoShell = lldb, lldb
	for ; len(args) != 0 && strings.HasPrefix(args[0], "-") && args[0] != "-"; args = args[1:] {
		if args, err = line.option(args); err != nil || line.answer != "" {
			return line, err
		}
	}
	if len(args) == 0 {
		return line, errUsage
	}
	line.comm, line.rest = args[0], args[1:]
	if len(line.rest) != 0 {
		switch {
		case line.rest[0] == "--attach":
			line.attach, line.rest = true, line.rest[1:]
		case lldb && line.attach:
			line.comm, line.rest = line.rest[0], args[:1]
		case lldb && line.rest[0] == "--":
			line.rest = line.rest[1:]
		}
	}
	if line.attach {
		if len(line.rest) != 1 {
			return line, errUsage
		}
		if line.pid, err = strconv.Atoi(line.rest[0]); err != nil || line.pid <= 0 {
			return line, errUsage
		}
	} else if !line.Multi && len(line.rest) == 0 {
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
	case "--private":
		line.private = true
	case "--owner":
		line.owner = true
	case "--once":
		line.Once = true
	case "--help":
		line.answer = gdbserverUsage
	case "--version":
		line.answer = fmt.Sprintf("GNU gdbserver compatible: %s\n", versionText())
	case "--selftest":
		line.answer = "Selftests have been disabled for this build.\n"
	case "--debug", "--remote-debug":
		line.debug = true
	case "--debug-format":
		for _, word := range strings.Split(value, ",") {
			switch word {
			case "all", "timestamp":
				line.Timestamps = true
			case "none":
				line.Timestamps = false
			default:
				return nil, fmt.Errorf("Unknown debug-format argument: \"%s\"", word) //nolint:staticcheck // gdbserver's words
			}
		}
	case "--event-loop-debug":
		return nil, errors.New("--event-loop-debug: gdbserver's event loop is not here; --debug prints the packets")
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
			line.answer = disableableText
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
			return fmt.Errorf("Don't know how to disable %q.\n\n%s", name, strings.TrimSuffix(disableableText, "\n")) //nolint:staticcheck // gdbserver's words
		}
	}
	return nil
}

// listenComm has the called process listen where COMM says, and fails in gdbserver's
// words.
func (v *invocation) listenComm(comm string) (net.Listener, error) {
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
	if network != "unix" && (!strings.Contains(address, ":") || strings.HasSuffix(address, ":")) {
		return nil, fmt.Errorf("%q is neither HOST:PORT nor the path of a socket, which has a slash in it", comm)
	}
	l, err := v.Listen(network, address)
	var errno syscall.Errno
	if errors.As(err, &errno) {
		text := errno.Error()
		return nil, fmt.Errorf("Can't bind address: %s.", strings.ToUpper(text[:1])+text[1:]) //nolint:staticcheck // gdbserver's words
	}
	var unknown *net.DNSError
	if errors.As(err, &unknown) && unknown.IsNotFound {
		return nil, fmt.Errorf("%s: cannot resolve name: Name or service not known", comm)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: cannot resolve name: %w", comm, err)
	}
	return l, nil
}
