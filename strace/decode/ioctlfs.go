package decode

// Requests to file systems, namespaces and inotify (linux/fs.h, linux/fiemap.h,
// linux/nsfs.h).

var fileRequests = map[string]ioctlArg{
	"FITRIM":   ioctlIn(structAt(24, layout{x64("start"), u64("len"), u64("minlen")})),
	"FIFREEZE": ioctlNone, "FITHAW": ioctlNone,
	"FS_IOC_FSGETXATTR":     ioctlOut((*Decoder).fsxattr),
	"FS_IOC_FSSETXATTR":     ioctlIn((*Decoder).fsxattr),
	"FS_IOC_FIEMAP":         ioctlBoth((*Decoder).fiemap),
	"FS_IOC_GETFLAGS":       ioctlOut(inFlags(&fileFlags)),
	"FS_IOC32_GETFLAGS":     ioctlOut(inFlags(&fileFlags)),
	"FS_IOC_SETFLAGS":       ioctlIn(inFlags(&fileFlags)),
	"FS_IOC32_SETFLAGS":     ioctlIn(inFlags(&fileFlags)),
	"INOTIFY_IOC_SETNEXTWD": ioctlIn(intValue),
	"FS_IOC_GETFSLABEL":     ioctlOut(fileLabel), "FS_IOC_SETFSLABEL": ioctlIn(fileLabel),
	"FICLONE": ioctlIn(intValue),
	"FICLONERANGE": ioctlIn(structAt(32, layout{descriptor64("src_fd"), u64("src_offset"), u64("src_length"),
		u64("dest_offset")})),
	"FIDEDUPERANGE": ioctlBoth((*Decoder).dedupe),

	"NS_GET_USERNS": ioctlFD, "NS_GET_PARENT": ioctlFD,
	"NS_GET_NSTYPE":    {none: true, out: true, show: (*Decoder).namespaceType},
	"NS_GET_OWNER_UID": ioctlOut((*Decoder).inID),
}

// fileLabel is the name of a file system.
func fileLabel(d *Decoder, addr uint64) {
	const size = 256 // FSLABEL_MAX
	if f, ok := d.fetch(addr, size); ok {
		d.charArray(f.raw(size))
	}
}

// dedupe is a part of a file that others may share, and what has come of it. Of many
// others two are printed, unless it is in full (-v).
func (d *Decoder) dedupe(addr uint64) {
	const header, info, most = 24, 32, 2
	f, ok := d.fetchBothWays(addr, header)
	if !ok {
		return
	}
	n := f.peekAt(16) & 0xffff
	d.c1('{')
	l := layout{pad(8), {"bytes_deduped", func(d *Decoder, f *fields) { f.skip(8); d.udec(f.u64()) }}, i32("status")}
	if !d.exiting {
		d.members(&f, layout{u64("src_offset"), u64("src_length"), u16("dest_count")})
		l = layout{descriptor64("dest_fd"), u64("dest_offset")}
	}
	d.key("info")
	show := func(d *Decoder, f *fields) { d.structure(f, l) }
	switch {
	case !d.full && n > most:
		d.arrayUpTo(addr+header, n, most, info, show)
		d.c.saved[0] = 1
	case d.array(addr+header, n, info, show):
		d.c.saved[0] = 1
	}
	d.c1('}')
}

// inFlags prints a set of flags at an address.
func inFlags(n *names) func(d *Decoder, addr uint64) {
	return func(d *Decoder, addr uint64) {
		d.bracketed(addr, 4, func(f *fields) { d.flags(f.u32(), n) })
	}
}

func (d *Decoder) fsxattr(addr uint64) {
	f, ok := d.fetch(addr, 28)
	if !ok {
		return
	}
	flags, size, extents := f.u32(), f.u32(), f.u32()
	d.s("{fsx_xflags=")
	d.flags(flags, &fileXFlags)
	d.ufield("fsx_extsize", size)
	if d.exiting {
		d.ufield("fsx_nextents", extents)
	}
	d.members(&f, layout{x32("fsx_projid"), u32("fsx_cowextsize")})
	d.c1('}')
}

// fiemap is where the extents of a file are asked for, and what they are.
func (d *Decoder) fiemap(addr uint64) {
	const size = 32
	if !d.exiting {
		if f, ok := d.fetch(addr, size); ok {
			start, length, flags := f.u64(), f.u64(), f.u32()
			f.u32()
			d.s("{fm_start=")
			d.udec(start)
			d.ufield("fm_length", length)
			d.s(", fm_flags=")
			d.flags(flags, &fiemapFlags)
			d.ufield("fm_extent_count", f.u32())
			d.c1('}')
			d.c.saved[0] = 1
		}
		return
	}
	if d.c.IsError {
		return
	}
	d.s(" => ")
	f, ok := d.fetch(addr, size)
	if !ok {
		return
	}
	f.skip(16)
	flags, mapped := f.u32(), f.u32()
	d.s("{fm_flags=")
	d.flags(flags, &fiemapFlags)
	d.ufield("fm_mapped_extents", mapped)
	if !d.full {
		d.s(", ...}")
		return
	}
	d.s(", fm_extents=")
	d.array(addr+size, mapped, 56, func(d *Decoder, f *fields) {
		d.structure(f, layout{u64("fe_logical"), u64("fe_physical"), u64("fe_length"), pad(16), flag32("fe_flags", &fiemapExtentFlags)})
	})
	d.c1('}')
}

// namespaceType names the result.
func (d *Decoder) namespaceType(uint64) {
	if d.exiting && !d.c.IsError {
		d.aux = append(d.aux, cloneFlags.find(uint64(d.c.Result))...)
	}
}

func (d *Decoder) inID(addr uint64) {
	d.bracketed(addr, 4, func(f *fields) { d.id(f.u32()) })
}
