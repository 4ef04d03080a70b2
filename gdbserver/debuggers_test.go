//go:build debuggers

package gdbserver_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/utrace/utrace/gdbserver"
)

// These tests run LLDB and Delve, which are too large to be installed for every test
// run: make test-debuggers. TestDialects has what they say.

// says runs a debugger, which must print all words.
func says(t *testing.T, cmd *exec.Cmd, words ...string) {
	t.Helper()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%s: %v", cmd, err)
	}
	for _, word := range words {
		if !strings.Contains(string(out), word) {
			t.Errorf("%s does not say %q", cmd.Path, word)
		}
	}
	if t.Failed() {
		t.Logf("%s", out)
	}
}

// LLDB works on a program beside a gdb.
func TestLLDB(t *testing.T) {
	s := serve(t, gdbserver.Options{}, "2")
	a := s.gdb()
	a.do("break f if x == 20")
	done := make(chan bool)
	go func() {
		defer close(done)
		lldb(t, s)
	}()
	for !strings.Contains(a.do("monitor clients"), "lldb: process") || !strings.Contains(a.do("monitor clients"), "holds 0 of") {
	}
	a.run() // which lldb waits for
	a.stop("breakpoint-hit", `func="f"`)
	a.do("delete")
	a.run()
	<-done
	a.do("-exec-interrupt --all")
	a.stop("signal-received", "SIGINT")
	if text := a.do("x/s pattern"); !strings.Contains(text, "ABedle") {
		t.Errorf("gdb reads %s", text)
	}
	a.do("print stop = 1")
	a.run()
	a.stop("exited", "07")
}

func lldb(t *testing.T, s *served) {
	says(t, exec.Command("lldb", "-b", "--no-use-colors", "-o", "file "+s.file, "-o", "gdb-remote "+s.addr,
		"-o", "breakpoint set -n g -c 'x == 30'", "-o", "continue", "-o", "frame variable x", "-o", "bt",
		"-o", "breakpoint delete -f", "-o", "watchpoint set variable watched", "-o", "continue",
		"-o", "watchpoint delete -f", "-o", "thread step-inst", "-o", "register write r15 0x1234", "-o", "register read r15 rip",
		"-o", "memory write &pattern 0x41 0x42", "-o", "memory read --size 1 --count 8 &pattern",
		"-o", "thread list", "-o", "memory region $rip", "-o", "detach"),
		// Two threads can be at the breakpoint; LLDB tells both, and may choose
		// the one for which the condition does not hold.
		"stop reason = breakpoint 1", "g(x=30)", "(int) x = ", "frame #1", "Watchpoint 1 hit", "instruction step into",
		"r15 = 0x0000000000001234", "41 42 65 64 6c 65", "r-x", "detached")
}

// Delve starts what it takes for lldb-server, to launch a program and to attach to
// one.
func TestDelve(t *testing.T) {
	delve, err := exec.LookPath("dlv")
	if err != nil {
		t.Fatal("there is no Delve; make test-debuggers installs it")
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "ticks")
	for _, build := range [][]string{
		{"go", "build", "-gcflags=all=-N -l", "-o", program, "./testdata/ticks"},
		{"go", "build", "-ldflags=-E=_utrace_start", "-o", filepath.Join(dir, "lldb-server"), "../cmd/utrace"},
	} {
		if out, err := exec.Command(build[0], build[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", build, err, out)
		}
	}
	script := filepath.Join(dir, "script")
	run := func(commands string, args ...string) *exec.Cmd {
		if err := os.WriteFile(script, []byte(commands), 0o666); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(delve, append(args, "--backend=lldb", "--allow-non-terminal-interactive=true", "--init", script)...)
		cmd.Stdin = strings.NewReader("n\n") // it is not to kill what it was attached to
		cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"), "NO_COLOR=1")
		return cmd
	}
	says(t, run("break main.tick\ncontinue\nprint n\nnext\nstep\nset total = 7\nprint total\nregs\ngoroutines\nthreads\nclearall\nexit\n", "exec", program),
		"main.tick()", "Rip = ", "Goroutine 1", "goroutines]", "Thread ", "\n7\n")
	target := exec.Command(program)
	if err := target.Start(); err != nil {
		t.Fatal(err)
	}
	defer target.Wait()
	defer target.Process.Kill()
	says(t, run("break main.tick\ncontinue\nbt\nclearall\nexit\n", "attach", strconv.Itoa(target.Process.Pid)), "main.tick()", "main.main")
}
