package rsp

import "bytes"

// Memory is a packet that reads or writes memory: m, x, M or X.
type Memory struct {
	// Letter is the packet's first byte.
	Letter byte
	Addr   uint64
	Length uint64
	// Data is what M and X write; its length is Length.
	Data []byte
}

// ParseMemory parses m, x, M and X.
func ParseMemory(packet []byte) (m Memory, err error) {
	if len(packet) == 0 {
		return m, malformed
	}
	m.Letter = packet[0]
	v, rest, ok := numbers(packet[1:], ",")
	if !ok {
		return m, malformed
	}
	m.Addr, m.Length = v[0], v[1]
	switch m.Letter {
	case 'm', 'x':
		if len(rest) == 0 {
			return m, nil
		}
	case 'M', 'X':
		if len(rest) == 0 || rest[0] != ':' {
			break
		}
		if m.Letter == 'X' {
			m.Data = Unescape(nil, rest[1:])
		} else if m.Data, ok = Hex(nil, rest[1:]); !ok {
			break
		}
		if uint64(len(m.Data)) == m.Length {
			return m, nil
		}
	}
	return m, malformed
}

// AppendTo appends the packet.
func (m Memory) AppendTo(dst []byte) []byte {
	dst = append(AppendNumber(append(dst, m.Letter), m.Addr), ',')
	switch m.Letter {
	case 'M':
		return AppendHex(append(AppendNumber(dst, uint64(len(m.Data))), ':'), m.Data)
	case 'X':
		return Escape(append(AppendNumber(dst, uint64(len(m.Data))), ':'), m.Data)
	}
	return AppendNumber(dst, m.Length)
}

// AppendReply appends the reply to m or x. raw is for clients that do not expect the
// letter before what x reads.
func (m Memory) AppendReply(dst, data []byte, raw bool) []byte {
	if m.Letter == 'm' {
		return AppendHex(dst, data)
	}
	if !raw {
		dst = append(dst, 'b')
	}
	return Escape(dst, data)
}

// ParseReply parses the reply to m or x.
func (m Memory) ParseReply(reply []byte, raw bool) (data []byte, err error) {
	switch {
	case m.Letter == 'm':
		data, ok := Hex(nil, reply)
		if !ok {
			return nil, malformed
		}
		return data, nil
	case raw:
		return Unescape(nil, reply), nil
	case len(reply) == 0 || reply[0] != 'b':
		return nil, malformed
	}
	return Unescape(nil, reply[1:]), nil
}

// Search is a qSearch:memory packet: look for Pattern in a range.
type Search struct {
	Addr, Length uint64
	Pattern      []byte
}

var searchPrefix = []byte("qSearch:memory:")

// ParseSearch parses qSearch:memory.
func ParseSearch(packet []byte) (s Search, err error) {
	text, ok := bytes.CutPrefix(packet, searchPrefix)
	if !ok {
		return s, malformed
	}
	v, rest, ok := numbers(text, ";")
	if !ok || len(rest) == 0 || rest[0] != ';' {
		return s, malformed
	}
	pattern := Unescape(nil, rest[1:])
	if len(pattern) == 0 {
		return s, malformed
	}
	return Search{v[0], v[1], pattern}, nil
}

// AppendTo appends the packet.
func (s Search) AppendTo(dst []byte) []byte {
	dst = append(AppendNumber(append(dst, searchPrefix...), s.Addr), ';')
	return Escape(append(AppendNumber(dst, s.Length), ';'), s.Pattern)
}

// Match is the reply to a search.
type Match struct {
	Found bool
	Addr  uint64
}

// AppendTo appends the reply.
func (m Match) AppendTo(dst []byte) []byte {
	if !m.Found {
		return append(dst, '0')
	}
	return AppendNumber(append(dst, "1,"...), m.Addr)
}

// ParseMatch parses the reply to a search.
func ParseMatch(reply []byte) (m Match, err error) {
	if string(reply) == "0" {
		return m, nil
	}
	text, ok := argument(reply, "1", ',')
	if m.Addr, m.Found = Number(text); !ok || !m.Found {
		return Match{}, malformed
	}
	return m, nil
}

// Checksum is a qCRC packet.
type Checksum struct{ Addr, Length uint64 }

var checksumPrefix = []byte("qCRC:")

// ParseChecksum parses qCRC.
func ParseChecksum(packet []byte) (c Checksum, err error) {
	text, ok := bytes.CutPrefix(packet, checksumPrefix)
	if !ok {
		return c, malformed
	}
	v, rest, ok := numbers(text, ",")
	if !ok || len(rest) != 0 {
		return c, malformed
	}
	return Checksum{v[0], v[1]}, nil
}

// AppendTo appends the packet.
func (c Checksum) AppendTo(dst []byte) []byte {
	return AppendNumber(append(AppendNumber(append(dst, checksumPrefix...), c.Addr), ','), c.Length)
}

// AppendCRC appends the reply to qCRC.
func AppendCRC(dst []byte, crc uint32) []byte { return AppendNumber(append(dst, 'C'), uint64(crc)) }

// ParseCRC parses the reply to qCRC.
func ParseCRC(reply []byte) (crc uint32, err error) {
	text, found := bytes.CutPrefix(reply, []byte("C"))
	v, ok := Number(text)
	if !found || !ok || v > 1<<32-1 {
		return 0, malformed
	}
	return uint32(v), nil
}

// CRC continues gdb's checksum over data; it begins with all ones. It is
// CRC-32 with the bits of each byte from the highest on, which hash/crc32 has
// not got.
func CRC(crc uint32, data []byte) uint32 {
	for _, b := range data {
		crc = crc<<8 ^ crcTable[byte(crc>>24)^b]
	}
	return crc
}

var crcTable = func() (t [256]uint32) {
	for i := range t {
		c := uint32(i) << 24
		for range 8 {
			if c&(1<<31) != 0 {
				c = c<<1 ^ 0x04c11db7
			} else {
				c <<= 1
			}
		}
		t[i] = c
	}
	return t
}()
