package decode

// userDesc prints struct user_desc, the description of a segment.
func (d *Decoder) userDesc(addr uint64) {
	f, ok := d.fetch(addr, 16)
	if !ok {
		return
	}
	entry := f.u32()
	d.s("{entry_number=")
	if d.c.saved[1] != 0 && d.c.saved[0] != entry {
		d.id(d.c.saved[0])
		d.s(" => ")
	}
	d.id(entry)
	base, limit, bits := f.u32(), f.u32(), f.u32()
	d.s(", base_addr=")
	d.hexPad(base, 8)
	d.s(", limit=")
	d.hexPad(limit, 8)
	for _, b := range [...]struct {
		name         string
		shift, width uint
	}{
		{"seg_32bit", 0, 1}, {"contents", 1, 2}, {"read_exec_only", 3, 1},
		{"limit_in_pages", 4, 1}, {"seg_not_present", 5, 1}, {"useable", 6, 1},
	} {
		d.ufield(b.name, bits>>b.shift&(1<<b.width-1))
	}
	if d.c.ABI.WordSize == 8 {
		d.ufield("lm", bits>>7&1)
	}
	d.c1('}')
}

// modifyLDT is what modify_ldt reads or writes, and its size.
func modifyLDT(d *Decoder) bool {
	const description = 16
	addr, size := d.size(d.next()), d.size(d.next())
	if size == description {
		d.userDesc(addr)
	} else {
		d.addr(addr)
	}
	d.comma()
	d.udec(size)
	return true
}

func setThreadArea(d *Decoder) bool {
	addr := d.size(d.next())
	if !d.exiting {
		if f, ok := d.fetch(addr, 16); ok {
			d.c.saved[0], d.c.saved[2] = f.u32(), 1
			d.userDesc(addr)
		}
		return false
	}
	if f, ok := d.peek(addr, 4); ok && !d.c.IsError && d.c.saved[2] != 0 {
		if is := uint32(f.u32()); is != uint32(d.c.saved[0]) {
			d.aux = append(d.aux, "entry_number="...)
			d.note(func() { d.dec(int64(int32(is))) })
		}
	}
	return true
}

func getThreadArea(d *Decoder) bool {
	addr := d.size(d.next())
	if !d.exiting {
		if f, ok := d.peek(addr, 4); ok && addr != 0 {
			d.c.saved[0], d.c.saved[1] = f.u32(), 1
		}
		return false
	}
	if d.c.IsError && d.c.saved[1] != 0 && !d.opaque {
		d.s("{entry_number=")
		d.id(d.c.saved[0])
		d.s(", ...}")
		return true
	}
	d.userDesc(addr)
	return true
}
