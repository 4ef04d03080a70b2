package daemon

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/api"
)

// guest is a core of the client's own, which has its threads from this one: it
// has a seat, which is an engine, on each. A stop is told, and lasts until the
// client has answered. So a client that does not answer holds its threads up,
// and for no longer than session.guestPatience.
type guest struct {
	session *session
	number  int
	name    string

	// Owned by the loop:
	numbered int  // seats
	watched  bool // a look at unanswered stops is due

	// mu guards the rest. A seat is there under its number, and under its
	// thread's, from its attachment to its end.
	mu      sync.Mutex
	seats   map[int]*seat
	threads map[int]*seat
	// queue is what is still to be told: of each thread no more than one stop
	// and its end.
	queue []*api.Event
	more  chan struct{}
	over  chan struct{} // closed by end
	ended bool
}

// guestPatience is how long the client may leave a stop without saying what is to
// become of the thread.
func (s *session) guestPatience() time.Duration { return cmp.Or(s.patience, 10*time.Second) }

// openCore makes a core for the client.
func openCore(c *call) (any, error) {
	var p api.Open
	if err := c.want(&p); err != nil {
		return nil, err
	}
	name, err := nameOf(p.Name)
	if err != nil {
		return nil, err
	}
	g := &guest{
		session: c.session, name: name, seats: map[int]*seat{}, threads: map[int]*seat{},
		more: make(chan struct{}, 1), over: make(chan struct{}),
	}
	if err := c.enter(g); err != nil {
		return nil, err
	}
	return api.Opened{Attachment: g.number, Patience: int(c.guestPatience() / time.Millisecond)}, nil
}

// nameOf checks what a client calls an engine.
func nameOf(name string) (string, error) {
	if len(name) > 100 {
		return "", fmt.Errorf("%w: the name is longer than 100 bytes", errParams)
	}
	return strings.ToValidUTF8(name, "?"), nil
}

// setNumber implements party.
func (g *guest) setNumber(n int) { g.number = n }

// on implements party.
func (g *guest) on(thread int) *utrace.Engine {
	g.mu.Lock()
	defer g.mu.Unlock()
	if x := g.threads[thread]; x != nil {
		return x.engine
	}
	return nil
}

// end implements party.
func (g *guest) end() {
	g.mu.Lock()
	ended := g.ended
	g.ended = true
	list := slices.Collect(maps.Values(g.seats))
	g.mu.Unlock()
	if ended {
		return
	}
	close(g.over)
	for _, x := range list {
		_ = x.engine.Detach()
	}
}

// seat finds a seat by its number.
func (s *session) seat(attachment, task int) (*seat, error) {
	s.mu.Lock()
	g, ok := s.parties[attachment].(*guest)
	s.mu.Unlock()
	if !ok {
		return nil, fmt.Errorf("core %d: %w", attachment, utrace.ErrGone)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if x := g.seats[task]; x != nil {
		return x, nil
	}
	return nil, fmt.Errorf("core %d has no task %d: %w", attachment, task, utrace.ErrGone)
}

// newSeat makes a seat, which is to be attached. calls says whether system calls
// are reported at once. On the loop.
func (g *guest) newSeat(wants interest, calls bool) *seat {
	g.numbered++
	return &seat{guest: g, number: g.numbered, wants: wants, calls: calls}
}

// options are those of every engine of the guest. It may hold its threads at
// their exit, as long as it answers: also those that were killed.
func (g *guest) options(x *seat) []utrace.AttachOption {
	options := []utrace.AttachOption{
		utrace.WithName(fmt.Sprintf("%s, process %d", g.name, g.session.peer.pid)),
		utrace.WithEvents(x.events()), utrace.WithParty(g), utrace.WithData(g),
		utrace.WithRelease(x.released), utrace.HoldingExit(),
	}
	if x.wants.filtered {
		options = append(options, utrace.WithFilter())
	}
	return options
}

// seated notes that a seat has been attached. On the loop.
func (g *guest) seated(x *seat, e *utrace.Engine) {
	g.mu.Lock()
	x.engine, x.thread = e, e.Thread().ID()
	g.seats[x.number], g.threads[x.thread] = x, x
	ended := g.ended
	g.mu.Unlock()
	if ended {
		_ = e.Detach()
	}
}

// unseat forgets a seat.
func (g *guest) unseat(x *seat) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.seats, x.number)
	if g.threads[x.thread] == x {
		delete(g.threads, x.thread)
	}
}

// renamed notes that an exec has given a thread another id.
func (g *guest) renamed(x *seat, thread int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.threads[x.thread] == x {
		delete(g.threads, x.thread)
	}
	x.thread = thread
	g.threads[thread] = x
}

// push queues what is to be told. It does not wait.
func (g *guest) push(ev *api.Event) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.queue = append(g.queue, ev)
	select {
	case g.more <- struct{}{}:
	default:
	}
}

// tell implements party.
func (g *guest) tell() {
	for {
		select {
		case <-g.more:
		case <-g.over:
			return
		}
		g.mu.Lock()
		queue := g.queue
		g.queue = nil
		g.mu.Unlock()
		for _, ev := range queue {
			if g.session.notify(api.NotifyTask, ev) != nil {
				_ = g.session.conn.Close() // the reader of requests ends everything
				return
			}
		}
	}
}

// watch sees to it that stops are answered. On the loop.
func (g *guest) watch() {
	if g.watched {
		return
	}
	g.watched = true
	g.session.core.Loop().After(g.session.guestPatience(), func() {
		g.watched = false
		now := time.Now()
		waits := false
		g.mu.Lock()
		for _, x := range g.seats {
			switch {
			case !x.waits():
			case x.due.Before(now):
				g.mu.Unlock()
				g.giveUp(x)
				return
			default:
				waits = true
			}
		}
		g.mu.Unlock()
		if waits {
			g.watch()
		}
	})
}

// giveUp ends the connection of a client that does not answer.
func (g *guest) giveUp(x *seat) {
	reason := fmt.Sprintf("a stop of thread %d was not answered for %v", x.thread, g.session.guestPatience())
	go func() {
		_ = g.session.notify(api.NotifyEnd, api.End{Attachment: g.number, Reason: reason})
		_ = g.session.conn.Close()
	}()
	g.end()
}
