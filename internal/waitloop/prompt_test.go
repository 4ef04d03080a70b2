package waitloop

import (
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// TestPrompt: the thread goes ahead, what it starts does not.
func TestPrompt(t *testing.T) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		runtime.LockOSThread() // and no Unlock: the thread ends with the goroutine
		before, err := unix.SchedGetAttr(0, 0)
		if err != nil {
			t.Error(err)
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
		want, inherited := before.Nice, true
		if syscall.Geteuid() == 0 {
			want, inherited = min(want, promptNice), false
		}
		if after.Policy != unix.SCHED_NORMAL || after.Nice != want || inherited != (after.Flags&unix.SCHED_FLAG_RESET_ON_FORK == 0) {
			t.Errorf("%+v; want nice %d, and that it is not inherited", after, want)
		}
		out, err := exec.Command("nice").Output()
		if nice := strings.TrimSpace(string(out)); err != nil || nice[0] == '-' {
			t.Errorf("a program that it starts has nice %s, %v", nice, err)
		}
	}()
	<-ended
}
