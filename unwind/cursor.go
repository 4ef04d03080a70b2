package unwind

import (
	"bytes"
	"encoding/binary"
)

// cursor reads the data of a section. Once something was not there it gives
// zeros, and bad is set.
type cursor struct {
	data []byte
	addr uint64 // of data[0]
	word uint64
	bad  bool
}

// take cuts n bytes off.
func (c *cursor) take(n uint64) []byte {
	if n > uint64(len(c.data)) {
		c.bad, c.data = true, nil
		return nil
	}
	p := c.data[:n]
	c.data = c.data[n:]
	c.addr += n
	return p
}

func (c *cursor) u8() byte {
	if p := c.take(1); p != nil {
		return p[0]
	}
	return 0
}

func (c *cursor) fixed(n uint64) uint64 { return number(c.take(n)) }

// signed is a number of n bytes with its sign.
func (c *cursor) signed(n uint64) uint64 {
	shift := 64 - 8*n
	return uint64(int64(c.fixed(n)<<shift) >> shift)
}

func (c *cursor) uleb() uint64 {
	v, n := binary.Uvarint(c.data)
	if n <= 0 {
		c.bad, c.data = true, nil
		return 0
	}
	c.take(uint64(n))
	return v
}

func (c *cursor) sleb() int64 {
	var v int64
	for shift := uint(0); shift < 70; shift += 7 {
		b := c.u8()
		if c.bad {
			return 0
		}
		if shift < 64 {
			v |= int64(b&0x7f) << shift
		}
		if b&0x80 == 0 {
			if b&0x40 != 0 && shift+7 < 64 {
				v |= -1 << (shift + 7)
			}
			return v
		}
	}
	c.bad = true
	return 0
}

func (c *cursor) text() string {
	end := bytes.IndexByte(c.data, 0)
	if end < 0 {
		c.bad, c.data = true, nil
		return ""
	}
	s := string(c.data[:end])
	c.take(uint64(end) + 1)
	return s
}

// block is a length and so many bytes.
func (c *cursor) block() []byte { return c.take(c.uleb()) }

// How pointers are encoded in .eh_frame: a format in the low four bits, and what
// it counts from in the next three (Linux Standard Base, "DWARF Exception Header
// Encoding").
const (
	encodedPCRelative   = 0x10
	encodedDataRelative = 0x30
	encodedIndirect     = 0x80
	encodedOmitted      = 0xff
)

// pointer reads an encoded pointer; data is what data-relative ones count from.
func (c *cursor) pointer(encoding byte, data uint64) uint64 {
	at := c.addr
	v := c.value(encoding)
	switch encoding & 0x70 {
	case 0:
	case encodedPCRelative:
		v += at
	case encodedDataRelative:
		v += data
	default:
		c.bad = true
	}
	if encoding&encodedIndirect != 0 {
		c.bad = true // only personality routines are, which nobody needs here
	}
	if c.word == 4 {
		v = uint64(uint32(v))
	}
	return v
}

// value reads the number of an encoded pointer.
func (c *cursor) value(encoding byte) uint64 {
	switch encoding & 0xf {
	case 0x0:
		return c.fixed(c.word)
	case 0x1:
		return c.uleb()
	case 0x2, 0x3, 0x4:
		return c.fixed(1 << (encoding&0xf - 1))
	case 0x9:
		return uint64(c.sleb())
	case 0xa, 0xb, 0xc:
		return c.signed(1 << (encoding&0xf - 9))
	}
	c.bad = true
	return 0
}
