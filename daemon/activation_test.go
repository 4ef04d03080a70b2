package daemon_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/utrace/utrace/api"
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

// A service manager is told of the owner, and of its successor, so that it knows which
// process to end.
func TestManagerIsTold(t *testing.T) {
	dir := t.TempDir()
	told, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(dir, "notify"), Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer told.Close()
	p := &process{t: t, cmd: exec.Command(utrace, "serve", "--idle", "0", "--socket", filepath.Join(dir, "run/owner")), done: make(chan error, 1)}
	p.cmd.Env = append(os.Environ(), "NOTIFY_SOCKET="+filepath.Join(dir, "notify"))
	p.begin(&p.out)
	main := func() (pid int) {
		b := make([]byte, 1024)
		told.SetReadDeadline(time.Now().Add(patience))
		n, err := told.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Sscanf(string(b[:n]), "READY=1\nMAINPID=%d\n", &pid); err != nil {
			t.Fatalf("the manager was told %q", b[:n])
		}
		return pid
	}
	if pid := main(); pid != p.cmd.Process.Pid {
		t.Errorf("the manager was told of process %d, want %s", pid, p.pid())
	}
	p.cmd.Process.Kill()
	successor := main()
	if successor == p.cmd.Process.Pid {
		t.Errorf("the manager was told of the owner that is dead")
	}
	endOwner(t, filepath.Join(dir, "run/owner"))
}

// The units for systemd say what the owner depends on.
func TestUnits(t *testing.T) {
	for unit, wants := range map[string][]string{
		"utrace.service":        {"KillMode=process", "ExitType=cgroup", "Type=notify", "NotifyAccess=all", "OOMPolicy=continue", "ExecStart=/usr/local/bin/utrace serve "},
		"utrace-system.service": {"KillMode=process", "ExitType=cgroup", "Type=notify", "NotifyAccess=all", "OOMPolicy=continue", "ExecStart=/usr/local/bin/utrace serve "},
		"utrace.socket":         {"ListenStream=%t/utrace/owner", "DirectoryMode=0700", "SocketMode=0600"},
		"utrace-system.socket":  {"ListenStream=" + api.SystemSocket, "DirectoryMode=0755", "SocketMode=0666"},
	} {
		text, err := os.ReadFile(filepath.Join("../contrib/systemd", unit))
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range wants {
			if !strings.Contains(string(text), "\n"+want) {
				t.Errorf("%s does not say %s", unit, want)
			}
		}
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
