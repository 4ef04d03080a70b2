package decode

// Parts of layouts for structures in structures, arrays, and what is printed of some
// structures only.

// group is a structure in a structure.
func group(name string, l ...member) member {
	return member{name, func(d *Decoder, f *fields) { d.structure(f, l) }}
}

// rest are the members that are printed in full only (-v); without it three dots
// stand for them. They are the last.
func rest(l ...member) member {
	return member{"", func(d *Decoder, f *fields) {
		if d.full {
			d.members(f, l)
		} else {
			d.s(", ...")
		}
	}}
}

// elements prints an array of so many elements that has been read, or the first of
// them, as strace bounds arrays.
func (d *Decoder) elements(n uint64, show func()) {
	d.c1('[')
	for i := range n {
		if i > 0 {
			d.comma()
		}
		if i >= uint64(d.strSize) && !d.full {
			d.s("...")
			break
		}
		show()
	}
	d.c1(']')
}

// someWords prints the first of a field's words; all are read.
func (d *Decoder) someWords(f *fields, n uint64, all int) {
	part := d.fields(f.raw(4 * all))
	d.elements(min(n, uint64(all)), func() { d.udec(part.u32()) })
}

// zeroWords is an array of n numbers of 32 bits that should be zero, and is printed if
// it is not.
func zeroWords(name string, n int) member {
	return member{"", func(d *Decoder, f *fields) {
		part := f.raw(4 * n)
		if isZero(part) {
			return
		}
		d.key(name)
		p := d.fields(part)
		d.elements(uint64(n), func() { d.hex(p.u32()) })
	}}
}

// zero32 and its like should be zero, and are printed if they are not.
func zero8(name string) member {
	return member{"", func(d *Decoder, f *fields) { d.reserved(name, f.u8()) }}
}
func zero16(name string) member {
	return member{"", func(d *Decoder, f *fields) { d.reserved(name, f.u16()) }}
}
func zero32(name string) member {
	return member{"", func(d *Decoder, f *fields) { d.reserved(name, f.u32()) }}
}
func zero64(name string) member {
	return member{"", func(d *Decoder, f *fields) { d.reserved(name, f.u64()) }}
}

func i16(name string) member {
	return member{name, func(d *Decoder, f *fields) { d.dec(int64(int16(f.u16()))) }}
}
func x16(name string) member {
	return member{name, func(d *Decoder, f *fields) { d.hex(f.u16()) }}
}
func flag64(name string, n *names) member {
	return member{name, func(d *Decoder, f *fields) { d.flags(f.u64(), n) }}
}
func enum64(name string, n *names) member {
	return member{name, func(d *Decoder, f *fields) { d.constant(f.u64(), n) }}
}

// descriptor64 is a file descriptor in 64 bits.
func descriptor64(name string) member {
	return member{name, func(d *Decoder, f *fields) { d.fd(int32(f.u64())) }}
}

// kword is as wide as the kernel's long.
func kword(name string) member {
	return member{name, func(d *Decoder, f *fields) { d.udec(f.kulong()) }}
}

// xlong is as wide as a long.
func xlong(name string) member {
	return member{name, func(d *Decoder, f *fields) { d.hex(f.size()) }}
}

// pointerWord is a pointer as wide as the ABI's.
func pointerWord(name string) member {
	return member{name, func(d *Decoder, f *fields) { d.addr(f.size()) }}
}

// inOut is a request whose argument says something at entry, in, and has the answer
// at exit, out, each a part of the structure of so many bytes.
func inOut(size int, in, out layout) ioctlArg {
	return ioctlBoth(func(d *Decoder, addr uint64) {
		l := in
		if d.exiting {
			if l = out; d.c.IsError {
				return
			}
			d.s(" => ")
		}
		if f, ok := d.fetch(addr, size); ok {
			d.structure(&f, l)
			d.c.saved[0] = 1
		}
	})
}

// asked is inOut for an answer that stands in the braces of the question, in a structure
// as large as the number of the request says.
func asked(in, out layout) ioctlArg {
	return ioctlBoth(func(d *Decoder, addr uint64) {
		if !d.exiting {
			d.ask(addr, in)
			return
		}
		if f, ok := d.peek(addr, d.requestSize()); d.c.IsError {
		} else if !ok {
			d.s(", ???")
		} else {
			d.members(&f, out)
		}
		d.c1('}')
	})
}

// ask prints the beginning of a request's structure; the rest is left for the exit unless
// a member says that nothing follows.
func (d *Decoder) ask(addr uint64, in layout) { d.askSize(addr, d.requestSize(), in) }

func (d *Decoder) askSize(addr uint64, size int, in layout) {
	if f, ok := d.fetch(addr, size); ok {
		d.c1('{')
		if d.members(&f, in); f.ended {
			d.c1('}')
		} else {
			d.c.saved[0] = 1
		}
	}
}

// requestStruct makes a function that prints the structure of a request, which is as
// large as its number says.
func requestStruct(l layout) func(d *Decoder, addr uint64) {
	return func(d *Decoder, addr uint64) {
		if f, ok := d.fetch(addr, d.requestSize()); ok {
			d.structure(&f, l)
		}
	}
}

// requestSize is the size of the structure that stands in the number of a request.
func (d *Decoder) requestSize() int { return int(min(requestOf(d.c.Args[1]).size, elemMax)) }

// at goes to the byte n of the structure, for members that are printed in another order.
func at(n int) member {
	return member{"", func(_ *Decoder, f *fields) { f.off = n }}
}

// becomes is the new value of the member before it; again is the structure once more.
func becomes(show func(d *Decoder, f *fields)) member {
	return member{"", func(d *Decoder, f *fields) {
		d.s(" => ")
		show(d, f)
	}}
}

var again = member{"", func(d *Decoder, _ *fields) { d.s("} => {") }}

// inFull is a member that is printed in full only (-v).
func inFull(m member) member {
	return printedIf(m, func(d *Decoder, _ fields) bool { return d.full })
}

// printedIf is a member that is read, but printed only under a condition.
func printedIf(m member, condition func(d *Decoder, f fields) bool) member {
	return member{"", func(d *Decoder, f *fields) {
		wanted, out := condition(d, *f), len(d.out)
		if d.members(f, layout{m}); !wanted {
			d.out = d.out[:out]
		}
	}}
}

// unlessZero is a member of 32 bits that is not printed if it is zero.
func unlessZero(m member) member {
	return printedIf(m, func(_ *Decoder, f fields) bool { return f.u32() != 0 })
}

// peekAt is the word so many bytes on.
func (f fields) peekAt(n int) uint64 {
	f.skip(n)
	return f.u32()
}
