//go:build linux && amd64

package gdbserver_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/utrace/utrace/gdbserver"
)

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
	t.Cleanup(func() { <-done }) // it is killed if gdb waits in vain, and its words are logged
	for clients := ""; !strings.Contains(clients, "lldb: process") || !strings.Contains(clients, "holds 0 of"); clients = a.do("monitor clients") {
		select {
		case <-done:
			t.Fatal("lldb has ended before it waited for the program")
		default:
		}
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
	says(t, exec.CommandContext(t.Context(), "lldb", "--no-lldbinit", "-b", "--no-use-colors", "-o", "file "+s.file, "-o", "gdb-remote "+s.addr,
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
