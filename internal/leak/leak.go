// Package leak looks for what tests leave behind: goroutines, descriptors,
// child processes and threads that are still traced.
package leak

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/internal/scale"
)

// patience is how long what is on its way to its end may take.
var patience = scale.Time(10 * time.Second)

// Main runs the tests of a package and fails if they leave anything behind. It
// is what a TestMain calls last.
func Main(m *testing.M) {
	// The runtime's poller is opened by whoever needs it first.
	if r, w, err := os.Pipe(); err == nil {
		r.Close()
		w.Close()
	}
	before := look()
	code := m.Run()
	if code == 0 {
		if left := before.await(); left != "" {
			fmt.Fprintln(os.Stderr, "the tests left behind:", left)
			code = 1
		}
	}
	os.Exit(code)
}

// belongings are what there was before.
type belongings struct {
	goroutines  int
	descriptors []string
}

func look() belongings {
	return belongings{runtime.NumGoroutine(), descriptors()}
}

// descriptors lists this process's open files.
func descriptors() (list []string) {
	entries, _ := os.ReadDir("/proc/self/fd")
	for _, e := range entries {
		// The directory itself is open while it is read.
		if target, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil && !strings.HasSuffix(target, "/fd") {
			list = append(list, e.Name()+" "+target)
		}
	}
	return list
}

// await gives what is ending its time and says what is left then.
func (b belongings) await() (left string) {
	runtime.GC() // files without an owner
	for deadline := time.Now().Add(patience); ; time.Sleep(2 * time.Millisecond) {
		if left = b.left(); left == "" || time.Now().After(deadline) {
			return left
		}
	}
}

func (b belongings) left() string {
	if n := runtime.NumGoroutine() - b.goroutines; n > 0 {
		stacks := make([]byte, 1<<16)
		return fmt.Sprintf("%d goroutines:\n%s", n, stacks[:runtime.Stack(stacks, true)])
	}
	after := descriptors()
	if len(after) > len(b.descriptors) {
		fresh := slices.DeleteFunc(after, func(d string) bool { return slices.Contains(b.descriptors, d) })
		return fmt.Sprintf("descriptors %q", fresh)
	}
	threads, _ := procfs.Threads(os.Getpid())
	for _, tid := range threads {
		if children, _ := procfs.Children(tid); len(children) != 0 {
			return fmt.Sprintf("child processes %v", children)
		}
	}
	return tracees()
}

// tracees names a thread that this process traces, its own child or not.
func tracees() string {
	self := os.Getpid()
	all, _ := filepath.Glob("/proc/[0-9]*/task/[0-9]*")
	for _, dir := range all {
		tid, _ := strconv.Atoi(filepath.Base(dir))
		status, err := procfs.ReadStatus(tid)
		if err != nil || status.Tracer == 0 {
			continue
		}
		// The kernel names the thread that traces, not its process.
		if tracer, err := procfs.ReadStatus(status.Tracer); err == nil && tracer.Group == self {
			return fmt.Sprintf("thread %d (%s), traced, in state %c", tid, status.Name, status.State)
		}
	}
	return ""
}
