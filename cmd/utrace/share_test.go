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

	"github.com/utrace/utrace/client"
	"github.com/utrace/utrace/tool"
)

// target starts a program that starts others, until the end of the test.
func target(t *testing.T) int {
	t.Helper()
	cmd := exec.Command("/bin/sh", "-c", `while :; do read x </proc/self/stat; sleep 0.01; done`)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	return cmd.Process.Pid
}

// background starts a command that writes a trace, and ends it with the test.
func background(t *testing.T, args ...string) (cmd *exec.Cmd, stderr *bytes.Buffer) {
	t.Helper()
	cmd, stderr = command(t, args...), new(bytes.Buffer)
	cmd.Stderr = stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, stderr
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !f(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not in time: %s", what)
		}
	}
}

// written reports whether a file has a text.
func written(file, text string) func() bool {
	return func() bool {
		got, _ := os.ReadFile(file)
		return strings.Contains(string(got), text)
	}
}

// Our own strace and unmodified ones trace a process at the same time, whoever
// came first; each ends alone, and the process runs on.
func TestShared(t *testing.T) {
	if _, err := exec.LookPath("strace"); err != nil {
		t.Fatal("install strace: scripts/deps lists it")
	}
	pid, dir := target(t), t.TempDir()
	file := func(n int) string { return filepath.Join(dir, fmt.Sprint("trace", n)) }
	arg := fmt.Sprint(pid)
	first, said1 := background(t, "strace", "--mode=stop", "-o", file(1), "-p", arg)
	eventually(t, "the first trace", written(file(1), "wait4("))
	second, said2 := background(t, "run", "--", "strace", "-o", file(2), "-p", arg)
	eventually(t, "the unmodified trace", written(file(2), "wait4("))
	third, said3 := background(t, "strace", "--mode=stop", "-o", file(3), "-p", arg)
	eventually(t, "the third trace", written(file(3), "wait4("))

	list := utraceCommand(t, "ps")
	for _, name := range []string{fmt.Sprintf("strace, process %d", first.Process.Pid), fmt.Sprintf("strace, process %d", third.Process.Pid)} {
		if !strings.Contains(list.stdout, name) {
			t.Errorf("utrace ps does not list %q:\n%s", name, list.stdout)
		}
	}
	// Who wants it alone is told who has it.
	o := utraceCommand(t, "strace", "--private", "--mode=stop", "-p", arg)
	if o.status != 1 || !strings.Contains(o.stderr, "traced by process") {
		t.Errorf("--private: status %d, %q", o.status, o.stderr)
	}
	for i, x := range []struct {
		cmd  *exec.Cmd
		said *bytes.Buffer
	}{{second, said2}, {first, said1}, {third, said3}} {
		x.cmd.Process.Signal(syscall.SIGINT)
		err := x.cmd.Wait()
		status := x.cmd.ProcessState.Sys().(syscall.WaitStatus)
		if !status.Signaled() || status.Signal() != syscall.SIGINT || !strings.Contains(x.said.String(), "detached") {
			t.Errorf("tracer %d ended with %v: %s", i, err, x.said)
		}
	}
	if tracer := tracerOf(t, pid); tracer != 0 {
		eventually(t, "the end of tracing", func() bool { return tracerOf(t, pid) == 0 })
	}
	if err := syscall.Kill(pid, 0); err != nil {
		t.Errorf("the process is gone: %v", err)
	}
}

func tracerOf(t *testing.T, pid int) (tracer int) {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "TracerPid:")
	fmt.Sscan(rest, &tracer)
	return tracer
}

// A command of another build traces by itself.
func TestOtherBuild(t *testing.T) {
	utraceCommand(t, "strace", "--mode=stop", "true") // starts the owner
	c, err := client.Dial("")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, err = tool.RunAway(t.Context(), c, "another", "utrace", []string{"strace", "--mode=stop", "true"}, tool.Streams{0, 1, 2})
	var other *tool.OtherBuild
	if !errors.Is(err, tool.ErrNotRun) || !errors.As(err, &other) || other.Build != buildText() {
		t.Errorf("another build: %v", err)
	}
}

// A client that is killed leaves nothing behind, also with a program that it had
// started.
func TestKilledClient(t *testing.T) {
	pid := target(t)
	file := filepath.Join(t.TempDir(), "trace")
	cmd, _ := background(t, "strace", "--mode=stop", "-o", file, "-p", fmt.Sprint(pid))
	eventually(t, "the trace", written(file, "wait4("))
	cmd.Process.Kill()
	cmd.Wait()
	eventually(t, "the end of tracing", func() bool { return tracerOf(t, pid) == 0 })
}

// What is started in the owner is as the client's: parent, directory, group and
// streams; files are opened in the client's directory.
func TestStartedByClient(t *testing.T) {
	dir := t.TempDir()
	cmd := command(t, "strace", "--mode=stop", "-o", "trace", "-e", "trace=exit_group", "sh", "-c", "echo $PPID; pwd; ulimit -n; umask; exit 7")
	cmd.Dir = dir
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, os.Stderr
	old := syscall.Umask(0o077)
	err := cmd.Start()
	syscall.Umask(old)
	if err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 7 {
		t.Errorf("it ended with %v", err)
	}
	want := fmt.Sprintf("%d\n%s\n", cmd.Process.Pid, dir)
	if !strings.HasPrefix(out.String(), want) || !strings.HasSuffix(out.String(), "\n0077\n") {
		t.Errorf("the program says %q; want %q and 0077", &out, want)
	}
	info, err := os.Stat(filepath.Join(dir, "trace"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the trace: %v, %v", info, err)
	}
}

// A reader that takes nothing stops what is printed for it, and nothing else.
func TestReaderThatSleeps(t *testing.T) {
	pid := target(t)
	stuck := command(t, "strace", "--mode=stop", "dd", "if=/dev/zero", "of=/dev/null", "bs=1", "count=20000")
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	stuck.Stderr = w
	if err := stuck.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	defer func() {
		r.Close()
		stuck.Process.Kill()
		stuck.Wait()
	}()
	// Once its pipe is full, another one goes on.
	file := filepath.Join(t.TempDir(), "trace")
	other, _ := background(t, "strace", "--mode=stop", "-o", file, "-p", fmt.Sprint(pid))
	for range 3 {
		eventually(t, "the other trace", written(file, "wait4("))
		if err := os.Truncate(file, 0); err != nil {
			t.Fatal(err)
		}
	}
	other.Process.Signal(syscall.SIGINT)
	other.Wait()
}

// In the owner there are only commands that trace.
func TestCommandsInOwner(t *testing.T) {
	env := tool.Here()
	env.System = tool.NewRemote(nil, nil, nil)
	var said bytes.Buffer
	env.Stderr = &said
	if status := run(context.Background(), env, []string{"run", "true"}); status != tool.Exited(usage) {
		t.Errorf("status %v: %s", status, &said)
	}
}

// TestNoExec: a program that cannot be executed is seen to end by itself, by whatever
// means its thread is watched.
func TestNoExec(t *testing.T) {
	for _, args := range []string{"strace", "strace --mode=stop", "strace --private --mode=stop"} {
		o := utraceCommand(t, append(strings.Fields(args), "/etc/passwd")...)
		want := "(Permission denied)\n+++ exited with 1 +++\nstrace: exec: Permission denied\n"
		if o.status != 1 || !strings.HasSuffix(o.stderr, want) {
			t.Errorf("utrace %s: %d, %s", args, o.status, o.stderr)
		}
	}
}
