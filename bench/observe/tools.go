package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/utrace/utrace/bench/internal/trial"
)

// A tool watches a program and writes what it does to a file.
type tool struct {
	name string
	file string
	// launch is how the tool starts a program, attach how it watches a
	// process that runs, nil if it is not to.
	launch func(command []string) []string
	attach func(pid int) []string
	over   chan error // of the tool that watches a process
	// missing says why the tool cannot be used here.
	missing error
}

func allTools(dir, utrace string) []tool {
	file := filepath.Join(dir, "trace")
	output := func(words ...string) func([]string) []string {
		return func(command []string) []string { return append(append(words, "-o", file), command...) }
	}
	pid := func(words ...string) func(int) []string {
		return func(pid int) []string { return append(words, "-o", file, "-p", strconv.Itoa(pid)) }
	}
	// The process is bpftrace's own child, or the one that it is told.
	launched, attached := filepath.Join(dir, "launched.bt"), filepath.Join(dir, "attached.bt")
	for script, process := range map[string]string{launched: "cpid", attached: "$1"} {
		if err := os.WriteFile(script, []byte(strings.ReplaceAll(bpftraceScript, "PROCESS", process)), 0o644); err != nil {
			trial.Fatal(err)
		}
	}
	tools := []tool{
		{name: "strace -f", launch: output("strace", "-f"), attach: pid("strace", "-f")},
		// A filter is no use where all calls are wanted: it is asked for
		// those that the programs make most.
		{name: "strace -f --seccomp-bpf", launch: output("strace", "-f", "--seccomp-bpf", "-e", "trace=getppid,read,write,openat,futex,%stat")},
		{name: "perf trace", launch: output("perf", "trace"), attach: pid("perf", "trace")},
		{name: "bpftrace", launch: func(command []string) []string {
			return []string{"bpftrace", "-o", file, "-c", command[0] + " " + join(command[1:]), launched}
		}, attach: func(pid int) []string {
			return []string{"bpftrace", "-o", file, attached, strconv.Itoa(pid)}
		}},
		{name: "utrace strace --mode=stop", launch: output(utrace, "strace", "--mode=stop", "-f"), attach: pid(utrace, "strace", "--mode=stop", "-f")},
		{name: "utrace strace --mode=observe", launch: output(utrace, "strace", "--mode=observe", "-f"), attach: pid(utrace, "strace", "--mode=observe", "-f")},
	}
	for i := range tools {
		t := &tools[i]
		t.over = make(chan error, 1)
		t.file = file
		words := t.launch([]string{"/bin/true"})
		if out, err := exec.Command(words[0], words[1:]...).CombinedOutput(); err != nil {
			line, _, _ := bytes.Cut(out, []byte("\n"))
			t.missing = fmt.Errorf("not here: %w: %s", err, line)
		}
		os.Remove(file) // or the next one seems to have begun
	}
	return tools
}

// bpftraceScript writes down what strace writes down, as far as bpftrace can:
// strings of calls that take paths, numbers of the others. It follows children by
// itself.
const bpftraceScript = `tracepoint:sched:sched_process_fork /pid == PROCESS || @child[args->parent_pid]/ { @child[args->child_pid] = 1 }
tracepoint:raw_syscalls:sys_enter /pid == PROCESS || @child[tid]/ {
	printf("%d %d(%lx, %lx, %lx, %lx, %lx, %lx)\n", tid, args->id, args->args[0], args->args[1], args->args[2], args->args[3], args->args[4], args->args[5]);
}
tracepoint:syscalls:sys_enter_openat /pid == PROCESS || @child[tid]/ { printf("%d %s\n", tid, str(args->filename)); }
tracepoint:syscalls:sys_enter_newfstatat /pid == PROCESS || @child[tid]/ { printf("%d %s\n", tid, str(args->filename)); }
tracepoint:syscalls:sys_enter_write /pid == PROCESS || @child[tid]/ { printf("%d %r\n", tid, buf(args->buf, args->count < 32 ? args->count : 32)); }
tracepoint:raw_syscalls:sys_exit /pid == PROCESS || @child[tid]/ { printf("%d %d) = %ld\n", tid, args->id, args->ret); }
END { clear(@child) }
`

func join(words []string) string {
	var b bytes.Buffer
	for _, w := range words {
		fmt.Fprintf(&b, "%s ", w)
	}
	return b.String()
}

// run runs a command and returns its output.
func run(command []string) ([]byte, error) {
	cmd := exec.Command(command[0], command[1:]...)
	var problems bytes.Buffer
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%q: %w: %s", command, err, problems.Bytes())
	}
	return out, nil
}

// watch has the tool watch a process until the function that it returns is
// called.
func (t *tool) watch(pid int) (end func(), err error) {
	words := t.attach(pid)
	cmd := exec.Command(words[0], words[1:]...)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go func() { t.over <- cmd.Wait() }()
	return func() {
		cmd.Process.Signal(syscall.SIGINT)
		<-t.over
	}, nil
}

// watching reports whether the tool has written something down. An error says that
// it never will.
func (t *tool) watching() (bool, error) {
	select {
	case err := <-t.over:
		t.over <- err
		return false, fmt.Errorf("%s has ended: %v", t.name, err)
	default:
	}
	info, err := os.Stat(t.file)
	return err == nil && info.Size() > 0, nil
}

// lines is how much the tool has written down.
func (t *tool) lines() int {
	text, err := os.ReadFile(t.file)
	os.Remove(t.file)
	if err != nil {
		return 0
	}
	return bytes.Count(text, []byte("\n"))
}
