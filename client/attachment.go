package client

import (
	"context"
	"fmt"
	"os"
	"sync"

	"github.com/utrace/utrace/api"
)

// Attachment is an engine that the owner has attached for us.
type Attachment struct {
	*api.Attached
	client *Client
	handle func(*api.Event)
	done   chan struct{}
	reason string

	// mu guards the rest: what is still to be told. The owner bounds it for
	// events that wait, and the handler's speed for the others.
	mu    sync.Mutex
	queue []*api.Event
	more  chan struct{} // has a token while there may be more
	ended bool
}

// Attach has the owner attach an engine. handle is called for each event, in
// order, on a goroutine of the attachment. The right to trace the thread is
// proved by opening its memory.
func (c *Client) Attach(ctx context.Context, params api.Attach, handle func(*api.Event)) (*Attachment, error) {
	proof, err := os.OpenFile(fmt.Sprintf("/proc/%d/mem", params.Thread), os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer proof.Close()
	a := &Attachment{
		Attached: new(api.Attached), client: c, handle: handle,
		done: make(chan struct{}), more: make(chan struct{}, 1),
	}
	if err := c.Call(ctx, api.MethodAttach, params, a.Attached, int(proof.Fd())); err != nil {
		return nil, err
	}
	c.mu.Lock()
	for _, m := range c.early[a.Attachment] {
		a.take(m)
	}
	delete(c.early, a.Attachment)
	if c.failed != nil {
		a.take(message{end: &api.End{Reason: c.failed.Error()}})
	}
	c.attachments[a.Attachment] = a
	c.mu.Unlock()
	go a.tell()
	return a, nil
}

// message is a notification about an attachment: an event, or its end.
type message struct {
	event *api.Event
	end   *api.End
}

// notified hands a notification to its attachment, which may not have learnt its
// own number yet.
func (c *Client) notified(number int, m message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if a := c.attachments[number]; a != nil {
		a.take(m)
		return
	}
	c.early[number] = append(c.early[number], m)
}

// take queues a notification.
func (a *Attachment) take(m message) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.ended:
		return
	case m.end != nil:
		a.ended, a.reason = true, m.end.Reason
	default:
		a.queue = append(a.queue, m.event)
	}
	select {
	case a.more <- struct{}{}:
	default:
	}
}

// tell calls the handler until the attachment is over.
func (a *Attachment) tell() {
	defer close(a.done)
	for range a.more {
		a.mu.Lock()
		queue, ended := a.queue, a.ended
		a.queue = nil
		a.mu.Unlock()
		for _, ev := range queue {
			a.handle(ev)
		}
		if ended {
			c := a.client
			c.mu.Lock()
			delete(c.attachments, a.Attachment)
			c.mu.Unlock()
			return
		}
	}
}

// Done is closed when the attachment is over: all its threads have ended, it was
// detached, or the connection has ended. Reason says which, once it is closed,
// if there is more to say.
func (a *Attachment) Done() <-chan struct{} { return a.done }

// Reason is valid once Done is closed.
func (a *Attachment) Reason() string { return a.reason }

// Answer lets the thread of an event go on.
func (a *Attachment) Answer(ctx context.Context, answer api.Answer) error {
	return a.client.Call(ctx, api.MethodAnswer, answer, nil)
}

// Control tells a thread, or all of them with thread 0, what to do next. With
// "stop" it returns once they are stopped.
func (a *Attachment) Control(ctx context.Context, thread int, action string) error {
	p := api.Control{Attachment: a.Attachment, Thread: thread, Action: action, Wait: action == "stop"}
	return a.client.Call(ctx, api.MethodCtl, p, nil)
}

// Detach ends the attachment. Done tells when that is through.
func (a *Attachment) Detach(ctx context.Context) error {
	return a.client.Call(ctx, api.MethodDetach, api.Detach{Attachment: a.Attachment}, nil)
}
