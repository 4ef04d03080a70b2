package launch

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/utrace/utrace/internal/scale"
)

// The helper of testdata/run, linked with the entry point and without.
var withEntry, withoutEntry string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "launch")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		withEntry, withoutEntry = filepath.Join(dir, "with"), filepath.Join(dir, "without")
		builds := map[string]string{withEntry: "-E=_utrace_start", withoutEntry: ""}
		if prebuilt, err := filepath.Abs("testdata/with"); err == nil && exists(prebuilt) {
			// In a guest, which has no compiler: see testdata/prebuilt.
			withEntry, withoutEntry, builds = prebuilt, prebuilt+"out", nil
		}
		for file, flags := range builds {
			build := exec.Command("go", "build", "-ldflags="+flags, "-o", file, "./testdata/run")
			build.Env = append(os.Environ(), "CGO_ENABLED=0")
			if out, err := build.CombinedOutput(); err != nil {
				fmt.Fprintf(os.Stderr, "%s%v\n", out, err)
				return 1
			}
		}
		before := descriptors()
		code := m.Run()
		if code == 0 {
			code = leaks(before)
		}
		return code
	}())
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// leaks looks for what the tests left behind. What is on its way to its end
// may take a moment.
func leaks(before []string) int {
	runtime.GC()
	deadline := time.Now().Add(scale.Time(10 * time.Second))
	for {
		after, goroutines := descriptors(), runtime.NumGoroutine()
		if slices.Equal(before, after) && goroutines <= 2 && !children() {
			return 0
		}
		if time.Now().After(deadline) {
			stacks := make([]byte, 1<<16)
			fmt.Fprintf(os.Stderr, "left over: %d goroutines, descriptors\n%s\nbefore\n%s\nchildren %v\n%s\n", goroutines,
				strings.Join(after, "\n"), strings.Join(before, "\n"), children(), stacks[:runtime.Stack(stacks, true)])
			return 1
		}
		time.Sleep(time.Millisecond)
	}
}

// descriptors lists this process's open files, but those of the poller.
func descriptors() []string {
	var list []string
	entries, _ := os.ReadDir("/proc/self/fd")
	for _, e := range entries {
		target, err := os.Readlink("/proc/self/fd/" + e.Name())
		if err == nil && !strings.Contains(target, "anon_inode:[event") {
			list = append(list, e.Name()+" "+target)
		}
	}
	return list
}

// children reports whether this process has any, dead ones included.
func children() bool {
	tasks, _ := filepath.Glob("/proc/self/task/*/children")
	for _, t := range tasks {
		if list, _ := os.ReadFile(t); len(list) > 0 {
			return true
		}
	}
	return false
}
