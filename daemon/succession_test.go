package daemon_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/utrace/utrace/api"
	"github.com/utrace/utrace/client"
)

// mortal is an owner of a test's own, for it to kill.
type mortal struct{ t *testing.T }

// newMortal starts one. What the test runs is served by it.
func newMortal(t *testing.T) *mortal {
	t.Helper()
	t.Setenv("UTRACE_SOCKET", filepath.Join(t.TempDir(), "run", "owner"))
	m := &mortal{t}
	t.Cleanup(func() { // after the programs of the test have ended
		pid := m.pid()
		_ = syscall.Kill(pid, syscall.SIGTERM)
		until(t, "the end of the owner", func() bool { return !alive(pid) })
	})
	if out, err := exec.Command(utrace, "serve", "--background", "--idle", "0").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	m.pid()
	return m
}

// alive reports whether a process is there, and no zombie.
func alive(pid int) bool {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	return err == nil && !strings.Contains(string(status), "State:\tZ")
}

// hello asks the owner who it is. It answers when it serves again.
func (m *mortal) hello() (h api.Hello) {
	m.t.Helper()
	until(m.t, "an owner", func() bool {
		c, err := client.Dial("")
		if err != nil {
			return false
		}
		defer c.Close()
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		h, err = c.Hello(ctx)
		return err == nil
	})
	return h
}

func (m *mortal) pid() int { m.t.Helper(); return m.hello().PID }

// kill kills the owner and waits for its successor.
func (m *mortal) kill() {
	m.t.Helper()
	before := m.pid()
	if err := syscall.Kill(before, syscall.SIGKILL); err != nil {
		m.t.Fatal(err)
	}
	until(m.t, "a successor", func() bool { return m.pid() != before })
}

// caller starts a program that makes filtered calls, and ends when one fails.
func caller(t *testing.T) (p *process, log string) {
	t.Helper()
	log = filepath.Join(t.TempDir(), "calls")
	return logged(t, log, utrace, "run", calls), log
}

// TestRO1_OwnerKilled: system calls of filtered programs do not fail, what is traced
// runs on, debuggers hear that they have lost it, and others take their place.
func TestRO1_OwnerKilled(t *testing.T) {
	m := newMortal(t)
	var logs []string
	for range 2 {
		_, log := caller(t)
		logs = append(logs, log)
	}
	p, log := ticker(t), filepath.Join(t.TempDir(), "log")
	for range 3 {
		s := start(t, utrace, "run", "strace", "-f", "-o", log, "-p", p.pid())
		g := start(t, utrace, "run", "gdb", "-nx", "-batch", "-ex", "set pagination off", "-p", p.pid(), "-ex", "shell touch "+log+".goes", "-ex", "continue")
		until(t, "a debugger that is about to let it run", func() bool { _, err := os.Stat(log + ".goes"); return err == nil })
		held := start(t, utrace, "run", "gdb", "-nx", "-batch", "-ex", "set pagination off", "-p", p.pid(),
			"-ex", "shell touch "+log+".held; while [ -e "+log+".held ]; do sleep .01; done", "-ex", "continue")
		until(t, "a debugger that holds the program", func() bool { _, err := os.Stat(log + ".held"); return err == nil })
		until(t, "a debugger that lets it run", func() bool { return runs(t, g, p) })
		for _, l := range logs {
			grows(t, l, "")
		}
		m.kill()
		os.Remove(log + ".held")
		os.Remove(log + ".goes")
		untraced(t, p)
		for _, l := range logs {
			grows(t, l, "")
		}
		for _, d := range []*process{s, g, held} {
			if d.wait(); d == s {
				continue
			}
			if !strings.Contains(d.out.String(), "terminated with signal SIGKILL") {
				t.Errorf("the debugger says\n%s", d.out.String())
			}
		}
		if lines(log, "+++ killed by SIGKILL +++") != 2 {
			t.Errorf("strace was not told of the loss of two threads")
		}
	}
	for _, l := range logs {
		if n := lines(l, "FAIL"); n != 0 {
			b, _ := os.ReadFile(l)
			t.Errorf("%d calls failed: %s", n, b)
		}
	}
	after := filepath.Join(t.TempDir(), "log")
	start(t, utrace, "run", "strace", "-f", "-o", after, "-p", p.pid())
	grows(t, after, "write(1")
}

// runs reports whether a virtual tracer lets all threads of a process run.
func runs(t *testing.T, tracer, p *process) bool {
	t.Helper()
	list, err := dial(t).List(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, thread := range list {
		for _, e := range thread.Engines {
			if thread.Process == p.number() && e.Client == tracer.number() {
				if n++; e.State != "running" {
					return false
				}
			}
		}
	}
	return n != 0
}

// TestOwnerKilledParent: who traces its own child has its exit status.
func TestOwnerKilledParent(t *testing.T) {
	m := newMortal(t)
	log := filepath.Join(t.TempDir(), "log")
	s := start(t, utrace, "run", "strace", "-f", "-o", log, "-ewrite", tick, "500")
	s.cmd.Stdout = nil
	grows(t, log, "write(1")
	m.kill()
	if s.wait(); s.cmd.ProcessState.ExitCode() != 3 {
		t.Errorf("strace ended with %v", s.cmd.ProcessState)
	}
}

// TestOwnerEnds: an owner that ends as it should leaves nobody behind either.
func TestOwnerEnds(t *testing.T) {
	m := newMortal(t)
	c, log := caller(t)
	grows(t, log, "")
	pid := m.pid()
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	until(t, "the end of the owner", func() bool { return !alive(pid) })
	for range 3 {
		grows(t, log, "")
	}
	if n := lines(log, "FAIL"); n != 0 {
		t.Errorf("%d calls failed", n)
	}
	// Another one can come though there are programs of the first one's.
	if out, err := exec.Command(utrace, "serve", "--background", "--idle", "0").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if again := m.pid(); again == pid {
		t.Errorf("the owner is still process %d", pid)
	}
	grows(t, log, "")
	c.cmd.Process.Kill()
	c.wait()
}

// TestKeeperKilled: the owner gets another keeper, which has what the first had.
func TestKeeperKilled(t *testing.T) {
	m := newMortal(t)
	_, log := caller(t)
	for range 3 {
		grows(t, log, "")
		before := keeperOf(t, m.pid())
		if err := syscall.Kill(before, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		until(t, "another keeper", func() bool {
			k := keeperOf(t, m.pid())
			return k != 0 && k != before
		})
		m.settled()
		m.kill()
		grows(t, log, "")
	}
	if n := lines(log, "FAIL"); n != 0 {
		t.Errorf("%d calls failed", n)
	}
}

// settled waits until the owner's loop has done what it was doing.
func (m *mortal) settled() {
	m.t.Helper()
	c, err := client.Dial("")
	if err != nil {
		m.t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.List(context.Background()); err != nil {
		m.t.Fatal(err)
	}
}

// keeperOf finds the keeper of an owner: its child, or its parent.
func keeperOf(t *testing.T, owner int) int {
	t.Helper()
	var found int
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		var pid int
		if _, err := fmt.Sscan(e.Name(), &pid); err != nil {
			continue
		}
		line, _ := os.ReadFile("/proc/" + e.Name() + "/cmdline")
		if strings.HasPrefix(string(line), "utrace-keeper\x00serve\x00") && (parentOf(pid) == owner || parentOf(owner) == pid) {
			found = pid
		}
	}
	return found
}

func parentOf(pid int) (parent int) {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	_, rest, _ := strings.Cut(string(status), "PPid:")
	fmt.Sscan(rest, &parent)
	return parent
}
