package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// stranger is a user that owns nothing.
const stranger = 4000001

// forStrangers makes a directory with a utrace that strangers can execute.
func forStrangers(t *testing.T) (dir string) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("takes root, to be others")
	}
	dir, err := os.MkdirTemp("", "utrace-system-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	self, err := os.ReadFile("/proc/self/exe")
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "utrace"), self, 0o755)
	}
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// systemOwner starts an owner of root's that anybody may connect to, as the units
// for the whole system have it, and returns the directory of its socket and of a
// utrace that strangers can execute.
func systemOwner(t *testing.T) (dir string) {
	t.Helper()
	dir = forStrangers(t)
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(dir, "owner"), Net: "unix"})
	if err == nil {
		err = os.Chmod(filepath.Join(dir, "owner"), 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	socket, err := l.File()
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	defer socket.Close()
	// A shell knows its own process id, which the program keeps (sd_listen_fds(3)).
	cmd := exec.Command("/bin/sh", "-c", `LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" serve --idle 0`, filepath.Join(dir, "utrace"))
	cmd.Env = append(os.Environ(), asCommand+"=1")
	cmd.ExtraFiles = []*os.File{socket}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Signal(syscall.SIGTERM); cmd.Wait() })
	return dir
}

// asStranger prepares a run of utrace by another user.
func asStranger(t *testing.T, dir string, args ...string) *exec.Cmd {
	cmd := command(t, args...)
	cmd.Path = filepath.Join(dir, "utrace")
	cmd.Env = append(cmd.Env, "UTRACE_SOCKET="+filepath.Join(dir, "owner"))
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: stranger, Gid: stranger}}
	return cmd
}

// A tracer of another user may do with root's owner what it may do itself: trace
// its own processes, but not root's, and no program that gains privileges.
func TestRightsOfOthers(t *testing.T) {
	dir := systemOwner(t)
	pid := target(t)
	o := finish(t, asStranger(t, dir, "run", "--", "strace", "-p", fmt.Sprint(pid)))
	if o.status != 1 || !strings.Contains(o.stderr, "Operation not permitted") {
		t.Errorf("a process of root's: %+v", o)
	}
	o = finish(t, asStranger(t, dir, "run", "--", "strace", "-f", "-e", "trace=getppid,kill", "sh", "-c", "kill -0 $$; exit 3"))
	if o.status != 3 || !strings.Contains(o.stderr, "kill(") {
		t.Errorf("its own process: %+v", o)
	}

	program := setUserID(t, dir)
	// What a tracer starts itself has no_new_privs, as the kernel demands for the
	// filter, and gains nothing.
	o = finish(t, asStranger(t, dir, "run", "--", "strace", "-f", "-e", "trace=kill", program, "-0", "1"))
	if o.status != 1 || !strings.Contains(o.stderr, "kill(1, 0)") {
		t.Errorf("a set-user-id program that is started by the tracer: %+v", o)
	}
	// What it attaches to is lost to it.
	subject := exec.Command("/bin/sh", "-c", "read x; exec "+program+" -0 1")
	subject.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: stranger, Gid: stranger}}
	input, err := subject.StdinPipe()
	if err == nil {
		err = subject.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	tracer := asStranger(t, dir, "run", "--", "strace", "-e", "trace=read,execve,kill", "-p", fmt.Sprint(subject.Process.Pid))
	output, err := os.Create(filepath.Join(t.TempDir(), "said"))
	if err != nil {
		t.Fatal(err)
	}
	defer output.Close()
	said := func(text string) bool {
		all, err := os.ReadFile(output.Name())
		return err == nil && bytes.Contains(all, []byte(text))
	}
	tracer.Stderr = output
	if err := tracer.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the call that the subject is in", func() bool { return said("read(0") })
	input.Write([]byte("\n"))
	if err := subject.Wait(); err != nil {
		t.Errorf("the set-user-id program ended with %v: it has lost its privileges", err)
	}
	tracer.Process.Signal(syscall.SIGINT)
	tracer.Wait()
	if said("kill(") {
		t.Error("it was traced with its privileges")
	}
}

// setUserID makes a set-user-id program of root's, which takes its privileges to
// succeed: by "-0 1" it asks whether it may send signals to init.
func setUserID(t *testing.T, dir string) string {
	t.Helper()
	program := filepath.Join(dir, "privileged")
	text, err := os.ReadFile("/bin/kill")
	if err == nil {
		err = os.WriteFile(program, text, 0o755)
	}
	if err == nil {
		err = os.Chmod(program, 0o755|os.ModeSetuid)
	}
	if err != nil {
		t.Fatal(err)
	}
	return program
}

// In a shell of a user without privileges, set-user-id programs gain none.
func TestShellWithoutPrivileges(t *testing.T) {
	dir := systemOwner(t)
	program := setUserID(t, dir)
	plain := exec.Command(program, "-0", "1")
	plain.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: stranger, Gid: stranger}}
	if err := plain.Run(); err != nil {
		t.Fatalf("without utrace: %v", err)
	}
	cmd := asStranger(t, dir, "shell")
	cmd.Env = append(cmd.Env, "SHELL=/bin/sh")
	cmd.Stdin = strings.NewReader(program + " -0 1; echo $?; grep NoNewPrivs /proc/self/status\n")
	o := finish(t, cmd)
	if o.status != 0 || o.stdout != "1\nNoNewPrivs:\t1\n" {
		t.Errorf("in a virtual shell: %+v", o)
	}
}
