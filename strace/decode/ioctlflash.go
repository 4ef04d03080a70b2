package decode

// Requests to flash memory (mtd/mtd-abi.h, mtd/ubi-user.h).

var flashRequests = func() map[string]ioctlArg {
	erase := ioctlIn(structAt(8, layout{x32("start"), x32("length")}))
	oob := func(d *Decoder, addr uint64) {
		structAt(d.bySize(16, 12), layout{x32("start"), x32("length"), pointerWord("ptr")})(d, addr)
	}
	oob64 := ioctlIn(structAt(24, layout{x64("start"), pad(4), x32("length"), pointer64("usr_ptr")}))
	otp := structAt(12, layout{x32("start"), x32("length"), u32("locked")})
	number := ioctlIn((*Decoder).inInt)
	created := func(d *Decoder, addr uint64) {
		if !d.c.IsError {
			d.s(" => ")
			d.inInt(addr)
		}
	}
	return map[string]ioctlArg{
		"MEMERASE": erase, "MEMLOCK": erase, "MEMUNLOCK": erase, "MEMISLOCKED": erase,
		"MEMERASE64":  ioctlIn(structAt(16, layout{x64("start"), x64("length")})),
		"MEMWRITEOOB": ioctlIn(oob), "MEMREADOOB": ioctlIn(oob), "MEMWRITEOOB64": oob64, "MEMREADOOB64": oob64,
		"MEMWRITE": ioctlIn(structAt(48, layout{x64("start"), x64("len"), x64("ooblen"), pointer64("usr_data"),
			pointer64("usr_oob"), enum8("mode", &mtdModes)})),
		"OTPGETREGIONINFO": ioctlOut(otp), "OTPLOCK": ioctlIn(otp),
		"OTPSELECT":      ioctlIn(inConstant(&mtdOTP)),
		"MTDFILEMODE":    ioctlIn(func(d *Decoder, arg uint64) { d.constant(arg, &mtdFileModes) }),
		"MEMGETBADBLOCK": ioctlIn((*Decoder).inUint64), "MEMSETBADBLOCK": ioctlIn((*Decoder).inUint64),
		"MEMGETINFO": ioctlOut(structAt(32, layout{enum8("type", &mtdTypes), flag32("flags", &mtdFlags), x32("size"),
			x32("erasesize"), x32("writesize"), x32("oobsize"), x64("padding")})),
		"MEMGETOOBSEL": ioctlOut(structAt(200, layout{enum32("useecc", &mtdECC), x32("eccbytes"),
			several("oobfree", 8, func(d *Decoder, f *fields) { d.elements(2, func() { d.hex(f.u32()) }) }),
			several("eccpos", 32, func(d *Decoder, f *fields) { d.hex(f.u32()) })})),
		"ECCGETLAYOUT": ioctlOut(structAt(328, layout{x32("eccbytes"),
			{"eccpos", func(d *Decoder, f *fields) {
				positions := d.fields(f.raw(4 * 64))
				d.elements(64, func() { d.hex(positions.u32()) })
			}}, x32("oobavail"),
			several("oobfree", 8, func(d *Decoder, f *fields) { d.structure(f, layout{x32("offset"), x32("length")}) })})),
		"ECCGETSTATS":       ioctlOut(structAt(16, layout{x32("corrected"), x32("failed"), x32("badblocks"), x32("bbtblocks")})),
		"OTPGETREGIONCOUNT": ioctlOut((*Decoder).inUint), "MEMGETREGIONCOUNT": ioctlOut((*Decoder).inInt),
		"MEMGETREGIONINFO": ioctlBoth((*Decoder).flashRegion),

		"UBI_IOCATT": ioctlInThen(structAt(24, layout{i32("ubi_num"), i32("mtd_num"), i32("vid_hdr_offset"),
			{"max_beb_per1024", func(d *Decoder, f *fields) { d.dec(int64(int16(f.u16()))) }}}), created),
		"UBI_IOCMKVOL": ioctlInThen(structAt(152, layout{i32("vol_id"), i32("alignment"), i64("bytes"),
			{"vol_type", func(d *Decoder, f *fields) { d.constant(f.u8(), &ubiTypes) }}, flag8("flags", &ubiFlags),
			{"", (*Decoder).ubiNamed}}), created),
		"UBI_IOCRNVOL": ioctlIn((*Decoder).ubiRename),
		"UBI_IOCRSVOL": ioctlIn(structAt(12, layout{i64("bytes"), i32("vol_id")})),
		"UBI_IOCEBCH":  ioctlIn(structAt(9, layout{i32("lnum"), i32("bytes"), enum8("dtype", &ubiData)})),
		"UBI_IOCEBMAP": ioctlIn(structAt(5, layout{i32("lnum"), enum8("dtype", &ubiData)})),
		"UBI_IOCSETVOLPROP": ioctlIn(structAt(16, layout{
			enum8("property", &ubiProperties), pad(7), x64("value")})),
		"UBI_IOCVOLUP": ioctlIn((*Decoder).inInt64),
		"UBI_IOCDET":   number, "UBI_IOCEBER": number, "UBI_IOCEBISMAP": number, "UBI_IOCEBUNMAP": number,
		"UBI_IOCRMVOL": number, "UBI_IOCRPEB": number, "UBI_IOCSPEB": number,
		"UBI_IOCVOLCRBLK": ioctlNone, "UBI_IOCVOLRMBLK": ioctlNone,
	}
}()

