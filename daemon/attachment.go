package daemon

import (
	"context"
	"fmt"
	"time"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/api"
)

// attachment is an engine of a client, on one thread or on many: a stream of the
// core, whose limits bound what a client can cost.
type attachment struct {
	session *session
	number  int
	stream  *utrace.Stream
	// single or group has the engines. Set once.
	single *utrace.Engine
	group  *utrace.Group
	gone   chan struct{} // closed when the single engine is gone
}

// The limits of an attachment.
const (
	maxBuffer      = 4096
	maxAttachments = 4096
	forEver        = time.Duration(1 << 62)
)

func attach(c *call) (any, error) {
	var p api.Attach
	if err := c.want(&p); err != nil {
		return nil, err
	}
	a := &attachment{session: c.session, gone: make(chan struct{})}
	events, err := eventsOf(p.Events)
	if err != nil {
		return nil, err
	}
	if a.stream, err = streamOf(&p); err != nil {
		return nil, err
	}
	if a.stream.Wait&^events != 0 {
		return nil, fmt.Errorf("%w: wait has %v, which events has not", errParams, a.stream.Wait&^events)
	}
	name, err := nameOf(p.Name)
	if err != nil {
		return nil, err
	}
	if err := c.authorize(p.Thread); err != nil {
		return nil, err
	}
	options := []utrace.AttachOption{
		utrace.WithName(fmt.Sprintf("%s, process %d", name, c.peer.pid)),
		utrace.WithEvents(events), utrace.WithData(a), utrace.WithParty(a),
	}
	scope, ok := map[string]utrace.Scope{api.ScopeProcess: utrace.Process, api.ScopeTree: utrace.Tree}[p.Scope]
	switch {
	case ok:
		a.group, err = c.lease.AttachGroup(c.ctx, p.Thread, scope, func(*utrace.Thread) any { return a.stream }, options...)
	case p.Scope == "" || p.Scope == api.ScopeThread:
		a.single, err = c.lease.Attach(c.ctx, p.Thread, a.stream, append(options, utrace.WithRelease(func() { close(a.gone) }))...)
	default:
		err = fmt.Errorf("%w: there is no scope %q", errParams, p.Scope)
	}
	if err != nil {
		return nil, err
	}
	if err := c.enter(a); err != nil {
		a.end()
		return nil, err
	}
	result := api.Attached{Attachment: a.number}
	for _, e := range a.engines() {
		result.Threads = append(result.Threads, e.Thread().ID())
	}
	return result, nil
}

// setNumber implements party.
func (a *attachment) setNumber(n int) { a.number = n }

// on implements party.
func (a *attachment) on(thread int) *utrace.Engine {
	for _, e := range a.engines() {
		if e.Thread().ID() == thread {
			return e
		}
	}
	return nil
}

func streamOf(p *api.Attach) (*utrace.Stream, error) {
	wait, err := eventsOf(p.Wait)
	if err != nil {
		return nil, err
	}
	s := &utrace.Stream{Wait: wait, Buffer: p.Buffer, Timeout: time.Duration(p.Timeout) * time.Millisecond}
	switch {
	case p.Buffer < 0 || p.Buffer > maxBuffer:
		return nil, fmt.Errorf("%w: a buffer of %d events; %d is the most", errParams, p.Buffer, maxBuffer)
	case p.Timeout == -1:
		s.Timeout = forEver
	case p.Timeout < 0 || int64(p.Timeout) > int64(24*time.Hour/time.Millisecond):
		return nil, fmt.Errorf("%w: a timeout of %d ms; a day is the most", errParams, p.Timeout)
	}
	switch p.Default {
	case "", "resume":
	case "detach":
		s.Default = utrace.Detach
	default:
		return nil, fmt.Errorf("%w: the default %q is neither resume nor detach", errParams, p.Default)
	}
	return s, nil
}

