package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/utrace/utrace/api"
	"github.com/utrace/utrace/internal/wire"
)

// Client is a connection to the owner. Its methods may be called from any
// goroutine.
type Client struct {
	conn *wire.Conn
	done chan struct{} // closed when nothing is received any more

	// mu guards the rest.
	mu    sync.Mutex
	last  int
	calls map[int]chan reply
	// attachments are told their events; early has those of attachments whose
	// number is not known yet.
	attachments map[int]*Attachment
	early       map[int][]message
	failed      error
	// subscribed are who hears of notifications of other kinds.
	subscribed map[string]func(params json.RawMessage, fds []int)
}

// reply is the answer to a request.
type reply struct {
	api.Message
	fds []int
}

// patience is how long an owner may take to start, and to take what is sent.
const patience = 10 * time.Second

// Dial connects to a running owner; with an empty path to that of
// api.SocketPath. ENOENT or ECONNREFUSED: there is none.
func Dial(path string) (*Client, error) {
	if path == "" {
		path = api.SocketPath()
	}
	if err := api.Place(path); err != nil {
		return nil, err
	}
	conn, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, err
	}
	c := &Client{
		conn: wire.New(conn, api.MaxMessage+1<<10, patience), done: make(chan struct{}),
		calls: map[int]chan reply{}, attachments: map[int]*Attachment{}, early: map[int][]message{},
		subscribed: map[string]func(json.RawMessage, []int){},
	}
	go c.receive()
	return c, nil
}

// ownName is what the program is called when it is to be the owner, whatever its
// file is called: a file named strace would take the arguments for a command to
// trace.
const ownName = "utrace"

// DialOrStart connects to the owner, after starting one if none runs. The
// command must start an owner in the background and end; it is told that its name
// is utrace.
func DialOrStart(path string, command ...string) (*Client, error) {
	deadline := time.Now().Add(patience)
	var started time.Time
	for {
		c, err := Dial(path)
		if err == nil {
			// One that is about to end may take the connection and answer nothing.
			if _, err = c.Hello(context.Background()); err == nil {
				return c, nil
			}
			_ = c.Close()
		}
		absent := errors.Is(err, syscall.ENOENT) || errors.Is(err, syscall.ECONNREFUSED)
		switch {
		case !absent && !Lost(err):
			return nil, err
		case time.Now().After(deadline):
			return nil, fmt.Errorf("the owner was started and does not answer: %w", err)
		case absent && time.Since(started) > time.Second: // another one has ended meanwhile
			if err := start(command); err != nil {
				return nil, err
			}
			started = time.Now()
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// start runs the command that starts an owner. What it says is the error.
func start(command []string) error {
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Args[0] = ownName
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // ^C at our terminal is for us
	out, err := cmd.CombinedOutput()
	if err == nil {
		return nil
	}
	if text := strings.TrimSpace(string(out)); text != "" {
		return fmt.Errorf("start the owner: %s; UTRACE_SOCKET can name another place", strings.TrimPrefix(text, ownName+": "))
	}
	return fmt.Errorf("start the owner: %w", err)
}

// Lost reports whether an error says that the connection has ended: the owner has
// been killed, and has a successor, or was about to end.
func Lost(err error) bool {
	return errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, net.ErrClosed)
}

// Close ends the connection, and with it all attachments.
func (c *Client) Close() error {
	err := c.conn.Close()
	<-c.done
	return err
}

// Done is closed when the connection has ended, by whomever.
func (c *Client) Done() <-chan struct{} { return c.done }

// Hello asks who the owner is.
func (c *Client) Hello(ctx context.Context) (h api.Hello, err error) {
	return h, c.Call(ctx, api.MethodHello, api.Greeting{Versions: []int{api.Version}}, &h)
}

// List lists who traces whom.
func (c *Client) List(ctx context.Context) (list []api.Thread, err error) {
	return list, c.Call(ctx, api.MethodList, nil, &list)
}

// Adopt gives the owner a seccomp listener to serve. The descriptor stays the
// caller's, who should close it: the filtered program must not have it.
func (c *Client) Adopt(ctx context.Context, fd int) error {
	return c.Call(ctx, api.MethodAdopt, nil, nil, fd)
}

// Subscribe has f called for notifications of a kind that is not about
// attachments. It must not wait for this client. The descriptors are f's to close.
func (c *Client) Subscribe(method string, f func(params json.RawMessage, fds []int)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.subscribed[method] = f
}

// Call makes a request, with descriptors, which stay the caller's, and waits for
// its answer. params and result may be nil.
func (c *Client) Call(ctx context.Context, method string, params, result any, fds ...int) error {
	got, err := c.CallFDs(ctx, method, params, result, fds...)
	closeAll(got)
	return err
}

// CallFDs is Call for answers that come with descriptors.
func (c *Client) CallFDs(ctx context.Context, method string, params, result any, fds ...int) ([]int, error) {
	m := api.Message{JSONRPC: "2.0", Method: method, FDs: len(fds)}
	var err error
	if params != nil {
		if m.Params, err = json.Marshal(params); err != nil {
			return nil, err
		}
	}
	answered := make(chan reply, 1)
	c.mu.Lock()
	if c.failed != nil {
		defer c.mu.Unlock()
		return nil, c.failed
	}
	c.last++
	id := c.last
	c.calls[id] = answered
	c.mu.Unlock()
	m.ID, _ = json.Marshal(id)
	line, err := json.Marshal(m)
	if err == nil {
		err = c.conn.Send(append(line, '\n'), fds...)
	}
	if err != nil {
		c.forget(id, answered)
		return nil, fmt.Errorf("owner: %w", err)
	}
	select {
	case r := <-answered:
		return r.fds, r.outcome(result)
	case <-ctx.Done():
		c.forget(id, answered)
		return nil, ctx.Err()
	case <-c.done:
		select {
		case r := <-answered:
			return r.fds, r.outcome(result)
		default:
			return nil, c.failed
		}
	}
}

// notify makes a request that is not answered.
func (c *Client) notify(method string, params any) error {
	text, err := json.Marshal(params)
	if err != nil {
		return err
	}
	line, err := json.Marshal(api.Message{JSONRPC: "2.0", Method: method, Params: text})
	if err == nil {
		err = c.conn.Send(append(line, '\n'))
	}
	if err != nil {
		return fmt.Errorf("owner: %w", err)
	}
	return nil
}

// forget gives up waiting for an answer, which may have come at the same moment.
func (c *Client) forget(id int, answered chan reply) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.calls, id)
	select {
	case r := <-answered:
		closeAll(r.fds)
	default:
	}
}

