package hooktest

import (
	"errors"
	"syscall"
	"testing"
	"time"

	"github.com/utrace/utrace/tracehook"
)

func observeOneEnd(t *testing.T, w World, m tracehook.Monitor) {
	o := newWatch(t, w, m)
	p, _ := o.observed(w, `repeat 5 { fork { getppid; exit 1 }; thread { getpid }; wait; join }; fork { kill TERM }; wait; fork { kill KILL }; wait; exit 9`, everything)
	p.Wait()
	// A kernel may free others later than the leader.
	const threads = 13
	reaped := 0
	o.waitFor("the ends of all", func(e record) bool {
		if e.Kind == tracehook.Reap {
			reaped++
		}
		return reaped == threads
	})
	type end struct{ deaths, reaps int }
	ends := make(map[tracehook.Subject]end)
	for _, e := range o.events(nil) {
		n := ends[e.Subject]
		if n.reaps > 0 {
			t.Errorf("%v after the Reap", e)
		}
		switch e.Kind {
		case tracehook.Death:
			n.deaths++
			want := int(syscall.SIGCHLD)
			if e.id != e.Subject.Group() {
				want = tracehook.NoParentSignal
			}
			if e.ParentSignal != want {
				t.Errorf("%v: signal to parent %d, want %d", e, e.ParentSignal, want)
			}
		case tracehook.Reap:
			n.reaps++
		}
		ends[e.Subject] = n
	}
	if len(ends) != threads {
		t.Errorf("%d threads observed, want %d", len(ends), threads)
	}
	for s, n := range ends {
		if n.deaths != 1 || n.reaps != 1 {
			t.Errorf("thread %d had %d deaths and %d reaps", s.ID(), n.deaths, n.reaps)
		}
	}
}

func observeZombieLeader(t *testing.T, w World, m tracehook.Monitor) {
	o := newWatch(t, w, m)
	p, s := o.observed(w, `thread { barrier b; exit 4 }; exitthread 7`, tracehook.WantClones)
	death := o.wait(tracehook.Death)
	if death.Subject != s || death.ParentSignal != tracehook.LeaderZombie || death.Status != exited(7) {
		t.Errorf("%v, signal %d; want the leader's, %d, exit 7", death, death.ParentSignal, tracehook.LeaderZombie)
	}
	p.Release()
	p.Wait()
	if reap := o.reap(s); reap.Status != exited(4) {
		t.Errorf("%v, want exit 4", reap)
	}
}

func observeExec(t *testing.T, w World, m tracehook.Monitor) {
	o := newWatch(t, w, m)
	p, leader := o.observed(w, `thread { pause }; thread { exec { print "new"; exit 5 } }; pause`, tracehook.WantClones)
	p.Wait()
	exec := o.wait(tracehook.Exec)
	o.reap(exec.Subject)
	if exec.Subject == leader || exec.id != p.PID() || exec.Former == p.PID() {
		t.Errorf("%v, formerly %d", exec, exec.Former)
	}
	kinds := ""
	for _, e := range o.events(nil) {
		if e.Subject == leader || e.Kind == tracehook.Exec {
			kinds += e.Kind.String() + " "
		}
	}
	if kinds != "clone clone death reap exec " {
		t.Errorf("the old leader and the exec: %s", kinds)
	}
}

func observeAgain(t *testing.T, w World, m tracehook.Monitor) {
	o := newWatch(t, w, m)
	if _, err := m.NewObserver(nil); !errors.Is(err, tracehook.ErrInvalid) {
		t.Errorf("an observer without a handler: error %v, want ErrInvalid", err)
	}
	if _, err := o.observer.Observe(1<<22+1, nothing); !errors.Is(err, tracehook.ErrGone) {
		t.Errorf("Observe of nobody: error %v, want ErrGone", err)
	}
	p, s := o.observed(w, `fork { barrier b; getppid }; wait`, tracehook.WantClones)
	p.Expect("@b\n")
	child := o.wait(tracehook.Clone).ChildID
	p.AwaitSleep(child)
	c := o.observe(child, tracehook.WantSyscalls)
	c.SetData("child")
	if again := o.observe(child, tracehook.WantSyscalls); again != c || c == s {
		t.Error("a thread that is observed already has got a new subject")
	}
	p.Release()
	p.Wait()
	o.reap(s)
	for _, e := range o.events(nil) {
		if e.id == child && (e.Subject != c || e.Subject.Data() != "child") {
			t.Errorf("%v with the subject %v", e, e.Subject)
		}
	}
	if n := calls(o.journal, w.Number("getppid")); n != 1 {
		t.Errorf("%d calls of getppid, want 1: the second Observe sets the interest", n)
	}
}

func observeClose(t *testing.T, w World, m tracehook.Monitor) {
	o := newWatch(t, w, m)
	p, s := o.observed(w, `repeat 1000000000 { getppid }`, everything)
	o.wait(tracehook.SyscallExit)
	for range 2 {
		if err := o.observer.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	o.awaitRun()
	n := len(o.events(nil))
	o.beside.settle()
	p.Kill(sigTERM)
	if status := p.Wait(); status != sigTERM {
		t.Errorf("status %#x, want SIGTERM", status)
	}
	o.beside.settle()
	if after := len(o.events(nil)) - n; after != 0 {
		t.Errorf("%d events after Run has returned", after)
	}
	if s.SetInterest(nothing) {
		t.Error("SetInterest after Close: a stop needed")
	}
	if _, err := o.observer.Observe(p.PID(), nothing); !errors.Is(err, tracehook.ErrClosed) {
		t.Errorf("Observe after Close: error %v, want ErrClosed", err)
	}
}

func observeCloseStuck(t *testing.T, w World, m tracehook.Monitor) {
	o := newWatch(t, w, m)
	o.getStuck()
	p, _ := o.observed(w, `getppid*10; print "on"`, everything)
	p.Wait()
	closed := make(chan struct{})
	go func() { defer close(closed); o.observer.Close() }()
	select {
	case <-closed:
	case <-time.After(patience):
		t.Error("Close waits for the handler")
	}
	o.goOn()
	o.awaitRun()
	if n := len(o.events(nil)); n > 1 {
		t.Errorf("%d events, want at most the one that was being handled", n)
	}
}
