package rsp

import "bytes"

// Run is a vRun packet: start a program. An empty Path is the one that ran
// before.
type Run struct {
	Path string
	Args []string
}

var runPrefix = []byte("vRun;")

// ParseRun parses vRun.
func ParseRun(packet []byte) (r Run, err error) {
	text, ok := bytes.CutPrefix(packet, runPrefix)
	if !ok {
		return r, malformed
	}
	for i, part := range bytes.Split(text, []byte(";")) {
		word, ok := Hex(nil, part)
		if !ok || bytes.IndexByte(word, 0) >= 0 {
			return r, malformed
		}
		if i == 0 {
			r.Path = string(word)
		} else {
			r.Args = append(r.Args, string(word))
		}
	}
	return r, nil
}

// AppendTo appends the packet.
func (r Run) AppendTo(dst []byte) []byte {
	dst = AppendHex(append(dst, runPrefix...), []byte(r.Path))
	for _, arg := range r.Args {
		dst = AppendHex(append(dst, ';'), []byte(arg))
	}
	return dst
}
