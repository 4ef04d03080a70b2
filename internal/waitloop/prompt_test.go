package waitloop

import (
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// TestPrompt: the thread goes ahead, what it starts does not. One that somebody has made
// nice stays so, and so does what it starts.
func TestPrompt(t *testing.T) {
	root := syscall.Geteuid() == 0
	prompt := 0
	if root {
		prompt = promptNice
	}
	for _, c := range []struct {
		nice, want int
		child      string
	}{{0, prompt, "0"}, {5, 5, "5"}} {
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			runtime.LockOSThread() // and no Unlock: the thread ends with the goroutine
			err := unix.Setpriority(unix.PRIO_PROCESS, 0, c.nice)
			if err == unix.EACCES && !root {
				return // these tests were started by nice(1)
			}
			if err != nil {
				t.Errorf("nice %d: %v", c.nice, err)
				return
			}
			for range 2 { // once more changes nothing
				if err := Prompt(); err != nil {
					t.Error(err)
					return
				}
			}
			after, err := unix.SchedGetAttr(0, 0)
			if err != nil {
				t.Error(err)
				return
			}
			reset := after.Flags&unix.SCHED_FLAG_RESET_ON_FORK != 0
			if after.Policy != unix.SCHED_NORMAL || int(after.Nice) != c.want || reset != (c.want < 0) {
				t.Errorf("%+v; want nice %d, and that it is not inherited", after, c.want)
			}
			out, err := exec.Command("nice").Output()
			if nice := strings.TrimSpace(string(out)); err != nil || nice != c.child {
				t.Errorf("a program that it starts has nice %s, %v; want %s", nice, err, c.child)
			}
		}()
		<-ended
	}
}
