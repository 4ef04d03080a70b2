package hooktest

import (
	"slices"
	"testing"

	"github.com/utrace/utrace/tracehook"
)

func observeInvisible(t *testing.T, w World, m tracehook.Monitor) {
	o := newWatch(t, w, m)
	p := w.Spawn(t, `handle USR1; print "up"; await pause; handled USR1; exit 6`)
	p.Expect("up")
	p.AwaitSleep(p.PID())
	s := o.observe(p.PID(), everything)
	if s.ID() != p.PID() || s.Group() != p.PID() {
		t.Errorf("id %d, group %d; want %d", s.ID(), s.Group(), p.PID())
	}
	o.beside.settle()
	if n := len(o.events(nil)); n > 0 {
		t.Errorf("observing caused %d events", n)
	}
	p.Kill(sigUSR1)
	if status := p.Wait(); status != exited(6) || p.Output() != "uppause: EINTR\nUSR1: 1\n" {
		t.Errorf("status %#x, output %q", status, p.Output())
	}
	if got := p.Parent(1); got != nil && !slices.Equal(got, []int{exited(6)}) {
		t.Errorf("the parent has seen %#x", got)
	}
	o.reap(s)
}

// observeBesideLoop observes a thread that a loop holds: each has its own
// events.
func observeBesideLoop(t *testing.T, w World, m tracehook.Monitor) {
	o := newWatch(t, w, m)
	o.beside.hold(tracehook.Quiesce)
	p := w.Spawn(t, `barrier a; getppid*20; exit 1`)
	p.Expect("@a\n")
	s := o.observe(p.PID(), everything)
	k := o.beside.attach(p.PID(), everything)
	o.beside.check(k.Interrupt)
	o.beside.wait(tracehook.Quiesce)
	o.beside.resume(k, tracehook.Run, 0)
	p.Release()
	if status := p.Wait(); status != exited(1) {
		t.Errorf("status %#x, want exit 1", status)
	}
	o.reap(s)
	o.beside.wait(tracehook.Reap)
	if seen, held := calls(o.journal, w.Number("getppid")), calls(o.beside.journal, w.Number("getppid")); seen != 20 || held != 20 {
		t.Errorf("%d calls observed, %d reported by the loop; want 20", seen, held)
	}
}

// calls is how many calls of a number have ended.
func calls(j *journal, nr uint64) (n int) {
	for _, e := range j.events(nil) {
		if e.Kind == tracehook.SyscallExit && e.Syscall.Nr == nr {
			n++
		}
	}
	return n
}

func observeOrder(t *testing.T, w World, m tracehook.Monitor) {
	o := newWatch(t, w, m)
	p, s := o.observed(w, `getppid*20; handle USR1; repeat 5 { kill USR1 }; exit 1`, everything)
	p.Wait()
	o.reap(s)
	in, unpaired, signals := false, 0, 0
	for i, e := range o.events(s) {
		switch e.Kind {
		case tracehook.SyscallEntry:
			if in {
				t.Fatalf("%v inside of a call", e)
			}
			in = true
		case tracehook.SyscallExit:
			if in != e.Syscall.Paired {
				t.Fatalf("%v is paired: %v, after an entry: %v", e, e.Syscall.Paired, in)
			}
			if in = false; !e.Syscall.Paired {
				unpaired++
				if i > 0 {
					t.Errorf("%v without an entry", e)
				}
			}
		case tracehook.Signal:
			signals++
		}
	}
	if n := calls(o.journal, w.Number("getppid")); n != 20 || unpaired != 1 || signals != 5 {
		t.Errorf("%d calls of getppid, %d without entry, %d signals; want 20, 1, 5", n, unpaired, signals)
	}
	kinds := ""
	for _, e := range o.events(s)[max(0, len(o.events(s))-3):] {
		kinds += e.Kind.String() + " "
	}
	if kinds != "exit death reap " {
		t.Errorf("the last events are %s", kinds)
	}
}

func observeCloneFirst(t *testing.T, w World, m tracehook.Monitor) {
	o := newWatch(t, w, m)
	p, s := o.observed(w, `repeat 5 { fork { getppid }; wait; thread { getppid }; join }`, everything)
	p.Wait()
	o.reap(s)
	known := map[int]bool{p.PID(): true}
	for _, e := range o.events(nil) {
		if !known[e.id] {
			t.Errorf("%v before its Clone", e)
		}
		if e.Kind == tracehook.Clone {
			known[e.ChildID] = true
		}
	}
	if len(known) != 11 {
		t.Errorf("%d threads, want 11", len(known))
	}
	if n := calls(o.journal, w.Number("getppid")); n != 10 {
		t.Errorf("%d calls of the children, want 10", n)
	}
}

