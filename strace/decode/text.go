package decode

import "strconv"

func (d *Decoder) s(text string) { d.out = append(d.out, text...) }

func (d *Decoder) comma() { d.out = append(d.out, ", "...) }

func (d *Decoder) dec(v int64) { d.out = strconv.AppendInt(d.out, v, 10) }

func (d *Decoder) udec(v uint64) { d.out = strconv.AppendUint(d.out, v, 10) }

// hex prints like C's %#lx: zero has no prefix.
func (d *Decoder) hex(v uint64) { d.out = appendHex(d.out, v) }

func appendHex(buf []byte, v uint64) []byte {
	if v == 0 {
		return append(buf, '0')
	}
	buf = append(buf, "0x"...)
	return strconv.AppendUint(buf, v, 16)
}

// octal prints like C's %#o.
func (d *Decoder) octal(v uint64) {
	if v != 0 {
		d.out = append(d.out, '0')
	}
	d.out = strconv.AppendUint(d.out, v, 8)
}

// addr prints a pointer without what it points to.
func (d *Decoder) addr(a uint64) {
	if a == 0 {
		d.s("NULL")
		return
	}
	d.hex(a)
}

// comment prints an explanation of the number before it.
func (d *Decoder) comment(text string) {
	d.s(" /* ")
	d.s(text)
	d.s(" */")
}
