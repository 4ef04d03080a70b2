package linux

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/utrace/utrace/internal/actor"
	"github.com/utrace/utrace/internal/scale"
	"github.com/utrace/utrace/tracehook"
)

// busy is a script that makes system calls for ever, nearly.
const busy = "repeat 1000000000 { getppid }"

// TestAttachDetachUnderLoad attaches and detaches a busy program a thousand
// times, at all kinds of stops.
func TestAttachDetachUnderLoad(t *testing.T) {
	pid := actor.Start(t, busy).PID
	detached := make(chan error, 1)
	var stops, enough int
	r := newRig(t, func(ev *tracehook.Event) bool {
		if stops++; stops >= enough {
			detached <- ev.Task.Detach(0)
			return true
		}
		return false
	})
	for i := range scale.Rounds(1000) {
		want := tracehook.Interest(0)
		if i%2 == 0 {
			want = all
		}
		r.do(func() {
			stops, enough = 0, 1
			if want != 0 {
				enough = 1 + i%7
			}
		})
		r.attach(pid, want)
		select {
		case err := <-detached:
			if err != nil {
				t.Fatal(err)
			}
		case <-time.After(limit):
			t.Fatal("no stop")
		}
		checkFree(t, pid)
	}
}

// TestCloseLetsGo closes a loop with tasks that run, that are stopped in an
// event or a signal, and that are in a group-stop.
func TestCloseLetsGo(t *testing.T) {
	running := actor.Start(t, busy)
	held := actor.Start(t, "pause")
	stopped := actor.Start(t, "pause")
	signalled := actor.Start(t, "handle USR1 print; barrier ready; pause")
	signalled.Expect("@ready\n")

	hold := 0
	r := newRig(t, func(ev *tracehook.Event) bool {
		return ev.Task.ID() == hold || ev.Kind == tracehook.Signal && ev.Signal == int(syscall.SIGUSR1)
	})
	r.attach(running.PID, all)
	r.await(10, "syscall-entry")
	r.do(func() { hold = held.PID })
	r.attach(held.PID, 0)
	r.await(1, fmt.Sprint(held.PID, " quiesce"))
	r.attach(stopped.PID, 0)
	syscall.Kill(stopped.PID, syscall.SIGSTOP)
	r.await(1, fmt.Sprint(stopped.PID, " group-stop"))
	r.attach(signalled.PID, 0)
	syscall.Kill(signalled.PID, syscall.SIGUSR1)
	r.await(1, fmt.Sprint(signalled.PID, " signal 10"))

	r.close()
	for _, p := range []*actor.Process{running, held, signalled} {
		checkFree(t, p.PID)
	}
	signalled.Expect("got USR1")
	checkStopped(t, stopped.PID)
	if r.loop.Post(func() {}) {
		t.Error("Post to a loop that has ended")
	}
}

// TestAttachErrors: who cannot be attached is said.
func TestAttachErrors(t *testing.T) {
	r := newRig(t, nil)
	p := actor.Start(t, "pause")
	r.attach(p.PID, 0)
	other := newRig(t, nil)
	for _, c := range []struct {
		loop *Loop
		id   int
		want error
	}{
		{r.loop, -1, syscall.EINVAL},
		{r.loop, 1 << 22, syscall.ESRCH},
		{r.loop, p.PID, syscall.EEXIST},
		{other.loop, p.PID, tracehook.ErrNotPermitted},
		{other.loop, os.Getpid(), tracehook.ErrNotPermitted},
	} {
		var err error
		done := make(chan struct{})
		c.loop.Post(func() { _, err = c.loop.Attach(c.id, 0); close(done) })
		<-done
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), fmt.Sprint(c.id)) {
			t.Errorf("attach %d: %v, want %v", c.id, err, c.want)
		}
	}
	if _, err := r.loop.Attach(p.PID, 0); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("attach off the loop: %v", err)
	}
}
