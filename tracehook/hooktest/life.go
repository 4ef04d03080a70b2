package hooktest

import (
	"errors"
	"syscall"
	"testing"

	"github.com/utrace/utrace/tracehook"
)

const (
	sigKILL = int(syscall.SIGKILL)
	sigUSR1 = int(syscall.SIGUSR1)
	sigUSR2 = int(syscall.SIGUSR2)
	sigTERM = int(syscall.SIGTERM)
	sigCONT = int(syscall.SIGCONT)
	sigSTOP = int(syscall.SIGSTOP)
	sigCHLD = int(syscall.SIGCHLD)
)

// exited is the wait status of exit(code).
func exited(code int) int { return code << 8 }

func attachInvisible(t *testing.T, w World) {
	r := newRig(t, w)
	p := w.Spawn(t, `handle CONT; print "up"; await pause; handled CONT; exit 6`)
	p.Expect("up")
	p.AwaitSleep(p.PID())
	k := r.attach(p.PID(), everything)
	r.settle()
	if n := len(r.events(nil)); n > 0 {
		t.Errorf("attaching caused %d events", n)
	}
	if k.ID() != p.PID() || k.Group() != p.PID() {
		t.Errorf("id %d, group %d; want %d", k.ID(), k.Group(), p.PID())
	}
	p.Kill(sigCONT)
	if status := p.Wait(); status != exited(6) {
		t.Errorf("wait status %#x, want exit 6", status)
	}
	if out := p.Output(); out != "uppause: EINTR\nCONT: 1\n" {
		t.Errorf("output %q", out)
	}
}

func oneOwner(t *testing.T, w World) {
	r := newRig(t, w, tracehook.Quiesce)
	p := w.Spawn(t, `barrier a; exit 1`)
	k := r.attach(p.PID(), nothing)
	other := newRig(t, w)
	refuses := []*rig{other}
	if _, shares := w.(interface{ Shares() }); shares {
		refuses = []*rig{r}
	}
	for _, x := range refuses {
		x.do(func() {
			if _, err := x.loop.Attach(p.PID(), nothing); !errors.Is(err, tracehook.ErrNotPermitted) {
				t.Errorf("second attachment: error %v, want ErrNotPermitted", err)
			}
		})
	}
	r.check(k.Interrupt)
	r.wait(tracehook.Quiesce)
	r.check(func() error { return k.Detach(0) })
	other.attach(p.PID(), nothing)
	r.do(func() {
		if _, err := r.loop.Attach(1<<22+1, nothing); !errors.Is(err, tracehook.ErrGone) {
			t.Errorf("attachment to nobody: error %v, want ErrGone", err)
		}
	})
	p.Release()
	other.wait(tracehook.Reap)
}

func newbornStopped(t *testing.T, w World) {
	for statement, thread := range map[string]bool{"fork": false, "clone3": false, "thread": true} {
		t.Run(statement, func(t *testing.T) {
			r := newRig(t, w, tracehook.Clone)
			p := w.Spawn(t, `barrier a; `+statement+` { print "child" }; print "parent"; barrier b`)
			k := r.attach(p.PID(), tracehook.WantClones)
			p.Release()
			e := r.wait(tracehook.Clone)
			if e.Child == nil || e.Child.ID() != e.ChildID || (e.Child.Group() == k.Group()) != thread ||
				(e.CloneFlags&tracehook.CloneThread != 0) != thread {
				t.Fatalf("clone of %v, id %d, flags %#x", e.Child, e.ChildID, e.CloneFlags)
			}
			r.check(func() error {
				gpr := make([]byte, e.Child.ABI().GeneralSize())
				if _, err := e.Child.ReadRegset(1, gpr); err != nil {
					return err
				}
				if v := e.Child.ABI().Result(gpr); v != 0 {
					t.Errorf("the child's result is %d, want 0", v)
				}
				return nil
			})
			r.resume(k, tracehook.Run, 0)
			p.Expect("parent")
			if out := p.Output(); out != "@a\nparent" && out != "@a\nparent@b\n" {
				t.Errorf("output %q: the child has run", out)
			}
			r.resume(e.Child, tracehook.Run, 0)
			p.Expect("child")
			p.Release()
			r.waitFor("reap of the process", func(e record) bool { return e.Kind == tracehook.Reap && e.Task == k })
		})
	}
}

