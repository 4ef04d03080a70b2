package decode

// The kinds that most calls are made of.

// fd is a file descriptor.
func fd(d *Decoder) bool { d.fd(int32(d.next())); return true }

// atFDCWD stands for the working directory (linux/fcntl.h).
const atFDCWD = -100

// dirfd is the directory that a relative path starts from.
func dirfd(d *Decoder) bool { d.dirfd(int32(d.next())); return true }

func (d *Decoder) dirfd(v int32) {
	if v != atFDCWD {
		d.fd(v)
		return
	}
	d.named(atFDCWD, "AT_FDCWD")
	if d.opts.FD != nil {
		d.out = d.opts.FD(d.out, d.c.TID, atFDCWD)
	}
}

// path is a pointer to a file name that the kernel reads.
func path(d *Decoder) bool { d.path(d.next()); return true }

// text is a pointer to a string that the kernel reads.
func text(d *Decoder) bool { d.cstring(d.next()); return true }

// num is an int, unum an unsigned int.
func num(d *Decoder) bool  { d.dec(int64(int32(d.next()))); return true }
func unum(d *Decoder) bool { d.udec(uint64(uint32(d.next()))); return true }

// pid is the id of a process or a thread.
func pid(d *Decoder) bool { d.pid(int32(d.next())); return true }

func (d *Decoder) pid(id int32) {
	d.dec(int64(id))
	d.process(id)
}

// process says more of the process or thread whose id was printed.
func (d *Decoder) process(id int32) {
	if id > 0 && d.opts.PID != nil {
		d.out = d.opts.PID(d.out, d.c.TID, id)
	}
}

// pidOrGroup is the id of a process or, negative, of a group of them.
func pidOrGroup(d *Decoder) bool { d.pidOrGroup(int32(d.next())); return true }

func (d *Decoder) pidOrGroup(id int32) {
	d.dec(int64(id))
	if (id > 0 || id < -1) && d.opts.PID != nil {
		d.out = d.opts.PID(d.out, d.c.TID, id)
	}
}

// long is a C long, ulong an unsigned long or a size_t.
func long(d *Decoder) bool { d.longDec(d.next()); return true }

func (d *Decoder) longDec(v uint64) {
	if d.c.ABI.WordSize == 4 {
		d.dec(int64(int32(v)))
	} else {
		d.dec(int64(v))
	}
}

func ulong(d *Decoder) bool { d.udec(d.size(d.next())); return true }

// size cuts a register to a size_t.
func (d *Decoder) size(v uint64) uint64 {
	if d.long() == 4 {
		return v & 0xffffffff
	}
	return v
}

// hexWord is a register in hexadecimal, hexInt its low 32 bits.
func hexWord(d *Decoder) bool { d.hex(d.size(d.next())); return true }
func hexInt(d *Decoder) bool  { d.hex(uint64(uint32(d.next()))); return true }

// ptr is a pointer to memory that is not printed.
func ptr(d *Decoder) bool { d.addr(d.size(d.next())); return true }

// offset is a signed 64-bit file offset, uoffset an unsigned one.
func offset(d *Decoder) bool  { d.dec(int64(d.next64())); return true }
func uoffset(d *Decoder) bool { d.udec(d.next64()); return true }

// mode is the permissions of a file to be created.
func mode(d *Decoder) bool { d.octal3(d.next() & 0xffff); return true }

// id is a user or group id. Those of the 16-bit calls of i386 are id16.
func id(d *Decoder) bool { d.id(d.next() & 0xffffffff); return true }

// id prints a user or a group, of which the largest number stands for none.
func (d *Decoder) id(v uint64) {
	if v == 0xffffffff {
		d.s("-1")
	} else {
		d.udec(v)
	}
}

func id16(d *Decoder) bool {
	v := d.next() & 0xffff
	if v == 0xffff {
		d.s("-1")
	} else {
		d.udec(v)
	}
	return true
}

