package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == roleArgument {
		playRole()
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