func newbornNotFollowed(t *testing.T, w World) {
	r := newRig(t, w)
	p := w.Spawn(t, `barrier a; fork { print "child"; exit 3 }; wait print`)
	r.attach(p.PID(), tracehook.WantSyscalls)
	p.Release()
	if status := p.Wait(); status != 0 || p.Output() != "@a\nchildchild exited 3\n" {
		t.Errorf("status %#x, output %q", status, p.Output())
	}
	for _, e := range r.events(nil) {
		if e.Kind == tracehook.Clone || e.id != p.PID() {
			t.Errorf("event %v of a child that was not asked for", e)
		}
	}
}

func newbornKilled(t *testing.T, w World) {
	r := newRig(t, w, tracehook.Clone)
	p := w.Spawn(t, `barrier a; fork { print "child" }; wait print`)
	r.attach(p.PID(), tracehook.WantClones)
	p.Release()
	e := r.wait(tracehook.Clone)
	p.Tkill(e.ChildID, sigKILL)
	r.waitFor("death of the child", func(d record) bool { return d.Kind == tracehook.Death && d.Task == e.Child })
	r.resume(e.Task, tracehook.Run, 0)
	if p.Wait(); p.Output() != "@a\nchild killed KILL\n" {
		t.Errorf("output %q", p.Output())
	}
}

func vfork(t *testing.T, w World) {
	r := newRig(t, w, tracehook.Clone, tracehook.VforkDone)
	p := w.Spawn(t, `barrier a; vfork { exec { print "x"; barrier b; exit 2 } }; print "y"; wait print`)
	k := r.attach(p.PID(), tracehook.WantClones|tracehook.WantVforkDone)
	p.Release()
	e := r.wait(tracehook.Clone)
	if e.CloneFlags&tracehook.CloneVfork == 0 {
		t.Errorf("flags %#x without CLONE_VFORK", e.CloneFlags)
	}
	r.resume(e.Child, tracehook.Run, 0) // it runs while the parent is held
	p.Expect("x@b\n")
	r.resume(k, tracehook.Run, 0)
	if done := r.wait(tracehook.VforkDone); done.Task != k {
		t.Errorf("vfork-done of %d", done.id)
	}
	if p.Output() != "@a\nx@b\n" {
		t.Errorf("output %q: the parent has run", p.Output())
	}
	r.resume(k, tracehook.Run, 0)
	p.Expect("y")
	p.Release()
	p.Expect("child exited 2\n")
	p.Wait()
}

func execLeader(t *testing.T, w World) {
	r := newRig(t, w, tracehook.Exec)
	p := w.Spawn(t, `barrier a; exec { print "new" }`)
	k := r.attach(p.PID(), nothing)
	p.Release()
	p.Expect("@a\n") // what is printed comes by a pipe
	e := r.wait(tracehook.Exec)
	if e.Task != k || e.Former != p.PID() || p.Output() != "@a\n" {
		t.Errorf("exec of %d, formerly %d, output %q", e.id, e.Former, p.Output())
	}
	r.resume(k, tracehook.Run, 0)
	if status := p.Wait(); status != 0 || p.Output() != "@a\nnew" {
		t.Errorf("status %#x, output %q", status, p.Output())
	}
}

func execOther(t *testing.T, w World) {
	r := newRig(t, w)
	p := w.Spawn(t, `barrier a; thread { pause }; thread { exec { print "new"; exit 5 } }; pause`)
	leader := r.attach(p.PID(), tracehook.WantClones)
	p.Release()
	r.wait(tracehook.Clone)
	thread := r.wait(tracehook.Clone)
	e := r.wait(tracehook.Exec)
	if e.Task != thread.Child || e.id != p.PID() || e.Former != thread.ChildID {
		t.Errorf("exec on %d, formerly %d; want %d, formerly %d", e.id, e.Former, p.PID(), thread.ChildID)
	}
	death, reap := -1, -1
	for i, before := range r.events(nil) {
		switch {
		case before.Task == leader && before.Kind == tracehook.Death:
			death = i
		case before.Task == leader && before.Kind == tracehook.Reap:
			reap = i
		case before.Kind == tracehook.Exec && (death < 0 || reap < death):
			t.Error("Exec came before Death and Reap of the old leader")
		}
	}
	if status := p.Wait(); status != exited(5) {
		t.Errorf("status %#x, want exit 5", status)
	}
	r.waitFor("reap of the process", func(e record) bool { return e.Kind == tracehook.Reap && e.Task == thread.Child })
	if n := len(r.events(leader)); n > 0 && r.events(leader)[n-1].Kind != tracehook.Reap {
		t.Error("the old leader has events after its Reap")
	}
}

