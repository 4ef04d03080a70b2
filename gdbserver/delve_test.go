//go:build debuggers

package gdbserver_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// Delve starts what it takes for lldb-server, to launch a program and to attach to
// one. It takes long to be built, so this is not for every test run: make
// test-debuggers. TestDialects has what it says.
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
