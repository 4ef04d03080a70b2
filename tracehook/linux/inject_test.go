package linux

import (
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/utrace/utrace/internal/actor"
	"github.com/utrace/utrace/tracehook"
)

// siginfo makes one that only the kernel could have sent.
func siginfo(sig, code int, addr uint64) *tracehook.Siginfo {
	info := new(tracehook.Siginfo)
	info.SetSigno(sig)
	info.SetCode(code)
	info.SetAddr(addr)
	return info
}

// TestInject injects signals, with siginfo that only the kernel can make, into
// a program that blocks some, has some pending, and ignores others. They come in
// order, exactly as they are, and leave no trace of how they came.
func TestInject(t *testing.T) {
	p := actor.Start(t, "block USR1; block RTMIN+30; handle USR2; ignore HUP; barrier x; pause")
	p.Expect("@x\n")
	// Pending: a second one of the same kind would be lost.
	syscall.Kill(p.PID, syscall.SIGUSR1)
	want := []*tracehook.Siginfo{
		siginfo(10, tracehook.SiKernel, 0x1111),
		siginfo(10, tracehook.SiQueue, 0x2222),
		siginfo(64, tracehook.SiKernel, 0x3333),
		siginfo(1, 1, 0x4444),
		siginfo(int(syscall.SIGTRAP), 2, 0x5555),
		siginfo(int(syscall.SIGCONT), tracehook.SiUser, 0x6666),
		siginfo(12, tracehook.SiUser, 0x7777),
	}
	var got []tracehook.Siginfo
	var mask uint64
	injected := false
	r := newRig(t, func(ev *tracehook.Event) bool {
		switch {
		case ev.Kind == tracehook.Quiesce && !injected:
			injected = true
			mask, _ = ev.Task.SignalMask()
			for _, info := range want {
				if err := ev.Task.Inject(info); err != nil {
					t.Error(err)
				}
			}
		case ev.Kind == tracehook.Signal:
			var info tracehook.Siginfo
			if err := ev.Task.Siginfo(&info); err != nil || info.Signo() != ev.Signal || ev.Trap != tracehook.NoTrap {
				t.Errorf("%v: signal %d, %v, siginfo %v", err, ev.Signal, ev.Trap, info)
			}
			got = append(got, info)
			if now, err := ev.Task.SignalMask(); err != nil || now != mask {
				t.Errorf("mask %#x at signal %d, %#x before (%v)", now, ev.Signal, mask, err)
			}
			ev.Task.Resume(tracehook.Run, 0)
			return true
		}
		return false
	})
	task := r.attach(p.PID, 0)
	r.await(len(want), " signal ")
	r.do(func() {
		if len(got) != len(want) {
			t.Fatalf("%d signals, want %d", len(got), len(want))
		}
		for i := range got {
			if got[i] != *want[i] {
				t.Errorf("signal %d:\n%v, want\n%v", i, got[i], *want[i])
			}
		}
		task.Interrupt()
	})
	r.await(2, "quiesce")
	var pending uint64
	r.do(func() { pending = readStatus(t, p.PID).SharedPending | readStatus(t, p.PID).Pending })
	if pending != sigbit(10) {
		t.Errorf("pending %#x", pending)
	}
}

// TestInjectAllBlocked has no signal left that is not blocked.
func TestInjectAllBlocked(t *testing.T) {
	p := actor.Start(t, "handle USR1 print; barrier x; unblock USR1; pause")
	p.Expect("@x\n")
	const everything = ^uint64(0) &^ (1<<(syscall.SIGKILL-1) | 1<<(syscall.SIGSTOP-1))
	first := true
	var masks []uint64
	r := newRig(t, func(ev *tracehook.Event) bool {
		switch {
		case ev.Kind == tracehook.Quiesce && first:
			first = false
			ev.Task.SetSignalMask(everything)
			if err := ev.Task.Inject(siginfo(10, tracehook.SiUser, 0)); err != nil {
				t.Error(err)
			}
		case ev.Kind == tracehook.Signal:
			mask, _ := ev.Task.SignalMask()
			masks = append(masks, mask)
		}
		return false
	})
	r.attach(p.PID, 0)
	r.await(1, "signal 10")
	// Delivered while it is blocked, a signal waits as it would without us.
	p.Release()
	r.await(2, "signal 10")
	p.Expect("got USR1")
	r.do(func() {
		if len(masks) != 2 || masks[0] != everything || masks[1] != everything&^sigbit(10) {
			t.Errorf("masks %#x", masks)
		}
	})
}

// TestDetachWithInjections: what was injected arrives after the detach, and the
// carrier does not.
func TestDetachWithInjections(t *testing.T) {
	p := actor.Start(t, "handle USR1 print; handle USR2 print; barrier x; pause; pause; pause; exit 6")
	p.Expect("@x\n")
	r := newRig(t, func(ev *tracehook.Event) bool {
		if ev.Kind != tracehook.Quiesce {
			return false
		}
		ev.Task.Inject(siginfo(10, tracehook.SiUser, 0))
		ev.Task.Inject(siginfo(12, tracehook.SiUser, 0))
		if err := ev.Task.Detach(0); err != nil {
			t.Error(err)
		}
		if err := ev.Task.Resume(tracehook.Run, 0); err != tracehook.ErrGone {
			t.Errorf("resume after detach: %v", err)
		}
		return true
	})
	r.attach(p.PID, 0)
	p.Expect("got USR1")
	p.Expect("got USR2")
	if r.events.Count("signal") != 0 {
		t.Error("events after Detach")
	}
	r.eventually(func() bool { return r.loop.tasks.n == 0 })
	checkFree(t, p.PID)
}

// TestInjectErrors: what cannot be injected is said.
func TestInjectErrors(t *testing.T) {
	p := actor.Start(t, "pause")
	errs := make(chan string, 3)
	r := newRig(t, func(ev *tracehook.Event) bool {
		if ev.Kind == tracehook.Quiesce {
			for _, n := range []int{0, 65, 9} {
				errs <- fmt.Sprint(ev.Task.Inject(siginfo(n, 0, 0)))
			}
		}
		return false
	})
	r.attach(p.PID, 0)
	for range 3 {
		if err := <-errs; !strings.Contains(err, "invalid argument") {
			t.Errorf("error %q", err)
		}
	}
}
