package linux

import (
	"fmt"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/utrace/utrace/internal/leak"
	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/internal/scale"
	"github.com/utrace/utrace/internal/testlog"
	"github.com/utrace/utrace/tracehook"
)

// limit is how long anything may take before a test fails: the kernel answers
// in microseconds, but the machine may be busy.
var limit = scale.Time(20 * time.Second)

const all = tracehook.WantSyscalls | tracehook.WantClones | tracehook.WantVforkDone | tracehook.WantExit

// rig is a loop with a handler that a test writes as a function.
type rig struct {
	*testing.T
	loop  *Loop
	ended chan error

	// handle answers an event, on the loop. Events that it returns false for
	// are resumed as a tracer does that only looks on.
	handle func(ev *tracehook.Event) bool

	closing sync.Once

	events testlog.Log
}

func newRig(t *testing.T, handle func(ev *tracehook.Event) bool) *rig {
	t.Helper()
	r := &rig{T: t, handle: handle, ended: make(chan error, 1)}
	l, err := New().NewLoop(r)
	if err != nil {
		t.Fatal(err)
	}
	r.loop = l.(*Loop)
	go func() { r.ended <- r.loop.Run() }()
	t.Cleanup(r.close)
	return r
}

// close ends the loop and waits for that.
func (r *rig) close() { r.closing.Do(r.end) }

func (r *rig) end() {
	r.loop.Close()
	select {
	case err := <-r.ended:
		if err != nil {
			r.Error(err)
		}
	case <-time.After(limit):
		r.Errorf("the loop does not end")
	}
	if r.Failed() {
		r.Log(r.history())
	}
}

// Handle is the handler of the loop.
func (r *rig) Handle(ev *tracehook.Event) {
	r.events.Printf("%s", describe(ev))
	if r.handle == nil || !r.handle(ev) {
		goOn(ev)
	}
}

func goOn(ev *tracehook.Event) {
	switch {
	case !ev.Kind.Stops():
	case ev.Kind == tracehook.GroupStop:
		ev.Task.Resume(tracehook.Listen, 0)
	case ev.Kind == tracehook.Signal && ev.Trap != tracehook.NoTrap:
		ev.Task.Resume(tracehook.Run, 0)
	default:
		if ev.Child != nil {
			ev.Child.Resume(tracehook.Run, 0)
		}
		ev.Task.Resume(tracehook.Run, ev.Signal)
	}
}

// describe makes a line of the log.
func describe(ev *tracehook.Event) string {
	s := fmt.Sprintf("%d %v", ev.Task.ID(), ev.Kind)
	switch ev.Kind {
	case tracehook.SyscallEntry:
		s += fmt.Sprintf(" %d", ev.Syscall.Nr)
		if ev.Restarted {
			s += " restarted"
		}
	case tracehook.SyscallExit:
		s += fmt.Sprintf(" %d = %d", int64(ev.Syscall.Nr), ev.Syscall.Result)
		if !ev.Syscall.Paired {
			s += " unpaired"
		}
	case tracehook.Signal, tracehook.GroupStop:
		s += fmt.Sprintf(" %d", ev.Signal)
		if ev.Trap != tracehook.NoTrap {
			s += " " + ev.Trap.String()
		}
	case tracehook.Clone, tracehook.VforkDone:
		s += fmt.Sprintf(" %d flags %#x", ev.ChildID, ev.CloneFlags)
	case tracehook.Exec:
		s += fmt.Sprintf(" former %d", ev.Former)
	case tracehook.Exit, tracehook.Death, tracehook.Reap:
		s += fmt.Sprintf(" %#x", ev.Status)
		if ev.Kind == tracehook.Death {
			s += fmt.Sprintf(" parent %d", ev.ParentSignal)
		}
	}
	return s
}

func (r *rig) history() string {
	lines := r.events.Lines()
	if n := len(lines); n > 200 {
		return fmt.Sprintf("(%d more)\n", n-200) + strings.Join(lines[n-200:], "\n")
	}
	return strings.Join(lines, "\n")
}

