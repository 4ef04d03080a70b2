package scenarios_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/utrace/utrace/internal/actor"
	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/internal/scale"
)

// limit is how long anything may take before a test fails: the kernel answers
// in microseconds, but the machine may be busy.
var limit = scale.Time(20 * time.Second)

// helpers are the roles that a copy of this program can play in a test: see
// helper.
var helpers = map[string]func(args []string) int{}

// helperVariable names the role in the environment.
const helperVariable = "UTRACE_SCENARIO_HELPER"

// TestMain runs the tests and checks, once more after the checks of each test,
// that nothing has been left behind.
func TestMain(m *testing.M) {
	if role := os.Getenv(helperVariable); role != "" {
		os.Exit(helpers[role](os.Args[1:]))
	}
	if r, w, err := os.Pipe(); err == nil { // the runtime now has its poller
		r.Close()
		w.Close()
	}
	before := look()
	code := m.Run()
	if left := before.awaitClean(); left != "" && code == 0 {
		fmt.Println("the tests left behind:", left)
		code = 1
	}
	os.Exit(code)
}

// leakCheck has a test fail that leaves something behind. It has to come first
// in the test, so that its own end comes last.
func leakCheck(t *testing.T) {
	t.Helper()
	before := look()
	t.Cleanup(func() {
		if left := before.awaitClean(); left != "" {
			t.Errorf("the test left behind: %s", left)
		}
	})
}

// belongings is what a test may leave behind.
type belongings struct {
	goroutines, descriptors int
}

func look() belongings {
	files, _ := os.ReadDir("/proc/self/fd")
	return belongings{runtime.NumGoroutine(), len(files)}
}

// awaitClean waits until there is no more than there was, and no child and
// tracee at all. It says what is left after a while.
func (b belongings) awaitClean() (left string) {
	for deadline := time.Now().Add(limit / 2); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		if left = b.left(); left == "" {
			break
		}
	}
	return left
}

func (b belongings) left() string {
	now := look()
	switch {
	case now.goroutines > b.goroutines:
		buf := make([]byte, 1<<16)
		return fmt.Sprintf("%d goroutines:\n%s", now.goroutines-b.goroutines, buf[:runtime.Stack(buf, true)])
	case now.descriptors > b.descriptors:
		var names []string
		files, _ := os.ReadDir("/proc/self/fd")
		for _, f := range files {
			name, _ := os.Readlink("/proc/self/fd/" + f.Name())
			names = append(names, name)
		}
		return fmt.Sprintf("%d descriptors of %q", now.descriptors-b.descriptors, names)
	}
	self := os.Getpid()
	threads, _ := procfs.Threads(self)
	for _, tid := range threads {
		if children, _ := procfs.Children(tid); len(children) != 0 {
			return fmt.Sprintf("child processes %v", children)
		}
	}
	return tracees(self)
}

// tracees says which threads this process traces, its own children or not.
func tracees(self int) string {
	all, _ := filepath.Glob("/proc/[0-9]*/task/[0-9]*")
	for _, dir := range all {
		tid, _ := strconv.Atoi(filepath.Base(dir))
		if s, err := procfs.ReadStatus(tid); err == nil && tracer(tid) == self {
			return fmt.Sprintf("thread %d (%s), traced, state %c", tid, s.Name, s.State)
		}
	}
	return ""
}

// until waits for a condition that the kernel brings about.
func until(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(limit); !holds(); time.Sleep(200 * time.Microsecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", limit, what)
		}
	}
}

// status reads the state of a thread; of one that is gone it is zero.
func status(tid int) procfs.Status {
	if tid == 0 {
		return procfs.Status{}
	}
	s, _ := procfs.ReadStatus(tid)
	return s
}

// untilState waits until the thread's state is one of these letters.
func untilState(t testing.TB, tid int, letters string) {
	t.Helper()
	until(t, fmt.Sprintf("thread %d in state %s", tid, letters), func() bool {
		return strings.IndexByte(letters, status(tid).State) >= 0
	})
}

// untilIn waits until the thread sleeps in one of these system calls.
func untilIn(t testing.TB, tid int, calls ...string) {
	t.Helper()
	var numbers []int64
	for _, name := range calls {
		numbers = append(numbers, actor.Numbers(name)...)
	}
	until(t, fmt.Sprintf("thread %d in a call of %v", tid, calls), func() bool {
		call, err := procfs.ReadSyscall(tid)
		return err == nil && !call.Running && slices.Contains(numbers, call.Number) && status(tid).State == 'S'
	})
}

// untilGone waits until no thread has the id.
func untilGone(t testing.TB, tid int) {
	t.Helper()
	until(t, fmt.Sprintf("the end of %d", tid), func() bool { return syscall.Kill(tid, 0) == syscall.ESRCH })
}

// tracer is the process that traces a thread, 0 if there is none. (The kernel
// names the thread that does.)
func tracer(tid int) int { return status(status(tid).Tracer).Group }

// checkFree fails unless the thread is traced by nobody and not stopped.
func checkFree(t testing.TB, tid int) {
	t.Helper()
	until(t, fmt.Sprintf("thread %d is let go", tid), func() bool { return status(tid).Tracer == 0 })
	if s := status(tid); s.State == 't' || s.State == 'T' {
		t.Errorf("thread %d was let go in state %c", tid, s.State)
	}
}
