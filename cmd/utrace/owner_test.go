package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/utrace/utrace/client"
)

// at runs utrace with an owner at this socket, and no other directory for it.
func at(t *testing.T, socket string, args ...string) outcome {
	t.Helper()
	cmd := command(t, args...)
	cmd.Env = append(cmd.Env, "UTRACE_SOCKET="+socket)
	return finish(t, cmd)
}

// ownerEnds waits until the owner at a socket has ended by itself.
func ownerEnds(t *testing.T, socket string) {
	t.Helper()
	eventually(t, "the owner's end", func() bool {
		_, err := os.Lstat(socket)
		return os.IsNotExist(err)
	})
}

// Commands that all find no owner start one, and only one; it makes its directory,
// and ends when nobody needs it.
func TestOwnerStarted(t *testing.T) {
	t.Parallel()
	socket := filepath.Join(t.TempDir(), "a", "b", "owner")
	var group sync.WaitGroup
	for i := range 6 {
		group.Go(func() {
			if o := at(t, socket, "run", "--", "sh", "-c", fmt.Sprint("exit ", i)); o.status != i || o.stderr != "" {
				t.Errorf("command %d: %+v", i, o)
			}
		})
	}
	group.Wait()
	for name, mode := range map[string]os.FileMode{socket: os.ModeSocket | 0o600, filepath.Dir(socket): os.ModeDir | 0o700} {
		if info, err := os.Lstat(name); err != nil || info.Mode() != mode {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	if o := at(t, socket, "serve"); o.status != 1 || !strings.Contains(o.stderr, "running already") {
		t.Errorf("a second owner: %+v", o)
	}
	ownerEnds(t, socket)
}

// An owner does not carry the environment of the command that has started it: who kills
// what a job has left behind finds that by it.
func TestOwnerEnvironment(t *testing.T) {
	t.Parallel()
	socket := filepath.Join(t.TempDir(), "owner")
	cmd := command(t, "run", "sleep", "60")
	cmd.Env = append(cmd.Env, "UTRACE_SOCKET="+socket, "JOB=4711", "LISTEN_PID=1", "NOTIFY_SOCKET=/nowhere")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { cmd.Process.Kill(); cmd.Wait() }()
	var conn net.Conn
	eventually(t, "the owner", func() (up bool) {
		var err error
		conn, err = net.Dial("unix", socket)
		return err == nil
	})
	defer conn.Close()
	raw, err := conn.(*net.UnixConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var owner *syscall.Ucred
	if err := raw.Control(func(fd uintptr) {
		owner, _ = syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	}); err != nil || owner == nil {
		t.Fatalf("whose socket it is: %v", err)
	}
	environ, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", owner.Pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"JOB=", "LISTEN_PID=", "NOTIFY_SOCKET="} {
		if strings.Contains(string(environ), word) {
			t.Errorf("the owner has %s in its environment", word)
		}
	}
	if !strings.Contains(string(environ), "UTRACE_SOCKET="+socket) {
		t.Error("the owner does not have the name of its socket")
	}
}

// A socket, a file and a lock that were left behind are in nobody's way.
func TestOwnerAfterAnother(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	socket := filepath.Join(dir, "owner")
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: socket, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	l.Close()
	if err := os.WriteFile(socket+".lock", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if o := at(t, socket, "run", "true"); o.status != 0 || o.stderr != "" {
		t.Errorf("after an owner that was killed with its keeper: %+v", o)
	}
	ownerEnds(t, socket)
}

// Where the owner cannot be, the reason is said at once.
func TestOwnerImpossible(t *testing.T) {
	open := t.TempDir()
	if err := os.Chmod(open, 0o777); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for socket, says := range map[string]string{
		"/proc/no/owner":                   "start the owner: mkdir /proc/no",
		filepath.Join(open, "owner"):       "only this user, or root, can write",
		filepath.Join(file, "owner"):       "not a directory",
		"/tmp/" + strings.Repeat("x", 120): "too long",
	} {
		begin := time.Now()
		o := at(t, socket, "run", "true")
		if o.status != 125 || !strings.Contains(o.stderr, says) || strings.Count(o.stderr, "\n") != 1 {
			t.Errorf("%s: %+v", socket, o)
		}
		if waited := time.Since(begin); waited > patience/3 {
			t.Errorf("%s: it took %v to say so", socket, waited)
		}
	}
	for _, wrong := range []string{"serve", "ps"} {
		if o := at(t, "/tmp/"+strings.Repeat("x", 120), wrong); o.status != 1 || !strings.Contains(o.stderr, "too long") {
			t.Errorf("%s: %+v", wrong, o)
		}
		if o := at(t, filepath.Join(t.TempDir(), "owner"), wrong, "more"); o.status != 2 {
			t.Errorf("%s with an argument: %+v", wrong, o)
		}
	}
	// Our own commands do without one, and say so if that was not asked for.
	const socket, alone = "/proc/no/owner", "traces by itself"
	trace := []string{"strace", "--mode=stop", "-e", "trace=none", "-e", "signal=none", "-qqq", "true"}
	if o := at(t, socket, trace...); o.status != 0 || strings.Count(o.stderr, "\n") != 1 || !strings.Contains(o.stderr, alone) {
		t.Errorf("a command without an owner: %+v", o)
	}
	if o := at(t, socket, slices.Insert(trace, 1, "--private")...); o.status != 0 || o.stderr != "" {
		t.Errorf("a private command: %+v", o)
	}
}

// Each user has an owner of his own: root's is not the place for others, but root may
// use another's.
func TestOwnerOfOthers(t *testing.T) {
	t.Parallel()
	dir := forStrangers(t)
	own := filepath.Join(dir, "own")
	if err := os.Mkdir(own, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(own, stranger, stranger); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(own, "owner")
	theirs := func(args ...string) outcome {
		cmd := asStranger(t, dir, args...)
		cmd.Env = append(cmd.Env, "UTRACE_SOCKET="+socket)
		return finish(t, cmd)
	}
	if o := theirs("run", "--", "strace", "-e", "trace=exit_group", "sh", "-c", "exit 3"); o.status != 3 || !strings.Contains(o.stderr, "exit_group(3)") {
		t.Errorf("an owner without privileges: %+v", o)
	}
	// Somebody else's directory is not trusted, not even by root.
	if o := at(t, socket, "run", "true"); o.status != 125 || !strings.Contains(o.stderr, "only this user, or root, can write") {
		t.Errorf("root, in another's directory: %+v", o)
	}
	ownerEnds(t, socket)
}

// An owner that is about to end takes a connection and answers nothing: another one
// is started.
func TestOwnerThatEnds(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	socket := filepath.Join(dir, "owner")
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: socket, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		if c, err := l.Accept(); err == nil {
			l.Close() // with its file
			c.Close()
		}
	}()
	if o := at(t, socket, "run", "true"); o.status != 0 || o.stderr != "" {
		t.Errorf("after an owner that ends: %+v", o)
	}
	c, err := client.Dial(socket)
	if err != nil {
		t.Fatal(err)
	}
	hello, err := c.Hello(t.Context())
	if err != nil || hello.PID == os.Getpid() {
		t.Errorf("the owner is process %d: %v", hello.PID, err)
	}
	c.Close()
	if err := syscall.Kill(hello.PID, syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	ownerEnds(t, socket)
}
