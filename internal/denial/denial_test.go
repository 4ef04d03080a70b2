package denial

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/internal/ptrace"
)

func TestJudge(t *testing.T) {
	person := procfs.Status{Group: 10, UIDs: [4]int{1000, 1000, 1000, 1000}, GIDs: [4]int{100, 100, 100, 100}}
	root := procfs.Status{Group: 11, Effective: ^uint64(0), Permitted: ^uint64(0)}
	other := procfs.Status{Group: 12, UIDs: [4]int{4000001, 4000001, 4000001, 4000001}}
	friend := person
	friend.Group = 13
	base := facts{exists: true, self: person, target: friend, sameNamespace: true, yama: -1}
	with := func(change func(*facts)) facts { f := base; change(&f); return f }
	for name, c := range map[string]struct {
		facts facts
		rule  Rule
		text  string
	}{
		"gone":         {facts{}, NoThread, "no such thread"},
		"kernel":       {with(func(f *facts) { f.kernel = true; f.target.Name = "kswapd0" }), KernelThread, "kswapd0"},
		"own":          {with(func(f *facts) { f.target = person }), OwnProcess, "own process"},
		"namespace":    {with(func(f *facts) { f.self, f.target, f.sameNamespace = root, other, false }), OtherNamespace, "namespace"},
		"user":         {with(func(f *facts) { f.target = other }), OtherUser, "4000001"},
		"set-user-ID":  {with(func(f *facts) { f.target.UIDs = [4]int{1000, 0, 0, 0} }), OtherUser, "may act as user root"},
		"group":        {with(func(f *facts) { f.target.GIDs[2] = 7 }), OtherUser, "it has group 7, and the tracer group 100"},
		"dumpable":     {with(func(f *facts) { f.notDumpable = true }), NotDumpable, "PR_SET_DUMPABLE"},
		"capabilities": {with(func(f *facts) { f.target.Permitted = 1 }), Capabilities, "capabilities"},
		"yama 1":       {with(func(f *facts) { f.yama = 1 }), Yama, "PR_SET_PTRACER"},
		"yama 2":       {with(func(f *facts) { f.yama, f.descendant = 2, true }), Yama, "CAP_SYS_PTRACE"},
		"yama 3":       {with(func(f *facts) { f.self, f.yama = root, 3 }), Yama, "reboot"},
		"zombie":       {with(func(f *facts) { f.target.State = 'Z' }), Zombie, "reaped"},
		"traced":       {with(func(f *facts) { f.target.Tracer, f.tracerName = 99, "gdb" }), Traced, "process 99 (gdb)"},
		"filter":       {with(func(f *facts) { f.tracerFiltered = true }), TracerFiltered, "seccomp"},
		"nothing":      {base, Unknown, "security module"},
	} {
		e := c.facts.judge()
		if e.Rule != c.rule || !strings.Contains(e.Error(), c.text) {
			t.Errorf("%s: rule %d, %q", name, e.Rule, e.Error())
		}
	}
}

// child starts a cat that ends with the test.
func child(t *testing.T) *exec.Cmd {
	command := exec.Command("cat")
	stdin, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stdin.(io.Closer).Close(); command.Wait() })
	return command
}

func refused(t *testing.T, tid int, rule Rule, errno syscall.Errno) {
	t.Helper()
	err := Explain(tid, ptrace.Seize(tid, 0))
	var e *Error
	if !errors.As(err, &e) || e.Rule != rule || e.TID != tid || !errors.Is(err, errno) {
		t.Errorf("thread %d: %v (%#v), want rule %d", tid, err, e, rule)
		return
	}
	t.Log(err)
}

func TestExplain(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()

	refused(t, unix.Getpid(), OwnProcess, syscall.EPERM)
	refused(t, 1<<22+1, NoThread, syscall.ESRCH)

	// A second tracer of a thread is refused, even if it is the same.
	command := child(t)
	if err := ptrace.Seize(command.Process.Pid, 0); err != nil {
		t.Fatal(err)
	}
	refused(t, command.Process.Pid, Traced, syscall.EPERM)
	if err := ptrace.Interrupt(command.Process.Pid); err != nil {
		t.Fatal(err)
	}
	var status unix.WaitStatus
	if _, err := ptrace.Wait(command.Process.Pid, &status, ptrace.WaitAll); err != nil {
		t.Fatal(err)
	}
	if err := ptrace.Detach(command.Process.Pid, 0); err != nil {
		t.Fatal(err)
	}

	dead := exec.Command("true")
	if err := dead.Start(); err != nil {
		t.Fatal(err)
	}
	if err := unix.Waitid(unix.P_PID, dead.Process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil); err != nil {
		t.Fatal(err)
	}
	refused(t, dead.Process.Pid, Zombie, syscall.EPERM)
	dead.Wait()
}

func TestExplainKernelThread(t *testing.T) {
	s, err := procfs.ReadStat(2)
	if err != nil || !s.Kernel() {
		t.Logf("no kernel thread is visible here (%v, %v): only the table is tested", s.Name, err)
		return
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	refused(t, 2, KernelThread, syscall.EPERM)
}

func TestExplainPassesOthers(t *testing.T) {
	for _, err := range []error{nil, os.ErrClosed, syscall.EIO} {
		if got := Explain(1, err); got != err {
			t.Errorf("%v became %v", err, got)
		}
	}
}
