package gdbserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
	"time"
)

// afterDone calls f when ctx is done, until stop is called.
func afterDone(ctx context.Context, f func()) (stop func() bool) { return context.AfterFunc(ctx, f) }

// Serve accepts clients until ctx is done, Close is called, or there is nothing
// left to debug. It closes the listener. observe makes all of them mere
// observers.
func (s *Server) Serve(ctx context.Context, l net.Listener, observe bool) error {
	end := func() { _ = l.Close() }
	defer afterDone(ctx, end)()
	defer afterDone(s.ctx, end)()
	go func() {
		<-s.done
		end()
	}()
	for {
		c, err := l.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return nil
			}
			if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) {
				// Somebody has taken all descriptors; who is connected stays so.
				select {
				case <-time.After(acceptPatience):
				case <-s.done:
				case <-ctx.Done():
				}
				continue
			}
			return err
		}
		s.greet(c.RemoteAddr())
		if s.options.Once && !observe {
			end()
		}
		if err := s.adopt(ctx, c, observe); err != nil {
			return err
		}
	}
}

// acceptPatience is how long the next client waits where no descriptor is left.
const acceptPatience = 100 * time.Millisecond

// greet prints who has come.
func (s *Server) greet(addr net.Addr) {
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil { // a unix socket: nobody has a name
		return
	}
	s.logf("Remote debugging from host %s, port %s\n", host, port)
}

// adopt makes a client of a connection. The Go runtime's poller would wake up at
// each of its packets, so the descriptor is taken out of its hands.
func (s *Server) adopt(ctx context.Context, c net.Conn, observe bool) error {
	raw, err := c.(syscall.Conn).SyscallConn()
	if err != nil {
		return err
	}
	fd := -1
	var failed error
	if err := raw.Control(func(f uintptr) { fd, failed = duplicate(int(f)) }); err != nil {
		return err
	}
	_ = c.Close()
	if failed != nil {
		return nil // no descriptor is left: this client has bad luck
	}
	return s.ServeDescriptors(ctx, fd, fd, observe)
}

// ServeStdio makes a client of whoever is behind standard input and output, or copies
// of these, which are the server's from then on.
func (s *Server) ServeStdio(ctx context.Context, in, out int) error {
	s.logf("Remote debugging using stdio\n")
	if err := s.ServeDescriptors(ctx, in, out, false); err != nil {
		return fmt.Errorf("serve a client at standard input and output, which have to be pipes, sockets or terminals: %w", err)
	}
	return nil
}

// ServeDescriptors makes a client of whoever is behind two descriptors, which may
// be the same. They are the server's from then on.
func (s *Server) ServeDescriptors(ctx context.Context, in, out int, observe bool) error {
	err := errors.Join(syscall.SetNonblock(in, true), syscall.SetNonblock(out, true))
	if err == nil {
		err = s.do(ctx, func() error {
			c := &conn{in: in, out: out}
			session := newSession(s, c)
			session.observer = observe
			c.s = session
			if err := c.watch(); err != nil {
				return err
			}
			s.clients[session] = struct{}{}
			session.welcome()
			return nil
		})
	}
	if err != nil {
		_ = syscall.Close(in)
		if out != in {
			_ = syscall.Close(out)
		}
	}
	return err
}
