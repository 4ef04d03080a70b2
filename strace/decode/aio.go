package decode

// ioEvents is the number of events wanted and the vector that io_getevents
// fills.
func ioEvents(d *Decoder) bool {
	n, addr := d.next(), d.size(d.next())
	if !d.exiting {
		d.longNumber(n)
		d.comma()
		return false
	}
	d.array(addr, uint64(max(d.c.Result, 0)), 32, (*Decoder).ioEvent)
	return true
}

func (d *Decoder) longNumber(v uint64) {
	if d.c.ABI.WordSize == 4 {
		d.dec(int64(int32(v)))
	} else {
		d.dec(int64(v))
	}
}

func (d *Decoder) ioEvent(f *fields) {
	d.s("{data=")
	d.hex(f.u64())
	d.s(", obj=")
	d.hex(f.u64())
	d.field("res", f.i64())
	d.field("res2", f.i64())
	d.c1('}')
}

func (d *Decoder) ioEventAt(addr uint64) {
	if f, ok := d.fetch(addr, 32); ok {
		d.ioEvent(&f)
	}
}

// ioTimeout is io_getevents' time limit, printed at exit.
func ioTimeout(k timeKind) kind {
	return func(d *Decoder) bool {
		if !d.exiting {
			return false
		}
		d.evenAfterError(func() { d.timespecAs(d.size(d.next()), k) })
		return true
	}
}

// evenAfterError prints at exit what the kernel has only read, and which is
// therefore valid after an error too.
func (d *Decoder) evenAfterError(show func()) {
	failed := d.c.IsError
	d.c.IsError = false
	show()
	d.c.IsError = failed
}

// iocbs is the number of requests and the vector of pointers to them.
func iocbs(d *Decoder) bool {
	n, addr := d.next(), d.size(d.next())
	d.longNumber(n)
	d.comma()
	count := int64(n)
	if d.c.ABI.WordSize == 4 {
		count = int64(int32(n))
	}
	if count < 0 {
		d.addr(addr)
		return true
	}
	d.array(addr, uint64(count), d.long(), func(d *Decoder, f *fields) { d.iocbAt(f.size()) })
	return true
}

// iocbAt prints struct iocb (linux/aio_abi.h).
func (d *Decoder) iocbAt(addr uint64) {
	f, ok := d.fetch(addr, 64)
	if !ok {
		return
	}
	data, key := f.u64(), f.u32()
	f.u32() // the flags of the read or write
	opcode, priority, fd := f.u16(), int16(f.u16()), int32(f.u32())
	buf, nbytes, offset := f.u64(), f.u64(), f.i64()
	f.u64()
	flags, resfd := f.u32(), int32(f.u32())
	d.s("{aio_data=")
	d.hex(data)
	if key != 0 {
		d.ufield("aio_key", key)
	}
	d.s(", aio_lio_opcode=")
	if aioCmds.find(opcode) == "" && d.opts.Xlat != XlatRaw {
		d.udec(opcode)
		d.comment(aioCmds.unknown)
	} else {
		d.constant(opcode, &aioCmds)
	}
	if priority != 0 {
		d.s(", aio_reqprio=")
		if flags&2 != 0 { // IOCB_FLAG_IOPRIO
			d.ioprio(uint64(uint16(priority)))
		} else {
			d.dec(int64(priority))
		}
	}
	d.s(", aio_fildes=")
	d.fd(fd)
	const pread, pwrite, preadv, pwritev = 0, 1, 7, 8
	switch opcode {
	case pwrite:
		d.s(", aio_buf=")
		d.data(buf, nbytes, 0)
		d.ufield("aio_nbytes", nbytes)
		d.field("aio_offset", offset)
	case pwritev, preadv:
		d.s(", aio_buf=")
		data := int64(allData)
		if opcode == preadv {
			data = -1
		}
		d.iovec(buf, nbytes, data)
		d.field("aio_offset", offset)
	case pread:
		if buf != 0 || nbytes != 0 || offset != 0 {
			d.s(", aio_buf=")
			d.hex(buf)
			d.ufield("aio_nbytes", nbytes)
			d.field("aio_offset", offset)
		}
	}
	if flags&1 != 0 { // IOCB_FLAG_RESFD
		d.s(", aio_flags=IOCB_FLAG_RESFD, aio_resfd=")
		d.fd(resfd)
	}
	d.c1('}')
}
