package limits

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/internal/actor"
	"github.com/utrace/utrace/internal/procfs"
)

// children waits until a process has n children.
func (t *tracer) children(pid, n int) []int {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		list, err := procfs.Children(pid)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) == n {
			return list
		}
	}
	t.Fatalf("process %d has not %d children", pid, n)
	return nil
}

// TestVforkParent: a parent that waits for its vfork child sleeps so deeply
// that no tracer can wake it. The stop comes when the child lets it go.
func TestVforkParent(t *testing.T) {
	k := newTracer(t, utrace.Options{})
	p := actor.Start(k, `vfork { barrier child }; spin`)
	if !p.Expect("@child") {
		t.FailNow()
	}
	k.await(p.PID, "the parent waits", inState('D'))
	e := k.attach(p.PID, utrace.EventReap, idle())
	if err := e.Control(k.ctx, utrace.Stop); !errors.Is(err, utrace.ErrInProgress) {
		t.Fatalf("stop: %v", err)
	}
	for range 20 {
		if s := k.status(p.PID); s.State != 'D' {
			t.Fatalf("the parent is in state %c", s.State)
		}
		time.Sleep(time.Millisecond)
	}
	p.Release()
	if err := e.WaitStopped(k.ctx); err != nil {
		t.Fatal(err)
	}
}

// TestKernelThread: the kernel's own threads cannot be traced.
func TestKernelThread(t *testing.T) {
	k := newTracer(t, utrace.Options{})
	const kthreadd = 2
	if s, err := procfs.ReadStat(kthreadd); err != nil || !s.Kernel() {
		t.Skip("in this PID namespace there is no kernel thread")
	}
	if _, err := k.core.Attach(k.ctx, kthreadd, idle()); !errors.Is(err, utrace.ErrNotPermitted) || !strings.Contains(err.Error(), "kernel") {
		t.Errorf("attaching to a kernel thread: %v", err)
	}
}

// napArgument has the test binary be a program for the tests below.
const napArgument = "-nap"

// nap starts a child in a way that no tracer is told of, and one that it is told
// of, when it is told to begin; then it waits with a timeout.
func nap() {
	const cloneUntraced = 0x800000
	os.Stdin.Read(make([]byte, 1))
	for _, flags := range []uintptr{0, cloneUntraced} {
		cmd := exec.Command("/bin/sleep", "60")
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: flags, Pdeathsig: syscall.SIGKILL}
		if err := cmd.Start(); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println("child", cmd.Process.Pid)
	}
	epoll, err := syscall.EpollCreate1(0)
	if err != nil {
		fmt.Println(err)
		return
	}
	begin := time.Now()
	n, err := syscall.EpollWait(epoll, make([]syscall.EpollEvent, 1), int(napTime.Milliseconds()))
	fmt.Println("slept", time.Since(begin).Milliseconds(), n, err)
	os.Stdin.Read(make([]byte, 1))
}

const napTime = time.Second

// napper starts nap under a tree of engines without events, and returns the
// lines that it prints.
func napper(t *testing.T) (k *tracer, group *utrace.Group, pid int, lines func(n int) []string, proceed func()) {
	t.Helper()
	k = newTracer(t, utrace.Options{})
	out, in := t.TempDir()+"/out", t.TempDir()+"/in"
	if err := syscall.Mkfifo(in, 0o600); err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// The shell is the parent: who traces must not also be the parent.
	shell := exec.Command("/bin/sh", "-c", `GODEBUG=asyncpreemptoff=1 "$1" `+napArgument+` <>"$2" >"$3" & echo $!; wait`, "sh", self, in, out)
	stdout, err := shell.StdoutPipe()
	if err == nil {
		err = shell.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	var text [32]byte
	n, _ := stdout.Read(text[:])
	if pid, err = strconv.Atoi(strings.TrimSpace(string(text[:n]))); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		syscall.Kill(pid, syscall.SIGKILL)
		shell.Wait()
	})
	group, err = k.core.AttachGroup(k.ctx, pid, utrace.Tree, func(*utrace.Thread) any { return idle() })
	if err != nil {
		t.Fatal(err)
	}
	lines = func(n int) []string {
		for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
			text, _ := os.ReadFile(out)
			if list := strings.Split(string(text), "\n"); len(list) > n {
				return list[:n]
			}
		}
		t.Fatalf("the program does not print %d lines", n)
		return nil
	}
	proceed = func() {
		if err := os.WriteFile(in, []byte{0}, 0); err != nil {
			t.Fatal(err)
		}
	}
	return k, group, pid, lines, proceed
}

// TestUntracedChild: CLONE_UNTRACED makes children that no tracer hears of.
func TestUntracedChild(t *testing.T) {
	k, _, _, lines, proceed := napper(t)
	proceed()
	var traced []bool
	for _, line := range lines(2) {
		pid, err := strconv.Atoi(strings.TrimPrefix(line, "child "))
		if err != nil {
			t.Fatal(line)
		}
		traced = append(traced, k.traces(pid))
	}
	if want := []bool{true, false}; !slices.Equal(traced, want) {
		t.Errorf("children traced: %v; want %v", traced, want)
	}
}

// TestTimeoutBeginsAnew: calls that the kernel does not restart itself are
// restarted by us, with their whole timeout.
func TestTimeoutBeginsAnew(t *testing.T) {
	k, group, pid, lines, proceed := napper(t)
	proceed()
	lines(2)
	time.Sleep(napTime / 2)
	for _, e := range group.Engines() {
		if e.Thread().Group() == pid {
			k.stop(e)
			k.resume(e)
		}
	}
	var slept, n int
	var problem string
	if _, err := fmt.Sscan(strings.TrimPrefix(lines(3)[2], "slept "), &slept, &n, &problem); err != nil {
		t.Fatal(err)
	}
	if slept := time.Duration(slept) * time.Millisecond; slept < napTime*5/4 {
		t.Errorf("it slept for %v of %v; the whole timeout should have begun anew", slept, napTime)
	}
	if n != 0 || problem != "<nil>" {
		t.Errorf("epoll_wait returned %d, %v", n, problem)
	}
}
