package rsp

// Error is an error reply. Code is an errno or a number of no meaning; with a
// Text the reply says that instead, which gdb shows to its user.
type Error struct {
	Code byte
	Text string
}

// Error is the text.
func (e *Error) Error() string {
	if e.Text != "" {
		return e.Text
	}
	return "remote error " + string(AppendHex(nil, []byte{e.Code}))
}

// AppendTo appends the reply.
func (e *Error) AppendTo(dst []byte) []byte {
	if e.Text != "" {
		return append(append(dst, "E."...), e.Text...)
	}
	return AppendHex(append(dst, 'E'), []byte{e.Code})
}

// ParseError reports whether a reply is an error.
func ParseError(reply []byte) (*Error, bool) {
	switch {
	case len(reply) >= 2 && reply[0] == 'E' && reply[1] == '.':
		return &Error{Text: string(reply[2:])}, true
	case len(reply) == 3 && reply[0] == 'E':
		if code, ok := Hex(nil, reply[1:]); ok {
			return &Error{Code: code[0]}, true
		}
	}
	return nil, false
}

// malformed is the error about a packet that cannot be parsed.
var malformed = &Error{Code: 1}
