package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == roleArgument {
		playRole()
		return
	}
	if len(os.Args) == 2 && os.Args[1] == targetArgument {
		playTarget()
		return
	}
	os.Exit(m.Run())
}

// TestTimeline runs the demonstration and checks that each engine saw its part
// of the story, in an order that makes sense.
func TestTimeline(t *testing.T) {
	var out bytes.Buffer
	status, err := run([]string{"/proc/self/exe", roleArgument}, &timeline{start: time.Now(), out: &out})
	if err != nil {
		t.Fatal(err)
	}
	if !status.Exited() || status.ExitStatus() != 0 {
		t.Errorf("the program ended with %#x", status.WaitStatus)
	}
	rest := out.String()
	for _, part := range []string{
		"calls    execve(",
		"signals  SIGUSR1 from",
		"signals  process exited with 3",
		"signals  SIGCHLD CLD_EXITED",
		"calls    kill(",
		"signals  SIGSEGV from",
		"crashes  held alive: about to die of SIGSEGV",
		"crashes  state t (tracing stop)",
		"crashes  let go",
		"signals  process killed by segmentation fault",
		"signals  process exited with 0",
	} {
		_, after, found := strings.Cut(rest, part)
		if !found {
			t.Fatalf("%q is missing, or comes too early:\n%s", part, out.String())
		}
		rest = after
	}
	for _, said := range []string{"program  it ended: exit status 3", "program  it ended: signal: segmentation fault"} {
		if !strings.Contains(out.String(), said) {
			t.Errorf("%q is missing:\n%s", said, out.String())
		}
	}
}

// TestTogether runs the second demonstration: every tracer sees its part of one
// program, and none another's.
func TestTogether(t *testing.T) {
	command := filepath.Join(t.TempDir(), "utrace")
	build := exec.Command("go", "build", "-o", command, "-ldflags=-E=_utrace_start", "../../cmd/utrace")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	var out bytes.Buffer
	if err := together(command, &timeline{start: time.Now(), out: &out}); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	for _, part := range []string{
		"gdb      stopped at work(0)", "gdb      stopped at work(4)", "exited normally]",
		"strace 1 ", `"/proc/self/comm"`, "strace 2 ", `write(1, "sum 10`, "program  sum 10", "signals  SIGUSR1 from",
	} {
		if !strings.Contains(out.String(), part) {
			t.Errorf("%q is missing", part)
		}
	}
	if strings.Contains(out.String(), "SIGTRAP") || t.Failed() {
		t.Errorf("a trap was shown to others than gdb, or something is missing:\n%s", out.String())
	}
}
