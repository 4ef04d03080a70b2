package main

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// asTracer has the test binary be a small tracer, where there is no other.
const asTracer = "UTRACE_TEST_AS_TRACER"

// traceForks starts a program under ptrace(2), follows its forks, and says how many
// there were and how the program ended. With "-p" it tries to attach to a process.
func traceForks(args []string) (status int) {
	runtime.LockOSThread()
	if args[0] == "-p" {
		pid := 0
		fmt.Sscan(args[1], &pid)
		fmt.Println("attached:", syscall.PtraceAttach(pid))
		return 0
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true}
	if err := cmd.Start(); err != nil {
		fmt.Println("start:", err)
		return 1
	}
	forks := 0
	for {
		var st syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &st, syscall.WALL, nil)
		switch {
		case err != nil:
			fmt.Println("wait:", err)
			return 1
		case pid == cmd.Process.Pid && (st.Exited() || st.Signaled()):
			fmt.Printf("forks %d, status %d\n", forks, st.ExitStatus())
			return st.ExitStatus()
		case !st.Stopped():
			continue
		}
		signal := 0
		switch {
		case st.TrapCause() > 0:
			forks++
		case st.StopSignal() == syscall.SIGTRAP:
			const options = syscall.PTRACE_O_TRACEFORK | syscall.PTRACE_O_TRACEVFORK | syscall.PTRACE_O_TRACECLONE
			if err := syscall.PtraceSetOptions(pid, options); err != nil {
				fmt.Println("options:", err)
				return 1
			}
		case st.StopSignal() != syscall.SIGSTOP:
			signal = int(st.StopSignal())
		}
		if err := syscall.PtraceCont(pid, signal); err != nil {
			fmt.Println("continue:", err)
			return 1
		}
	}
}

// yamaScope skips a test that is about another scope than Yama's.
func yamaScope(t *testing.T, want string) {
	t.Helper()
	const file = "/proc/sys/kernel/yama/ptrace_scope"
	switch text := strings.TrimSpace(readText(file)); text {
	case want:
	case "":
		t.Skip("this kernel has no Yama; make test-x86_64-6.1 boots one that has")
	default:
		t.Skipf("%s is %s; this is about %s", file, text, want)
	}
}

// restricted are commands of a user without privileges, and their owner.
type restricted struct {
	t      *testing.T
	dir    string
	socket string
	// tracer is the command line of a small tracer.
	tracer []string
}

func newRestricted(t *testing.T) *restricted {
	t.Helper()
	dir := forStrangers(t)
	own := filepath.Join(dir, "own")
	if err := os.Mkdir(own, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(own, stranger, stranger); err != nil {
		t.Fatal(err)
	}
	return &restricted{t, dir, filepath.Join(own, "owner"), []string{"/usr/bin/env", asTracer + "=1", filepath.Join(dir, "utrace")}}
}

func (r *restricted) command(args ...string) *exec.Cmd {
	cmd := asStranger(r.t, r.dir, args...)
	cmd.Env = append(cmd.Env, "UTRACE_SOCKET="+r.socket)
	return cmd
}

func (r *restricted) utrace(args ...string) outcome {
	r.t.Helper()
	return finish(r.t, r.command(args...))
}

// subject starts a program of that user's which is nobody's descendant.
func (r *restricted) subject() (pid string) {
	r.t.Helper()
	cmd := exec.Command("/bin/sleep", "1000")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: stranger, Gid: stranger}}
	if err := cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	return fmt.Sprint(cmd.Process.Pid)
}

// refused checks that a command names the rule and what can be done about it.
func (r *restricted) refused(o outcome, status int, remedy string, what any) {
	r.t.Helper()
	if o.status != status || !strings.Contains(o.stderr, "Yama") || !strings.Contains(o.stderr, "ptrace_scope") || !strings.Contains(o.stderr, remedy) {
		r.t.Errorf("%v: %+v, want status %d, and the remedy %q", what, o, status, remedy)
	}
}

// killOwner kills the process that listens on the socket; the kernel knows which.
func (r *restricted) killOwner() {
	r.t.Helper()
	c, err := net.Dial("unix", r.socket)
	if err != nil {
		r.t.Fatal(err)
	}
	defer c.Close()
	raw, err := c.(*net.UnixConn).SyscallConn()
	if err != nil {
		r.t.Fatal(err)
	}
	var owner *syscall.Ucred
	if err := raw.Control(func(fd uintptr) {
		owner, _ = syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	}); err != nil || owner == nil {
		r.t.Fatalf("no owner: %v", err)
	}
	if err := syscall.Kill(int(owner.Pid), syscall.SIGKILL); err != nil {
		r.t.Fatal(err)
	}
}