// outcome decodes the result, or makes the error.
func (r *reply) outcome(result any) error {
	if e := r.Error; e != nil {
		if e.Data != nil && e.Data.Errno != 0 {
			return &Error{e.Message, syscall.Errno(e.Data.Errno)}
		}
		return e
	}
	if result == nil {
		return nil
	}
	return json.Unmarshal(r.Result, result)
}

// Error is an error that the owner reports. It matches its errno with errors.Is.
type Error struct {
	Text  string
	Errno syscall.Errno
}

func (e *Error) Error() string { return e.Text }

// Unwrap gives the errno.
func (e *Error) Unwrap() error { return e.Errno }

// receive takes in what the owner sends.
func (c *Client) receive() {
	var err error
	for {
		var line []byte
		if line, err = c.conn.Receive(); err != nil {
			break
		}
		var m api.Message
		if err = json.Unmarshal(line, &m); err != nil {
			break
		}
		fds, ok := c.conn.FDs(m.FDs)
		if !ok {
			err = fmt.Errorf("descriptors are missing")
			break
		}
		c.dispatch(&m, fds)
	}
	_ = c.conn.Close()
	c.conn.Discard()
	c.mu.Lock()
	c.failed = fmt.Errorf("the connection to the owner has ended (%w): %w", err, syscall.EPIPE)
	for _, a := range c.attachments {
		a.take(message{end: &api.End{Reason: c.failed.Error()}})
	}
	c.mu.Unlock()
	close(c.done)
}

// dispatch hands a message to who waits for it.
func (c *Client) dispatch(m *api.Message, fds []int) {
	var id int
	if m.Method == "" && json.Unmarshal(m.ID, &id) == nil {
		c.mu.Lock()
		answered := c.calls[id]
		delete(c.calls, id)
		if answered != nil {
			answered <- reply{*m, fds} // has room; under the lock, so that forget finds it
		}
		c.mu.Unlock()
		if answered != nil {
			return
		}
	}
	c.mu.Lock()
	f := c.subscribed[m.Method]
	c.mu.Unlock()
	if f != nil {
		f(m.Params, fds)
		return
	}
	closeAll(fds)
	switch m.Method {
	case api.NotifyEvent:
		ev := new(api.Event)
		if json.Unmarshal(m.Params, ev) == nil {
			c.notified(ev.Attachment, message{event: ev})
		}
	case api.NotifyEnd:
		end := new(api.End)
		if json.Unmarshal(m.Params, end) == nil {
			c.notified(end.Attachment, message{end: end})
		}
	}
}

// closeAll closes descriptors that nobody has asked for.
func closeAll(fds []int) {
	for _, fd := range fds {
		_ = syscall.Close(fd)
	}
}
