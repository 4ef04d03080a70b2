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
	if !ok || len(rest) < 2 || rest[0] != ';' {
		return s, malformed
	}
	return Search{v[0], v[1], Unescape(nil, rest[1:])}, nil
}

// AppendTo appends the packet.
func (s Search) AppendTo(dst []byte) []byte {
	dst = append(AppendNumber(append(dst, searchPrefix...), s.Addr), ';')
	return Escape(append(AppendNumber(dst, s.Length), ';'), s.Pattern)
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