// TestYama: where Yama lets a process trace its descendants only, the owner of a
// user without privileges serves whom it is invited by, with all that is started
// from there, and nobody else.
func TestYama(t *testing.T) {
	yamaScope(t, "1")
	r := newRestricted(t)
	run := append([]string{"run", "--"}, r.tracer...)

	// One tracer in another: each sees the forks of what it has started, and the
	// outer one those of the inner one, too.
	o := r.utrace(append(append(run, r.tracer...), "/bin/sh", "-c", "(exit 3); (exit 4); exit 5")...)
	if o.status != 5 || !strings.Contains(o.stdout, "forks 2, status 5") || strings.Count(o.stdout, "status 5") != 2 {
		t.Errorf("a tracer in a tracer: %+v", o)
	}
	// A shell's other children may be traced by nobody but their ancestors.
	tracer := strings.Join(r.tracer, " ")
	o = r.utrace("run", "--", "/bin/sh", "-c", "sleep 100 & "+tracer+" -p $!; "+tracer+" -p $$; kill $!")
	if strings.Count(o.stdout, "operation not permitted") != 2 {
		t.Errorf("processes that are no descendants: %+v", o)
	}
	// Somebody else's program: the rule is named by our own commands.
	r.refused(r.utrace("strace", "-p", r.subject()), 1, "PR_SET_PTRACER", "a process that is no descendant")
	o = r.utrace("strace", "-f", "--mode=stop", "-e", "trace=exit_group", "/bin/sh", "-c", "(exit 3); exit 4")
	if o.status != 4 || !strings.Contains(o.stderr, "exit_group(3)") {
		t.Errorf("a program that it has started: %+v", o)
	}
	ownerEnds(t, r.socket) // what is served ends, and then the owner
}

// TestYamaSuccessor: when the owner of a user without privileges is killed, programs
// that run go on, but its successor is nobody's ancestor and may trace none of them.
// It serves what is started anew.
func TestYamaSuccessor(t *testing.T) {
	yamaScope(t, "1")
	r := newRestricted(t)
	tracer := strings.Join(r.tracer, " ")
	cmd := r.command("run", "--", "/bin/sh", "-c", "echo ready; read line; "+tracer+" /bin/sh -c 'exit 6'; echo $?; sleep 100 & echo $!; read line; kill $!; exit 7")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	next := func() string {
		t.Helper()
		if !lines.Scan() {
			t.Fatalf("the program has ended: %s", said.String())
		}
		return lines.Text()
	}
	if line := next(); line != "ready" {
		t.Fatal(line)
	}
	r.killOwner()
	r.utrace("ps") // waits until the successor serves
	fmt.Fprintln(in)
	if line := next(); !strings.Contains(line, "operation not permitted") {
		t.Errorf("a tracer that was there before the successor: %s", line)
	}
	next() // its status
	r.refused(r.utrace("strace", "--mode=stop", "-p", next()), 1, "CAP_SYS_PTRACE", "a program that was there before the successor")
	fmt.Fprintln(in)
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != 7 {
		t.Errorf("the program: %v, %s", err, said.String())
	}
	if o := r.utrace(append(append([]string{"run", "--"}, r.tracer...), "/bin/sh", "-c", "(exit 3); exit 5")...); o.status != 5 || !strings.Contains(o.stdout, "forks 1, status 5") {
		t.Errorf("a tracer that is started anew: %+v", o)
	}
	ownerEnds(t, r.socket)
}

// TestYamaAdministrator: with scope 2 nobody traces without CAP_SYS_PTRACE, and every
// command says so. An owner that has it serves as ever.
func TestYamaAdministrator(t *testing.T) {
	yamaScope(t, "2")
	r := newRestricted(t)
	pid := r.subject()
	for status, list := range refusedByYama(pid) {
		for _, args := range list {
			r.refused(r.utrace(args...), status, "CAP_SYS_PTRACE", args)
		}
	}
	socket := filepath.Join(t.TempDir(), "owner")
	o := at(t, socket, append(append([]string{"run", "--"}, r.tracer...), "/bin/sh", "-c", "(exit 3); exit 5")...)
	if o.status != 5 || !strings.Contains(o.stdout, "forks 1, status 5") {
		t.Errorf("root's tracer: %+v", o)
	}
	if o := at(t, socket, "stack", "-p", pid); o.status != 0 {
		t.Errorf("root's stack: %+v", o)
	}
	ownerEnds(t, socket)
}

// TestYamaNobody: with scope 3 nobody traces, root included.
func TestYamaNobody(t *testing.T) {
	yamaScope(t, "3")
	r := newRestricted(t)
	socket := filepath.Join(t.TempDir(), "owner")
	for status, list := range refusedByYama(r.subject()) {
		for _, args := range list {
			r.refused(r.utrace(args...), status, "reboot", args)
			r.refused(at(t, socket, args...), status, "reboot", append(args, "as root"))
		}
	}
}

// refusedByYama are commands that trace, and the status with which they fail.
func refusedByYama(pid string) map[int][][]string {
	return map[int][][]string{
		125: {{"run", "--", "/bin/true"}},
		1:   {{"strace", "--mode=stop", "-p", pid}, {"strace", "--mode=stop", "/bin/true"}, {"stack", "-p", pid}, {"hold", "/bin/true"}},
	}
}