// constant is one of n in an int, flags a set of n in an int, and flagsLong a
// set of n in a long.
func constant(n *names) kind {
	return func(d *Decoder) bool { d.constant(uint64(uint32(d.next())), n); return true }
}

func flags(n *names) kind {
	return func(d *Decoder) bool { d.flags(uint64(uint32(d.next())), n); return true }
}

func flagsLong(n *names) kind {
	return func(d *Decoder) bool { d.flags(d.size(d.next()), n); return true }
}

// atExit makes a kind of one that prints what the kernel has written.
func atExit(show func(d *Decoder, addr uint64)) kind {
	return func(d *Decoder) bool {
		if !d.exiting {
			return false
		}
		show(d, d.size(d.next()))
		return true
	}
}

// atEntry makes a kind of one that prints what the kernel will read.
func atEntry(show func(d *Decoder, addr uint64)) kind {
	return func(d *Decoder) bool { show(d, d.size(d.next())); return true }
}

// bracketed prints what is in the size bytes at addr in brackets: [42].
func (d *Decoder) bracketed(addr uint64, size int, show func(f *fields)) {
	if f, ok := d.fetch(addr, size); ok {
		d.c1('[')
		show(&f)
		d.c1(']')
	}
}

// inInt and its like are numbers in memory.
func (d *Decoder) inInt(addr uint64) {
	d.bracketed(addr, 4, func(f *fields) { d.dec(f.i32()) })
}

func (d *Decoder) inUint(addr uint64) {
	d.bracketed(addr, 4, func(f *fields) { d.udec(f.u32()) })
}

func (d *Decoder) inUint16(addr uint64) {
	d.bracketed(addr, 2, func(f *fields) { d.udec(f.u16()) })
}

func (d *Decoder) inUint64(addr uint64) {
	d.bracketed(addr, 8, func(f *fields) { d.udec(f.u64()) })
}

func (d *Decoder) inPair64(addr uint64) {
	d.bracketed(addr, 16, func(f *fields) {
		d.udec(f.u64())
		d.comma()
		d.udec(f.u64())
	})
}

func (d *Decoder) inLong(addr uint64) {
	d.bracketed(addr, d.long(), func(f *fields) { iword("").show(d, f) })
}

func (d *Decoder) inInt64(addr uint64) {
	d.bracketed(addr, 8, func(f *fields) { d.dec(f.i64()) })
}

func (d *Decoder) inSize(addr uint64) {
	d.bracketed(addr, d.long(), func(f *fields) { d.udec(f.size()) })
}

func (d *Decoder) inPointer(addr uint64) {
	d.bracketed(addr, d.long(), func(f *fields) { d.addr(f.size()) })
}

// dataIn is a buffer that the kernel reads and its size.
func dataIn(d *Decoder) bool {
	addr, size := d.size(d.next()), d.size(d.next())
	d.messageData(int32(d.c.Args[0]), addr, size)
	d.comma()
	d.udec(size)
	return true
}

// dataOut is a buffer that the kernel fills and its size; the result says how
// far.
func dataOut(d *Decoder) bool { return d.dataOut(0) }

// listOut is dataOut for a list whose size is asked for with a buffer of none.
func listOut(d *Decoder) bool {
	if d.exiting && d.size(d.c.Args[2]) == 0 {
		d.addr(d.size(d.next()))
		d.comma()
		d.udec(d.next())
		return true
	}
	return d.dataOut(0)
}

func randomOut(d *Decoder) bool { return d.dataOut(quoteForceHex) }

func (d *Decoder) dataOut(style quoteStyle) bool {
	if !d.exiting {
		return false
	}
	addr, size := d.size(d.next()), d.size(d.next())
	switch {
	case d.c.IsError:
		d.addr(addr)
	case style == 0:
		d.messageData(int32(d.c.Args[0]), addr, uint64(d.c.Result))
	default:
		d.data(addr, uint64(d.c.Result), style)
	}
	d.comma()
	d.udec(size)
	return true
}
