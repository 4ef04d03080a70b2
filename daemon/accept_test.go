package daemon

import (
	"errors"
	"syscall"
	"testing"
)

// A user that takes all the connections it can get leaves some to others, and all
// users together some to nobody: the owner's descriptors are not used up.
func TestConnections(t *testing.T) {
	var n connections
	take := func(uid uint32) (taken int) {
		for n.enter(uid) == nil {
			taken++
		}
		return taken
	}
	if got := take(1000); got != maxOfUser {
		t.Errorf("a user has got %d connections, want %d", got, maxOfUser)
	}
	if err := n.enter(1000); !errors.Is(err, syscall.EUSERS) {
		t.Errorf("one more: %v", err)
	}
	if err := n.enter(1001); err != nil {
		t.Errorf("another user: %v", err)
	}
	n.leave(1000)
	if err := n.enter(1000); err != nil {
		t.Errorf("in the place of one that has ended: %v", err)
	}
	if got := take(0); got != maxConnections-maxOfUser-1 || n.count() != maxConnections {
		t.Errorf("root has got %d connections, of %d", got, n.count())
	}
	for n.count() > 0 {
		for uid := range n.users {
			n.leave(uid)
		}
	}
	if len(n.users) != 0 {
		t.Errorf("users without a connection are remembered: %v", n.users)
	}
}
