package hooktest

import (
	"testing"

	"github.com/utrace/utrace/tracehook"
)

// TestObserver checks the contract of Monitor, Observer and Subject. The world
// has the programs and a Kernel, whose loops share threads with the observers
// of the monitor.
func TestObserver(t *testing.T, w World, m tracehook.Monitor) {
	for _, c := range observerClauses {
		t.Run(c.name, func(t *testing.T) { c.check(t, w, m) })
	}
}

// observerClauses are numbered like clauses, in the contract of an Observer.
var observerClauses = []struct {
	name  string
	check func(*testing.T, World, tracehook.Monitor)
}{
	{"1/no effect", observeInvisible},
	{"1/beside a loop", observeBesideLoop},
	{"2/events in order", observeOrder},
	{"2/clone before child", observeCloneFirst},
	{"3/identity at the event", observeIdentity},
	{"4/losses are counted", observeLoss},
	{"5/slow handler", observeSlowly},
	{"6/interest", observeInterest},
	{"6/newborns not wanted", observeNoNewborns},
	{"7/signals", observeSignals},
	{"7/calls as they are made", observeEditedCall},
	{"8/one death and one reap", observeOneEnd},
	{"8/zombie leader", observeZombieLeader},
	{"8/exec by another thread", observeExec},
	{"9/observe again", observeAgain},
	{"10/close", observeClose},
	{"10/close while the handler is stuck", observeCloseStuck},
}
