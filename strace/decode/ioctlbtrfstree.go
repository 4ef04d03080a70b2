package decode

// Requests that look for inodes in btrfs, search its trees and send them
// (linux/btrfs.h).

var btrfsTreeRequests = map[string]ioctlArg{
	"BTRFS_IOC_INO_LOOKUP": inOut(btrfsPage, layout{{"", func(d *Decoder, f *fields) {
		treeid := *f
		if treeid.u64() == 0 {
			d.c.saved[1] = 1 // the tree of the directory, which the answer names
		}
		d.members(f, layout{btrfsTree("treeid"), btrfsTree("objectid")})
	}}}, layout{printedIf(btrfsTree("treeid"), func(d *Decoder, _ fields) bool { return d.c.saved[1] != 0 }),
		pad(8), str("name", 4080)}),
	"BTRFS_IOC_INO_PATHS": inOut(56, layout{u64("inum"), u64("size"), pad(32), pointer64("fspath")},
		layout{pad(48), {"fspath", func(d *Decoder, f *fields) { d.btrfsFound(f.u64(), 1, 8, (*Decoder).btrfsFoundPath) }}}),
	"BTRFS_IOC_LOGICAL_INO": inOut(56, layout{u64("logical"), u64("size"), zeroQuads("reserved", 3),
		flag64("flags", &btrfsInodeFlags), pointer64("inodes")},
		layout{pad(48), {"inodes", func(d *Decoder, f *fields) {
			d.btrfsFound(f.u64(), 3, 24, func(d *Decoder, f *fields, _ uint64) {
				d.structure(f, layout{u64("inum"), u64("offset"), u64("root")})
			})
		}}}),
	"BTRFS_IOC_TREE_SEARCH":    ioctlBoth(func(d *Decoder, addr uint64) { d.btrfsSearch(addr, false) }),
	"BTRFS_IOC_TREE_SEARCH_V2": ioctlBoth(func(d *Decoder, addr uint64) { d.btrfsSearch(addr, true) }),
	"BTRFS_IOC_SEND":           ioctlIn((*Decoder).btrfsSend),
}

// btrfsTree is the id of an object, of which those of trees have names; btrfsKey is
// what it is.
func btrfsTree(name string) member {
	return member{name, func(d *Decoder, f *fields) { d.decimalConstant(f.u64(), &btrfsTrees) }}
}
func btrfsKey(name string) member {
	return member{name, func(d *Decoder, f *fields) { d.decimalConstant(f.u32(), &btrfsKeys) }}
}

// zeroQuads is an array of n numbers of 64 bits that should be zero.
func zeroQuads(name string, n int) member {
	return printedIf(member{name, func(d *Decoder, f *fields) { d.elements(uint64(n), func() { d.hex(f.u64()) }) }},
		func(_ *Decoder, f fields) bool { return !isZero(f.raw(8 * n)) })
}

// btrfsFound is a container of what was found: so many numbers to a record.
func (d *Decoder) btrfsFound(addr, numbers uint64, size int, show func(d *Decoder, f *fields, values uint64)) {
	const header = 16
	f, ok := d.fetch(addr, header)
	if !ok {
		return
	}
	n := f.peekAt(8)
	d.structureWith(&f, layout{u32("bytes_left"), u32("bytes_missing"), u32("elem_cnt"), u32("elem_missed")}, func() {
		d.listAfter("val", addr+header, n/numbers, size, func(d *Decoder, f *fields) { show(d, f, addr+header) })
	})
}

// btrfsFoundPath is a path at an offset from the first of the values.
func (d *Decoder) btrfsFoundPath(f *fields, values uint64) { d.path(values + f.u64()) }

// btrfsSearch is a search: the key that is asked for, and what was found.
func (d *Decoder) btrfsSearch(addr uint64, sized bool) {
	const keySize, page = 104, 4096 - 104
	const overflow = 75 // EOVERFLOW: buf_size says how much is needed
	size := keySize
	if sized {
		size += 8
	}
	f, ok := fields{}, false
	switch {
	case !d.exiting:
		f, ok = d.fetch(addr, size)
	case d.c.IsError && (!sized || d.c.Result != overflow):
		return
	case d.c.IsError:
		if d.s(" => "); d.opaque {
			d.addr(addr)
		} else if f, ok = d.peek(addr, size); !ok {
			d.addr(addr)
		} else {
			d.structure(&f, layout{pad(keySize), u64("buf_size")})
		}
		return
	default:
		d.s(" => ")
		f, ok = d.fetch(addr, size)
	}
	if !ok {
		return
	}
	d.c.saved[0] = 1
	key := f
	n := key.peekAt(64)
	d.structureWith(&f, layout{group("key", member{"", (*Decoder).btrfsSearchKey}), at(keySize)}, func() {
		room := uint64(page)
		if sized {
			room = f.u64()
			d.ufield("buf_size", room)
		}
		if d.exiting {
			d.btrfsItems(addr+uint64(size), room, n)
		}
	})
}

// btrfsSearchKey is the range of a search; what is usual is printed in full only (-v). In
// the answer it is how many there are.
func (d *Decoder) btrfsSearchKey(f *fields) {
	const first, last = 256, 1<<64 - 256 // BTRFS_FIRST_FREE_OBJECTID and its like
	if d.exiting {
		d.members(f, layout{at(64), u32("nr_items")})
		return
	}
	unless := func(usual uint64) func(d *Decoder, f fields) bool {
		return func(d *Decoder, f fields) bool { return d.full || f.u64() != usual }
	}
	d.members(f, layout{btrfsTree("tree_id"), printedIf(btrfsTree("min_objectid"), unless(first)),
		printedIf(btrfsTree("max_objectid"), unless(last)), most64("min_offset"), most64("max_offset"), most64("min_transid"),
		most64("max_transid"), btrfsKey("min_type"), btrfsKey("max_type"), u32("nr_items")})
}

// btrfsItems are the heads of the items that were found. Each says how long it is.
func (d *Decoder) btrfsItems(addr, room, n uint64) {
	const header = 32
	if !d.full {
		d.s(", ...")
		return
	}
	d.s(", buf=[")
	at := uint64(0)
	for i := range n {
		if i > 0 {
			d.comma()
		}
		if addr+at < addr || at+header > room || i > uint64(d.strSize) {
			d.s("...")
			break
		}
		f, ok := d.peek(addr+at, header)
		if !ok {
			d.s("... /* ")
			d.hex(addr + at)
			d.s(" */")
			break
		}
		length := f.peekAt(28)
		d.structure(&f, layout{u64("transid"), btrfsTree("objectid"), u64("offset"), btrfsKey("type"), u32("len")})
		at += header + length
	}
	d.c1(']')
}

// btrfsSend is what is to be sent, and what the receiver has already.
func (d *Decoder) btrfsSend(addr uint64) {
	f, ok := d.fetch(addr, d.bySize(72, 68))
	if !ok {
		return
	}
	d.structure(&f, layout{descriptor64("send_fd"), {"", func(d *Decoder, f *fields) {
		n := f.u64()
		d.ufield("clone_sources_count", n)
		d.key("clone_sources")
		if sources := f.size(); d.full {
			d.array(sources, n, 8, func(d *Decoder, f *fields) { d.decimalConstant(f.u64(), &btrfsTrees) })
		} else {
			d.addr(sources)
		}
	}}, btrfsTree("parent_root"), flag64("flags", &btrfsSendFlags)})
}
