package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestHoldEnds: what is watched ends as it would have, and so does hold.
func TestHoldEnds(t *testing.T) {
	for script, want := range map[string]outcome{
		"exit 7":           {status: 7},
		"kill -TERM $$":    {signal: syscall.SIGTERM}, // dumps no core, is not held
		"kill -KILL $$":    {signal: syscall.SIGKILL},
		"echo out; exit 0": {stdout: "out\n"},
	} {
		o := utraceCommand(t, "hold", "sh", "-c", script)
		if o != want {
			t.Errorf("%s: %+v; want %+v", script, o, want)
		}
	}
}

// TestHoldTimeout: a crash is described, and takes its course in time.
func TestHoldTimeout(t *testing.T) {
	begin := time.Now()
	o := utraceCommand(t, "hold", "--timeout", "200ms", "sh", "-c", "kill -SEGV $$; echo not")
	if took := time.Since(begin); took < 200*time.Millisecond {
		t.Errorf("it was held for %v only", took)
	}
	if o.signal != syscall.SIGSEGV || o.stdout != "" {
		t.Errorf("it ended with %+v", o)
	}
	for _, part := range []string{"SIGSEGV (SI_USER) from process", "(sh)", "kill -CONT", "200ms"} {
		if !strings.Contains(o.stderr, part) {
			t.Errorf("%q is missing in %s", part, o.stderr)
		}
	}
}

// holding starts hold with JSON on a script that crashes, and returns the
// report of the crash.
func holding(t *testing.T, args ...string) (*exec.Cmd, *crashReport) {
	t.Helper()
	cmd := command(t, append([]string{"hold", "--json"}, args...)...)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	return cmd, readReport(t, stderr)
}

func readReport(t *testing.T, from io.Reader) *crashReport {
	t.Helper()
	line, err := bufio.NewReader(from).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	r := new(crashReport)
	if err := json.Unmarshal([]byte(line), r); err != nil {
		t.Fatalf("%v in %s", err, line)
	}
	return r
}

// ends waits for a command and checks what killed it.
func ends(t *testing.T, cmd *exec.Cmd, want syscall.Signal) {
	t.Helper()
	cmd.Wait()
	if status := cmd.ProcessState.Sys().(syscall.WaitStatus); !status.Signaled() || status.Signal() != want {
		t.Errorf("it ended with %#x; want %v", status, want)
	}
}

