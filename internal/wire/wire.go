// Package wire carries lines of text, and descriptors beside them, over a unix
// stream socket.
package wire

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"sync"
	"syscall"
	"time"
)

// Conn is one end of a connection. One goroutine may receive, and any number
// send.
type Conn struct {
	conn *net.UnixConn
	max  int // of a line
	buf  []byte
	fds  []int

	sending sync.Mutex
	// patience is how long the other end may leave what was sent to it.
	patience time.Duration
}

// maxFDs bounds the descriptors that wait for their message.
const maxFDs = 32

// New takes a connection over. Lines, their line feeds included, have at most
// max bytes; a peer that takes nothing for longer than patience is given up.
func New(c *net.UnixConn, max int, patience time.Duration) *Conn {
	return &Conn{conn: c, max: max, patience: patience}
}

// ErrLong is returned by Receive for a line that is too long.
var ErrLong = errors.New("message too long")

// Receive returns the next line, without its line feed. It is valid until the
// next call.
func (c *Conn) Receive() ([]byte, error) {
	for searched := 0; ; {
		if i := bytes.IndexByte(c.buf[searched:], '\n'); i >= 0 {
			line := c.buf[: searched+i : searched+i]
			c.buf = c.buf[searched+i+1:]
			return line, nil
		}
		searched = len(c.buf)
		if searched >= c.max {
			return nil, ErrLong
		}
		if err := c.fill(); err != nil {
			return nil, err
		}
	}
}

// fill reads once. The kernel does not join what came with descriptors with what
// comes after it (unix_stream_read_generic in net/unix/af_unix.c), so that they
// arrive no later than their message.
func (c *Conn) fill() error {
	const piece = 16 << 10
	grown := make([]byte, len(c.buf)+piece) // lines that were returned stay as they are
	n := copy(grown, c.buf)
	oob := make([]byte, syscall.CmsgSpace(4*maxFDs))
	got, oobn, flags, _, err := c.conn.ReadMsgUnix(grown[n:], oob)
	c.buf = grown[:n+max(got, 0)]
	if err != nil {
		return err
	}
	if messages, err := syscall.ParseSocketControlMessage(oob[:oobn]); err == nil {
		for i := range messages {
			if fds, err := syscall.ParseUnixRights(&messages[i]); err == nil {
				c.fds = append(c.fds, fds...)
			}
		}
	}
	switch {
	case len(c.fds) > maxFDs || flags&syscall.MSG_CTRUNC != 0:
		return fmt.Errorf("more than %d descriptors at once: %w", maxFDs, syscall.EMFILE)
	case got == 0:
		return net.ErrClosed
	}
	return nil
}

// FDs takes n of the descriptors that came with lines, oldest first. They are
// the caller's to close. It returns false if there are not so many.
func (c *Conn) FDs(n int) ([]int, bool) {
	if n < 0 || n > len(c.fds) {
		return nil, false
	}
	fds := c.fds[:n:n]
	c.fds = c.fds[n:]
	return fds, true
}

// Send sends a line, which must end with a line feed, and descriptors. These stay
// the caller's.
func (c *Conn) Send(line []byte, fds ...int) error {
	var oob []byte
	if len(fds) > 0 {
		oob = syscall.UnixRights(fds...)
	}
	c.sending.Lock()
	defer c.sending.Unlock()
	_ = c.conn.SetWriteDeadline(time.Now().Add(c.patience))
	n, _, err := c.conn.WriteMsgUnix(line, oob, nil)
	for err == nil && n < len(line) {
		line = line[n:]
		n, err = c.conn.Write(line)
	}
	if err != nil {
		_ = c.conn.Close() // half a message may have been sent
	}
	return err
}

// Close ends the connection. Receive returns an error.
func (c *Conn) Close() error { return c.conn.Close() }

// Discard closes the descriptors that nobody has taken, once nobody receives any
// more.
func (c *Conn) Discard() {
	for _, fd := range c.fds {
		_ = syscall.Close(fd)
	}
	c.fds = nil
}
