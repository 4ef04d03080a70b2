package daemon

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/utrace/utrace/vptrace"
)

// Client is a connection to the owner.
type Client struct {
	conn *net.UnixConn
	dec  *json.Decoder
	id   int
}

// Dial connects to a running owner. ENOENT or ECONNREFUSED: there is none.
func Dial(path string) (*Client, error) {
	if path == "" {
		path = SocketPath()
	}
	if err := private(filepath.Dir(path)); err != nil {
		return nil, err
	}
	c, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, err
	}
	return &Client{conn: c, dec: json.NewDecoder(c)}, nil
}

// patience is how long an owner may take to start.
const patience = 10 * time.Second

// DialOrStart connects to the owner, after starting one if none runs. The
// command must start an owner in the background and end.
func DialOrStart(path string, command ...string) (*Client, error) {
	c, err := Dial(path)
	if err == nil || !errors.Is(err, syscall.ENOENT) && !errors.Is(err, syscall.ECONNREFUSED) {
		return c, err
	}
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("start the owner: %w", err)
	}
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		c, err := Dial(path)
		if err == nil || time.Now().After(deadline) {
			return c, err
		}
	}
}

// Close ends the connection.
func (c *Client) Close() error { return c.conn.Close() }

// Adopt gives the owner a seccomp listener to serve. The descriptor stays the
// caller's, who should close it: the filtered program must not have it.
func (c *Client) Adopt(fd int) error { return c.call(methodAdopt, nil, fd) }

// List lists who traces whom.
func (c *Client) List() (list []vptrace.Tracee, err error) {
	err = c.call(methodList, &list)
	return list, err
}

// call makes one request and waits for its answer.
func (c *Client) call(method string, result any, fds ...int) error {
	c.id++
	id, err := json.Marshal(c.id)
	if err != nil {
		return err
	}
	if err := send(c.conn, request{Version: "2.0", ID: id, Method: method}, fds...); err != nil {
		return fmt.Errorf("owner: %w", err)
	}
	var r struct {
		Result json.RawMessage `json:"result"`
		Error  *rpcError       `json:"error"`
	}
	if err := c.dec.Decode(&r); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return fmt.Errorf("owner: %w", err)
	}
	if r.Error != nil {
		return fmt.Errorf("owner: %s", r.Error.Message)
	}
	if result == nil {
		return nil
	}
	return json.Unmarshal(r.Result, result)
}

func closeFD(fd int) { _ = syscall.Close(fd) }
