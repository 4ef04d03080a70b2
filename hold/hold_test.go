package hold_test

import (
	"context"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/hold"
	"github.com/utrace/utrace/host"
	"github.com/utrace/utrace/host/hosttest"
	"github.com/utrace/utrace/internal/actor"
	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/launch"
)

// watch starts a script that waits to be released, and a holder over it.
func watch(t *testing.T, script string, options hold.Options) (*actor.Process, *hold.Holder, <-chan *hold.Crash) {
	t.Helper()
	core := hosttest.Open(t)
	p := actor.Start(t, "barrier ready; "+script)
	p.Expect("@ready")
	crashes := make(chan *hold.Crash, 4)
	options.OnCrash = func(c *hold.Crash) { crashes <- c }
	h, err := hold.Attach(context.Background(), core, p.PID, utrace.Tree, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Detach)
	p.Release()
	return p, h, crashes
}

// stands reports whether every thread of a process is in a tracing stop.
func stands(t *testing.T, pid int) bool {
	t.Helper()
	ids, err := procfs.Threads(pid)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		status, err := procfs.ReadStatus(id)
		if err != nil {
			t.Fatal(err)
		}
		if status.State != 't' {
			return false
		}
	}
	return true
}

// A crash is held with the whole process quiet, and then takes its course.
func TestHold(t *testing.T) {
	for name, let := range map[hold.Cause]func(*hold.Crash, int){
		hold.Released:  func(c *hold.Crash, _ int) { c.Release() },
		hold.Continued: func(_ *hold.Crash, pid int) { syscall.Kill(pid, syscall.SIGCONT) },
		hold.Killed:    func(_ *hold.Crash, pid int) { syscall.Kill(pid, syscall.SIGKILL) },
	} {
		t.Run(string(name), func(t *testing.T) {
			p, h, crashes := watch(t, "thread { spin }; thread { pause }; segv", hold.Options{})
			c := <-crashes
			if !stands(t, p.PID) {
				t.Error("a thread is not stopped")
			}
			if c.Signal.Signo() != int(syscall.SIGSEGV) || c.Engine.Thread().Group() != p.PID {
				t.Errorf("signal %d in process %d", c.Signal.Signo(), c.Engine.Thread().Group())
			}
			let(c, p.PID)
			want := syscall.SIGSEGV
			if name == hold.Killed {
				want = syscall.SIGKILL
			}
			if status := p.Wait(); status.Signal() != want {
				t.Errorf("status %v, want %v", status, want)
			}
			<-h.Done()
			h.Detach()
			if cause := h.Cause(p.PID); cause != name {
				t.Errorf("let go because of %q", cause)
			}
		})
	}
}

// The hold ends by itself after the timeout.
func TestTimeout(t *testing.T) {
	p, h, crashes := watch(t, "kill ABRT", hold.Options{Timeout: 50 * time.Millisecond})
	begin := time.Now()
	<-crashes
	if status := p.Wait(); status.Signal() != syscall.SIGABRT {
		t.Errorf("status %v", status)
	}
	if held := time.Since(begin); held < 50*time.Millisecond {
		t.Errorf("held for %v", held)
	}
	h.Detach()
	if cause := h.Cause(p.PID); cause != hold.TimedOut {
		t.Errorf("let go because of %q", cause)
	}
}

// A signal that the program handles is no crash, and neither is one that does
// not dump core, unless it is asked for.
func TestOtherSignals(t *testing.T) {
	p, _, crashes := watch(t, `handle SEGV; segv; ignore ABRT; kill ABRT; kill TERM`, hold.Options{})
	if status := p.Wait(); status.Signal() != syscall.SIGTERM {
		t.Errorf("status %v", status)
	}
	select {
	case c := <-crashes:
		t.Errorf("held signal %d", c.Signal.Signo())
	default:
	}
	p, _, crashes = watch(t, `kill ABRT`, hold.Options{Signals: []int{int(syscall.SIGTERM)}})
	if status := p.Wait(); status.Signal() != syscall.SIGABRT || len(crashes) != 0 {
		t.Errorf("status %v, %d crashes", status, len(crashes))
	}
	p, _, crashes = watch(t, `kill TERM`, hold.Options{Signals: []int{int(syscall.SIGTERM)}})
	(<-crashes).Release()
	if status := p.Wait(); status.Signal() != syscall.SIGTERM {
		t.Errorf("status %v", status)
	}
}

// A crash in a child is held without the parent.
func TestChild(t *testing.T) {
	p, _, crashes := watch(t, `fork { segv }; wait print; exit 3`, hold.Options{})
	c := <-crashes
	if child := c.Engine.Thread().Group(); child == p.PID || !stands(t, child) {
		t.Errorf("process %d is held, of %d", child, p.PID)
	}
	if stands(t, p.PID) {
		t.Error("the parent is stopped too")
	}
	c.Release()
	if status := p.Wait(); status.ExitStatus() != 3 {
		t.Errorf("status %v", status)
	}
}

// TestInit: the first process of a PID namespace, as of a container, is held when an
// instruction of it faults, once, and then dies of that. Signals that are sent to it
// would not kill it, so they are none of ours.
func TestInit(t *testing.T) {
	core := hosttest.Open(t)
	unshare, err := launch.LookPath("unshare")
	if err != nil {
		t.Fatal(err)
	}
	path, args := actor.Command(t, "kill ABRT; segv")
	faults := 0
	options := hold.Options{OnCrash: func(c *hold.Crash) {
		if c.Signal.Code() > 0 {
			faults++
		} else if c.Signal.Signo() != int(syscall.SIGSEGV) {
			t.Errorf("held before signal %d", c.Signal.Signo())
		}
		c.Release() // unshare kills itself as its child was killed
	}}
	var h *hold.Holder
	p, err := host.Start(t.Context(), core, &launch.Command{
		Path: unshare, Args: append([]string{unshare, "-Urpf", "--kill-child", path}, args[1:]...),
	}, func(pid int) error {
		h, err = hold.Attach(t.Context(), core, pid, utrace.Tree, options)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	status, err := p.Wait(t.Context())
	h.Detach()
	if err != nil || status.Signal() != syscall.SIGSEGV || faults != 1 {
		t.Errorf("%d faults, then %v, %v", faults, status, err)
	}
}

// Detach in the middle of a hold lets the process die as it would have.
func TestDetachWhileHeld(t *testing.T) {
	p, h, crashes := watch(t, `segv`, hold.Options{})
	<-crashes
	h.Detach()
	if status := p.Wait(); status.Signal() != syscall.SIGSEGV {
		t.Errorf("status %v", status)
	}
}

func Example() {
	core, err := host.Open(utrace.Options{})
	if err != nil {
		return
	}
	defer core.Close()
	pid := os.Getppid() // or any other
	h, err := hold.Attach(context.Background(), core, pid, utrace.Tree, hold.Options{
		Timeout: time.Hour,
		OnCrash: func(c *hold.Crash) {
			println("held before signal", c.Signal.Signo(), "at", c.Signal.Addr())
		},
	})
	if err != nil {
		return
	}
	h.Detach()
	// Output:
}
