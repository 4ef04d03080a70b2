package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/api"
	"github.com/utrace/utrace/internal/denial"
	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/tool"
)

// command is a command of the program that runs here for a client.
type command struct {
	session *session
	number  int
	remote  *tool.Remote
	ctx     context.Context
	cancel  context.CancelFunc
	streams [3]*os.File
	// mistaken: it has panicked.
	mistaken atomic.Bool

	// mu guards the rest.
	mu     sync.Mutex
	asked  uint64
	asks   map[uint64]chan answerToAsk
	leases []*utrace.Core
	over   bool
}

// answerToAsk is what the client has told. The descriptors are the receiver's.
type answerToAsk struct {
	api.Told
	fds []int
}

// maxCommands bounds the commands of a connection. The clients have one.
const maxCommands = 16

// runCommand starts a command.
func runCommand(c *call) (any, error) {
	var p api.Run
	if err := c.want(&p); err != nil {
		return nil, err
	}
	if c.command == nil {
		return nil, fmt.Errorf("this owner runs no commands: %w", syscall.ENOTSUP)
	}
	if err := c.ownUser(); err != nil {
		return nil, err
	}
	if len(c.fds) != 3 {
		return nil, fmt.Errorf("%w: standard input, output and error have to come with %s", errParams, api.MethodRun)
	}
	x := &command{session: c.session, asks: map[uint64]chan answerToAsk{}}
	x.ctx, x.cancel = context.WithCancel(c.ctx)
	c.mu.Lock()
	if c.commands == nil || len(c.commands) >= maxCommands {
		c.mu.Unlock()
		x.cancel()
		return nil, fmt.Errorf("a connection can have %d commands", maxCommands)
	}
	c.numbered++
	x.number = c.numbered
	c.commands[x.number] = x
	c.mu.Unlock()
	for i, name := range []string{"standard input", "standard output", "standard error"} {
		x.streams[i] = os.NewFile(uintptr(c.fds[i]), name)
		c.fds[i] = -1
	}
	x.remote = tool.NewRemote(x, x.lease, p.Ignored)
	env := x.remote.Env(p.Name, c.peer.pid, x.streams, x.session.ctx.Done())
	env.Failed = func(v any) {
		x.mistake(env, v)
		x.end()
	}
	c.after = func() { go x.run(env, p.Args) } // what it asks for comes behind its number
	return api.Running{Command: x.number}, nil
}

// ownUser checks that a command of the client's may run in this process: what it
// reads of the system beside what it traces, such as symbols, it reads as this
// user, and its process ids are ours.
func (s *session) ownUser() error {
	if int(s.peer.uid) != os.Getuid() {
		return fmt.Errorf("commands of user %d do not run in the owner of user %d: %w", s.peer.uid, os.Getuid(), syscall.EPERM)
	}
	for _, kind := range []string{"pid", "user"} {
		own, err := os.Readlink("/proc/self/ns/" + kind)
		if err != nil {
			return err
		}
		its, err := os.Readlink("/proc/" + strconv.Itoa(s.peer.pid) + "/ns/" + kind)
		if err != nil || its != own {
			return fmt.Errorf("commands of process %d do not run in an owner in another %s namespace: %w", s.peer.pid, kind, syscall.EPERM)
		}
	}
	return nil
}

// run is the command, from its beginning to its end.
func (x *command) run(env *tool.Env, args []string) {
	status := tool.Exited(1)
	defer func() {
		if v := recover(); v != nil {
			x.mistake(env, v)
		}
		x.end()
		if x.mistaken.Load() {
			status = tool.Exited(70) // EX_SOFTWARE of sysexits.h
		}
		_ = x.session.notify(api.NotifyEnded, api.Ended{Command: x.number, Status: int(status)})
		x.session.mu.Lock()
		delete(x.session.commands, x.number)
		x.session.mu.Unlock()
		for _, f := range x.streams {
			_ = f.Close()
		}
	}()
	status = x.session.command(x.ctx, env, args)
}

// mistake tells of a panic.
func (x *command) mistake(env *tool.Env, v any) {
	x.mistaken.Store(true)
	fmt.Fprintf(env.Stderr, "utrace: the command has failed, which is a mistake of its own: %v\n", v)
}

// end lets everything go that the command traces, whether it wants or not.
func (x *command) end() {
	x.cancel()
	x.mu.Lock()
	x.over = true
	list := x.leases
	x.leases = nil
	x.mu.Unlock()
	for _, core := range list {
		_ = core.Close()
	}
}