const ubiNameMax = 127 // UBI_MAX_VOLUME_NAME

// ubiNamed is the name of a volume and its length before it, which is not trusted.
// The names of new volumes are further away from it.
func (d *Decoder) ubiNamed(f *fields) {
	n := int64(int16(f.u16()))
	d.field("name_len", n)
	f.off = (f.off + 7) &^ 7
	name := f.raw(ubiNameMax + 1)
	d.key("name")
	d.charArray(name[:min(1+max(n, 0), int64(len(name)))])
}

// flashRegion is which region is asked for, and what it is.
func (d *Decoder) flashRegion(addr uint64) {
	if !d.exiting {
		if f, ok := d.fetch(addr, 16); ok {
			d.s("{regionindex=")
			d.hex(f.peekAt(12))
			d.c.saved[0] = 1
		}
		return
	}
	if f, ok := d.peek(addr, 16); ok && !d.c.IsError {
		d.members(&f, layout{x32("offset"), x32("erasesize"), x32("numblocks")})
	}
	d.c1('}')
}

// ubiRename are new names of volumes.
func (d *Decoder) ubiRename(addr uint64) {
	const most, size = 32, 16 + 32*(8+ubiNameMax+1)
	if !d.visible(addr) {
		return
	}
	buf := d.buffer(size)
	if !d.read(addr, buf) {
		d.addr(addr)
		return
	}
	f := d.fields(buf)
	count := f.i32()
	f.skip(12)
	d.s("{count=")
	d.dec(count)
	d.key("ents")
	d.elements(uint64(min(max(count, 0), most)), func() { d.structure(&f, layout{i32("vol_id"), {"", (*Decoder).ubiNamed}}) })
	d.c1('}')
}

// inConstant is one of n at an address.
func inConstant(n *names) func(d *Decoder, addr uint64) {
	return func(d *Decoder, addr uint64) {
		d.bracketed(addr, 4, func(f *fields) { d.constant(f.u32(), n) })
	}
}

// ioctlInThen is a request whose argument is printed with in at entry and, where that
// was possible, with then at exit.
func ioctlInThen(in, then func(d *Decoder, addr uint64)) ioctlArg {
	return ioctlBoth(func(d *Decoder, addr uint64) {
		if d.exiting {
			then(d, addr)
			return
		}
		start := len(d.out)
		in(d, addr)
		if d.out[start] == '{' {
			d.c.saved[0] = 1
		}
	})
}
