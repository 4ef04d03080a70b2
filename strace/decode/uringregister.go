package decode

import "bytes"

// Registrations with a ring (io_uring_register(2)).

// The operations (linux/io_uring.h).
const (
	uringBuffers, uringFiles, uringEventfd           = 0, 2, 4
	uringFilesUpdate, uringEventfdAsync, uringProbe  = 6, 7, 8
	uringRestrictions, uringFiles2, uringUpdate2     = 11, 13, 14
	uringBuffers2, uringBuffersUpdate, uringAffinity = 15, 16, 17
	uringWorkers, uringAddRings, uringDropRings      = 19, 20, 21
	uringAddBufferRing, uringDropBufferRing          = 22, 23
)

// uringRegister is the rest of that call after the descriptor.
func uringRegister(d *Decoder) bool {
	op, addr, n := d.next()&0xffffffff, d.size(d.next()), d.next()&0xffffffff
	if !d.exiting {
		d.constant(op, &uringRegisterOps)
		d.comma()
	}
	done := true
	switch op {
	case uringBuffers:
		d.iovec(addr, n, -1)
	case uringFiles, uringEventfd, uringEventfdAsync:
		d.array(addr, n, 4, (*Decoder).arrayFD)
	case uringFilesUpdate:
		d.uringFilesUpdate(addr, n)
	case uringProbe:
		done = d.uringProbe(addr, n)
	case uringRestrictions:
		d.array(addr, n, 16, (*Decoder).uringRestriction)
	case uringFiles2, uringBuffers2:
		d.uringResources(addr, n, op)
	case uringUpdate2, uringBuffersUpdate:
		d.uringUpdate(addr, n, op)
	case uringAffinity:
		d.cpuset(addr, n)
	case uringWorkers:
		done = d.uringWorkers(addr, n)
	case uringAddRings:
		d.array(addr, n, 16, func(d *Decoder, f *fields) {
			d.c1('{')
			d.key("offset")
			if v := f.u32(); v == 0xffffffff {
				d.s("-1")
			} else {
				d.udec(v)
			}
			d.reserved("resv", f.u32())
			d.key("data")
			d.fd(int32(f.u64()))
			d.c1('}')
		})
	case uringDropRings:
		d.array(addr, n, 16, func(d *Decoder, f *fields) {
			d.structure(f, layout{u32("offset"), zero32("resv"), zero64("data")})
		})
	case uringAddBufferRing, uringDropBufferRing:
		structAt(40, layout{pointer64("ring_addr"), u32("ring_entries"), u16("bgid"), zero16("pad"), {"", func(d *Decoder, f *fields) {
			rest := f.raw(24)
			if isZero(rest) {
				return
			}
			p := d.fields(rest)
			d.key("resv")
			d.elements(3, func() { d.hex(p.u64()) })
		}}})(d, addr)
	default:
		d.addr(addr)
	}
	if done {
		d.comma()
		d.udec(n)
	}
	return done
}

// uringFile is a descriptor, or that a place is to be left alone.
func uringFile(d *Decoder, f *fields) {
	const skip = -2 // IORING_REGISTER_FILES_SKIP
	switch fd := int32(f.u32()); {
	case fd == skip:
		d.named(skip, "IORING_REGISTER_FILES_SKIP")
	case fd < -1:
		d.dec(int64(fd))
	default:
		d.fd(fd)
	}
}

func (d *Decoder) uringFilesUpdate(addr, n uint64) {
	if f, ok := d.fetch(addr, 16); ok {
		d.structure(&f, layout{u32("offset"), zero32("resv"), {"fds", func(d *Decoder, f *fields) { d.array(f.u64(), n, 4, uringFile) }}})
	}
}

// uringProbe asks which operations there are; what is asked with should be zeros, and
// is printed where it is not.
func (d *Decoder) uringProbe(addr, n uint64) bool {
	const header, element, most = 16, 8, 256
	printed := d.c.saved[0] != 0
	if d.exiting && d.c.IsError {
		if !printed {
			d.addr(addr)
		}
		return true
	}
	if n > most {
		d.addr(addr)
		return true
	}
	if printed {
		d.s(" => ")
	}
	if !d.visible(addr) {
		return true
	}
	buf := d.buffer(int(header + element*n))
	if !d.read(addr, buf) {
		d.addr(addr)
		return true
	}
	if !d.exiting && isZero(buf) {
		return false
	}
	d.c.saved[0] = 1
	f := d.fields(buf)
	d.c1('{')
	d.key("last_op")
	d.constantU(f.u8(), &uringOps)
	length := f.u8()
	d.ufield("ops_len", length)
	d.reserved("resv", f.u16())
	d.members(&f, layout{zeroWords("resv2", 3)})
	shown := n
	if d.exiting {
		shown = min(length, n)
	}
	d.key("ops")
	d.elements(shown, func() {
		d.c1('{')
		d.key("op")
		d.constantU(f.u8(), &uringOps)
		d.reserved("resv", f.u8())
		d.key("flags")
		d.flags(f.u16(), &uringOpFlags)
		d.reserved("resv2", f.u32())
		d.c1('}')
	})
	if end := len(d.out) - 1; d.exiting && n < length && (d.full || shown <= uint64(d.strSize)) {
		if shown > 0 {
			d.out = append(d.out[:end], ", ...]"...)
		} else {
			d.out = append(d.out[:end], "...]"...)
		}
	}
	d.c1('}')
	return d.exiting
}

