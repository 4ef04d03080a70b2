package decode

import (
	"bytes"
	"strconv"
)

// quoteStyle is a set of the ways in which a string is printed.
type quoteStyle uint8

const (
	// quoteForceHex prints \x escapes for every byte, as strace does for
	// data that is no text.
	quoteForceHex quoteStyle = 1 << iota
	// quoteTrimNUL leaves out a NUL at the end, for values that are often
	// strings stored with theirs.
	quoteTrimNUL
)

// quote prints text as a C string. The decision of -x to print hexadecimal is
// made for the string as a whole.
func (d *Decoder) quote(text []byte, style quoteStyle) {
	if style&quoteTrimNUL != 0 && len(text) > 0 && text[len(text)-1] == 0 {
		text = text[:len(text)-1]
	}
	d.c1('"')
	if style&quoteForceHex != 0 || d.opts.Hex == HexAll || d.opts.Hex == HexNonASCII && !isText(text) {
		for _, c := range text {
			d.out = append(d.out, '\\', 'x', hexDigits[c>>4], hexDigits[c&15])
		}
	} else {
		for i, c := range text {
			if d.opts.Hex == HexNonASCIIChars && !isText(text[i:i+1]) {
				d.out = append(d.out, '\\', 'x', hexDigits[c>>4], hexDigits[c&15])
				continue
			}
			d.quoteByte(c, i+1 < len(text) && '0' <= text[i+1] && text[i+1] <= '7')
		}
	}
	d.c1('"')
}

const hexDigits = "0123456789abcdef"

func isText(text []byte) bool {
	for _, c := range text {
		if (c < ' ' || c > '~') && (c < '\t' || c > '\r') {
			return false
		}
	}
	return true
}

// quoteByte prints one byte of a string. An octal escape is as short as it can
// be unless a digit follows, which would be read as part of it.
func (d *Decoder) quoteByte(c byte, digitFollows bool) {
	switch c {
	case '"', '\\':
		d.out = append(d.out, '\\', c)
	case '\f':
		d.s(`\f`)
	case '\n':
		d.s(`\n`)
	case '\r':
		d.s(`\r`)
	case '\t':
		d.s(`\t`)
	case '\v':
		d.s(`\v`)
	default:
		switch {
		case ' ' <= c && c <= '~':
			d.c1(c)
		case digitFollows:
			d.out = append(d.out, '\\', '0'+c>>6, '0'+c>>3&7, '0'+c&7)
		default:
			d.c1('\\')
			d.out = strconv.AppendUint(d.out, uint64(c), 8)
		}
	}
}

// path prints the path at addr, in full.
func (d *Decoder) path(addr uint64) {
	if addr == 0 {
		d.s("NULL")
		return
	}
	buf := d.buffer(pathMax)
	n, ended, ok := d.readString(addr, buf)
	if !ok {
		d.addr(addr)
		return
	}
	if !ended {
		n--
	}
	d.quote(buf[:n], 0)
	if !ended {
		d.s("...")
	}
}

// cstring prints the string at addr, which ends in a NUL, as far as -s allows.
func (d *Decoder) cstring(addr uint64) {
	if addr == 0 {
		d.s("NULL")
		return
	}
	buf := d.buffer(d.strSize + 1)
	n, ended, ok := d.readString(addr, buf)
	if !ok {
		d.addr(addr)
		return
	}
	d.quote(buf[:min(n, d.strSize)], 0)
	if !ended {
		d.s("...")
	}
}

// prefix prints the string at addr, of which the kernel reads no more than so
// many bytes.
func (d *Decoder) prefix(addr uint64, most int) {
	if addr == 0 {
		d.s("NULL")
		return
	}
	most = min(most, d.strSize)
	buf := d.buffer(most + 1)
	n, ended, ok := d.readString(addr, buf)
	if !ok && n < most {
		d.addr(addr)
		return
	}
	d.quote(buf[:min(n, most)], 0)
	if !ended {
		d.s("...")
	}
}

// data prints the size bytes at addr as far as -s allows.
func (d *Decoder) data(addr, size uint64, style quoteStyle) {
	if addr == 0 {
		d.s("NULL")
		return
	}
	n := d.strSize
	if size < uint64(n) {
		n = int(size)
	}
	// One byte more is read than is printed, so that what goes on where nothing
	// can be read is not taken for a beginning.
	buf := d.buffer(int(min(size, uint64(n)+1)))
	if !d.read(addr, buf) {
		d.addr(addr)
		return
	}
	d.quote(buf[:n], style)
	if uint64(n) < size {
		d.s("...")
	}
}

// text prints text that has been read as far as -s allows.
func (d *Decoder) text(text []byte, style quoteStyle) {
	cut := len(text) > d.strSize
	if cut {
		text = text[:d.strSize]
	}
	d.quote(text, style)
	if cut {
		d.s("...")
	}
}

// fixedString prints a character array that ends in a NUL or is full.
func (d *Decoder) fixedString(text []byte) {
	for i, c := range text {
		if c == 0 {
			text = text[:i]
			break
		}
	}
	d.quote(text, 0)
}

// charArray prints a character array that should end in a NUL: without one, the
// last character is not printed.
func (d *Decoder) charArray(text []byte) {
	if n := len(text); n > 0 && bytes.IndexByte(text, 0) < 0 {
		d.fixedString(text[:n-1])
		d.s("...")
		return
	}
	d.fixedString(text)
}

// buffer returns n bytes for reading a string. Only options decide n.
func (d *Decoder) buffer(n int) []byte {
	if cap(d.scratch) < n {
		d.scratch = make([]byte, n)
	}
	return d.scratch[:n]
}
