package rsp

import (
	"errors"
	"fmt"
	"io"
)

// Client is the other side of a connection: for tools that ask a server
// something, and for tests. It may be used by one goroutine at a time.
type Client struct {
	// Notify is called for each notification that comes while a reply is waited
	// for. The content is valid until it returns.
	Notify func(content []byte)

	rw      io.ReadWriter
	decoder Decoder
	noAck   bool
	buf     []byte
	unread  []byte
	out     []byte
}

// NewClient makes a client of a connection.
func NewClient(rw io.ReadWriter) *Client {
	return &Client{rw: rw, decoder: Decoder{Expand: true}, buf: make([]byte, 1<<16)}
}

// Send sends a packet.
func (c *Client) Send(content []byte) error {
	c.out = AppendPacket(c.out[:0], content)
	_, err := c.rw.Write(c.out)
	return err
}

// Interrupt sends ^C.
func (c *Client) Interrupt() error {
	_, err := c.rw.Write([]byte{3})
	return err
}

// ErrChecksum is returned for a reply that is damaged.
var ErrChecksum = errors.New("damaged packet")

// Receive waits for a reply, which is valid until the next call.
func (c *Client) Receive() ([]byte, error) {
	for {
		for len(c.unread) != 0 {
			kind, content, rest := c.decoder.Next(c.unread)
			c.unread = rest
			switch kind {
			case Packet:
				if c.noAck {
					return content, nil
				}
				_, err := c.rw.Write([]byte{'+'})
				return content, err
			case Notification:
				if c.Notify != nil {
					c.Notify(content)
				}
			case Broken:
				return nil, ErrChecksum
			}
		}
		n, err := c.rw.Read(c.buf)
		if n == 0 && err != nil {
			return nil, err
		}
		c.unread = c.buf[:n]
	}
}

// Exchange sends a packet and waits for the reply. The error is an *Error if the
// reply is one.
func (c *Client) Exchange(content []byte) ([]byte, error) {
	if err := c.Send(content); err != nil {
		return nil, err
	}
	reply, err := c.Receive()
	if err != nil {
		return nil, fmt.Errorf("reply to %.40q: %w", content, err)
	}
	if e, isError := ParseError(reply); isError {
		return nil, e
	}
	return reply, nil
}

// Hello says what the client can do, as gdb does, and has acknowledgements left
// out.
func (c *Client) Hello() (Features, error) {
	reply, err := c.Exchange([]byte("qSupported:multiprocess+;swbreak+;hwbreak+;fork-events+;vfork-events+;exec-events+;vContSupported+;QThreadEvents+;no-resumed+;xmlRegisters=i386"))
	if err != nil {
		return nil, err
	}
	features := ParseFeatures(reply)
	if _, err := c.Exchange([]byte("QStartNoAckMode")); err != nil {
		return nil, err
	}
	c.noAck = true
	return features, nil
}
