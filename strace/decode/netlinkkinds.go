package decode

// More ways to print the values of attributes, by which the tables of netlinklink.go and its
// like say what an attribute is. A value that is too short for its kind is bytes.

type nlaValue = func(d *Decoder, addr, size uint64) bool

var (
	nlaU16 = nlaNumber(2, func(d *Decoder, f *fields) { d.udec(f.u16()) })
	nlaU64 = nlaNumber(8, func(d *Decoder, f *fields) { d.udec(f.u64()) })
	nlaX16 = nlaNumber(2, func(d *Decoder, f *fields) { d.hex(f.u16()) })
	nlaX32 = nlaNumber(4, func(d *Decoder, f *fields) { d.hex(f.u32()) })
	nlaID  = nlaNumber(4, func(d *Decoder, f *fields) { d.id(f.u32()) })
	nlaFD  = nlaNumber(4, func(d *Decoder, f *fields) { d.fd(int32(f.u32())) })

	nlaInet4  = nlaNumber(4, func(d *Decoder, f *fields) { d.inet4(f.raw(4)) })
	nlaInet6  = nlaNumber(16, func(d *Decoder, f *fields) { d.inet6(f.raw(16), "") })
	nlaFrames = nlaNumber(2, (*Decoder).frameProtocol)
)

// number is the next number of so many bytes.
func (f *fields) number(size uint64) uint64 {
	switch size {
	case 1:
		return f.u8()
	case 2:
		return f.u16()
	}
	return f.u32()
}

// nlaEnum is one of n in so many bytes, nlaFlags a set of n.
func nlaEnum(size uint64, n *names) nlaValue {
	return nlaNumber(size, func(d *Decoder, f *fields) { d.constant(f.number(size), n) })
}

func nlaFlags(size uint64, n *names) nlaValue {
	return nlaNumber(size, func(d *Decoder, f *fields) { d.flags(f.number(size), n) })
}

// nest is a value that consists of attributes.
func nest(a *attributes) nlaValue {
	return func(d *Decoder, addr, size uint64) bool {
		d.attributes(addr, size, a)
		return true
	}
}

// nlaHeaded is a value of so many bytes after which attributes may follow.
func nlaHeaded(header uint64, show func(d *Decoder, f *fields), a *attributes) nlaValue {
	first := nlaNumber(header, show)
	return func(d *Decoder, addr, size uint64) bool {
		if !first(d, addr, size) {
			return false
		}
		if aligned := (header + 3) &^ 3; size > aligned {
			d.comma()
			d.attributes(addr+aligned, size-aligned, a)
		}
		return true
	}
}

// nlaStructAndMore is a structure of so many bytes, and bytes behind it.
func nlaStructAndMore(size uint64, l layout) nlaValue {
	first := nlaStruct(size, l)
	return func(d *Decoder, addr, n uint64) bool {
		if !first(d, addr, n) {
			return false
		}
		if n > size {
			d.comma()
			d.data(addr+size, n-size, quoteForceHex)
		}
		return true
	}
}

// nlaArray are elements of so many bytes, as many as there is room for.
func nlaArray(element uint64, show func(d *Decoder, f *fields)) nlaValue {
	return func(d *Decoder, addr, size uint64) bool {
		if size < element {
			return false
		}
		d.arrayAt(addr, size/element, int(element), show)
		return true
	}
}

// nlaIndexed is an array of which each element has a name.
func nlaIndexed(element uint64, index *names, show func(d *Decoder, f *fields)) nlaValue {
	return func(d *Decoder, addr, size uint64) bool {
		if size < element {
			return false
		}
		d.indexedArray(addr, size/element, int(element), index, show)
		return true
	}
}

// nlaGrown is a structure to which members have been added: of those from least bytes on
// only what is there is printed.
func nlaGrown(least, member uint64, l layout) nlaValue {
	whole := uint64(len(l)) * member
	return func(d *Decoder, addr, size uint64) bool {
		if size < least {
			return false
		}
		have := min(size, whole) / member
		if f, ok := d.peek(addr, int(have*member)); ok {
			d.structure(&f, l[:have])
		} else {
			d.addr(addr)
		}
		return true
	}
}

// nlaClock is a time in ticks of the clock that programs see (USER_HZ, 100 a second), as
// many bytes as it has.
func nlaClock(d *Decoder, addr, size uint64) bool {
	const hz = 100
	if size > 8 {
		return false
	}
	f, ok := d.peek(addr, int(size))
	if !ok {
		d.addr(addr)
		return true
	}
	ticks := uint64(0)
	for i, b := range f.buf {
		if f.big {
			ticks = ticks<<8 | uint64(b)
		} else {
			ticks |= uint64(b) << (8 * i)
		}
	}
	d.udec(ticks)
	if ticks != 0 && d.opts.Xlat != XlatRaw {
		d.s(" /* ")
		d.udec(ticks / hz)
		d.c1('.')
		start := len(d.out)
		d.udec(ticks % hz)
		d.padZero(start, 2)
		d.s(" s */")
	}
	return true
}

// frameProtocol is the protocol of a frame, in the network's order.
func (d *Decoder) frameProtocol(f *fields) {
	d.s("htons(")
	d.constant(bigEndian16(f.raw(2)), &ethProtocols)
	d.c1(')')
}

func (d *Decoder) arrayInt64(f *fields) { d.udec(f.u64()) }

// mac is a hardware address of n bytes.
func mac(name string, n int) member {
	return member{name, func(d *Decoder, f *fields) { d.hardwareAddress(f.raw(n)) }}
}

// hexBytes are n bytes that are no text.
func hexBytes(name string, n int) member {
	return member{name, func(d *Decoder, f *fields) { d.quote(f.raw(n), quoteForceHex) }}
}

// zeroBytes are n bytes that should be zero, and are printed if they are not.
func zeroBytes(name string, n int) member {
	return member{"", func(d *Decoder, f *fields) {
		if b := f.raw(n); !isZero(b) {
			d.key(name)
			d.quote(b, quoteForceHex)
		}
	}}
}

// layoutOf makes a layout of members that are all of one kind.
func layoutOf(kind func(name string) member, names ...string) (l layout) {
	for _, n := range names {
		l = append(l, kind(n))
	}
	return l
}