// TestHoldContinue: the process stands still until SIGCONT.
func TestHoldContinue(t *testing.T) {
	cmd, r := holding(t, "sh", "-c", "kill -ABRT $$")
	if r.V != 1 || r.Event != "held" || r.Signal != "SIGABRT" || r.Number != 6 || r.Sender != r.PID || r.TID != r.PID {
		t.Errorf("the report is %+v", r)
	}
	if len(r.Registers) == 0 || r.Thread != "sh" || !filepath.IsAbs(r.Program) {
		t.Errorf("registers, thread or program are missing in %+v", r)
	}
	if err := syscall.Kill(r.PID, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	ends(t, cmd, syscall.SIGABRT)
}

// TestHoldInterrupt: Ctrl-C lets a held process go.
func TestHoldInterrupt(t *testing.T) {
	cmd, _ := holding(t, "sh", "-c", "kill -SEGV $$")
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	ends(t, cmd, syscall.SIGSEGV)
}

// TestHoldKilled: SIGKILL reaches a held process.
func TestHoldKilled(t *testing.T) {
	cmd, r := holding(t, "sh", "-c", "kill -SEGV $$")
	if err := syscall.Kill(r.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	ends(t, cmd, syscall.SIGKILL)
}

// TestHoldOn: other signals can be held, and the usual ones are not then.
func TestHoldOn(t *testing.T) {
	cmd, r := holding(t, "--on", "TERM", "--timeout", "50ms", "sh", "-c", "kill -TERM $$")
	if r.Signal != "SIGTERM" {
		t.Errorf("held for %s", r.Signal)
	}
	ends(t, cmd, syscall.SIGTERM)
	if o := utraceCommand(t, "hold", "--on", "TERM", "sh", "-c", "kill -SEGV $$"); o.signal != syscall.SIGSEGV || o.stderr != "" {
		t.Errorf("SIGSEGV: %+v", o)
	}
}

// TestHoldOnOthers: a set that says what to leave out may contain signals that
// cannot be held, though nobody may name them.
func TestHoldOnOthers(t *testing.T) {
	for on, held := range map[string]bool{"!SEGV": true, "!TERM": false, "all": true} {
		o := utraceCommand(t, "hold", "--timeout", "10ms", "--on", on, "sh", "-c", "kill -TERM $$")
		if o.signal != syscall.SIGTERM || strings.Contains(o.stderr, "is held: SIGTERM") != held {
			t.Errorf("--on %s: %+v; want it held: %v", on, o, held)
		}
	}
}

// TestHoldTree: also what the program starts is watched.
func TestHoldTree(t *testing.T) {
	o := utraceCommand(t, "hold", "--timeout", "50ms", "sh", "-c", "sh -c 'kill -QUIT $$'; exit 4")
	if o.status != 4 || !strings.Contains(o.stderr, "SIGQUIT") {
		t.Errorf("it ended with %+v", o)
	}
}

// TestHoldStop: the process is left stopped and without a tracer, and crashes
// when it is continued, whether it was sent the signal or not.
func TestHoldStop(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGABRT, syscall.SIGSEGV} {
		cmd, r := holding(t, "--stop", "sh", "-c", fmt.Sprintf("kill -%d $$", sig))
		state := ""
		for deadline := time.Now().Add(patience); time.Now().Before(deadline) && state != "T (stopped) 0"; time.Sleep(time.Millisecond) {
			text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", r.PID))
			if err != nil {
				t.Fatal(err)
			}
			state = field(string(text), "State") + " " + field(string(text), "TracerPid")
		}
		if state != "T (stopped) 0" {
			t.Errorf("it was left in state %s", state)
		}
		if err := syscall.Kill(r.PID, syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
		ends(t, cmd, sig)
	}
}

// field is a line of a status file.
func field(text, name string) string {
	_, rest, _ := strings.Cut(text, "\n"+name+":\t")
	value, _, _ := strings.Cut(rest, "\n")
	return value
}

// TestHoldHook: the command has its say, then the process dies.
func TestHoldHook(t *testing.T) {
	file := filepath.Join(t.TempDir(), "hook")
	o := utraceCommand(t, "hold", "--on-hold", fmt.Sprintf("echo $UTRACE_SIGNAL > %s; grep State /proc/$UTRACE_TID/status >> %[1]s", file), "sh", "-c", "kill -SEGV $$")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(text) != "SIGSEGV\nState:\tt (tracing stop)\n" {
		t.Errorf("the command saw %q", text)
	}
	if o.signal != syscall.SIGSEGV {
		t.Errorf("it ended with %+v", o)
	}
}

// TestHoldAttached watches a process that runs already. It is not a child of
// hold, so its end shows at its parent, a shell.
func TestHoldAttached(t *testing.T) {
	shell := exec.Command("sh", "-c", `sh -c 'read x; kill -SEGV $$' <&3 & echo $!; wait $!; echo $?`)
	tell, hear := pipe(t)
	shell.ExtraFiles = []*os.File{hear}
	out, err := shell.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := shell.Start(); err != nil {
		t.Fatal(err)
	}
	defer shell.Wait()
	lines := bufio.NewReader(out)
	line, err := lines.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	cmd := command(t, "hold", "--timeout", "50ms", "-p", fmt.Sprint(pid))
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	awaitTracer(t, pid)
	if _, err := tell.WriteString("x\n"); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("hold: %v: %s", err, stderr.String())
	}
	if status, err := lines.ReadString('\n'); err != nil || status != "139\n" {
		t.Errorf("the parent got %q, %v", status, err)
	}
	if !strings.Contains(stderr.String(), fmt.Sprintf("process %d is held: SIGSEGV", pid)) {
		t.Errorf("hold said %q", stderr.String())
	}
}

func pipe(t *testing.T) (w, r *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		r.Close()
		w.Close()
	})
	return w, r
}

// awaitTracer waits until somebody traces a process.
func awaitTracer(t *testing.T, pid int) {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), "\nTracerPid:\t0\n") {
			return
		}
	}
	t.Fatal("nobody attached")
}
