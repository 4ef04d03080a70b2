package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/utrace/utrace/keeper"
	"github.com/utrace/utrace/tool"
)

// asCommand has the test binary be utrace.
const asCommand = "UTRACE_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	keeper.Main()                                             // the child of one that is utrace
	if os.Getenv(asCommand) != "" || os.Args[0] == "utrace" { // so it calls itself as the owner
		os.Unsetenv(asCommand)
		main()
		return
	}
	if os.Getenv(asTracer) != "" {
		os.Exit(traceForks(os.Args[1:]))
	}
	// The tests have an owner of their own.
	dir, err := os.MkdirTemp("", "utrace-owner-")
	if err != nil {
		panic(err)
	}
	os.Setenv("UTRACE_SOCKET", filepath.Join(dir, "owner"))
	status := m.Run()
	os.RemoveAll(dir)
	os.Exit(status)
}

// patience is how long a command may take.
const patience = time.Minute

// outcome is what a command did.
type outcome struct {
	stdout, stderr string
	// status is the exit status; signal is what killed it, or 0.
	status int
	signal syscall.Signal
}

// command prepares a run of utrace.
func command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, "/proc/self/exe", args...)
	cmd.Env = append(os.Environ(), asCommand+"=1")
	return cmd
}

// finish runs a prepared command to its end.
func finish(t *testing.T, cmd *exec.Cmd) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	status := cmd.ProcessState.Sys().(syscall.WaitStatus)
	o := outcome{stdout: stdout.String(), stderr: stderr.String()}
	if status.Signaled() {
		o.signal = status.Signal()
	} else {
		o.status = status.ExitStatus()
	}
	return o
}

func utraceCommand(t *testing.T, args ...string) outcome {
	t.Helper()
	return finish(t, command(t, args...))
}

// TestMistakes: each gets one line that says what is wrong, and the exit status
// that conventions give it.
func TestMistakes(t *testing.T) {
	for _, test := range []struct {
		args   string
		status int
		says   string
	}{
		{"frob", 2, `no command "frob"`},
		{"strac", 2, "or strace?"},
		{"help frob", 2, `no command "frob"`},
		{"completion frob", 2, `no completion for "frob"`},
		{"--frob", 2, "unknown flag: --frob"},
		{"version x", 2, `"x"`},
		{"doctor --frob", 2, "unknown flag: --frob"},
		{"hold", 2, "hold what?"},
		{"hold -p 1 true", 2, "exclude each other"},
		{"hold -p 0", 2, "not a process id"},
		{"hold -p x", 2, "it is a number"},
		{"hold --timeout -1s true", 2, "negative"},
		{"hold --stop --timeout 1s true", 2, "exclude each other"},
		{"hold --timeout 5 true", 2, "with its unit"},
		{"hold --on FROB true", 2, "--on FROB"},
		{"hold --on KILL true", 2, "SIGKILL"},
		{"hold --core /no/such/dir/core true", 1, "/no/such/dir/core.partial"},
		{"hold -p 4194999", 1, "no process 4194999"},
		{"hold /no/such/program", 127, "/no/such/program"},
		{"hold no-such-program", 127, "no-such-program"},
		{"hold /etc/passwd", 126, "/etc/passwd"},
		{"hold /", 126, "/"},
		{"run", 2, "run what?"},
		{"run no-such-program", 127, "no-such-program"},
		{"run /etc/passwd", 126, "exec /etc/passwd: permission denied"},
		{"run /", 126, "exec /: permission denied"},
		{"core", 2, "the core of what?"},
		{"core x", 2, "not a process id"},
		{"core -q 4194999", 1, "no process 4194999"},
		{"stack", 2, "the stacks of what?"},
		{"stack x", 2, "not a process id"},
		{"stack -n -1 1", 2, "negative"},
		{"stack --json --pprof f 1", 2, "exclude each other"},
		{"stack --pprof /no/such/dir/f 4194999", 1, "4194999"},
		{"stack 4194999", 1, "no process 4194999"},
		{"break", 2, "break where?"},
		{"break main", 2, "break in what?"},
		{"break -- true", 2, "break where?"},
		{"break main -p 1 -- true", 2, "exclude each other"},
		{"break -c --json main -- true", 2, "exclude each other"},
		{"break -a 99 main -- true", 2, "-a 99"},
		{"break -p 0 main", 2, "not a process id"},
		{"break *x -- true", 2, "not an address"},
		{"break --if frob main -- true", 2, `no register "frob"`},
		{"break main -p 4194999", 1, "no process 4194999"},
		{"break main -- /no/such/program", 127, "/no/such/program"},
		{"break main -- /etc/passwd", 126, "/etc/passwd"},
		{"break -o /no/such/file main -- true", 1, "/no/such/file"},
	} {
		t.Run(test.args, func(t *testing.T) {
			o := utraceCommand(t, strings.Fields(test.args)...)
			if o.status != test.status || o.signal != 0 {
				t.Errorf("exit status %d, signal %v; want %d", o.status, o.signal, test.status)
			}
			first, _, _ := strings.Cut(o.stderr, "\n")
			if !strings.HasPrefix(first, "utrace: ") || !strings.Contains(first, test.says) {
				t.Errorf("it says %q; want %q", o.stderr, test.says)
			}
			if hint := strings.Contains(o.stderr, "--help"); hint != (test.status == usage) {
				t.Errorf("a hint at --help: %v: %q", hint, o.stderr)
			}
			if o.stdout != "" {
				t.Errorf("standard output has %q", o.stdout)
			}
		})
	}
}

