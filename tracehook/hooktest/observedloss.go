package hooktest

import (
	"strconv"
	"testing"

	"github.com/utrace/utrace/tracehook"
)

// observeSlowly has the handler stuck while a program runs from beginning to
// end.
func observeSlowly(t *testing.T, w World, m tracehook.Monitor) {
	o := newWatch(t, w, m)
	o.getStuck()
	p, s := o.observed(w, `repeat 2000 { getppid }; fork { getppid }; wait; print "on"; exit 4`, everything)
	if status := p.Wait(); status != exited(4) || p.Output() != "@a\non" {
		t.Errorf("status %#x, output %q", status, p.Output())
	}
	if n := len(o.events(nil)); n > 0 {
		t.Errorf("%d events from a stuck handler", n)
	}
	o.goOn()
	o.reap(s)
}

// observeLoss lets the handler be stuck for longer and longer, until there is
// no room for the events.
func observeLoss(t *testing.T, w World, m tracehook.Monitor) {
	for n := 64; n <= 1<<20; n *= 8 {
		if lossOf(t, w, m, n) || t.Failed() {
			return
		}
	}
	t.Error("a million events that nobody takes are all kept: is there no bound?")
}

// lossOf reports whether anything was lost of two threads that make n calls.
func lossOf(t *testing.T, w World, m tracehook.Monitor, n int) bool {
	o := newWatch(t, w, m)
	o.getStuck()
	repeat := `repeat ` + strconv.Itoa(n) + ` { getppid }; `
	p, s := o.observed(w, `fork { `+repeat+`exit 1 }; wait; `+repeat+`exit 2`, everything)
	p.Wait()
	o.goOn()
	reaped := 0 // in any order
	o.waitFor("the ends of both", func(e record) bool {
		if e.Kind == tracehook.Reap {
			reaped++
		}
		return reaped == 2
	})
	child := o.find(func(e record) bool { return e.Subject != s })

	made := map[tracehook.Subject]uint64{
		// Of its end: exit_group, Exit, Death, Reap.
		child.Subject: uint64(2*n) + 4,
		// And before: the end of read, fork with its Clone, wait4.
		s: uint64(2*n) + 4 + 1 + 3 + 2,
	}
	lost := false
	for of, want := range made {
		var got uint64
		ends, after := "", false
		for _, e := range o.events(of) {
			switch e.Kind {
			case tracehook.Lost:
				got += e.Count
				lost = true
				continue
			case tracehook.Death, tracehook.Reap:
				ends += e.Kind.String() + " "
			default:
				after = after || ends != ""
			}
			got++
		}
		if got != want {
			t.Errorf("thread %d: %d events are handed out or counted as lost, %d have happened", of.ID(), got, want)
		}
		if ends != "death reap " || after {
			t.Errorf("thread %d ends in %q (events after that: %v)", of.ID(), ends, after)
		}
	}
	return lost
}
