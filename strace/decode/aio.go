package decode

import "slices"

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

// ioSigmask is io_pgetevents' set of signals, printed at exit.
func ioSigmask(d *Decoder, addr uint64) {
	d.evenAfterError(func() { d.sigmaskArg(addr) })
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

// The operations of io_submit(2) whose buffers are printed, and the flags that say what
// else of the structure counts (linux/aio_abi.h).
const (
	aioPread, aioPwrite, aioPoll, aioPreadv, aioPwritev = 0, 1, 5, 7, 8
	aioResultFD, aioPriority                            = 1, 2
)

// iocbHead is struct iocb up to what is to be transferred.
var iocbHead = layout{x64("aio_data"), unlessZero(u32("aio_key")), unlessZero(flag32("aio_rw_flags", &rwfFlags)),
	{"aio_lio_opcode", func(d *Decoder, f *fields) { d.aioOperation(f.u16()) }},
	{"", iocbPriority}, fd32("aio_fildes")}

var iocbLayout = append(slices.Clone(iocbHead), member{"", iocbData})

func (d *Decoder) iocbAt(addr uint64)       { structAt(64, iocbLayout)(d, addr) }
func (d *Decoder) canceledIocb(addr uint64) { structAt(64, iocbHead)(d, addr) }

func (d *Decoder) aioOperation(opcode uint64) {
	if aioCmds.find(opcode) == "" && d.opts.Xlat != XlatRaw {
		d.udec(opcode)
		d.comment(aioCmds.unknown)
	} else {
		d.constant(opcode, &aioCmds)
	}
}

func iocbPriority(d *Decoder, f *fields) {
	flags, priority := *f, f.u16()
	flags.off = 56
	if flags.u32()&aioPriority != 0 {
		d.key("aio_reqprio")
		d.ioprio(priority)
	} else if priority != 0 {
		d.field("aio_reqprio", int64(int16(priority)))
	}
}

// iocbData is what is to be transferred, which depends on the operation.
func iocbData(d *Decoder, f *fields) {
	operation := *f
	operation.off = 16
	opcode := operation.u16()
	buf, size, offset := f.u64(), f.u64(), f.i64()
	// The kernel takes pointers and sizes of the caller's ABI only.
	valid := d.size(buf) == buf && d.size(size) == size && int64(size) >= 0
	switch opcode {
	case aioPread, aioPwrite:
		d.key("aio_buf")
		if opcode == aioPwrite && valid {
			d.data(buf, size, 0)
		} else {
			d.hex(buf)
		}
		d.ufield("aio_nbytes", size)
		d.field("aio_offset", offset)
	case aioPreadv, aioPwritev:
		d.key("aio_buf")
		data := int64(allData)
		if opcode == aioPreadv {
			data = -1
		}
		if valid {
			d.iovec(buf, size, data)
		} else {
			d.hex(buf)
			d.ufield("aio_nbytes", size)
		}
		d.field("aio_offset", offset)
	case aioPoll:
		d.key("aio_buf")
		d.flags(buf, &pollFlags)
	default:
		return
	}
	f.skip(8) // reserved
	flags := f.peekAt(0)
	d.members(f, layout{unlessZero(flag32("aio_flags", &aioFlags))})
	if flags&aioResultFD != 0 {
		d.members(f, layout{fd32("aio_resfd")})
	} else {
		d.members(f, layout{zero32("aio_resfd")})
	}
}
