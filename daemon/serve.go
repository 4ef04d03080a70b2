package daemon

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"time"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/host"
	"github.com/utrace/utrace/vptrace"
)

// Options adjusts an owner.
type Options struct {
	// Path is the socket. Empty: SocketPath.
	Path string
	// Idle is how long the owner goes on when nobody needs it. 0: for ever.
	Idle time.Duration
}

// owner is a running owner process.
type owner struct {
	socket *socket
	server *vptrace.Server
	// clients is the number of connections.
	clients atomic.Int64
}

// Serve is the owner process. It returns when ctx is done, or nobody has needed
// it for a while. ErrRunning: there is another one.
func Serve(ctx context.Context, options Options) error {
	if options.Path == "" {
		options.Path = SocketPath()
	}
	s, err := listen(options.Path)
	if err != nil {
		return err
	}
	defer s.close()
	core, err := host.Open(utrace.Options{})
	if err != nil {
		return err
	}
	defer core.Close()
	o := &owner{socket: s, server: vptrace.New(core)}
	accepting := make(chan error, 1)
	go func() { accepting <- o.accept(ctx) }()
	return o.untilIdle(ctx, options.Idle, accepting)
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
		if n > 0 || o.clients.Load() > 0 {
			last = time.Now()
		} else if idle > 0 && time.Since(last) > idle {
			return nil
		}
	}
}

func (o *owner) accept(ctx context.Context) error {
	for {
		c, err := o.socket.AcceptUnix()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return nil
			}
			return err
		}
		o.clients.Add(1)
		go func() {
			defer o.clients.Add(-1)
			defer c.Close()
			o.converse(ctx, c)
		}()
	}
}

// converse answers the requests of one connection.
func (o *owner) converse(ctx context.Context, c *net.UnixConn) {
	if err := admitted(c); err != nil {
		_ = send(c, response{Version: "2.0", Error: &rpcError{failed, err.Error()}})
		return
	}
	for {
		req, fd, err := receive(c)
		if err != nil {
			return
		}
		if send(c, o.answer(ctx, req, fd)) != nil {
			return
		}
	}
}

// answer carries out one request. A descriptor that came with it is used or
// closed.
func (o *owner) answer(ctx context.Context, req request, fd int) response {
	r := response{Version: "2.0", ID: req.ID}
	fail := func(code int, text string) response {
		r.Error = &rpcError{code, text}
		return r
	}
	if fd >= 0 && req.Method != methodAdopt {
		closeFD(fd)
	}
	switch req.Method {
	case methodAdopt:
		if fd < 0 {
			return fail(failed, "the descriptor of a listener has to come with "+methodAdopt)
		}
		if err := o.server.Adopt(ctx, fd); err != nil {
			return fail(failed, err.Error())
		}
		r.Result = struct{}{}
	case methodList:
		list, err := o.server.List(ctx)
		if err != nil {
			return fail(failed, err.Error())
		}
		r.Result = list
	default:
		return fail(unknownMethod, "there is no method "+req.Method)
	}
	return r
}
