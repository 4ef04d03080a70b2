package decode

// groups16 and groups print a list of group ids after its length.
func groupsIn(size int) kind {
	return func(d *Decoder) bool {
		n := int32(d.next())
		d.dec(int64(n))
		d.comma()
		d.groups(d.size(d.next()), n, size)
		return true
	}
}

func groupsOut(size int) kind {
	return func(d *Decoder) bool {
		n, addr := int32(d.next()), d.size(d.next())
		if !d.exiting {
			d.dec(int64(n))
			d.comma()
			return false
		}
		if n != 0 { // otherwise the result only says how many there are
			n = int32(d.c.Result)
		}
		d.groups(addr, n, size)
		return true
	}
}

const groupsMax = 65536 // NGROUPS_MAX

func (d *Decoder) groups(addr uint64, n int32, size int) {
	if n < 0 || n > groupsMax {
		d.addr(addr)
		return
	}
	show := func(d *Decoder, f *fields) { d.id(f.u32()) }
	if size == 2 {
		show = (*Decoder).arrayUint16
	}
	d.array(addr, uint64(n), size, show)
}

// capHeader and capData are the structures of capget and capset.
func (d *Decoder) capHeader(addr uint64) {
	if f, ok := d.fetch(addr, 8); ok {
		d.s("{version=")
		d.constant(f.u32(), &capVersions)
		d.field("pid", f.i32())
		d.c1('}')
	}
}

func (d *Decoder) capData(addr uint64) {
	header := d.size(d.c.Args[0])
	words := 1
	f, ok := d.peek(header, 4)
	if !ok || header == 0 {
		d.addr(addr)
		return
	}
	if v := f.u32(); v == 0x20071026 || v == 0x20080522 {
		words = 2
	}
	f, ok = d.fetch(addr, 12*words)
	if !ok {
		return
	}
	var sets [3]uint64
	for w := range words {
		for i := range sets {
			sets[i] |= f.u32() << (32 * w)
		}
	}
	for i, name := range [...]string{"{effective=", ", permitted=", ", inheritable="} {
		d.s(name)
		d.capSet(sets[i])
	}
	d.c1('}')
}

func (d *Decoder) capSet(set uint64) {
	if set == 0 || d.opts.Xlat == XlatRaw {
		d.hex(set)
		return
	}
	if d.opts.Xlat == XlatVerbose {
		d.hex(set)
		d.s(" /* ")
	}
	sep := ""
	for _, c := range capabilities.list {
		if bit := uint64(1) << c.value; set&bit != 0 {
			d.s(sep)
			d.s("1<<")
			d.s(c.text)
			set &^= bit
			sep = "|"
		}
	}
	if set != 0 {
		d.s(sep)
		d.hex(set)
		if sep == "" {
			d.comment("CAP_???")
		}
	}
	if d.opts.Xlat == XlatVerbose {
		d.s(" */")
	}
}
