package rsp

import "bytes"

// Registers is a packet that reads or writes registers: g and G all of them, p and P
// the one of a number.
type Registers struct {
	// Letter is the packet's first byte.
	Letter byte
	Number uint64
	Values []byte // of G and P
	// Thread is whose they are where lldb names it at the end (Named); else they are
	// those of the thread that was chosen by Hg.
	Thread Thread
	Named  bool
}

var threadSuffix = []byte(";thread:")

// ParseRegisters parses g, G, p and P.
func ParseRegisters(packet []byte) (r Registers, err error) {
	if len(packet) == 0 {
		return r, malformed
	}
	r.Letter = packet[0]
	body, suffix, named := bytes.Cut(packet[1:], threadSuffix)
	if named {
		thread, rest, ok := ParseThread(suffix)
		if !ok || len(rest) != 0 && string(rest) != ";" {
			return r, malformed
		}
		r.Thread, r.Named = thread, true
	}
	ok := false
	switch r.Letter {
	case 'g':
		ok = len(body) == 0
	case 'G':
		r.Values, ok = Hex(nil, body)
	case 'p':
		r.Number, ok = Number(body)
	case 'P':
		number, value, found := bytes.Cut(body, []byte("="))
		if r.Number, ok = Number(number); ok && found {
			r.Values, ok = Hex(nil, value)
		}
		ok = ok && found
	}
	if !ok {
		return r, malformed
	}
	return r, nil
}

// AppendTo appends the packet.
func (r Registers) AppendTo(dst []byte, multi bool) []byte {
	dst = append(dst, r.Letter)
	switch r.Letter {
	case 'G':
		dst = AppendHex(dst, r.Values)
	case 'p':
		dst = AppendNumber(dst, r.Number)
	case 'P':
		dst = AppendHex(append(AppendNumber(dst, r.Number), '='), r.Values)
	}
	if r.Named {
		dst = append(r.Thread.AppendTo(append(dst, threadSuffix...), multi), ';')
	}
	return dst
}

// AppendUnavailable appends what a reply has in place of n bytes that have no value.
func AppendUnavailable(dst []byte, n int) []byte {
	for range 2 * n {
		dst = append(dst, 'x')
	}
	return dst
}

// ParseValues parses the reply to g and p. Of what is not known the bytes are zero.
func ParseValues(reply []byte) (values []byte, known []bool, err error) {
	if len(reply)%2 != 0 {
		return nil, nil, malformed
	}
	for ; len(reply) != 0; reply = reply[2:] {
		if reply[0] == 'x' && reply[1] == 'x' {
			values, known = append(values, 0), append(known, false)
			continue
		}
		var ok bool
		if values, ok = Hex(values, reply[:2]); !ok {
			return nil, nil, malformed
		}
		known = append(known, true)
	}
	return values, known, nil
}
