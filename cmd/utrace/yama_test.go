package main

import (
	"fmt"
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

// TestYama: where Yama lets a process trace its descendants only, the owner of a
// user without privileges serves whom it is invited by, with all that is started
// from there, and nobody else.
func TestYama(t *testing.T) {
	const file = "/proc/sys/kernel/yama/ptrace_scope"
	switch text := strings.TrimSpace(readText(file)); text {
	case "1":
	case "":
		t.Skip("this kernel has no Yama; make test-x86_64-6.1 boots one that has")
	default:
		t.Skipf("%s is %s; this is about 1", file, text)
	}
	dir := forStrangers(t)
	own := filepath.Join(dir, "own")
	if err := os.Mkdir(own, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(own, stranger, stranger); err != nil {
		t.Fatal(err)
	}
	tracer := []string{"/usr/bin/env", asTracer + "=1", filepath.Join(dir, "utrace")}
	utrace := func(args ...string) outcome {
		cmd := asStranger(t, dir, args...)
		cmd.Env = append(cmd.Env, "UTRACE_SOCKET="+filepath.Join(own, "owner"))
		return finish(t, cmd)
	}
	as := func(args ...string) *exec.Cmd {
		cmd := exec.Command(args[0], args[1:]...)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: stranger, Gid: stranger}}
		return cmd
	}
	run := append([]string{"run", "--"}, tracer...)

	// One tracer in another: each sees the forks of what it has started, and the
	// outer one those of the inner one, too.
	o := utrace(append(append(run, tracer...), "/bin/sh", "-c", "(exit 3); (exit 4); exit 5")...)
	if o.status != 5 || !strings.Contains(o.stdout, "forks 2, status 5") || strings.Count(o.stdout, "status 5") != 2 {
		t.Errorf("a tracer in a tracer: %+v", o)
	}
	// A shell's other children may be traced by nobody but their ancestors.
	o = utrace("run", "--", "/bin/sh", "-c", "sleep 100 & "+strings.Join(tracer, " ")+" -p $!; "+strings.Join(tracer, " ")+" -p $$; kill $!")
	if strings.Count(o.stdout, "operation not permitted") != 2 {
		t.Errorf("processes that are no descendants: %+v", o)
	}
	// Somebody else's program: the rule is named by our own commands.
	subject := as("/bin/sleep", "100")
	if err := subject.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { subject.Process.Kill(); subject.Wait() }()
	o = utrace("strace", "-p", fmt.Sprint(subject.Process.Pid))
	if o.status != 1 || !strings.Contains(o.stderr, "Yama") || !strings.Contains(o.stderr, "ptrace_scope") {
		t.Errorf("a process that is no descendant: %+v", o)
	}
	o = utrace("strace", "-f", "--mode=stop", "-e", "trace=exit_group", "/bin/sh", "-c", "(exit 3); exit 4")
	if o.status != 4 || !strings.Contains(o.stderr, "exit_group(3)") {
		t.Errorf("a program that it has started: %+v", o)
	}
	// What is served ends, and then the owner.
	eventually(t, "the owner's end", func() bool {
		_, err := os.Lstat(filepath.Join(own, "owner"))
		return os.IsNotExist(err)
	})
}
