package daemon

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"syscall"
	"time"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/api"
	"github.com/utrace/utrace/internal/wire"
)

// session is a connection of a client. Its requests are carried out one after
// the other, by the goroutine that reads them; each attachment has a goroutine
// that tells its events.
type session struct {
	*owner
	conn *wire.Conn
	peer peer
	// ctx ends with the connection, and cancel ends both.
	ctx    context.Context
	cancel context.CancelFunc
	// lease is what the attachments are made through.
	lease *utrace.Core
	// patience is that with guests; 0: the default.
	patience time.Duration

	// mu guards the rest.
	mu       sync.Mutex
	parties  map[int]party
	commands map[int]*command
	numbered int // parties and commands
	telling  sync.WaitGroup
	// pending are the events that wait for an answer, by number, and waiting
	// the numbers, by engine: a thread waits in one event at a time.
	pending map[uint64]*utrace.StreamEvent
	waiting map[*utrace.Engine]uint64
	seq     uint64
}

// serve carries requests out until the connection ends.
func (s *session) serve() {
	s.ctx, s.cancel = context.WithCancel(s.ctx)
	stop := context.AfterFunc(s.ctx, func() { _ = s.conn.Close() })
	for {
		line, err := s.conn.Receive()
		if errors.Is(err, wire.ErrLong) {
			_ = s.reply(api.Message{Error: &api.Error{Code: api.InvalidRequest, Message: fmt.Sprintf("a message is longer than %d bytes", api.MaxMessage)}})
		}
		if err != nil || s.handle(line) != nil {
			break
		}
	}
	s.cancel()
	stop()
	_ = s.conn.Close()
	s.mu.Lock()
	list, commands := s.parties, s.commands
	s.parties, s.commands = nil, nil
	s.mu.Unlock()
	for _, x := range commands {
		x.end()
	}
	for _, p := range list {
		p.end()
	}
	_ = s.lease.Close()
	s.telling.Wait()
	s.conn.Discard()
}

// handle carries one message out. The error is about the connection.
func (s *session) handle(line []byte) error {
	var m api.Message
	if err := strictly(line, &m); err != nil {
		return s.reply(api.Message{Error: &api.Error{Code: api.ParseError, Message: err.Error()}})
	}
	fds, ok := s.conn.FDs(m.FDs)
	if !ok || m.FDs > api.MaxFDs {
		return s.reply(api.Message{ID: m.ID, Error: &api.Error{Code: api.InvalidRequest, Message: "the descriptors that \"fds\" counts did not come with the message"}})
	}
	defer closeAll(fds)
	if m.JSONRPC != "2.0" || m.Method == "" || m.Result != nil || m.Error != nil {
		return s.reply(api.Message{ID: m.ID, Error: &api.Error{Code: api.InvalidRequest, Message: "this is no request of JSON-RPC 2.0"}})
	}
	method, ok := methods[m.Method]
	if !ok {
		return s.reply(api.Message{ID: m.ID, Error: &api.Error{Code: api.MethodNotFound, Message: "there is no method " + m.Method}})
	}
	c := &call{session: s, params: m.Params, fds: fds}
	result, err := method(c)
	if c.after != nil {
		defer c.after()
	}
	if m.ID == nil {
		return nil // a notification is not answered
	}
	answer := api.Message{ID: m.ID}
	if err != nil {
		answer.Error = failure(err)
		return s.reply(answer)
	}
	if answer.Result, err = json.Marshal(result); err != nil {
		return err
	}
	if c.result >= 0 && c.hasResult {
		defer func() { _ = syscall.Close(c.result) }()
		answer.FDs = 1
		return s.reply(answer, c.result)
	}
	return s.reply(answer)
}

// reply sends an answer.
func (s *session) reply(m api.Message, fds ...int) error {
	if m.ID == nil {
		m.ID = json.RawMessage("null")
	}
	return s.send(m, fds...)
}

// notify sends a notification, with descriptors, which stay the caller's.
func (s *session) notify(method string, params any, fds ...int) error {
	text, err := json.Marshal(params)
	if err != nil {
		return err
	}
	return s.send(api.Message{Method: method, Params: text, FDs: len(fds)}, fds...)
}

func (s *session) send(m api.Message, fds ...int) error {
	m.JSONRPC = "2.0"
	line, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return s.conn.Send(append(line, '\n'), fds...)
}

// call is a request that is being carried out.
type call struct {
	*session
	params json.RawMessage
	// fds came with it. A method that keeps one sets it to -1.
	fds []int
	// result goes back with the answer, if there is one.
	result    int
	hasResult bool
	// after, if there is one, is called when the answer has been sent.
	after func()
}

// methods are what can be asked for. Each decodes its parameters by want.
var methods = map[string]func(*call) (any, error){
	api.MethodHello:  hello,
	api.MethodList:   list,
	api.MethodAdopt:  adopt,
	api.MethodAttach: attach,
	api.MethodDetach: detach,
	api.MethodEvents: setEvents,
	api.MethodAnswer: answer,
	api.MethodCtl:    control,
	api.MethodInject: inject,
	api.MethodPlant:  plant,
	api.MethodLift:   lift,
	api.MethodWatch:  plantWatch,
	api.MethodIgnore: removeWatch,
	api.MethodRegs:   registers,
	api.MethodSet:    setRegisters,
	api.MethodMask:   signalMask,
	api.MethodUser:   userWord,
	api.MethodRead:   read,
	api.MethodWrite:  write,
	api.MethodRun:    runCommand,
	api.MethodTell:   tell,
	api.MethodSignal: signalCommand,

	api.MethodOpen:      openCore,
	api.MethodTask:      attachTask,
	api.MethodInterest:  setInterest,
	api.MethodResume:    resumeTask,
	api.MethodHold:      holdTask,
	api.MethodInterrupt: interruptTask,
}

// errParams is in errors about parameters.
var errParams = errors.New("invalid parameters")

// want decodes the parameters.
func (c *call) want(params any) error {
	if len(c.params) == 0 {
		return fmt.Errorf("%w: there are none", errParams)
	}
	if err := strictly(c.params, params); err != nil {
		return fmt.Errorf("%w: %w", errParams, err)
	}
	return nil
}

// strictly decodes one JSON value, and refuses members that are not known.
func strictly(text []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if d.More() {
		return errors.New("there is more than one value")
	}
	return nil
}

// failure makes an error for the client.
func failure(err error) *api.Error {
	e := &api.Error{Code: api.Failed, Message: err.Error()}
	if errors.Is(err, errParams) {
		e.Code = api.InvalidParams
	}
	if errno := errnoOf(err); errno != 0 {
		e.Data = &api.ErrorData{Errno: int(errno)}
	}
	return e
}

// errnoOf finds the error number in an error, 0 if there is none.
func errnoOf(err error) syscall.Errno {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno
	}
	for errno := syscall.Errno(1); errno < 134; errno++ {
		if errors.Is(err, errno) {
			return errno
		}
	}
	return 0
}
