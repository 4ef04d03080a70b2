package daemon_test

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/utrace/utrace/client"
)

// TestSocketActivation: an owner that a service manager starts takes the socket
// that it is passed, and leaves it behind.
func TestSocketActivation(t *testing.T) {
	path := filepath.Join(t.TempDir(), "owner")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	passed, err := l.File()
	if err != nil {
		t.Fatal(err)
	}
	defer passed.Close()
	// The manager sets LISTEN_PID between fork and exec; so does the shell.
	p := &process{t: t, cmd: exec.Command("sh", "-c", `LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" serve --idle 0`, utrace), done: make(chan error, 1)}
	p.cmd.ExtraFiles = []*os.File{passed}
	p.begin(&p.out)
	c, err := client.Dial(path)
	if err != nil {
		t.Fatal(err)
	}
	hello, err := c.Hello(context.Background())
	if err != nil || hello.PID != p.cmd.Process.Pid {
		t.Errorf("process %d answers at the socket, want %s: %v", hello.PID, p.pid(), err)
	}
	c.Close()
	p.cmd.Process.Signal(syscall.SIGTERM)
	if state := p.wait(); !state.Success() {
		t.Errorf("it ended with %v:\n%s", state, p.out.String())
	}
	if _, err := os.Stat(path); err != nil {
		t.Errorf("the socket of the manager is gone: %v", err)
	}
}

// TestShell: in a virtual shell tracers trace each other's targets.
func TestShell(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	p := &process{t: t, cmd: exec.Command(utrace, "shell"), done: make(chan error, 1)}
	p.cmd.Env = append(os.Environ(), "SHELL=/bin/sh")
	p.cmd.Stdin = strings.NewReader("strace -o " + log + " strace -o " + log + ".inner true; exit 5\n")
	p.begin(&p.out)
	if state := p.wait(); state.ExitCode() != 5 {
		t.Errorf("the shell ended with %v, want 5:\n%s", state, p.out.String())
	}
	if n := lines(log+".inner", "execve"); n != 1 {
		t.Errorf("the traced strace has logged %d execs, want 1:\n%s", n, p.out.String())
	}
}
