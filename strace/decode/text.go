package decode

import "strconv"

func (d *Decoder) s(text string) { d.out = append(d.out, text...) }

func (d *Decoder) c1(c byte) { d.out = append(d.out, c) }

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

// hexPad prints like C's %#0*x.
func (d *Decoder) hexPad(v uint64, width int) {
	if v != 0 {
		d.s("0x")
		width -= 2
	}
	start := len(d.out)
	d.out = strconv.AppendUint(d.out, v, 16)
	d.padZero(start, width)
}

// octal3 prints like C's %#03o, as strace prints modes.
func (d *Decoder) octal3(v uint64) {
	start := len(d.out)
	if v != 0 {
		d.c1('0')
	}
	d.out = strconv.AppendUint(d.out, v, 8)
	d.padZero(start, 3)
}

// padZero puts zeros before the text since start until it is width long.
func (d *Decoder) padZero(start, width int) {
	n := width - (len(d.out) - start)
	if n <= 0 {
		return
	}
	for range n {
		d.out = append(d.out, '0')
	}
	copy(d.out[start+n:], d.out[start:len(d.out)-n])
	for i := range n {
		d.out[start+i] = '0'
	}
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

// errnoName prints an error number found in memory.
func (d *Decoder) errnoName(e uint64) {
	if n := ErrnoName(int(e)); n != "" {
		d.named(int64(e), n)
		return
	}
	d.udec(e)
}

// fd prints a file descriptor.
func (d *Decoder) fd(fd int32) {
	d.dec(int64(fd))
	d.describeFD(fd)
}

// describeFD prints what a descriptor is open on, if that is asked for.
func (d *Decoder) describeFD(fd int32) {
	if d.opts.FD != nil && fd >= 0 {
		d.out = d.opts.FD(d.out, d.c.TID, fd)
	}
}

// descriptor64 prints a descriptor that stands in 64 bits.
func (d *Decoder) descriptor64(v uint64) {
	if v <= 1<<31-1 {
		d.fd(int32(v))
	} else {
		d.udec(v)
	}
}
