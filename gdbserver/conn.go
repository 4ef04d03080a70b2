package gdbserver

import (
	"bytes"
	"errors"
	"os"
	"syscall"
	"time"
	"unsafe"

	"github.com/utrace/utrace/gdbserver/rsp"
)

// conn is the connection of a client, read and written on the loop without
// blocking. While something keeps the client from being served (a reply that it
// does not read, a task of its own) nothing more is read, so what is kept for it
// is bounded by one buffer of input and the replies to that.
type conn struct {
	s *session
	// in and out are the descriptors, often the same. They are ours.
	in, out int
	decoder rsp.Decoder
	// unread is what was read and could not be served yet.
	unread []byte
	// output is what is to be sent.
	output []byte
	// content is the scratch space of replies, last the frame that was sent
	// last, for a client that asks for it again.
	content, last []byte
	noAck         bool
	// sending: a goroutine waits for the client to read.
	sending bool
	// serving: packets are being served; what they send goes out at the end.
	serving bool
	watched bool
	closed  bool
}

const (
	inputSize = 1 << 16
	// sendPatience is how long a client may take to read a reply.
	sendPatience = 20 * time.Second
)

// watch has the connection read when there is something. On the loop.
func (c *conn) watch() error {
	if c.watched || c.closed {
		return nil
	}
	err := c.s.server.core.Loop().Watch(c.in, func() { c.s.server.options.Place.guard(c.readable) })
	c.watched = err == nil
	return err
}

func (c *conn) unwatch() {
	if c.watched {
		_ = c.s.server.core.Loop().Unwatch(c.in)
		c.watched = false
	}
}

// readable reads once; the loop calls again while there is more.
func (c *conn) readable() {
	if c.s.server.input == nil {
		c.s.server.input = make([]byte, inputSize)
	}
	n, err := transferNow(syscall.SYS_READ, c.in, c.s.server.input)
	switch {
	case err == syscall.EAGAIN || err == syscall.EINTR:
		return
	case err != nil || n <= 0:
		c.s.lost()
		return
	}
	c.unread = c.s.server.input[:n]
	c.serve()
	c.unread = bytes.Clone(c.unread) // the next client's input comes to the same place
}

// stuck reports whether the client cannot be served now.
func (c *conn) stuck() bool { return c.closed || c.sending || c.s.busy }

// serve serves what was read, as far as nothing has to be waited for.
func (c *conn) serve() {
	if c.serving {
		return
	}
	c.serving = true
	for len(c.unread) != 0 && !c.stuck() {
		kind, content, rest := c.decoder.Next(c.unread)
		c.unread = rest
		switch kind {
		case rsp.Packet:
			if !c.noAck {
				c.output = append(c.output, '+')
			}
			c.s.trace("<-", content)
			c.s.packet(content)
		case rsp.Broken:
			if !c.noAck {
				c.output = append(c.output, '-')
			}
		case rsp.Nak:
			c.output = append(c.output, c.last...)
		case rsp.Interrupt:
			c.s.interrupt()
		}
		if len(c.output) > inputSize {
			c.flush() // which may get stuck
		}
	}
	c.serving = false
	c.flush()
	if c.stuck() {
		c.unwatch()
	} else if err := c.watch(); err != nil {
		c.s.lost()
	}
}

// reply sends the content of a packet.
func (c *conn) reply(content []byte) {
	c.s.trace("->", content)
	at := len(c.output)
	c.output = rsp.AppendPacket(c.output, content)
	if !c.noAck {
		c.last = append(c.last[:0], c.output[at:]...)
	}
	c.flushSoon()
}

// notify sends a notification.
func (c *conn) notify(content []byte) {
	c.s.trace("=>", content)
	c.output = rsp.AppendNotification(c.output, content)
	c.flushSoon()
}

func (c *conn) flushSoon() {
	if !c.serving {
		c.flush()
	}
}

// flush sends what there is. What the client has no room for is left to a
// goroutine, which gives up after a while.
func (c *conn) flush() {
	if len(c.output) == 0 || c.sending || c.closed {
		return
	}
	n, err := transferNow(syscall.SYS_WRITE, c.out, c.output)
	if n > 0 {
		c.output = c.output[:copy(c.output, c.output[n:])]
	}
	switch {
	case err == nil && len(c.output) == 0:
		return
	case err != nil && err != syscall.EAGAIN && err != syscall.EINTR:
		c.output = c.output[:0]
		c.s.server.post(c.s.lost) // not from inside a callback
		return
	}
	c.send()
}

// send has a goroutine send the output.
func (c *conn) send() {
	fd, err := duplicate(c.out)
	if err != nil {
		c.output = c.output[:0]
		c.s.server.post(c.s.lost)
		return
	}
	rest := c.output
	c.output, c.sending = nil, true
	c.unwatch()
	s := c.s.server
	s.work(func() {
		f := os.NewFile(uintptr(fd), "client")
		err := f.SetWriteDeadline(time.Now().Add(sendPatience))
		if err == nil {
			stop := afterDone(s.ctx, func() { _ = f.SetWriteDeadline(time.Now()) })
			_, err = f.Write(rest)
			stop()
		}
		err = errors.Join(err, f.Close())
		s.post(func() {
			c.sending = false
			if err != nil {
				c.s.lost()
				return
			}
			c.flush()
			c.serve()
		})
	})
}

// close gives the connection up. On the loop.
func (c *conn) close() {
	if c.closed {
		return
	}
	c.unwatch()
	c.closed = true
	_ = syscall.Close(c.in)
	if c.out != c.in {
		_ = syscall.Close(c.out)
	}
}

// transferNow reads or writes what can be without waiting. The descriptor does not
// block, so the runtime's scheduler need not hear of the call.
func transferNow(call uintptr, fd int, b []byte) (int, error) {
	n, _, errno := syscall.RawSyscall(call, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

// duplicate makes another descriptor of an open file.
func duplicate(fd int) (int, error) {
	n, _, errno := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_DUPFD_CLOEXEC, 3)
	if errno != 0 {
		return -1, errno
	}
	return int(n), nil
}
