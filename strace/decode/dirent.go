package decode

// Entries of directories, as getdents(2) and getdents64(2) give them.

// dirents is the buffer of getdents and its size: how many entries there are or, in full,
// what they are.
func dirents(wide bool) kind {
	return func(d *Decoder) bool {
		if !d.exiting {
			return false
		}
		addr, size := d.size(d.next()), d.next()&0xffffffff
		switch {
		case d.c.IsError || d.opaque || uint64(d.c.Result) > size:
			d.addr(addr)
		case d.full:
			d.directory(addr, uint64(d.c.Result), wide)
		default:
			d.addr(addr)
			d.direntCount(addr, uint64(d.c.Result), wide)
		}
		d.comma()
		d.udec(size)
		return true
	}
}

// direntHead is how long an entry is before its name.
func (d *Decoder) direntHead(wide bool) uint64 {
	if wide {
		return 19 // with the type
	}
	return uint64(2*d.kernelLong() + 2)
}

// directory prints entries.
func (d *Decoder) directory(addr, length uint64, wide bool) {
	head := d.direntHead(wide)
	d.c1('[')
	for at := uint64(0); at < length; {
		if at > 0 {
			d.comma()
		}
		if length-at < head {
			d.data(addr+at, length-at, quoteForceHex)
			break
		}
		f, ok := d.peek(addr+at, int(head))
		if !ok {
			d.s("...")
			d.s(" /* ")
			d.hex(addr + at)
			d.s(" */")
			break
		}
		at += d.dirent(f, addr+at, length-at, wide)
	}
	d.c1(']')
}

// dirent prints an entry whose head is f, and returns its length. The type of one that is
// not wide is its last byte.
func (d *Decoder) dirent(f fields, addr, left uint64, wide bool) uint64 {
	const longestName = 256
	head := d.direntHead(wide)
	var ino, off uint64
	if wide {
		ino, off = f.u64(), f.u64()
	} else {
		ino, off = f.kulong(), f.kulong()
	}
	length := f.u16()
	kind := f.u8()
	d.s("{d_ino=")
	d.udec(ino)
	d.ufield("d_off", off)
	d.ufield("d_reclen", length)
	length = min(max(length, head), left)
	name := length - head
	if wide {
		d.key("d_type")
		d.constant(kind, &direntTypes)
	} else if name > 0 {
		name--
	}
	if name > 0 {
		d.key("d_name")
		d.direntName(addr+head, int(min(name, longestName)))
	}
	if t, ok := d.peek(addr+length-1, 1); !wide && length > head {
		d.key("d_type")
		if ok {
			d.constant(t.u8(), &direntTypes)
		} else {
			d.addr(addr + length - 1)
		}
	}
	d.c1('}')
	return length
}

// direntName prints a name, whose NUL is among so many bytes.
func (d *Decoder) direntName(addr uint64, size int) {
	buf := d.buffer(size)
	n, ended, ok := d.readString(addr, buf)
	if !ok {
		d.addr(addr)
		return
	}
	d.quote(buf[:min(n, size-1)], 0)
	if !ended {
		d.s("...")
	}
}

// direntCount prints how many entries there are in the first length bytes at
// addr; a plus says that there is more than could be understood.
func (d *Decoder) direntCount(addr, length uint64, wide bool) {
	const most = 1 << 20 // the kernel fills less at once
	more := length > most
	head := d.direntHead(wide)
	n := uint64(0)
	for at := uint64(0); at < length && !more; n++ {
		if length-at < head {
			more = true
			break
		}
		f, ok := d.peek(addr+at, int(head))
		if !ok {
			more = true
			break
		}
		if wide {
			f.skip(16)
		} else {
			f.skip(2 * d.kernelLong())
		}
		record := f.u16()
		if record < head || record > length-at {
			more = true
			break
		}
		at += record
	}
	d.s(" /* ")
	d.udec(n)
	if more {
		d.c1('+')
	}
	d.s(" entries */")
}
