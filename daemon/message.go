package daemon

import (
	"encoding/json"
	"fmt"
	"net"
	"syscall"
)

// request and response are the messages of JSON-RPC 2.0.
type request struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Method  string          `json:"method"`
}

type response struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Result  any             `json:"result,omitempty"`
	Error   *rpcError       `json:"error,omitempty"`
}

type rpcError struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

// The methods.
const (
	methodAdopt = "vptrace.adopt"
	methodList  = "vptrace.list"
)

// Codes of errors, as JSON-RPC 2.0 numbers them.
const (
	unknownMethod = -32601
	failed        = -32000
)

// maxMessage is more than any request needs.
const maxMessage = 4096

// receive reads one request, and the descriptor that came with it or -1.
func receive(c *net.UnixConn) (req request, fd int, err error) {
	text, oob := make([]byte, maxMessage), make([]byte, syscall.CmsgSpace(4))
	n, oobn, _, _, err := c.ReadMsgUnix(text, oob)
	if err != nil {
		return req, -1, err
	}
	fd = -1
	if messages, err := syscall.ParseSocketControlMessage(oob[:oobn]); err == nil {
		for i := range messages {
			if fds, err := syscall.ParseUnixRights(&messages[i]); err == nil && len(fds) == 1 {
				fd = fds[0]
				syscall.CloseOnExec(fd)
			}
		}
	}
	if err := json.Unmarshal(text[:n], &req); err != nil {
		if fd >= 0 {
			_ = syscall.Close(fd)
		}
		return req, -1, fmt.Errorf("message that is no JSON: %w", err)
	}
	return req, fd, nil
}

// send writes one message.
func send(c *net.UnixConn, message any, fds ...int) error {
	text, err := json.Marshal(message)
	if err != nil {
		return err
	}
	var oob []byte
	if len(fds) > 0 {
		oob = syscall.UnixRights(fds...)
	}
	_, _, err = c.WriteMsgUnix(append(text, '\n'), oob, nil)
	return err
}
