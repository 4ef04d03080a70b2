package decode

// A layout describes a structure, one member after the other, in the order of
// its declaration. Most structures need no code of their own:
//
//	var winsize = layout{u16("ws_row"), u16("ws_col"), u16("ws_xpixel"), u16("ws_ypixel")}
type layout []member

// member is how one member is read and printed. One without a name is skipped.
type member struct {
	name string
	show func(d *Decoder, f *fields)
}

// separate prints a comma before a member of a structure unless it is the first. Nothing
// stands before it when the rest of a structure comes after "resumed".
func (d *Decoder) separate() {
	if n := len(d.out); n == 0 || d.out[n-1] != '{' {
		d.comma()
	}
}

// key begins a member of a structure: ", name=".
func (d *Decoder) key(name string) {
	d.separate()
	d.s(name)
	d.c1('=')
}

// members prints the members of a structure without its braces.
func (d *Decoder) members(f *fields, l layout) {
	for i := range l {
		if f.ended {
			return
		}
		if l[i].name != "" {
			d.key(l[i].name)
		}
		l[i].show(d, f)
	}
}

// structure prints a structure that has been read.
func (d *Decoder) structure(f *fields, l layout) {
	d.c1('{')
	d.members(f, l)
	d.c1('}')
}

// structAt makes a function that prints the structure of size bytes at an
// address, unless that cannot be read.
func structAt(size int, l layout) func(d *Decoder, addr uint64) {
	return func(d *Decoder, addr uint64) {
		if f, ok := d.fetch(addr, size); ok {
			d.structure(&f, l)
		}
	}
}

func u8(name string) member {
	return member{name, func(d *Decoder, f *fields) { d.udec(f.u8()) }}
}
func u16(name string) member {
	return member{name, func(d *Decoder, f *fields) { d.udec(f.u16()) }}
}
func u32(name string) member {
	return member{name, func(d *Decoder, f *fields) { d.udec(f.u32()) }}
}
func u64(name string) member {
	return member{name, func(d *Decoder, f *fields) { d.udec(f.u64()) }}
}

func i32(name string) member {
	return member{name, func(d *Decoder, f *fields) { d.dec(f.i32()) }}
}
func i64(name string) member {
	return member{name, func(d *Decoder, f *fields) { d.dec(f.i64()) }}
}

func x8(name string) member {
	return member{name, func(d *Decoder, f *fields) { d.hex(f.u8()) }}
}
func x32(name string) member {
	return member{name, func(d *Decoder, f *fields) { d.hex(f.u32()) }}
}
func x64(name string) member {
	return member{name, func(d *Decoder, f *fields) { d.hex(f.u64()) }}
}

// uword and iword are as wide as a long.
func uword(name string) member {
	return member{name, func(d *Decoder, f *fields) { d.udec(f.size()) }}
}
func iword(name string) member {
	return member{name, func(d *Decoder, f *fields) {
		if f.long == 4 {
			d.dec(f.i32())
		} else {
			d.dec(f.i64())
		}
	}}
}

func pointer64(name string) member {
	return member{name, func(d *Decoder, f *fields) { d.addr(f.u64()) }}
}

// enum8 and its like are one of n, flag8 and its like a set of n.
func enum8(name string, n *names) member {
	return member{name, func(d *Decoder, f *fields) { d.constant(f.u8(), n) }}
}
func enum16(name string, n *names) member {
	return member{name, func(d *Decoder, f *fields) { d.constant(f.u16(), n) }}
}
func enum32(name string, n *names) member {
	return member{name, func(d *Decoder, f *fields) { d.constant(f.u32(), n) }}
}
func flag8(name string, n *names) member {
	return member{name, func(d *Decoder, f *fields) { d.flags(f.u8(), n) }}
}
func flag16(name string, n *names) member {
	return member{name, func(d *Decoder, f *fields) { d.flags(f.u16(), n) }}
}
func flag32(name string, n *names) member {
	return member{name, func(d *Decoder, f *fields) { d.flags(f.u32(), n) }}
}

// fd32 is a file descriptor, uid32 a user or group.
func fd32(name string) member {
	return member{name, func(d *Decoder, f *fields) { d.fd(int32(f.u32())) }}
}
func uid32(name string) member {
	return member{name, func(d *Decoder, f *fields) { d.id(f.u32()) }}
}

// pid32 is the id of a process.
func pid32(name string) member {
	return member{name, func(d *Decoder, f *fields) { d.pid(int32(f.u32())) }}
}

// str is a character array of n bytes that should end in a NUL; blob is one that
// is not text.
func str(name string, n int) member {
	return member{name, func(d *Decoder, f *fields) { d.charArray(f.raw(n)) }}
}

// several is an array of n elements.
func several(name string, n int, show func(d *Decoder, f *fields)) member {
	return member{name, func(d *Decoder, f *fields) {
		d.c1('[')
		for i := range n {
			if i > 0 {
				d.comma()
			}
			show(d, f)
		}
		d.c1(']')
	}}
}

// pad skips n bytes.
func pad(n int) member {
	return member{"", func(_ *Decoder, f *fields) { f.skip(n) }}
}

func (d *Decoder) reserved(name string, v uint64) {
	if v != 0 {
		d.key(name)
		d.hex(v)
	}
}
