package decode

// Requests to disks (linux/hdreg.h). They exist in 64-bit programs only, but for two.

var diskRequests = func() map[string]ioctlArg {
	reset := ioctlIn(func(d *Decoder, addr uint64) { d.array(addr, 3, 4, func(d *Decoder, f *fields) { d.hex(f.u32()) }) })
	number := ioctlOut((*Decoder).inSize)
	value := ioctlIn(ulongValue)
	m := map[string]ioctlArg{
		"HDIO_GETGEO":    ioctlOut((*Decoder).geometry),
		"HDIO_DRIVE_CMD": ioctlBoth((*Decoder).driveCommand),

		"HDIO_DRIVE_RESET": reset, "HDIO_SCAN_HWIF": reset,
		"HDIO_GET_BUSSTATE": ioctlOut(func(d *Decoder, addr uint64) {
			if f, ok := d.fetch(addr, d.long()); ok {
				d.c1('[')
				d.constant(f.size(), &diskBusStates)
				d.c1(']')
			}
		}),
		"HDIO_SET_BUSSTATE": ioctlIn(func(d *Decoder, arg uint64) { d.constant(arg, &diskBusStates) }),
		"HDIO_GET_NICE": ioctlOut(func(d *Decoder, addr uint64) {
			if f, ok := d.fetch(addr, d.long()); ok {
				d.c1('[')
				d.flags(f.size(), &diskNice)
				d.c1(']')
			}
		}),
		"HDIO_SET_NICE":     ioctlIn(func(d *Decoder, arg uint64) { d.flags(arg, &diskNice) }),
		"HDIO_GET_IDENTITY": ioctlOut(textOf(512)), "HDIO_OBSOLETE_IDENTITY": ioctlOut(textOf(142)),
	}
	for _, name := range [...]string{"32BIT", "ACOUSTIC", "ADDRESS", "DMA", "KEEPSETTINGS", "MULTCOUNT", "NOWERR", "UNMASKINTR", "WCACHE"} {
		m["HDIO_GET_"+name] = number
		m["HDIO_SET_"+name] = value
	}
	for _, name := range [...]string{"HDIO_SET_PIO_MODE", "HDIO_UNREGISTER_HWIF"} {
		m[name] = value
	}
	for name, how := range m {
		how.wide = name != "HDIO_GETGEO" && name != "HDIO_DRIVE_CMD"
		m[name] = how
	}
	return m
}()

var diskNice = names{"IDE_NICE_???", []name{{1, "1 << IDE_NICE_DSC_OVERLAP"}, {2, "1 << IDE_NICE_ATAPI_OVERLAP"},
	{8, "1 << IDE_NICE_1"}, {4, "1 << IDE_NICE_0"}, {0x10, "1 << IDE_NICE_2"}}}

// geometry is struct hd_geometry.
func (d *Decoder) geometry(addr uint64) {
	structAt(d.bySize(16, 8), layout{u8("heads"), u8("sectors"), u16("cylinders"), uword("start")})(d, addr)
}

// textOf is an array of so many bytes at an address that is text.
func textOf(n uint64) func(d *Decoder, addr uint64) {
	return func(d *Decoder, addr uint64) {
		if d.visible(addr) {
			d.data(addr, n, 0)
		}
	}
}

// driveCommand is a command to a disk at entry, and what the disk says at exit.
func (d *Decoder) driveCommand(addr uint64) {
	const eio, sector = 5, 512
	if !d.exiting {
		if f, ok := d.fetch(addr, 4); ok {
			d.structure(&f, layout{enum8("command", &driveCommands), u8("sector_number"), u8("feature"), u8("sector_count")})
			d.c.saved[0] = 1
		}
		return
	}
	f, ok := d.peek(addr, 4)
	if d.c.IsError && d.c.Result != eio || !ok {
		return
	}
	d.s(" => {")
	d.members(&f, layout{x8("status"), u8("error"), u8("nsector")})
	if n := f.u8(); n != 0 {
		d.key("buf")
		d.data(addr+4, n*sector, quoteForceHex)
	}
	d.c1('}')
}