// await waits until n lines of the log contain text.
func (r *rig) await(n int, text string) {
	r.Helper()
	if r.events.Await(n, text, limit) < n {
		r.Fatalf("event %q does not come %d times", text, n)
	}
}

// do runs f on the loop and waits for it.
func (r *rig) do(f func()) {
	r.Helper()
	done := make(chan struct{})
	if !r.loop.Post(func() { defer close(done); f() }) {
		r.Fatal("the loop has ended")
	}
	select {
	case <-done:
	case <-time.After(limit):
		r.Fatal("the loop does not answer")
	}
}

// attach attaches a thread, or with none given all of a process, and returns
// the task of the first.
func (r *rig) attach(id int, interest tracehook.Interest) (task tracehook.Task) {
	r.Helper()
	var err error
	r.do(func() {
		if task, err = r.loop.Attach(id, interest); err == nil {
			err = task.Interrupt()
		}
	})
	if err != nil {
		r.Fatal(err)
	}
	return task
}

// attachAll attaches all threads of a process.
func (r *rig) attachAll(pid int, interest tracehook.Interest) {
	r.Helper()
	ids, err := New().Threads(pid)
	if err != nil {
		r.Fatal(err)
	}
	if ids[0] != pid {
		r.Fatalf("threads of %d: %v", pid, ids)
	}
	for _, id := range ids {
		r.attach(id, interest)
	}
}

// asleep waits until a 64-bit thread sleeps in a system call other than read:
// with these scripts wait for the test, and for children that set a call up.
func asleep(t *testing.T, tid int) {
	t.Helper()
	asleepIn(t, tid, func(call procfs.Syscall) bool { return call.Number != syscall.SYS_READ })
}

// asleepIn waits until the thread sleeps in a system call like this.
func asleepIn(t *testing.T, tid int, like func(procfs.Syscall) bool) {
	t.Helper()
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); time.Sleep(100 * time.Microsecond) {
		stat, err := procfs.ReadStat(tid)
		if err != nil {
			t.Fatal(err)
		}
		call, err := procfs.ReadSyscall(tid)
		if err != nil {
			t.Fatal(err)
		}
		if stat.State == 'S' && !call.Running && like(call) {
			return
		}
	}
	t.Fatalf("thread %d does not go to sleep", tid)
}

// checkFree fails unless the thread is traced by nobody and not stopped.
func checkFree(t *testing.T, tid int) {
	t.Helper()
	s, err := procfs.ReadStatus(tid)
	if err != nil {
		t.Fatal(err)
	}
	if s.Tracer != 0 || s.State == 't' || s.State == 'T' {
		t.Errorf("thread %d: tracer %d, state %c", tid, s.Tracer, s.State)
	}
}

// checkStopped fails unless job control's stop holds the thread and nobody
// traces it. A detached thread wakes up for a moment to go into that stop by
// itself (__ptrace_unlink in kernel/ptrace.c).
func checkStopped(t *testing.T, tid int) {
	t.Helper()
	for deadline := time.Now().Add(limit); ; time.Sleep(100 * time.Microsecond) {
		s := readStatus(t, tid)
		if s.Tracer != 0 {
			t.Errorf("thread %d has tracer %d", tid, s.Tracer)
		}
		if s.State == 'T' {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("thread %d is in state %c", tid, s.State)
		}
	}
}

func TestMain(m *testing.M) { leak.Main(m) }

// eventually waits until a condition holds on the loop.
func (r *rig) eventually(holds func() bool) {
	r.Helper()
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		ok := false
		r.do(func() { ok = holds() })
		if ok {
			return
		}
	}
	r.Error("what should happen in the end does not")
}

func readStatus(t *testing.T, tid int) procfs.Status {
	t.Helper()
	s, err := procfs.ReadStatus(tid)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
