package rsp

import "bytes"

// Flag is a packet that turns something on or off: QNonStop, QThreadEvents,
// QStartupWithShell, QDisableRandomization.
type Flag struct {
	Name string
	On   bool
}

// ParseFlag parses these packets.
func ParseFlag(packet []byte) (f Flag, err error) {
	name, value, found := bytes.Cut(packet, []byte(":"))
	if !found || len(name) == 0 || len(value) != 1 || value[0] != '0' && value[0] != '1' {
		return f, malformed
	}
	return Flag{string(name), value[0] == '1'}, nil
}

// AppendTo appends the packet.
func (f Flag) AppendTo(dst []byte) []byte {
	dst = append(append(dst, f.Name...), ':')
	if f.On {
		return append(dst, '1')
	}
	return append(dst, '0')
}

// CatchSyscalls is a QCatchSyscalls packet. On without Numbers means all.
type CatchSyscalls struct {
	On      bool
	Numbers []uint64
}

const catchSyscalls = "QCatchSyscalls"

// ParseCatchSyscalls parses QCatchSyscalls.
func ParseCatchSyscalls(packet []byte) (c CatchSyscalls, err error) {
	text, ok := argument(packet, catchSyscalls, ':')
	switch {
	case !ok || len(text) == 0:
		return c, malformed
	case string(text) == "0":
		return c, nil
	case text[0] != '1':
		return c, malformed
	}
	c.On = true
	for text = text[1:]; len(text) != 0; {
		if text[0] != ';' {
			return c, malformed
		}
		n, rest, ok := number(text[1:])
		if !ok {
			return c, malformed
		}
		c.Numbers, text = append(c.Numbers, n), rest
	}
	return c, nil
}

// AppendTo appends the packet.
func (c CatchSyscalls) AppendTo(dst []byte) []byte {
	dst = append(append(dst, catchSyscalls...), ':')
	if !c.On {
		return append(dst, '0')
	}
	dst = append(dst, '1')
	for _, n := range c.Numbers {
		dst = AppendNumber(append(dst, ';'), n)
	}
	return dst
}