// eventsOf reads names of events.
func eventsOf(names []string) (set utrace.Events, err error) {
	for _, name := range names {
		found := false
		for bit := utrace.Events(1); bit <= utrace.EventForeignTrap; bit <<= 1 {
			if bit.String() == name {
				set, found = set|bit, true
			}
		}
		if !found {
			return 0, fmt.Errorf("%w: there is no event %q", errParams, name)
		}
	}
	return set, nil
}

// engines lists the engines, which may be gone.
func (a *attachment) engines() []*utrace.Engine {
	if a.group != nil {
		return a.group.Engines()
	}
	return []*utrace.Engine{a.single}
}

// done is closed when no engine is left.
func (a *attachment) done() <-chan struct{} {
	if a.group != nil {
		return a.group.Done()
	}
	return a.gone
}

// end implements party. Threads that wait for an answer go on.
func (a *attachment) end() {
	if a.group != nil {
		_ = a.group.Detach()
	} else {
		_ = a.single.Detach()
	}
	_ = a.stream.Close()
}

// tell implements party.
func (a *attachment) tell() {
	s := a.session
	go func() {
		<-a.done()
		_ = a.stream.Close() // what is unread is still told
	}()
	for {
		ev, err := a.stream.Next(context.Background())
		if err != nil {
			break
		}
		if s.notify(api.NotifyEvent, s.describe(a, ev)) != nil {
			_ = s.conn.Close() // the reader of requests ends everything
			a.end()
		}
	}
	s.mu.Lock()
	_, listed := s.parties[a.number]
	delete(s.parties, a.number)
	for e, seq := range s.waiting {
		if e.Data() == any(a) {
			delete(s.waiting, e)
			delete(s.pending, seq)
		}
	}
	s.mu.Unlock()
	if listed {
		_ = s.notify(api.NotifyEnd, api.End{Attachment: a.number})
	}
}

// attachment finds an attachment by its number.
func (s *session) attachment(number int) (*attachment, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a, ok := s.parties[number].(*attachment); ok {
		return a, nil
	}
	return nil, fmt.Errorf("attachment %d: %w", number, utrace.ErrGone)
}

// some finds the engines of an attachment, or the one on a thread.
func (s *session) some(number, thread int) ([]*utrace.Engine, error) {
	if thread != 0 {
		e, err := s.engine(number, thread)
		return []*utrace.Engine{e}, err
	}
	a, err := s.attachment(number)
	if err != nil {
		return nil, err
	}
	return a.engines(), nil
}

func detach(c *call) (any, error) {
	var p api.Detach
	if err := c.want(&p); err != nil {
		return nil, err
	}
	a, err := c.attachment(p.Attachment)
	if err != nil {
		return nil, err
	}
	if p.Thread == 0 {
		a.end()
		return struct{}{}, nil
	}
	e, err := c.engine(p.Attachment, p.Thread)
	if err != nil {
		return nil, err
	}
	if err := e.Detach(); err != nil && err != utrace.ErrInProgress {
		return nil, err
	}
	return struct{}{}, nil
}

func setEvents(c *call) (any, error) {
	var p api.SetEvents
	if err := c.want(&p); err != nil {
		return nil, err
	}
	events, err := eventsOf(p.Events)
	if err != nil {
		return nil, err
	}
	if p.Thread == 0 {
		a, err := c.attachment(p.Attachment)
		if err != nil {
			return nil, err
		}
		if a.group != nil {
			err = a.group.SetEvents(events)
		} else {
			err = a.single.SetEvents(events)
		}
		return done(err)
	}
	e, err := c.engine(p.Attachment, p.Thread)
	if err != nil {
		return nil, err
	}
	return done(e.SetEvents(events))
}

// done is the answer of methods that have no result. That something is still on
// its way is none of the client's business: it is told events in their order.
func done(err error) (any, error) {
	if err == utrace.ErrInProgress {
		err = nil
	}
	return struct{}{}, err
}
