package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"syscall"
	"time"
)

// The names by which the keeper holds the socket for container runtimes.
const (
	ociSocketName = "oci socket"
	ociLockName   = "oci lock"
)

// containerState is what a container runtime says of a container, beside the
// descriptor of its seccomp listener ("The Container Process State" in
// config-linux.md of the OCI runtime specification). Only what is of use here.
type containerState struct {
	// FDs names the descriptors, in their order.
	FDs   []string `json:"fds"`
	State struct {
		ID string `json:"id"`
	} `json:"state"`
}

// listenerName is the name of the listener among the descriptors.
const listenerName = "seccompFd"

// Bounds for what a runtime sends. It has the annotations of the container.
const (
	maxState    = 1 << 20
	maxStateFDs = 16
)

// serveRuntime serves a connection of a container runtime, which is for one
// container.
func (o *owner) serveRuntime(ctx context.Context, c *net.UnixConn) {
	defer c.Close()
	if id, err := o.adoptContainer(ctx, c); err != nil {
		if id != "" {
			err = fmt.Errorf("%s: %w", id, err)
		}
		complain(c, err)
	}
}

// complain tells of a runtime that is not served.
func complain(_ *net.UnixConn, err error) {
	fmt.Fprintln(os.Stderr, "utrace: serve a container:", err)
}

// adoptContainer takes a container's listener over. Until it has, the container's
// first process waits in its next call that the filter picks.
func (o *owner) adoptContainer(ctx context.Context, c *net.UnixConn) (id string, err error) {
	_ = c.SetReadDeadline(time.Now().Add(patience))
	text, fds, err := receiveState(c)
	defer func() { closeAll(fds) }()
	if err != nil {
		return "", fmt.Errorf("receive its state: %w", err)
	}
	var state containerState
	if err := json.Unmarshal(text, &state); err != nil {
		return "", fmt.Errorf("its state: %w", err)
	}
	i := slices.Index(state.FDs, listenerName)
	if i < 0 || i >= len(fds) {
		return state.State.ID, fmt.Errorf("no descriptor %s came with its state: %w", listenerName, syscall.EBADMSG)
	}
	fd := fds[i]
	fds[i] = -1
	return state.State.ID, o.server.Adopt(ctx, fd, false)
}

// receiveState receives until there is a whole JSON value, or the end: a runtime
// may wait with closing its end. The descriptors are the caller's.
func receiveState(c *net.UnixConn) (text []byte, fds []int, err error) {
	buf, oob := make([]byte, 16<<10), make([]byte, syscall.CmsgSpace(4*maxStateFDs))
	for !json.Valid(text) {
		n, oobn, flags, _, err := c.ReadMsgUnix(buf, oob)
		fds = append(fds, rightsIn(oob[:oobn])...)
		text = append(text, buf[:max(n, 0)]...)
		switch {
		case err != nil && !errors.Is(err, io.EOF):
			return nil, fds, err
		case len(fds) > maxStateFDs || len(text) > maxState || flags&syscall.MSG_CTRUNC != 0:
			return nil, fds, fmt.Errorf("it is too long: %w", syscall.EMSGSIZE)
		case n == 0:
			return text, fds, nil
		}
	}
	return text, fds, nil
}

// rightsIn are the descriptors in control messages.
func rightsIn(oob []byte) (fds []int) {
	messages, err := syscall.ParseSocketControlMessage(oob)
	if err != nil {
		return nil
	}
	for i := range messages {
		if list, err := syscall.ParseUnixRights(&messages[i]); err == nil {
			fds = append(fds, list...)
		}
	}
	return fds
}
