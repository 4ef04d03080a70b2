package api

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// Version is the version of the protocol.
const Version = 1

// MaxMessage bounds the length of a message, its line feed included. What is
// longer, such as much memory, travels in descriptors.
const MaxMessage = 1 << 20

// MaxFDs bounds the descriptors of one message.
const MaxFDs = 8

// Message is any message. A request has an id and a method, a notification a
// method, an answer an id and either a result or an error.
type Message struct {
	JSONRPC string          `json:"jsonrpc"` // "2.0"
	ID      json.RawMessage `json:"id,omitempty"`
	Method  string          `json:"method,omitempty"`
	Params  json.RawMessage `json:"params,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   *Error          `json:"error,omitempty"`
	// FDs is how many descriptors come with the message.
	FDs int `json:"fds,omitempty"`
}

// Error is why a request failed.
type Error struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
	// Data has the errno, where there is one.
	Data *ErrorData `json:"data,omitempty"`
}

// ErrorData is what programs can go by.
type ErrorData struct {
	Errno int `json:"errno"`
}

// Codes of errors. The first ones are those of JSON-RPC 2.0.
const (
	ParseError     = -32700
	InvalidRequest = -32600
	MethodNotFound = -32601
	InvalidParams  = -32602
	// Failed: see the errno and the text.
	Failed = -32000
)

func (e *Error) Error() string { return e.Message }

// Uint64 is a number that a JSON number cannot hold for everybody: it is written
// as a string, in hexadecimal with 0x. When read, a decimal string and a number
// will do as well.
type Uint64 uint64

// MarshalText implements encoding.TextMarshaler.
func (u Uint64) MarshalText() ([]byte, error) {
	return strconv.AppendUint([]byte("0x"), uint64(u), 16), nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (u *Uint64) UnmarshalJSON(b []byte) error {
	text := string(b)
	if len(b) > 0 && b[0] == '"' {
		if err := json.Unmarshal(b, &text); err != nil {
			return err
		}
	}
	n, err := strconv.ParseUint(text, 0, 64)
	if err != nil {
		return fmt.Errorf("%q is no number of 64 bits", text)
	}
	*u = Uint64(n)
	return nil
}
