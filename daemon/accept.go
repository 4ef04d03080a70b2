package daemon

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"syscall"
	"time"
)

// maxConnections bounds the connections, and maxOfUser those of one user but root:
// who takes them all shall not keep others out.
const (
	maxConnections = 1024
	maxOfUser      = 256
)

// connections counts them, by user. The zero value has none.
type connections struct {
	mu    sync.Mutex
	users map[uint32]int
	all   int
}

// enter counts a connection in, unless there are too many.
func (n *connections) enter(uid uint32) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.all >= maxConnections || uid != 0 && n.users[uid] >= maxOfUser {
		return fmt.Errorf("the owner has %d connections, %d of them of user %d, and takes no more: %w", n.all, n.users[uid], uid, syscall.EUSERS)
	}
	if n.users == nil {
		n.users = map[uint32]int{}
	}
	n.users[uid]++
	n.all++
	return nil
}

func (n *connections) leave(uid uint32) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.all--
	if n.users[uid]--; n.users[uid] == 0 {
		delete(n.users, uid)
	}
}

// count is the number of connections.
func (n *connections) count() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.all
}

// accept serves the connections of a socket, each with a goroutine of its own,
// until the socket is closed. Those that are not let in are refused.
func (o *owner) accept(s *socket, serve func(*net.UnixConn, peer), refuse func(*net.UnixConn, error)) error {
	for {
		c, err := s.AcceptUnix()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			// ECONNABORTED is the client's affair, and EMFILE passes when others
			// end: neither ends the owner.
			time.Sleep(10 * time.Millisecond)
			continue
		}
		p, err := peerOf(c)
		if err == nil {
			err = o.admit(p)
		}
		if err == nil {
			err = o.clients.enter(p.uid)
		}
		if err != nil {
			refuse(c, err)
			_ = c.Close()
			continue
		}
		go func() {
			defer o.clients.leave(p.uid)
			serve(c, p)
		}()
	}
}
