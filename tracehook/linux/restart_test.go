package linux

import (
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/utrace/utrace/internal/actor"
	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/tracehook"
)

// TestInterruptedCalls interrupts every blocking call three times, with and
// without system call stops, in programs of both sizes. The program must notice
// nothing of it, but of a signal afterwards.
func TestInterruptedCalls(t *testing.T) {
	for _, size := range actor.Sizes() {
		for _, want := range []tracehook.Interest{0, all} {
			for _, c := range actor.Blocking() {
				t.Run(fmt.Sprintf("%d/%s/%d", size.Bits, c.Name, want), func(t *testing.T) {
					t.Parallel()
					interruptCall(t, size, c.Name, want)
				})
			}
		}
	}
}

func interruptCall(t *testing.T, size actor.Size, name string, want tracehook.Interest) {
	p := size.Start(t, "handle USR1; barrier x; await "+name)
	p.Expect("@x\n")
	asked, reported := false, make(chan struct{}, 1)
	r := newRig(t, func(ev *tracehook.Event) bool {
		if asked && ev.Task.ID() == p.PID {
			asked = false
			reported <- struct{}{}
		}
		return false
	})
	sleeping := func() {
		asleepIn(t, p.PID, func(call procfs.Syscall) bool {
			// Not in the barrier, and not waiting for a child that sets the
			// call up, through a pipe.
			return call.Number != int64(size.Number("read")) || strings.HasPrefix(name, "read_") && call.Args[0] != 0
		})
	}
	task := r.attach(p.PID, want)
	p.Release()
	for range 3 {
		sleeping()
		var err error
		r.do(func() { asked, err = true, task.Interrupt() })
		if err != nil {
			t.Fatal(err)
		}
		<-reported
	}
	sleeping()
	if p.Output() != "@x\n" {
		t.Fatalf("the program has noticed: %q", p.Output())
	}
	if err := syscall.Kill(p.PID, syscall.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	if status := p.Wait(); status != 0 || !strings.HasSuffix(p.Output(), ": EINTR\n") {
		t.Errorf("after a signal: status %#x, output %q", status, p.Output())
	}
	if want != 0 {
		checkPairs(t, r, p.PID)
	}
}

// checkPairs checks that entries and exits of the calls of a thread alternate.
func checkPairs(t *testing.T, r *rig, tid int) {
	t.Helper()
	inside := false
	for _, line := range r.events.Lines() {
		var id int
		var kind string
		if n, _ := fmt.Sscan(line, &id, &kind); n != 2 || id != tid {
			continue
		}
		switch kind {
		case "syscall-entry":
			if inside {
				t.Errorf("an entry within a call")
			}
			inside = true
		case "syscall-exit":
			if !inside {
				t.Errorf("an exit without its entry")
			}
			inside = false
		}
	}
}

// TestIgnoredSignals: signals that a program ignores wake a traced one, which
// must not notice either.
func TestIgnoredSignals(t *testing.T) {
	for _, want := range []tracehook.Interest{0, all} {
		t.Run(fmt.Sprint(want), func(t *testing.T) {
			p := actor.Start(t, "handle USR1; ignore USR2; barrier x; await epoll_pwait")
			p.Expect("@x\n")
			r := newRig(t, nil)
			r.attach(p.PID, want)
			p.Release()
			for i, sig := range []syscall.Signal{syscall.SIGWINCH, syscall.SIGUSR2, syscall.SIGCHLD} {
				asleep(t, p.PID)
				syscall.Kill(p.PID, sig)
				r.await(1, fmt.Sprintf("signal %d", sig))
				_ = i
			}
			asleep(t, p.PID)
			if p.Output() != "@x\n" {
				t.Fatalf("the program has noticed: %q", p.Output())
			}
			syscall.Kill(p.PID, syscall.SIGUSR1)
			p.Expect("epoll_pwait: EINTR\n")
		})
	}
}

// TestSignalAfterInterrupt: a signal that comes while the task is stopped in an
// Interrupt of its call has interrupted this call, and the program must see it.
func TestSignalAfterInterrupt(t *testing.T) {
	for _, want := range []tracehook.Interest{0, all} {
		for _, name := range []string{"epoll_pwait", "sigtimedwait", "semop"} {
			t.Run(fmt.Sprint(name, want), func(t *testing.T) {
				p := actor.Start(t, "handle USR1; barrier x; await "+name)
				p.Expect("@x\n")
				asked, held := false, make(chan struct{}, 1)
				r := newRig(t, func(ev *tracehook.Event) bool {
					if !asked {
						return false
					}
					asked = false
					held <- struct{}{}
					return true
				})
				task := r.attach(p.PID, want)
				p.Release()
				asleep(t, p.PID)
				r.do(func() { asked = true; task.Interrupt() })
				<-held
				syscall.Kill(p.PID, syscall.SIGUSR1)
				r.do(func() { task.Resume(tracehook.Run, 0) })
				p.Expect(name + ": EINTR\n")
			})
		}
	}
}