// lease makes a core for the command.
func (x *command) lease() *utrace.Core {
	core := x.session.core.Lease(utrace.Lease{
		Of:    fmt.Sprintf("process %d", x.session.peer.pid),
		Admit: x.admit,
		Renew: x.session.renew,
		Panicked: func(e *utrace.Engine, v any) {
			fmt.Fprintf(os.Stderr, "utrace: engine %q has panicked, and is detached: %v\n", e.Name(), v)
		},
	})
	x.mu.Lock()
	over := x.over
	x.leases = append(x.leases, core)
	x.mu.Unlock()
	if over {
		_ = core.Close()
	}
	return core
}

// admit has the client prove that it may trace a thread (see authorize).
func (x *command) admit(ctx context.Context, thread int) error {
	proof := api.File{Name: fmt.Sprintf("/proc/%d/mem", thread), Flag: os.O_RDWR}
	_, fds, err := x.Ask(ctx, api.DoOpen, proof)
	defer closeAll(fds)
	if err == nil && len(fds) == 1 {
		err = denial.Proof(thread, fds[0])
	}
	stat, gone := procfs.ReadStat(thread)
	var errno syscall.Errno
	switch {
	case err == nil:
		return nil
	case gone != nil:
		return fmt.Errorf("attach to thread %d: %w", thread, utrace.ErrGone)
	case stat.State == 'Z' || stat.Kernel():
		return denial.Explain(thread, syscall.EPERM) // it has no memory to prove anything by
	case errors.As(err, new(*denial.Error)):
		return err
	case errors.As(err, &errno):
		return denial.Explain(thread, errno)
	}
	return err
}

// Ask implements tool.Asker.
func (x *command) Ask(ctx context.Context, do string, params any, fds ...int) (json.RawMessage, []int, error) {
	answered := make(chan answerToAsk, 1)
	x.mu.Lock()
	x.asked++
	ask := api.Ask{Command: x.number, Ask: x.asked, Do: do}
	x.asks[ask.Ask] = answered
	x.mu.Unlock()
	var err error
	if params != nil {
		ask.Params, err = json.Marshal(params)
	}
	if err == nil {
		if err = x.session.notify(api.NotifyAsk, ask, fds...); err != nil {
			x.session.cancel() // who cannot be asked has gone
		}
	}
	if err == nil {
		select {
		case a := <-answered:
			if a.Failure != nil {
				err = tool.ErrorOf(a.Failure)
			}
			return a.Result, a.fds, err
		case <-ctx.Done():
			err = ctx.Err()
		case <-x.session.ctx.Done():
			err = fmt.Errorf("the client has gone: %w", syscall.EPIPE)
		}
	}
	x.mu.Lock()
	delete(x.asks, ask.Ask)
	x.mu.Unlock()
	select {
	case a := <-answered: // at the same moment
		closeAll(a.fds)
	default:
	}
	return nil, nil, err
}

// tell takes the answer to something that was asked for.
func tell(c *call) (any, error) {
	var p api.Told
	if err := c.want(&p); err != nil {
		return nil, err
	}
	x, err := c.running(p.Command)
	if err != nil {
		return nil, err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	answered := x.asks[p.Ask]
	if answered == nil {
		return struct{}{}, nil // it is not wanted any more
	}
	delete(x.asks, p.Ask)
	a := answerToAsk{Told: p, fds: append([]int(nil), c.fds...)}
	for i := range c.fds {
		c.fds[i] = -1
	}
	answered <- a
	return struct{}{}, nil
}

// signalCommand tells a command of a signal.
func signalCommand(c *call) (any, error) {
	var p api.Signal
	if err := c.want(&p); err != nil {
		return nil, err
	}
	x, err := c.running(p.Command)
	if err != nil {
		return nil, err
	}
	x.remote.Deliver(syscall.Signal(p.Signal))
	return struct{}{}, nil
}

// running finds a command.
func (s *session) running(number int) (*command, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if x := s.commands[number]; x != nil {
		return x, nil
	}
	return nil, fmt.Errorf("command %d: %w", number, utrace.ErrGone)
}

func closeAll(fds []int) {
	for _, fd := range fds {
		if fd >= 0 {
			_ = syscall.Close(fd)
		}
	}
}