// observeIdentity looks at events after all is over.
func observeIdentity(t *testing.T, w World, m tracehook.Monitor) {
	o := newWatch(t, w, m)
	o.getStuck()
	p, leader := o.observed(w, `thread { getppid; exec { getppid; exit 5 } }; pause`, everything)
	p.Wait()
	o.goOn()
	clone := o.wait(tracehook.Clone)
	exec := o.wait(tracehook.Exec)
	if exec.Subject == leader || exec.id != p.PID() || exec.Former != clone.ChildID {
		t.Errorf("%v, formerly %d; want %d, formerly %d", exec, exec.Former, p.PID(), clone.ChildID)
	}
	o.reap(exec.Subject)
	want := clone.ChildID
	for _, e := range o.events(exec.Subject) {
		if e.Kind == tracehook.Exec {
			want = p.PID()
		}
		if e.id != want {
			t.Errorf("%v, want the id %d", e, want)
		}
	}
}

func observeInterest(t *testing.T, w World, m tracehook.Monitor) {
	o := newWatch(t, w, m)
	p, s := o.observed(w, `getppid*3; exec { barrier b; getppid*3; barrier c; getppid*3 }`, nothing)
	p.Expect("@b\n")
	p.AwaitSleep(p.PID())
	if s.SetInterest(tracehook.WantSyscalls) {
		t.Error("SetInterest of an observed thread: a stop needed")
	}
	p.Release()
	p.Expect("@c\n")
	p.AwaitSleep(p.PID())
	s.SetInterest(nothing)
	p.Release()
	p.Wait()
	o.reap(s)
	if n := calls(o.journal, w.Number("getppid")); n != 3 {
		t.Errorf("%d calls of getppid observed, want the 3 between the barriers", n)
	}
	events := o.events(s)
	if events[0].Kind != tracehook.Exec {
		t.Errorf("the first event is %v, want the exec", events[0])
	}
	if n := o.count(tracehook.Exit); n != 0 {
		t.Error("an Exit that nobody asked for")
	}
}

func observeNoNewborns(t *testing.T, w World, m tracehook.Monitor) {
	o := newWatch(t, w, m)
	p, s := o.observed(w, `fork { print "child"; exit 3 }; wait print`, tracehook.WantSyscalls)
	if status := p.Wait(); status != 0 || p.Output() != "@a\nchildchild exited 3\n" {
		t.Errorf("status %#x, output %q", status, p.Output())
	}
	o.reap(s)
	for _, e := range o.events(nil) {
		if e.Kind == tracehook.Clone || e.id != p.PID() {
			t.Errorf("event %v of a child that was not asked for", e)
		}
	}
}

func observeSignals(t *testing.T, w World, m tracehook.Monitor) {
	o := newWatch(t, w, m)
	p, s := o.observed(w, `handle USR1; handle USR2; ignore HUP; block USR2; kill USR2; kill USR1; kill HUP; unblock USR2; kill TERM`, nothing)
	if status := p.Wait(); status != sigTERM {
		t.Errorf("status %#x, want SIGTERM", status)
	}
	o.reap(s)
	var got []int
	for _, e := range o.events(s) {
		if e.Kind == tracehook.Signal {
			got = append(got, e.Signal)
		}
	}
	if !slices.Equal(got, []int{sigUSR1, sigUSR2, sigTERM}) {
		t.Errorf("signals %v, want USR1, USR2 when it is unblocked, TERM", got)
	}
}

// observeEditedCall has a tracer change a call and drop a signal.
func observeEditedCall(t *testing.T, w World, m tracehook.Monitor) {
	o := newWatch(t, w, m)
	r := o.beside
	r.hold(tracehook.Quiesce)
	p := w.Spawn(t, `handle USR1; barrier a; print "edited"; tkill USR1; exit 2`)
	p.Expect("@a\n")
	s := o.observe(p.PID(), everything)
	k := r.attach(p.PID(), tracehook.WantSyscalls)
	r.check(k.Interrupt)
	r.wait(tracehook.Quiesce)
	r.hold(tracehook.SyscallEntry, tracehook.Signal)
	r.resume(k, tracehook.Run, 0)
	p.Release()
	for {
		e := r.waitFor("call or signal", func(e record) bool { return e.Kind == tracehook.SyscallEntry || e.Kind == tracehook.Signal })
		if e.Kind == tracehook.Signal {
			break
		}
		if e.Syscall.Nr == w.Number("write") {
			args := e.Syscall.Args
			args[2] = 4
			r.check(func() error { return k.SetSyscall(w.Number("write"), args) })
		}
		r.resume(k, tracehook.Run, 0)
	}
	r.hold()
	r.resume(k, tracehook.Run, 0)
	if p.Wait(); p.Output() != "@a\nedit" {
		t.Errorf("output %q", p.Output())
	}
	o.reap(s)
	for _, e := range o.events(s) {
		switch {
		case e.Kind == tracehook.Signal:
			t.Errorf("%v, which the tracer has dropped", e)
		case e.Kind == tracehook.SyscallExit && e.Syscall.Nr == w.Number("write") && (e.Syscall.Args[2] != 4 || e.Syscall.Result != 4):
			t.Errorf("write observed as %+v, 4 bytes were written", e.Syscall)
		}
	}
}
