package rsp

import "bytes"

// Transfer is a qXfer packet: read a piece of an object, or write one.
type Transfer struct {
	Object, Annex  string
	Write          bool
	Offset, Length uint64
	Data           []byte // of a write
}

var transferPrefix = []byte("qXfer:")

// ParseTransfer parses qXfer.
func ParseTransfer(packet []byte) (x Transfer, err error) {
	text, ok := bytes.CutPrefix(packet, transferPrefix)
	parts := bytes.SplitN(text, []byte(":"), 4)
	if !ok || len(parts) != 4 {
		return x, malformed
	}
	x.Object, x.Annex = string(parts[0]), string(parts[2])
	switch string(parts[1]) {
	case "read":
		v, rest, ok := numbers(parts[3], ",")
		if !ok || len(rest) != 0 {
			return x, malformed
		}
		x.Offset, x.Length = v[0], v[1]
	case "write":
		offset, rest, ok := number(parts[3])
		if !ok || len(rest) == 0 || rest[0] != ':' {
			return x, malformed
		}
		x.Write, x.Offset, x.Data = true, offset, Unescape(nil, rest[1:])
	default:
		return x, malformed
	}
	return x, nil
}

// AppendTo appends the packet.
func (x Transfer) AppendTo(dst []byte) []byte {
	dst = append(dst, transferPrefix...)
	dst = append(append(dst, x.Object...), ':')
	if x.Write {
		dst = append(append(append(dst, "write:"...), x.Annex...), ':')
		return Escape(append(AppendNumber(dst, x.Offset), ':'), x.Data)
	}
	dst = append(append(append(dst, "read:"...), x.Annex...), ':')
	return AppendNumber(append(AppendNumber(dst, x.Offset), ','), x.Length)
}

// Libraries is the annex of libraries-svr4, which says what of the list is wanted: one
// who knows it up to Prev asks for what begins with Start, in a name space. The zero
// value is everything.
type Libraries struct{ Start, Prev, Space uint64 }

// ParseLibraries parses the annex. Keys that are not known are skipped.
func ParseLibraries(annex string) (l Libraries, err error) {
	for pair := range bytes.SplitSeq([]byte(annex), []byte(";")) {
		if len(pair) == 0 {
			continue
		}
		key, text, found := bytes.Cut(pair, []byte("="))
		v, ok := Number(text)
		if !found || !ok {
			return Libraries{}, malformed
		}
		switch string(key) {
		case "start":
			l.Start = v
		case "prev":
			l.Prev = v
		case "lmid":
			l.Space = v
		}
	}
	return l, nil
}

// AppendTo appends the annex.
func (l Libraries) AppendTo(dst []byte) []byte {
	if l == (Libraries{}) {
		return dst
	}
	dst = AppendNumber(append(dst, "start="...), l.Start)
	dst = AppendNumber(append(dst, ";prev="...), l.Prev)
	return AppendNumber(append(dst, ";lmid="...), l.Space)
}

// AppendWritten appends the reply to a write: how many bytes were taken.
func AppendWritten(dst []byte, n int) []byte { return AppendNumber(dst, uint64(n)) }

// Piece appends the reply to a read: what there is of an object at an offset, up
// to limit bytes in the packet, and whether there is more.
func (x Transfer) Piece(dst, object []byte, limit int) []byte {
	if x.Offset >= uint64(len(object)) {
		return append(dst, 'l')
	}
	part := object[x.Offset:]
	more := byte('l')
	if uint64(len(part)) > x.Length {
		part, more = part[:x.Length], 'm'
	}
	at := len(dst)
	dst, n := EscapeUpTo(append(dst, more), part, limit-1)
	if n < len(part) {
		dst[at] = 'm'
	}
	return dst
}

// ParsePiece takes the reply to a read apart.
func ParsePiece(reply []byte) (data []byte, last bool, err error) {
	if len(reply) == 0 || reply[0] != 'm' && reply[0] != 'l' {
		return nil, false, malformed
	}
	return Unescape(nil, reply[1:]), reply[0] == 'l', nil
}
