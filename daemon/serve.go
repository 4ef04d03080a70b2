package daemon

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
	"time"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/api"
	"github.com/utrace/utrace/host"
	"github.com/utrace/utrace/internal/waitloop"
	"github.com/utrace/utrace/internal/wire"
	"github.com/utrace/utrace/keeper"
	"github.com/utrace/utrace/tool"
	"github.com/utrace/utrace/vptrace"
)

// Options adjusts an owner.
type Options struct {
	// Path is the socket. Empty: api.SocketPath. A socket that a service manager
	// has passed takes its place (sd_listen_fds(3)).
	Path string
	// Runtimes is a second socket, for container runtimes: each brings the seccomp
	// listener of a container, whose tracers are served then ("listenerPath" of the
	// OCI runtime specification). Empty: there is none.
	Runtimes string
	// Build names the program's version, for clients who ask.
	Build string
	// Idle is how long the owner goes on when nobody needs it. 0: for ever.
	Idle time.Duration
	// Ready is called when clients can connect. It may be nil.
	Ready func()
	// Core is what traces: so a program with engines of its own lets unmodified
	// tracers join them. It is not closed. Nil: one for the tracers alone.
	Core *utrace.Core
	// Successor are the arguments with which this program is to be run, by a
	// keeper, if the owner is killed: it goes on where that was. Without, the
	// system calls of filtered programs fail then. The program's main must have
	// called keeper.Main. It has no effect together with Core.
	Successor []string
	// Command runs a command of the program for a client, and returns how it
	// has ended. It ends early with ctx. Nil: there are no commands.
	Command func(ctx context.Context, env *tool.Env, args []string) syscall.WaitStatus
}

// owner is a running owner process.
type owner struct {
	socket *socket
	// runtimes is where container runtimes connect; nil: nowhere.
	runtimes *socket
	core     *utrace.Core
	server   *vptrace.Server
	build    string
	// command runs commands; nil: there are none.
	command func(ctx context.Context, env *tool.Env, args []string) syscall.WaitStatus
	clients connections
}

// Serve is the owner process. It returns when ctx is done, or nobody has needed
// it for a while. ErrRunning: there is another one.
func Serve(ctx context.Context, options Options) error {
	err := serve(ctx, options)
	if ended := ctx.Err(); ended != nil && errors.Is(err, ended) {
		return nil // to be told to end is no error, whatever is being done
	}
	return err
}

func serve(ctx context.Context, options Options) error {
	if options.Path == "" {
		options.Path = api.SocketPath()
	}
	s, err := socketFor(options.Path, socketName, lockName, activated)
	if err != nil {
		return err
	}
	defer s.close()
	var runtimes *socket
	if options.Runtimes != "" {
		none := func() (*socket, error) { return nil, nil }
		if runtimes, err = socketFor(options.Runtimes, ociSocketName, ociLockName, none); err != nil {
			return err
		}
		defer runtimes.close()
	}
	core, k, err := open(&options)
	if err != nil {
		return err
	}
	if k != nil {
		defer k.Close()
	}
	if options.Core == nil {
		defer core.Close()
		// Two programs wait while the loop waits for a processor. It serves all the
		// same where it may not go ahead.
		_ = core.Do(ctx, waitloop.Prompt)
	}
	o := &owner{socket: s, runtimes: runtimes, core: core, server: vptrace.New(core), build: options.Build, command: options.Command}
	if k != nil {
		if err := o.provide(ctx, k); err != nil {
			return err
		}
	}
	accepting := make(chan error, 2)
	go func() {
		accepting <- o.accept(s, func(c *net.UnixConn, p peer) { o.newSession(ctx, c, p).serve() }, refuse)
	}()
	if runtimes != nil {
		go func() {
			accepting <- o.accept(runtimes, func(c *net.UnixConn, _ peer) { o.serveRuntime(ctx, c) }, complain)
		}()
	}
	notifyManager()
	if options.Ready != nil {
		options.Ready()
	}
	if err := o.untilIdle(ctx, options.Idle, accepting); err != nil || ctx.Err() != nil {
		return err
	}
	return o.retire(ctx, k)
}

// open opens the core, if there is none, with a keeper if there is to be one.
func open(options *Options) (core *utrace.Core, k *keeper.Keeper, err error) {
	if options.Core != nil {
		return options.Core, nil, nil
	}
	var with utrace.Options
	if len(options.Successor) != 0 {
		if k, err = keeper.Start(options.Successor...); err != nil {
			return nil, nil, err
		}
		with.Journal = k
	}
	if core, err = host.Open(with); err != nil && k != nil {
		_ = k.Close()
	}
	return core, k, err
}

// untilIdle waits until the owner is not needed any more.
func (o *owner) untilIdle(ctx context.Context, idle time.Duration, accepting <-chan error) error {
	const period = 500 * time.Millisecond
	tick := time.NewTicker(period)
	defer tick.Stop()
	last := time.Now()
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-accepting:
			return err
		case <-tick.C:
		}
		n, err := o.server.Listeners(ctx)
		if err != nil {
			return err
		}
		if n > 0 || o.clients.count() > 0 {
			last = time.Now()
		} else if idle > 0 && time.Since(last) > idle {
			return nil
		}
	}
}

// retire ends an owner that nobody needs. Who connects from now on starts another
// one; who has come in at the last moment is served.
func (o *owner) retire(ctx context.Context, k *keeper.Keeper) error {
	if k != nil {
		if err := o.core.Do(ctx, func() error {
			for _, name := range []string{socketName, lockName, ociSocketName, ociLockName} {
				k.Drop(name)
			}
			return nil
		}); err != nil {
			return err
		}
	}
	o.socket.close()
	if o.runtimes != nil {
		o.runtimes.close()
	}
	return o.untilIdle(ctx, 1, nil)
}

// patience is how long a client may leave what is sent to it.
const patience = 5 * time.Second

func (o *owner) newSession(ctx context.Context, c *net.UnixConn, p peer) *session {
	s := &session{
		owner: o, conn: wire.New(c, api.MaxMessage, patience), ctx: ctx, peer: p,
		parties: map[int]party{}, commands: map[int]*command{},
		pending: map[uint64]*utrace.StreamEvent{}, waiting: map[*utrace.Engine]uint64{},
	}
	s.lease = o.core.Lease(utrace.Lease{Renew: s.renew})
	return s
}

// refuse tells a client why it is not let in.
func refuse(c *net.UnixConn, err error) {
	s := &session{conn: wire.New(c, api.MaxMessage, patience)}
	_ = s.reply(api.Message{Error: failure(err)})
}

func adopt(c *call) (any, error) {
	if len(c.fds) != 1 {
		return nil, fmt.Errorf("%w: the descriptor of a listener has to come with %s", errParams, api.MethodAdopt)
	}
	group, err := c.follow()
	if err != nil {
		return nil, err
	}
	fd := c.fds[0]
	c.fds[0] = -1
	if err = c.server.Adopt(c.ctx, fd, c.trusted()); err != nil && group != nil {
		group.Detach()
	}
	return struct{}{}, err
}
