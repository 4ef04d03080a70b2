package launch

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/utrace/utrace/internal/scale"
)

func start(t *testing.T, cmd *Command) *Process {
	t.Helper()
	p, err := Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// field is a line of a process's status file.
func field(t *testing.T, pid int, name string) string {
	t.Helper()
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "\n"+name+":\t")
	value, _, _ := strings.Cut(rest, "\n")
	return value
}

func TestHeld(t *testing.T) {
	p := start(t, &Command{Path: "/bin/true"})
	// Handlers are gone, and it is still our program.
	if caught := field(t, p.PID(), "SigCgt"); strings.Trim(caught, "0") != "" {
		t.Errorf("a held process has handlers: %s", caught)
	}
	ours, err := os.Readlink("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	exe, err := os.Readlink("/proc/" + strconv.Itoa(p.PID()) + "/exe")
	if err != nil || exe != ours {
		t.Errorf("held in %s, %v", exe, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := p.Wait(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("wait with a cancelled context: %v", err)
	}
	for range 2 {
		if err := p.Release(); err != nil {
			t.Error(err)
		}
	}
	if err := p.ExecError(); err != nil {
		t.Error(err)
	}
	for range 2 {
		if status, err := p.Wait(context.Background()); err != nil || status.WaitStatus != 0 {
			t.Errorf("status %#x, %v", status.WaitStatus, err)
		}
	}
	for _, err := range []error{p.Kill(), p.Signal(0)} {
		if !errors.Is(err, ErrEnded) || !errors.Is(err, syscall.ESRCH) {
			t.Errorf("signal to a process that was reaped: %v", err)
		}
	}
}

func TestKilledWhileHeld(t *testing.T) {
	for range 20 {
		p := start(t, &Command{Path: "/bin/true"})
		if err := p.Kill(); err != nil {
			t.Error(err)
		}
		if err := p.ExecError(); err != ErrNotReleased {
			t.Errorf("exec of a killed process: %v", err)
		}
		if status, err := p.Wait(context.Background()); err != nil || status.Signal() != syscall.SIGKILL {
			t.Errorf("status %#x, %v", status.WaitStatus, err)
		}
		if err := p.Release(); err != ErrEnded {
			t.Errorf("release of a killed process: %v", err)
		}
	}
}

// Release and death at the same time have one of two outcomes.
func TestKillAgainstRelease(t *testing.T) {
	for range scale.Rounds(200) {
		p := start(t, &Command{Path: "/bin/true"})
		done := make(chan error)
		go func() { done <- p.Kill() }()
		release := p.Release()
		if err := <-done; err != nil && err != ErrEnded {
			t.Errorf("kill: %v", err)
		}
		switch err := p.ExecError(); {
		case release == nil && err == nil:
		case release == ErrEnded && err == ErrNotReleased:
		default:
			t.Errorf("release %v, exec %v", release, err)
		}
		status, err := p.Wait(context.Background())
		if err != nil || status.WaitStatus != 0 && status.Signal() != syscall.SIGKILL {
			t.Errorf("status %#x, %v", status.WaitStatus, err)
		}
	}
}

func TestParentDies(t *testing.T) {
	// The orphan becomes ours, so that we see how it ends.
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		t.Fatal(err)
	}
	defer unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
	parent := exec.Command(withEntry, "-hold", "/bin/true")
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	held, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	parent.Process.Kill()
	parent.Wait()
	var status unix.WaitStatus
	for {
		_, err := unix.Wait4(held, &status, 0, nil)
		if err == nil {
			break
		}
		if err != unix.EINTR {
			t.Fatal(err)
		}
	}
	if status.ExitStatus() != failStatus {
		t.Errorf("the held process ended with %#x", status)
	}
}

// tracer runs on a locked thread, as a tracer does.
func tracer(t *testing.T, f func() error) {
	t.Helper()
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		done <- f()
	}()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func ptrace(request, pid int, data uintptr) error {
	_, _, errno := unix.Syscall6(unix.SYS_PTRACE, uintptr(request), uintptr(pid), 0, data, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// waitOne waits as a tracer loop does.
func waitOne(pid int, status *syscall.WaitStatus, usage *syscall.Rusage) error {
	for {
		_, err := syscall.Wait4(pid, status, unix.WALL|unix.WNOTHREAD, usage)
		if err != syscall.EINTR {
			return err
		}
	}
}

func TestTraced(t *testing.T) {
	for range 30 {
		p := start(t, &Command{Path: "/bin/sh", Args: []string{"sh", "-c", "exit 3"}})
		p.Traced()
		waited := make(chan Status)
		go func() {
			status, err := p.Wait(context.Background())
			if err != nil {
				t.Error(err)
			}
			waited <- status
		}()
		tracer(t, func() error {
			var status syscall.WaitStatus
			if err := ptrace(unix.PTRACE_SEIZE, p.PID(), unix.PTRACE_O_TRACEEXEC); err != nil {
				return err
			}
			if err := p.Release(); err != nil {
				return err
			}
			if err := waitOne(p.PID(), &status, nil); err != nil {
				return err
			}
			if status>>8 != syscall.WaitStatus(syscall.SIGTRAP)|unix.PTRACE_EVENT_EXEC<<8 {
				t.Errorf("first stop: %#x", status)
			}
			if err := p.ExecError(); err != nil {
				t.Error(err)
			}
			if err := ptrace(unix.PTRACE_CONT, p.PID(), 0); err != nil {
				return err
			}
			var usage syscall.Rusage
			if err := waitOne(p.PID(), &status, &usage); err != nil {
				return err
			}
			p.Ended(status, &usage)
			return nil
		})
		if status := <-waited; status.ExitStatus() != 3 || status.Usage == nil {
			t.Errorf("status %#x", status.WaitStatus)
		}
	}
}

// After a detach the same Wait goes on by itself.
func TestUntraced(t *testing.T) {
	for range 30 {
		p := start(t, &Command{Path: "/bin/sh", Args: []string{"sh", "-c", "exit 4"}})
		p.Traced()
		waited := make(chan Status)
		go func() {
			status, err := p.Wait(context.Background())
			if err != nil {
				t.Error(err)
			}
			waited <- status
		}()
		tracer(t, func() error {
			if err := ptrace(unix.PTRACE_SEIZE, p.PID(), unix.PTRACE_O_TRACEEXEC); err != nil {
				return err
			}
			if err := p.Release(); err != nil {
				return err
			}
			var status syscall.WaitStatus
			if err := waitOne(p.PID(), &status, nil); err != nil {
				return err
			}
			if err := ptrace(unix.PTRACE_DETACH, p.PID(), 0); err != nil {
				return err
			}
			p.Untraced()
			return nil
		})
		if status := <-waited; status.ExitStatus() != 4 {
			t.Errorf("status %#x", status.WaitStatus)
		}
	}
}

// A tracer of another process reaps first; Wait comes to its result after it.
func TestTracedByAnother(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	p := start(t, &Command{Path: "/bin/cat", Files: []*os.File{r}})
	if err := errors.Join(p.Release(), p.ExecError()); err != nil {
		t.Error(err)
	}
	other := exec.Command(withoutEntry, "-seize", strconv.Itoa(p.PID()))
	stdin, err := other.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := other.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(stdout).ReadString('\n'); line != "seized\n" {
		t.Errorf("the other tracer: %q, %v", line, err)
	}

	w.Close() // cat ends, and is a zombie that only its tracer sees
	poll := []unix.PollFd{{Fd: int32(p.handle.Fd()), Events: unix.POLLIN}}
	for {
		if _, err := unix.Poll(poll, -1); err != unix.EINTR {
			break
		}
	}
	waited := make(chan error)
	go func() {
		status, err := p.Wait(context.Background())
		if status.WaitStatus != 0 {
			t.Errorf("status %#x", status.WaitStatus)
		}
		waited <- err
	}()
	select {
	case err := <-waited:
		t.Fatalf("the end was seen before the tracer saw it: %v", err)
	default:
	}
	stdin.Close()
	if err := <-waited; err != nil {
		t.Error(err)
	}
	if err := other.Wait(); err != nil {
		t.Error(err)
	}
}

// Somebody reaped, and did not say so.
func TestReapedBehindOurBack(t *testing.T) {
	p := start(t, &Command{Path: "/bin/true"})
	if err := p.Release(); err != nil {
		t.Error(err)
	}
	var status unix.WaitStatus
	for {
		if _, err := unix.Wait4(p.PID(), &status, 0, nil); err != unix.EINTR {
			break
		}
	}
	if _, err := p.Wait(context.Background()); !errors.Is(err, unix.ECHILD) {
		t.Errorf("wait: %v", err)
	}
	p.Ended(0, nil)
	if _, err := p.Wait(context.Background()); err != nil {
		t.Error(err)
	}
}
