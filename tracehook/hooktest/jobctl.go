package hooktest

import (
	"errors"
	"slices"
	"syscall"
	"testing"

	"github.com/utrace/utrace/tracehook"
)

const (
	statusStopped   = int(syscall.SIGSTOP)<<8 | 0x7f
	statusContinued = 0xffff
)

func groupStop(t *testing.T, w World) {
	r := newRig(t, w, tracehook.GroupStop, tracehook.Continue)
	p := w.Spawn(t, `barrier a; stop; print "on"; exit 2`)
	p.Expect("@a\n")
	k := r.attach(p.PID(), nothing)
	p.Release()
	if e := r.wait(tracehook.Signal); e.Signal != sigSTOP {
		t.Errorf("%v, want SIGSTOP", e)
	}
	if e := r.wait(tracehook.GroupStop); e.Signal != sigSTOP {
		t.Errorf("%v, want SIGSTOP", e)
	}
	r.resume(k, tracehook.Listen, 0)
	if got := p.Parent(1); got != nil && !slices.Equal(got, []int{statusStopped}) {
		t.Errorf("the parent has seen %#x", got)
	}
	r.settle()
	if p.Output() != "@a\n" {
		t.Errorf("output %q: it has left the group-stop", p.Output())
	}
	// An Interrupt while it listens reports the group-stop again.
	r.check(k.Interrupt)
	r.wait(tracehook.GroupStop)
	r.resume(k, tracehook.Listen, 0)
	p.Kill(sigCONT)
	r.wait(tracehook.Continue)
	// The parent can hear of it now, and has to before the process ends: it is
	// a flag of the process, not a queue.
	if got := p.Parent(2); got != nil && !slices.Equal(got, []int{statusStopped, statusContinued}) {
		t.Errorf("the parent has seen %#x", got)
	}
	r.hold()
	r.resume(k, tracehook.Run, 0)
	if status := p.Wait(); status != exited(2) || p.Output() != "@a\non" {
		t.Errorf("status %#x, output %q", status, p.Output())
	}
	if got := p.Parent(3); got != nil && !slices.Equal(got, []int{statusStopped, statusContinued, exited(2)}) {
		t.Errorf("the parent has seen %#x", got)
	}
}

func groupStopThreads(t *testing.T, w World) {
	r := newRig(t, w)
	p := w.Spawn(t, `thread { pause }; thread { spin }; barrier a; exit 3`)
	p.Expect("@a\n")
	ids, err := w.Kernel().Threads(p.PID())
	if err != nil || len(ids) != 3 || ids[0] != p.PID() {
		t.Fatalf("threads %v, %v; want 3, the leader first", ids, err)
	}
	for _, id := range ids {
		r.attach(id, nothing)
	}
	p.Kill(sigSTOP)
	for range ids {
		r.wait(tracehook.GroupStop)
	}
	r.do(func() {})
	p.Kill(sigCONT)
	for range ids {
		r.wait(tracehook.Continue)
	}
	p.Release()
	if status := p.Wait(); status != exited(3) {
		t.Errorf("status %#x, want exit 3", status)
	}
	stops := 0
	for _, e := range r.events(nil) {
		if e.Kind == tracehook.Signal && e.Signal == sigSTOP {
			stops++
		}
	}
	if stops != 1 {
		t.Errorf("SIGSTOP was reported %d times, want once", stops)
	}
}

func listenElsewhere(t *testing.T, w World) {
	r := newRig(t, w, tracehook.Quiesce)
	p := w.Spawn(t, `spin`)
	k := r.attach(p.PID(), nothing)
	r.check(k.Interrupt)
	r.wait(tracehook.Quiesce)
	r.do(func() {
		if err := k.Resume(tracehook.Listen, 0); !errors.Is(err, syscall.EIO) {
			t.Errorf("Resume with Listen at %v: error %v, want EIO", tracehook.Quiesce, err)
		}
	})
	r.resume(k, tracehook.Run, 0) // it was left stopped
}

func groupStopRun(t *testing.T, w World) {
	r := newRig(t, w, tracehook.GroupStop)
	p := w.Spawn(t, `barrier a; stop; print "on"; exit 2`)
	p.Expect("@a\n")
	k := r.attach(p.PID(), nothing)
	p.Release()
	r.wait(tracehook.GroupStop)
	r.resume(k, tracehook.Run, 0)
	if status := p.Wait(); status != exited(2) || p.Output() != "@a\non" {
		t.Errorf("status %#x, output %q", status, p.Output())
	}
}
