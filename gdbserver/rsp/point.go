package rsp

import "bytes"

// PointType is the kind of a breakpoint or watchpoint.
type PointType byte

// The types, by the digit of their packets.
const (
	Software   PointType = '0'
	Hardware   PointType = '1'
	WatchWrite PointType = '2'
	WatchRead  PointType = '3'
	WatchAny   PointType = '4'
)

// Point is a Z or z packet.
type Point struct {
	Insert bool
	Type   PointType
	Addr   uint64
	// Kind is the length of a watchpoint; for a breakpoint, its instruction.
	Kind uint64
	// Conditions are agent expressions; one that is true is enough. None: every
	// hit counts.
	Conditions [][]byte
	// Commands are agent expressions to be executed at a hit; Persist asks to
	// go on with them when the client is gone.
	Commands [][]byte
	Persist  bool
}

// ParsePoint parses a Z or z packet.
func ParsePoint(packet []byte) (p Point, err error) {
	if len(packet) < 4 || packet[2] != ',' || packet[0] != 'Z' && packet[0] != 'z' {
		return p, malformed
	}
	p.Insert, p.Type = packet[0] == 'Z', PointType(packet[1])
	if p.Type < Software || p.Type > WatchAny {
		return p, malformed
	}
	v, rest, ok := numbers(packet[3:], ",")
	if !ok {
		return p, malformed
	}
	p.Addr, p.Kind = v[0], v[1]
	for len(rest) != 0 {
		if rest[0] != ';' {
			return p, malformed
		}
		if rest = rest[1:]; len(rest) == 0 {
			break
		}
		switch {
		case rest[0] == 'X':
			p.Conditions, rest, ok = expressions(rest)
		case bytes.HasPrefix(rest, commands):
			v, body, found := number(rest[len(commands):])
			if !found || len(body) == 0 || body[0] != ',' {
				return p, malformed
			}
			p.Persist = v != 0
			p.Commands, rest, ok = expressions(body[1:])
			ok = ok && len(p.Commands) != 0
		default:
			return p, malformed
		}
		if !ok {
			return p, malformed
		}
	}
	return p, nil
}

var commands = []byte("cmds:")

// expressions takes "Xlen,hex" as often as it comes.
func expressions(text []byte) (list [][]byte, rest []byte, ok bool) {
	for len(text) != 0 && text[0] == 'X' {
		n, body, ok := number(text[1:])
		if !ok || len(body) == 0 || body[0] != ',' || n > uint64(len(body)-1)/2 {
			return nil, nil, false
		}
		code, ok := Hex(nil, body[1:1+2*n])
		if !ok {
			return nil, nil, false
		}
		list, text = append(list, code), body[1+2*n:]
	}
	return list, text, true
}

// AppendTo appends the packet.
func (p Point) AppendTo(dst []byte) []byte {
	letter := byte('z')
	if p.Insert {
		letter = 'Z'
	}
	dst = append(dst, letter, byte(p.Type), ',')
	dst = AppendNumber(append(AppendNumber(dst, p.Addr), ','), p.Kind)
	if len(p.Conditions) != 0 {
		dst = appendExpressions(append(dst, ';'), p.Conditions)
	}
	if len(p.Commands) != 0 {
		persist := byte('0')
		if p.Persist {
			persist = '1'
		}
		dst = append(append(append(dst, ';'), commands...), persist, ',')
		dst = appendExpressions(dst, p.Commands)
	}
	return dst
}

func appendExpressions(dst []byte, list [][]byte) []byte {
	for _, code := range list {
		dst = append(AppendNumber(append(dst, 'X'), uint64(len(code))), ',')
		dst = AppendHex(dst, code)
	}
	return dst
}
