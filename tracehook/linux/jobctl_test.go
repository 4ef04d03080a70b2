package linux

import (
	"errors"
	"syscall"
	"testing"

	"github.com/utrace/utrace/internal/actor"
	"github.com/utrace/utrace/tracehook"
)

// TestJobControl stops and continues a process with three threads like a shell
// does, twice. The parent must hear of it as without a tracer.
func TestJobControl(t *testing.T) {
	p := actor.Start(t, "thread { pause }; thread { pause }; barrier x; pause")
	p.Expect("@x\n")
	r := newRig(t, nil)
	r.attachAll(p.PID, 0)
	for i := range 2 {
		syscall.Kill(p.PID, syscall.SIGTSTP)
		r.await(3*(i+1), "group-stop 20")
		if got := p.WaitStatus(2*i + 1); !got[2*i].Stopped() || got[2*i].StopSignal() != syscall.SIGTSTP {
			t.Errorf("the parent heard %v", got)
		}
		syscall.Kill(p.PID, syscall.SIGCONT)
		r.await(3*(i+1), "continue")
		if got := p.WaitStatus(2*i + 2); !got[2*i+1].Continued() {
			t.Errorf("the parent heard %v", got)
		}
	}
	syscall.Kill(p.PID, syscall.SIGTERM)
	if status := p.Wait(); status.Signal() != syscall.SIGTERM {
		t.Errorf("end %#x", status)
	}
}

// TestInterruptInGroupStop: a task that listens can be had for a moment, and
// its process stays stopped.
func TestInterruptInGroupStop(t *testing.T) {
	p := actor.Start(t, "pause")
	r := newRig(t, nil)
	task := r.attach(p.PID, 0)
	syscall.Kill(p.PID, syscall.SIGSTOP)
	r.await(1, "group-stop 19")
	var err error
	r.do(func() {
		if _, e := task.SignalMask(); e != tracehook.ErrRunning {
			t.Errorf("a request to a listening task: %v", e)
		}
		err = task.Interrupt()
	})
	if err != nil {
		t.Fatal(err)
	}
	r.await(2, "group-stop 19")
	if got := p.WaitStatus(1); len(got) != 1 {
		t.Errorf("the parent heard %v", got)
	}
	syscall.Kill(p.PID, syscall.SIGCONT)
	r.await(1, "continue")
}

// TestAttachStopped: a process in job control's stop tells so at once, and stays
// in it whether the tracer goes on listening or leaves.
func TestAttachStopped(t *testing.T) {
	p := actor.Start(t, "pause")
	syscall.Kill(p.PID, syscall.SIGSTOP)
	p.WaitStatus(1)
	for range 3 {
		r := newRig(t, nil)
		var err error
		r.do(func() { _, err = r.loop.Attach(p.PID, 0) })
		if err != nil {
			t.Fatal(err)
		}
		r.await(1, "group-stop 19")
		r.close()
		checkStopped(t, p.PID)
	}
	if got := p.Statuses(); len(got) != 1 {
		t.Errorf("the parent heard %v", got)
	}
	syscall.Kill(p.PID, syscall.SIGCONT)
	p.WaitStatus(2)
}

// TestContinueOfRunning: SIGCONT traps a seized thread that runs (ptrace(2)).
// Nobody has asked for that.
func TestContinueOfRunning(t *testing.T) {
	p := actor.Start(t, "handle CONT; barrier x; await epoll_pwait")
	p.Expect("@x\n")
	r := newRig(t, nil)
	r.attach(p.PID, 0)
	r.await(1, "quiesce")
	p.Release()
	asleep(t, p.PID)
	syscall.Kill(p.PID, syscall.SIGCONT)
	r.await(1, "signal 18")
	p.Expect("epoll_pwait: EINTR\n") // it has a handler
	if n := r.events.Count("quiesce"); n != 1 {
		t.Errorf("%d times quiesce", n)
	}
}

// TestListenElsewhere: only a group-stop can be listened in.
func TestListenElsewhere(t *testing.T) {
	p := actor.Start(t, "pause")
	errs := make(chan error, 1)
	r := newRig(t, func(ev *tracehook.Event) bool {
		if ev.Kind == tracehook.Quiesce {
			errs <- ev.Task.Resume(tracehook.Listen, 0)
		}
		return false
	})
	r.attach(p.PID, 0)
	if err := <-errs; !errors.Is(err, syscall.EIO) {
		t.Errorf("listen in a quiesce: %v", err)
	}
}
