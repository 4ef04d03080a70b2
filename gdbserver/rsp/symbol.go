package rsp

import "bytes"

// Symbol is a qSymbol packet, by which a client offers to look symbols up (no Name),
// or answers. The server's reply asks for the next one, by its name.
type Symbol struct {
	Name  string
	Value uint64
	// Found: it has a value.
	Found bool
}

const symbolName = "qSymbol"

// ParseSymbol parses qSymbol.
func ParseSymbol(packet []byte) (s Symbol, err error) {
	text, ok := argument(packet, symbolName, ':')
	value, name, found := bytes.Cut(text, []byte(":"))
	if !ok || !found {
		return s, malformed
	}
	if len(value) != 0 {
		if s.Value, s.Found = Number(value); !s.Found {
			return s, malformed
		}
	}
	text, ok = Hex(nil, name)
	s.Name = string(text)
	if !ok || s.Found && len(text) == 0 {
		return s, malformed
	}
	return s, nil
}

// AppendTo appends the packet.
func (s Symbol) AppendTo(dst []byte) []byte {
	dst = append(append(dst, symbolName...), ':')
	if s.Found {
		dst = AppendNumber(dst, s.Value)
	}
	return AppendHex(append(dst, ':'), []byte(s.Name))
}

// AppendWanted appends the reply that asks for a symbol.
func AppendWanted(dst []byte, name string) []byte {
	return AppendHex(append(append(dst, symbolName...), ':'), []byte(name))
}

// ParseWanted parses the reply that asks for a symbol.
func ParseWanted(reply []byte) (name string, err error) {
	text, ok := argument(reply, symbolName, ':')
	word, isHex := Hex(nil, text)
	if !ok || !isHex {
		return "", malformed
	}
	return string(word), nil
}

// TLS is a qGetTLSAddr packet: where is a thread's copy of a variable?
type TLS struct {
	Thread Thread
	// Offset of the variable in the block of its object, whose link map is at
	// Module.
	Offset, Module uint64
}

const tlsName = "qGetTLSAddr"

// ParseTLS parses qGetTLSAddr.
func ParseTLS(packet []byte) (q TLS, err error) {
	text, ok := argument(packet, tlsName, ':')
	if !ok {
		return q, malformed
	}
	thread, rest, ok := ParseThread(text)
	if !ok || len(rest) == 0 || rest[0] != ',' {
		return q, malformed
	}
	v, rest, ok := numbers(rest[1:], ",")
	if !ok || len(rest) != 0 {
		return q, malformed
	}
	return TLS{thread, v[0], v[1]}, nil
}

// AppendTo appends the packet.
func (q TLS) AppendTo(dst []byte, multi bool) []byte {
	dst = append(q.Thread.AppendTo(append(append(dst, tlsName...), ':'), multi), ',')
	return AppendNumber(append(AppendNumber(dst, q.Offset), ','), q.Module)
}