func oneEnd(t *testing.T, w World) {
	r := newRig(t, w)
	p := w.Spawn(t, `barrier a; repeat 5 { fork { getppid; exit 1 }; thread { getpid }; wait; join }; fork { kill TERM }; wait; exit 9`)
	r.attach(p.PID(), everything)
	p.Release()
	p.Wait()
	for range 12 { // a child that is waited for may be reported after its parent's end
		r.wait(tracehook.Reap)
	}
	type end struct{ deaths, reaps, last int }
	ends := make(map[tracehook.Task]end)
	for i, e := range r.events(nil) {
		n := ends[e.Task]
		switch e.Kind {
		case tracehook.Death:
			n.deaths++
			want := int(syscall.SIGCHLD)
			if e.id != e.Task.Group() {
				want = tracehook.NoParentSignal
			}
			if e.ParentSignal != want {
				t.Errorf("%v: signal to parent %d, want %d", e, e.ParentSignal, want)
			}
		case tracehook.Reap:
			if n.reaps++; n.deaths != 1 {
				t.Errorf("%v without a Death before", e)
			}
		}
		n.last = i
		ends[e.Task] = n
	}
	if len(ends) != 12 {
		t.Errorf("%d threads reported, want 12", len(ends))
	}
	for k, n := range ends {
		if n.deaths != 1 || n.reaps != 1 {
			t.Errorf("thread %d had %d deaths and %d reaps", k.ID(), n.deaths, n.reaps)
		}
	}
}

func zombieLeader(t *testing.T, w World) {
	r := newRig(t, w)
	p := w.Spawn(t, `barrier a; thread { barrier b; exit 4 }; exitthread 7`)
	leader := r.attach(p.PID(), tracehook.WantClones|tracehook.WantExit)
	p.Release()
	death := r.wait(tracehook.Death)
	if death.Task != leader || death.ParentSignal != tracehook.LeaderZombie || death.Status != exited(7) {
		t.Errorf("death of %d, signal %d, status %#x; want the leader's, %d, exit 7", death.id, death.ParentSignal, death.Status, tracehook.LeaderZombie)
	}
	p.Release()
	if status := p.Wait(); status != exited(4) {
		t.Errorf("status %#x, want exit 4", status)
	}
	reap := r.waitFor("reap of the leader", func(e record) bool { return e.Kind == tracehook.Reap && e.Task == leader })
	if reap.Status != exited(4) {
		t.Errorf("the process was reaped with %#x, want exit 4", reap.Status)
	}
}

func nothingAfterDetach(t *testing.T, w World) {
	r := newRig(t, w, tracehook.SyscallEntry)
	p := w.Spawn(t, `barrier a; getppid; handle USR1; kill USR1; handled USR1; fork { }; wait; exit 3`)
	k := r.attach(p.PID(), everything)
	r.check(k.Interrupt)
	r.wait(tracehook.Quiesce)
	r.wait(tracehook.SyscallEntry) // the read of the barrier, once more
	r.check(func() error { return k.Detach(0) })
	n := len(r.events(nil))
	p.Release()
	if status := p.Wait(); status != exited(3) || p.Output() != "@a\nUSR1: 1\n" {
		t.Errorf("status %#x, output %q", status, p.Output())
	}
	r.settle()
	if after := r.events(nil)[n:]; len(after) > 0 {
		t.Errorf("events after Detach: %v", after)
	}
	r.do(func() {
		if err := k.Resume(tracehook.Run, 0); !errors.Is(err, tracehook.ErrGone) {
			t.Errorf("Resume after Detach: error %v, want ErrGone", err)
		}
	})
}
