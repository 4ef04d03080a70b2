package decode

const (
	oCreat   = 0x40
	oTmpfile = 0x400000 // without O_DIRECTORY, which belongs to it
)

// openFlags prints the flags of an open: the access mode is a number of two
// bits, the others are flags.
func (d *Decoder) openFlags(v uint64) {
	d.flagsAfter(v, v&^3, &openFlags, accessModes.find(v&3), "")
}

// open prints the flags, and the mode when a file may be created.
func open(d *Decoder) bool {
	v := uint64(uint32(d.next()))
	d.openFlags(v)
	m := d.next()
	if v&oCreat != 0 || v&oTmpfile != 0 {
		d.comma()
		d.octal3(m & 0xffff)
	}
	return true
}

// openOnly prints the flags of a call that creates nothing.
func openOnly(d *Decoder) bool { d.openFlags(uint64(uint32(d.next()))); return true }

// openHow is openat2's structure and its size.
func openHow(d *Decoder) bool {
	addr, size := d.size(d.next()), d.size(d.next())
	const known = 24
	if size < known {
		d.addr(addr)
	} else if f, ok := d.fetch(addr, known); ok {
		flags, mode := f.u64(), f.u64()
		d.s("{flags=")
		d.openFlags(flags)
		if flags&oCreat != 0 || flags&oTmpfile != 0 || mode != 0 {
			d.s(", mode=")
			d.octal3(mode)
		}
		d.s(", resolve=")
		d.flags(f.u64(), &resolveFlags)
		d.moreBytes(addr, known, size)
		d.c1('}')
	}
	d.comma()
	d.udec(size)
	return true
}

// moreBytes prints the part of a structure that is newer than this decoder,
// unless it is zero.
func (d *Decoder) moreBytes(addr, known, size uint64) {
	if size <= known {
		return
	}
	if size > 4096 {
		size = 4096
	}
	buf := d.buffer(int(size - known))
	if !d.read(addr+known, buf) {
		d.separate()
		d.s("???")
		return
	}
	for _, c := range buf {
		if c != 0 {
			d.separate()
			d.unknownBytes(known, size, buf)
			return
		}
	}
}

func (d *Decoder) unknownBytes(from, to uint64, buf []byte) {
	d.s("/* bytes ")
	d.udec(from)
	d.s("..")
	d.udec(to - 1)
	d.s(" */ ")
	d.text(buf, quoteForceHex)
}

func accessMode(d *Decoder) bool { d.flags(uint64(uint32(d.next())), &accessMasks); return true }

// fileMode prints a file's type and permissions: S_IFREG|0644.
func (d *Decoder) fileMode(v uint64) {
	if d.opts.Xlat == XlatRaw {
		d.octal3(v)
		return
	}
	kind := v & 0xf000
	text := fileTypes.find(kind)
	if text == "" && kind != 0 {
		d.octal3(v)
		return
	}
	if d.opts.Xlat == XlatVerbose {
		d.octal3(v)
		d.s(" /* ")
		defer d.s(" */")
	}
	d.specialMode(v&^0xf000, text)
}

func (d *Decoder) specialMode(v uint64, first string) {
	if d.opts.Xlat == XlatRaw {
		d.octal3(v)
		return
	}
	sep := ""
	if first != "" {
		d.s(first)
		sep = "|"
	}
	for _, special := range [...]name{{0o4000, "S_ISUID"}, {0o2000, "S_ISGID"}, {0o1000, "S_ISVTX"}} {
		if v&special.value != 0 {
			d.s(sep)
			d.s(special.text)
			v &^= special.value
			sep = "|"
		}
	}
	d.s(sep)
	d.octal3(v)
}

// nodeMode is mknod's mode, and its device for the types that have one.
func nodeMode(d *Decoder) bool {
	m := d.next() & 0xffff
	dev := d.next()
	d.fileMode(m)
	if kind := m & 0xf000; kind == 0x2000 || kind == 0x6000 {
		d.comma()
		d.device(uint64(uint32(dev)))
	}
	return true
}

// device prints a device number in the form of the kernel's new_encode_dev.
func (d *Decoder) device(v uint64) {
	if d.opts.Xlat == XlatRaw {
		d.hex(v)
		return
	}
	if d.opts.Xlat == XlatVerbose {
		d.hex(v)
		d.s(" /* ")
		defer d.s(" */")
	}
	major := (v>>8)&0xfff | (v>>32)&0xfffff000
	minor := v&0xff | (v>>12)&0xffffff00
	d.s("makedev(")
	d.hex(major & 0xffffffff)
	d.comma()
	d.hex(minor & 0xffffffff)
	d.c1(')')
}

func device(d *Decoder) bool { d.device(uint64(uint32(d.next()))); return true }

// fallocate's and lseek's offsets are 64-bit; _llseek gives its in two halves
// with the high one first, and gets the result in memory.
func llseekOffset(d *Decoder) bool {
	high := d.next()
	d.dec(int64(high<<32 | d.next()&0xffffffff))
	return true
}

// cwd is getcwd's buffer, whose result is the length with the NUL.
func cwd(d *Decoder) bool {
	if !d.exiting {
		return false
	}
	addr, size := d.size(d.next()), d.size(d.next())
	if d.c.IsError || d.c.Result <= 0 {
		d.addr(addr)
	} else {
		d.pathBytes(addr, uint64(d.c.Result)-1)
	}
	d.comma()
	d.udec(size)
	return true
}

// pathBytes prints a path of which the length is known.
func (d *Decoder) pathBytes(addr, n uint64) {
	if addr == 0 {
		d.s("NULL")
		return
	}
	cut := n > pathMax-1
	if cut {
		n = pathMax - 1
	}
	buf := d.buffer(int(n) + 1)
	m, ended, ok := d.readString(addr, buf)
	if !ok {
		d.addr(addr)
		return
	}
	if !ended {
		m = int(n)
		cut = true
	}
	d.quote(buf[:min(m, int(n))], 0)
	if cut {
		d.s("...")
	}
}

// statxFlags are statx's: a choice of how fresh, and flags.
func statxFlags(d *Decoder) bool {
	v := uint64(uint32(d.next()))
	const sync = 0x6000
	first := statxSync.find(v & sync)
	if v&sync == sync {
		// Both bits together have no meaning; each is named.
		d.flags(v, &names{"AT_STATX_???", append(statxSync.list[1:3:3], atFlags.list...)})
		return true
	}
	d.flagsAfter(v, v&^sync, &atFlags, first, "")
	return true
}

// readlinkOut is a buffer for a path that has no NUL at its end.
func readlinkOut(d *Decoder) bool { return d.dataOut(0) }

// inotifyEvents and memfd flags have parts that are numbers.
func memfdFlagsKind(d *Decoder) bool {
	d.hugeFlags(uint64(uint32(d.next())), &memfdFlags, "<<MFD_HUGE_SHIFT", "")
	return true
}

// hugeFlags prints flags whose bits 26 to 31 are the logarithm of a page size.
func (d *Decoder) hugeFlags(v uint64, n *names, suffix, last string) {
	huge := v >> 26 & 63
	rest := v &^ (63 << 26)
	if d.opts.Xlat == XlatRaw || huge == 0 {
		d.flags(v, n)
		return
	}
	show := func() {
		if rest != 0 {
			if d.opts.Xlat == XlatAbbrev {
				d.flags(rest, n)
			} else {
				d.flagNames(rest, n)
			}
			d.c1('|')
		}
		d.udec(huge)
		d.s(suffix)
	}
	d.hexComment(v, func(uint64) { show() })
}
