package rsp

import "bytes"

// Environment is a packet about what programs find that the server starts.
type Environment struct {
	// Name is QEnvironment or QEnvironmentHexEncoded, which set a variable,
	// QEnvironmentUnset, QEnvironmentReset, or QSetWorkingDir.
	Name string
	// Text is NAME=VALUE, a name, or a directory.
	Text string
}

// environmentForms says how the text of each packet is written.
var environmentForms = map[string]textForm{
	"QEnvironment": asItIs, "QEnvironmentHexEncoded": inHex, "QEnvironmentUnset": inHex,
	"QEnvironmentReset": absent, "QSetWorkingDir": inHex,
}

type textForm uint8

const (
	asItIs textForm = iota
	inHex
	absent
)

// ParseEnvironment parses these packets. No text contains a zero, which would end it
// for the program.
func ParseEnvironment(packet []byte) (e Environment, err error) {
	name, text, found := bytes.Cut(packet, []byte(":"))
	form, known := environmentForms[string(name)]
	if !known || found == (form == absent) {
		return e, malformed
	}
	if form == inHex {
		var ok bool
		if text, ok = Hex(nil, text); !ok {
			return e, malformed
		}
	}
	if bytes.IndexByte(text, 0) >= 0 {
		return e, malformed
	}
	return Environment{string(name), string(text)}, nil
}

// AppendTo appends the packet.
func (e Environment) AppendTo(dst []byte) []byte {
	dst = append(dst, e.Name...)
	switch environmentForms[e.Name] {
	case absent:
		return dst
	case inHex:
		return AppendHex(append(dst, ':'), []byte(e.Text))
	}
	return append(append(dst, ':'), e.Text...)
}
