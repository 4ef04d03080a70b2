package decode

// What is behind the structure of a request to the device mapper: targets, names and
// texts, each of which says where the next one is.

// mapperRest prints dots instead, unless the call is printed in full (-v), and nothing if
// nothing is there.
func (d *Decoder) mapperRest(some bool) (show bool) {
	if some && !d.full {
		d.s(", ...")
	}
	return some && d.full
}

// misplaced says that what should be there would be outside.
func (d *Decoder) misplaced(what string) {
	d.s("???")
	d.comment("misplaced " + what)
}

// mapperEach goes through a list: a structure of so many bytes at offset, and then text
// up to the end. show returns how far the next one is from this, 0 at the end, and prints
// nothing but it.
func (d *Decoder) mapperEach(m *mapperHeader, what string, text, size, most uint64, show func(f *fields, at uint64, offset uint64) (next uint64)) {
	offset, end := m.start, uint64(0)
	for i := uint64(0); i < most; i++ {
		d.comma()
		if i > 0 && offset <= end || !m.inside(offset, text) {
			d.misplaced(what)
			return
		}
		end = offset + text
		if i >= uint64(d.strSize) {
			d.s("...")
			return
		}
		f, ok := d.fetch(m.addr+offset, int(size))
		if !ok {
			return
		}
		next := show(&f, m.addr+end, end)
		if next == 0 {
			return
		}
		offset = (offset + next) & (1<<32 - 1)
	}
}

// mapperTargets are the targets of a table. In an answer each says where the next one is
// counted from the first.
func (d *Decoder) mapperTargets(m *mapperHeader) {
	const size = 40 // struct dm_target_spec
	if !d.mapperRest(m.targets != 0) {
		return
	}
	d.mapperEach(m, "struct dm_target_spec", size, size, m.targets, func(f *fields, at, end uint64) uint64 {
		offset := end - size
		next := f.peekAt(20)
		d.structureWith(f, layout{u64("sector_start"), u64("length"), printedIf(i32("status"),
			func(d *Decoder, _ fields) bool { return d.exiting }), pad(4), str("target_type", 16)}, func() {
			d.key("string")
			d.bounded(at, m.size-end)
		})
		if d.exiting {
			next = (m.start + next - offset) & (1<<32 - 1)
		}
		if next == 0 {
			next = 1 << 32 // it is no end, but the same place
		}
		return next
	})
}

// mapperNames is a list of devices. A device's event stands after its name, since
// version 4.37.
func (d *Decoder) mapperNames(m *mapperHeader) {
	const name, size, eventful = 12, 16, 37 // of struct dm_name_list
	if !d.mapperRest(m.start != m.size) {
		return
	}
	d.mapperEach(m, "struct dm_name_list", name, size, 1<<32, func(f *fields, at, end uint64) uint64 {
		next := f.peekAt(8)
		d.structureWith(f, layout{device64("dev")}, func() {
			d.key("name")
			d.bounded(at, m.size-end)
			text := d.buffer(int(min(m.size-end, uint64(d.strSize)+1)))
			n, ended, _ := d.readString(at, text)
			event := (at + uint64(n) + 1 + 7) &^ 7
			if !ended || m.minor < eventful || event+4 > at-name+next {
				return
			}
			if f, ok := d.peek(event, 4); ok {
				d.ufield("event_nr", f.u32())
			}
		})
		return next
	})
}

// mapperVersions is a list of the kinds of targets.
func (d *Decoder) mapperVersions(m *mapperHeader) {
	const size = 16 // struct dm_target_versions
	if !d.mapperRest(m.start != m.size) {
		return
	}
	d.mapperEach(m, "struct dm_target_versions", size, size, 1<<32, func(f *fields, at, end uint64) uint64 {
		next := f.u32()
		d.s("{name=")
		d.bounded(at, m.size-end)
		d.s(", version=")
		d.elements(3, func() { d.udec(f.u32()) })
		d.c1('}')
		return next
	})
}

// mapperDevices are the devices that a table needs.
func (d *Decoder) mapperDevices(m *mapperHeader) {
	const size, what = 8, "struct dm_target_deps"
	if !d.mapperRest(m.start != m.size) {
		return
	}
	d.comma()
	if !m.inside(m.start, size) {
		d.misplaced(what)
		return
	}
	f, ok := d.fetch(m.addr+m.start, size)
	if !ok {
		return
	}
	n := f.u32()
	if n > (m.size-m.start-size)/8 {
		d.misplaced(what)
		return
	}
	d.s("{count=")
	d.udec(n)
	d.s(", deps=")
	d.array(m.addr+m.start+size, n, 8, func(d *Decoder, f *fields) { d.device(f.u64()) })
	d.c1('}')
}

// mapperMessage is a message to a target, mapperString a text, and mapperAnswer one that
// an answer has if it says so.
func (d *Decoder) mapperMessage(m *mapperHeader) {
	const size = 8 // struct dm_target_msg
	if !d.mapperRest(m.start != m.size) {
		return
	}
	if d.comma(); !m.inside(m.start, size) {
		d.misplaced("struct dm_target_msg")
		return
	}
	if f, ok := d.fetch(m.addr+m.start, size); ok {
		d.structureWith(&f, layout{u64("sector")}, func() {
			d.key("message")
			d.bounded(m.addr+m.start+size, m.size-m.start-size)
		})
	}
}

func (d *Decoder) mapperString(m *mapperHeader) {
	if !d.mapperRest(true) {
		return
	}
	if d.comma(); m.start > m.size {
		d.misplaced("string")
		return
	}
	d.s("{string=")
	d.bounded(m.addr+m.start, m.size-m.start)
	d.c1('}')
}

func (d *Decoder) mapperAnswer(m *mapperHeader) {
	const out = 1 << 16 // DM_DATA_OUT_FLAG
	if m.flags&out != 0 {
		d.mapperString(m)
	}
}
