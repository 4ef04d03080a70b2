package rsp

import (
	"bytes"
	"slices"
)

const digits = "0123456789abcdef"

// unhex is the value of a hexadecimal digit, or more than 15.
func unhex(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10
	}
	return 255
}

// pairs are the two digits of each byte: memory goes through here.
var pairs = func() (p [256][2]byte) {
	for i := range p {
		p[i] = [2]byte{digits[i>>4], digits[i&15]}
	}
	return p
}()

// AppendHex appends bytes as hexadecimal digits.
func AppendHex(dst, b []byte) []byte {
	dst = slices.Grow(dst, 2*len(b))
	text := dst[len(dst) : len(dst)+2*len(b)]
	for i, c := range b {
		*(*[2]byte)(text[2*i:]) = pairs[c]
	}
	return dst[:len(dst)+2*len(b)]
}

// Hex decodes hexadecimal digits. ok is false if there is anything else.
func Hex(dst, text []byte) (b []byte, ok bool) {
	if len(text)%2 != 0 {
		return dst, false
	}
	for i := 0; i < len(text); i += 2 {
		high, low := unhex(text[i]), unhex(text[i+1])
		if high > 15 || low > 15 {
			return dst, false
		}
		dst = append(dst, high<<4|low)
	}
	return dst, true
}

// AppendNumber appends a number as the protocol writes it: in hexadecimal
// without leading zeros.
func AppendNumber(dst []byte, v uint64) []byte {
	n := 1
	for x := v >> 4; x != 0; x >>= 4 {
		n++
	}
	for n--; n >= 0; n-- {
		dst = append(dst, digits[v>>(4*n)&15])
	}
	return dst
}

// number takes a number off the front of a text.
func number(text []byte) (v uint64, rest []byte, ok bool) {
	i := 0
	for i < len(text) {
		d := unhex(text[i])
		if d > 15 {
			break
		}
		if v>>60 != 0 {
			return 0, nil, false
		}
		v = v<<4 | uint64(d)
		i++
	}
	return v, text[i:], i > 0
}

// Number parses a text that is a number and nothing else.
func Number(text []byte) (v uint64, ok bool) {
	v, rest, ok := number(text)
	return v, ok && len(rest) == 0
}

// numbers parses "a,b,c" with any separators of one byte, in the order of seps.
func numbers(text []byte, seps string) (v []uint64, rest []byte, ok bool) {
	for i := 0; ; i++ {
		n, rest, ok := number(text)
		if !ok {
			return nil, nil, false
		}
		v = append(v, n)
		if i == len(seps) {
			return v, rest, true
		}
		if len(rest) == 0 || rest[0] != seps[i] {
			return nil, nil, false
		}
		text = rest[1:]
	}
}

// Binary data escapes the bytes that frames are made of.
const (
	escape = '}'
	mask   = 0x20
)

// Escape appends binary data as packets carry it.
func Escape(dst, data []byte) []byte {
	for {
		i := bytes.IndexAny(data, "#$}*")
		if i < 0 {
			return append(dst, data...)
		}
		dst = append(append(dst, data[:i]...), escape, data[i]^mask)
		data = data[i+1:]
	}
}

// EscapeUpTo is Escape for as much of the data as makes at most limit bytes. It
// returns how much that was.
func EscapeUpTo(dst, data []byte, limit int) ([]byte, int) {
	begin := len(dst)
	for i, c := range data {
		need := 1
		special := c == '#' || c == '$' || c == '}' || c == '*'
		if special {
			need = 2
		}
		if len(dst)-begin+need > limit {
			return dst, i
		}
		if special {
			dst = append(dst, escape, c^mask)
		} else {
			dst = append(dst, c)
		}
	}
	return dst, len(data)
}

// Unescape appends what escaped data stands for. A lone escape at the end is
// dropped.
func Unescape(dst, text []byte) []byte {
	for {
		i := bytes.IndexByte(text, escape)
		if i < 0 {
			return append(dst, text...)
		}
		dst = append(dst, text[:i]...)
		if i+1 == len(text) {
			return dst
		}
		dst = append(dst, text[i+1]^mask)
		text = text[i+2:]
	}
}