// TestOutputLost: that standard output cannot be written is an error, and that nobody
// reads it any more ends a command as it ends others.
func TestOutputLost(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	for _, args := range []string{"--help", "version", "completion bash", "doctor --json", fmt.Sprint("stack ", target(t))} {
		cmd := command(t, strings.Fields(args)...)
		var stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = full, &stderr
		_ = cmd.Run()
		if stderr.String() != "utrace: write standard output: no space left on device\n" || cmd.ProcessState.ExitCode() != failure {
			t.Errorf("utrace %s on a full disk: %v, %s", args, cmd.ProcessState, &stderr)
		}
		unread, write, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		unread.Close()
		stderr.Reset()
		cmd = command(t, strings.Fields(args)...)
		cmd.Stdout, cmd.Stderr = write, &stderr
		_ = cmd.Run()
		write.Close()
		if status := cmd.ProcessState.Sys().(syscall.WaitStatus); status.Signal() != syscall.SIGPIPE || stderr.Len() != 0 {
			t.Errorf("utrace %s without a reader: %v, %s", args, cmd.ProcessState, &stderr)
		}
	}
}

// TestAnswers are commands that only print.
func TestAnswers(t *testing.T) {
	for args, want := range map[string]string{
		"":                "utrace traces programs",
		"help hold":       "about to die",
		"help strace":     "--fault-plan",
		"--version":       "utrace ",
		"version":         "utrace ",
		"doctor":          "PTRACE_GET_SYSCALL_INFO",
		"doctor --json":   `"v": 1`,
		"completion bash": "utrace",
		"completion zsh":  "utrace",
		"completion fish": "utrace",
		"strace -h":       "Usage: ",
	} {
		o := utraceCommand(t, strings.Fields(args)...)
		if o.status != 0 || !strings.Contains(o.stdout, want) || o.stderr != "" {
			t.Errorf("utrace %s: exit status %d, %q, %q", args, o.status, o.stdout, o.stderr)
		}
	}
}

// TestManual: every command has a manual page, with all its options, and is in utrace(1).
func TestManual(t *testing.T) {
	overview, err := os.ReadFile("../../docs/man/utrace.1")
	if err != nil {
		t.Fatal(err)
	}
	for _, cmd := range rootCommand(&invocation{Env: tool.Here()}).Commands() {
		name := cmd.Name()
		if !strings.Contains(string(overview), ".It Cm "+name) {
			t.Errorf("utrace(1) does not tell of %s", name)
		}
		if name == "strace" || name == "version" || name == "help" || name == "completion" {
			continue // strace has options of its own; the others are in utrace(1)
		}
		page, err := os.ReadFile(filepath.Join("../../docs/man", "utrace-"+name+".1"))
		if err != nil {
			t.Error(err)
			continue
		}
		for line := range strings.Lines(cmd.Flags().FlagUsages()) {
			option := line[strings.Index(line, "--")+2:]
			option, _, _ = strings.Cut(strings.TrimSpace(option), " ")
			if !strings.Contains(string(page), fmt.Sprintf("-%s ", option)) && !strings.Contains(string(page), fmt.Sprintf("-%s\n", option)) {
				t.Errorf("utrace-%s(1) does not tell of --%s", name, option)
			}
		}
	}
}