// constantU is a constant that is a decimal number where it has no name.
func (d *Decoder) constantU(v uint64, n *names) {
	text := n.find(v)
	switch {
	case d.opts.Xlat == XlatRaw:
		d.udec(v)
	case text == "":
		d.udec(v)
		d.comment(n.unknown)
	case d.opts.Xlat == XlatVerbose:
		d.udec(v)
		d.comment(text)
	default:
		d.s(text)
	}
}

func (d *Decoder) uringRestriction(f *fields) {
	const registerOp, operation, allowed, required = 0, 1, 2, 3
	kind := f.u16()
	value := f.u8()
	d.s("{opcode=")
	d.constant(kind, &uringRestrictionOps)
	switch kind {
	case registerOp:
		d.key("register_op")
		d.constant(value, &uringRegisterOps)
	case operation:
		d.key("sqe_op")
		d.constant(value, &uringOps)
	case allowed, required:
		d.key("sqe_flags")
		d.flags(value, &uringEntryFlags)
	default:
		d.s(" /* op: ")
		d.hex(value)
		d.s(" */")
	}
	d.reserved("resv", f.u8())
	d.members(f, layout{zeroWords("resv2", 3)})
	d.c1('}')
}

// uringData are files or buffers, and a tag for each.
func (d *Decoder) uringData(data, tags, n, op uint64) {
	d.key("data")
	switch op {
	case uringFiles2:
		d.array(data, n, 4, (*Decoder).arrayFD)
	case uringUpdate2:
		d.array(data, n, 4, uringFile)
	default:
		d.iovec(data, n, -1)
	}
	d.key("tags")
	d.array(tags, n, 8, func(d *Decoder, f *fields) { d.hex(f.u64()) })
}

const uringResourceSize = 32

func (d *Decoder) uringResources(addr, size, op uint64) {
	if size < uringResourceSize {
		d.addr(addr)
		return
	}
	f, ok := d.fetch(addr, uringResourceSize)
	if !ok {
		return
	}
	n, flags, reserved, data, tags := f.u32(), f.u32(), f.u64(), f.u64(), f.u64()
	d.s("{nr=")
	d.udec(n)
	d.key("flags")
	d.flags(flags, &uringResourceFlags)
	d.reserved("resv2", reserved)
	d.uringData(data, tags, n, op)
	d.moreBytes(addr, uringResourceSize, size)
	d.c1('}')
}

func (d *Decoder) uringUpdate(addr, size, op uint64) {
	if size < uringResourceSize {
		d.addr(addr)
		return
	}
	f, ok := d.fetch(addr, uringResourceSize)
	if !ok {
		return
	}
	offset, reserved, data, tags, n, reserved2 := f.u32(), f.u32(), f.u64(), f.u64(), f.u32(), f.u32()
	d.s("{offset=")
	d.udec(offset)
	d.reserved("resv", reserved)
	d.uringData(data, tags, n, op)
	d.ufield("nr", n)
	d.reserved("resv2", reserved2)
	d.moreBytes(addr, uringResourceSize, size)
	d.c1('}')
}

// uringWorkers are how many workers there may be of each kind, and were before.
func (d *Decoder) uringWorkers(addr, n uint64) bool {
	start, i := len(d.out), uint64(0)
	show := func(d *Decoder, f *fields) {
		d.c1('[')
		d.constantU(i, &uringWorkerKinds)
		d.s("]=")
		d.udec(f.u32())
		i++
	}
	d.array(addr, n, 4, show)
	if d.exiting {
		return true
	}
	if d.out[start] != '[' || n == 0 || bytes.HasSuffix(d.out, []byte(" */]")) {
		return true
	}
	d.s(" => ")
	return false
}
