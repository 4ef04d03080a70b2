package decode

// Requests to the device mapper (linux/dm-ioctl.h): a structure, and behind it in the same
// memory what the request is about.

const (
	mapperSize  = 305 // struct dm_ioctl up to its data
	mapperMajor = 4   // DM_VERSION_MAJOR
)

// mapperRequest is what there is to know of a request.
type mapperRequest struct {
	bare      bool // nothing stands behind the structure
	nameless  bool // it is not about one device
	asksCount bool // the number of targets is given
	asksEvent bool // the number of an event is given
	counts    bool // the answer has numbers
	in, out   func(d *Decoder, m *mapperHeader)
}

var mapperRequests = func() map[string]ioctlArg {
	m := make(map[string]ioctlArg)
	for name, r := range map[string]mapperRequest{
		"VERSION":          {bare: true},
		"REMOVE_ALL":       {bare: true, nameless: true},
		"LIST_DEVICES":     {nameless: true, out: (*Decoder).mapperNames},
		"DEV_CREATE":       {bare: true, counts: true},
		"DEV_REMOVE":       {bare: true, asksEvent: true},
		"DEV_RENAME":       {asksEvent: true, counts: true, in: (*Decoder).mapperString},
		"DEV_SUSPEND":      {bare: true, asksEvent: true, counts: true},
		"DEV_STATUS":       {bare: true, counts: true},
		"DEV_WAIT":         {asksEvent: true, counts: true, out: (*Decoder).mapperTargets},
		"TABLE_LOAD":       {asksCount: true, counts: true, in: (*Decoder).mapperTargets},
		"TABLE_CLEAR":      {bare: true, counts: true},
		"TABLE_DEPS":       {counts: true, out: (*Decoder).mapperDevices},
		"TABLE_STATUS":     {counts: true, out: (*Decoder).mapperTargets},
		"LIST_VERSIONS":    {nameless: true, out: (*Decoder).mapperVersions},
		"TARGET_MSG":       {counts: true, in: (*Decoder).mapperMessage, out: (*Decoder).mapperAnswer},
		"DEV_SET_GEOMETRY": {in: (*Decoder).mapperString},
		"DEV_ARM_POLL":     {bare: true},
	} {
		m["DM_"+name] = ioctlArg{both: true, none: true, show: func(d *Decoder, addr uint64) { d.mapper(addr, &r) }}
	}
	return m
}()

// mapperHeader are the members of struct dm_ioctl that say what is behind it.
type mapperHeader struct {
	addr, size, start, targets, flags, minor uint64
}

// inside reports whether n bytes at offset are in the memory of the request.
func (m *mapperHeader) inside(offset, n uint64) bool {
	return offset+n <= m.size && offset+n <= 1<<32-1
}

// mapper prints a request. An answer is printed unless the request has failed and the
// structure is as it was. What is no such structure is an address, printed at exit.
func (d *Decoder) mapper(addr uint64, r *mapperRequest) {
	const atSize = 12 // of data_size itself
	f, ok := d.peek(addr, mapperSize)
	m := mapperHeader{addr: addr}
	head := f
	version := [3]uint64{head.u32(), head.u32(), head.u32()}
	m.size, m.start, m.targets = head.u32(), head.u32(), head.u32()
	head.skip(4)
	m.flags, m.minor = head.u32(), version[1]
	d.c.saved[0] = 1
	if !ok || d.opaque || m.size < atSize {
		if d.exiting {
			d.comma()
			d.hex(addr)
		}
		return
	}
	was := [3]uint64{version[0] | version[1]<<32, version[2] | m.size<<32, m.start | m.flags<<32}
	if d.exiting {
		if d.c.IsError && was == [3]uint64(d.c.saved[1:]) {
			return
		}
		d.s(" => ")
	} else {
		copy(d.c.saved[1:], was[:])
		d.comma()
	}
	d.s("[{version=")
	d.elements(3, func() { d.udec(f.u32()) })
	switch {
	case version[0] != mapperMajor:
		d.comment("unsupported device mapper ABI version")
		d.c1('}')
	case m.size < mapperSize:
		d.ufield("data_size", m.size)
		d.comment("data_size too small")
		d.c1('}')
	default:
		d.mapperMembers(f, &m, r)
		d.c1('}')
		switch show := r.out; {
		case !d.exiting && r.in != nil:
			r.in(d, &m)
		case d.exiting && !d.c.IsError && show != nil:
			show(d, &m)
		}
	}
	d.c1(']')
}

// mapperMembers are the members that mean something in this request.
func (d *Decoder) mapperMembers(f fields, m *mapperHeader, r *mapperRequest) {
	const suspend = 1 << 1 // DM_SUSPEND_FLAG
	d.ufield("data_size", m.size)
	if !r.bare {
		d.ufield("data_start", m.start)
	}
	f.off = 32
	event := f.u32()
	if !r.nameless {
		f.off = 40
		dev := f.u64()
		if dev != 0 {
			d.key("dev")
			d.device(dev)
		}
		for _, part := range [...]struct {
			name string
			size int
		}{{"name", 128}, {"uuid", 129}} {
			if text := f.raw(part.size); text[0] != 0 {
				d.key(part.name)
				d.charArray(text)
			}
		}
	}
	switch {
	case !d.exiting && r.asksCount:
		d.ufield("target_count", m.targets)
	case !d.exiting && r.asksEvent && (!r.bare || !r.counts || m.flags&suspend == 0):
		d.ufield("event_nr", event)
	case d.exiting && !d.c.IsError && r.counts:
		f.off = 24
		d.ufield("target_count", m.targets)
		d.members(&f, layout{u32("open_count")})
		d.ufield("event_nr", event)
	}
	d.key("flags")
	d.flags(m.flags, &mapperFlags)
}
