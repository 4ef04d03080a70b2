package decode

// Requests to the console and its keyboard (linux/kd.h, linux/keyboard.h,
// ioctl_console(2)).

var consoleRequests = map[string]ioctlArg{
	"KDENABIO": ioctlNone, "KDDISABIO": ioctlNone, "KDMAPDISP": ioctlNone, "KDUNMAPDISP": ioctlNone,
	"PIO_FONTRESET": ioctlNone,

	"KIOCSOUND": ioctlIn((*Decoder).consoleSound), "KDMKTONE": ioctlIn((*Decoder).consoleTone),
	"KDGETLED": ioctlOut(inByteFlags(&consoleLEDs)), "KDSETLED": ioctlIn(byteFlags(&consoleLEDs)),
	"KDGKBLED": ioctlOut(inByteFlags(&consoleDefaultLEDs)), "KDSKBLED": ioctlIn(byteFlags(&consoleDefaultLEDs)),
	"KDGKBTYPE": ioctlOut((*Decoder).keyboardType),
	"KDADDIO":   ioctlIn((*Decoder).consolePort), "KDDELIO": ioctlIn((*Decoder).consolePort),
	"KDSETMODE": ioctlIn(func(d *Decoder, arg uint64) { d.constant(arg&0xffffffff, &consoleModes) }),
	"KDGETMODE": ioctlOut(inConstant(&consoleModes)),
	"KDSKBMODE": ioctlIn(func(d *Decoder, arg uint64) { d.signedConstant(arg, &keyboardModes) }),
	"KDGKBMODE": ioctlOut(func(d *Decoder, addr uint64) {
		if f, ok := d.fetch(addr, 4); ok {
			d.c1('[')
			d.signedConstant(f.u32(), &keyboardModes)
			d.c1(']')
		}
	}),
	"KDSKBMETA":   ioctlIn(func(d *Decoder, arg uint64) { d.constant(arg&0xffffffff, &keyboardMeta) }),
	"KDGKBMETA":   ioctlOut(inConstant(&keyboardMeta)),
	"GIO_SCRNMAP": ioctlOut(bytesOf(256)), "PIO_SCRNMAP": ioctlIn(bytesOf(256)),
	"GIO_FONT": ioctlOut(bytesOf(8192)), "PIO_FONT": ioctlIn(bytesOf(8192)),
	"GIO_CMAP": ioctlOut(bytesOf(48)), "PIO_CMAP": ioctlIn(bytesOf(48)),
	"GIO_UNISCRNMAP": ioctlOut((*Decoder).screenMap), "PIO_UNISCRNMAP": ioctlIn((*Decoder).screenMap),
	"KDGKBENT": ioctlBoth((*Decoder).keyEntry), "KDSKBENT": ioctlBoth((*Decoder).keyEntry),
	"KDGKBSENT": ioctlBoth((*Decoder).keyString), "KDSKBSENT": ioctlBoth((*Decoder).keyString),
	"KDGKBDIACR": ioctlOut((*Decoder).diacritics), "KDSKBDIACR": ioctlIn((*Decoder).diacritics),
	"KDGKBDIACRUC": ioctlOut((*Decoder).unicodeDiacritics), "KDSKBDIACRUC": ioctlIn((*Decoder).unicodeDiacritics),
	"KDGETKEYCODE": ioctlBoth((*Decoder).keycode), "KDSETKEYCODE": ioctlIn(structAt(8, layout{x32("scancode"), x32("keycode")})),
	"KDSIGACCEPT": ioctlIn(func(d *Decoder, arg uint64) {
		if arg < 1<<31-1 {
			d.signal(int32(arg))
		} else {
			d.udec(arg)
		}
	}),
	"KDKBDREP": inOut(8, keyRepeat, keyRepeat),
	"PIO_UNIMAPCLR": ioctlIn(structAt(6, layout{u16("advised_hashsize"), u16("advised_hashstep"),
		u16("advised_hashlevel")})),
	"GIO_UNIMAP": ioctlBoth((*Decoder).unicodeMap), "PIO_UNIMAP": ioctlIn((*Decoder).unicodeMap),
	"GIO_FONTX": ioctlBoth((*Decoder).fontDescription), "PIO_FONTX": ioctlIn((*Decoder).fontDescription),
	"KDFONTOP": ioctlBoth((*Decoder).fontOperation),
}

var (
	keyRepeat          = layout{i32("delay"), i32("period")}
	consoleDefaultLEDs = names{"LED_???", []name{{1, "LED_SCR"}, {2, "LED_NUM"}, {4, "LED_CAP"},
		{0x10, "LED_SCR<<4"}, {0x20, "LED_NUM<<4"}, {0x40, "LED_CAP<<4"}}}
	keymapFlags = names{"K_???", []name{{1, "1<<KG_SHIFT"}, {2, "1<<KG_ALTGR"}, {4, "1<<KG_CTRL"}, {8, "1<<KG_ALT"},
		{0x10, "1<<KG_SHIFTL"}, {0x20, "1<<KG_SHIFTR"}, {0x40, "1<<KG_CTRLL"}, {0x80, "1<<KG_CTRLR"}}}
)

func byteFlags(n *names) func(d *Decoder, arg uint64) {
	return func(d *Decoder, arg uint64) { d.flags(arg&0xff, n) }
}

func inByteFlags(n *names) func(d *Decoder, addr uint64) {
	return func(d *Decoder, addr uint64) {
		d.bracketed(addr, 1, func(f *fields) { d.flags(f.u8(), n) })
	}
}

func (d *Decoder) keyboardType(addr uint64) {
	d.bracketed(addr, 1, func(f *fields) { d.constant(f.u8(), &keyboardTypes) })
}

// signedConstant is one of n in an int that may be negative.
func (d *Decoder) signedConstant(v uint64, n *names) {
	if n.find(v&0xffffffff) == "" {
		d.dec(int64(int32(v)))
		if d.opts.Xlat != XlatRaw {
			d.comment(n.unknown)
		}
		return
	}
	d.named(int64(int32(v)), n.find(v&0xffffffff))
}

// bytesOf is an array of so many bytes at an address.
func bytesOf(n uint64) func(d *Decoder, addr uint64) {
	return func(d *Decoder, addr uint64) {
		if d.visible(addr) {
			d.data(addr, n, quoteForceHex)
		}
	}
}

// pitRate is how often the timer of the loudspeaker ticks in a second
// (PIT_TICK_RATE of linux/timex.h); tones are given as so many ticks.
const pitRate = 1193182

func (d *Decoder) consoleSound(arg uint64) {
	d.udec(arg)
	hertz := uint64(0)
	if arg != 0 {
		hertz = pitRate / arg
	}
	d.tone(hertz, -1)
}

func (d *Decoder) consoleTone(arg uint64) {
	ms, ticks := arg>>16&0xffff, arg&0xffff
	hertz := uint64(0)
	if ms != 0 {
		d.udec(ms)
		d.s("<<16|")
		if ticks != 0 {
			hertz = pitRate / ticks
		}
	}
	d.udec(ticks)
	d.tone(hertz, int64(ms))
}

// tone says what is heard, for how long if ms is not negative.
func (d *Decoder) tone(hertz uint64, ms int64) {
	switch {
	case d.opts.Xlat == XlatRaw:
		return
	case hertz == 0:
		d.comment("off")
		return
	}
	d.s(" /* ")
	d.udec(hertz)
	d.s(" Hz")
	if ms >= 0 {
		d.comma()
		d.dec(ms)
		d.s(" ms")
	}
	d.s(" */")
}

// consolePort is a port of the graphics adapter.
func (d *Decoder) consolePort(arg uint64) {
	const first, last = 0x3b4, 0x3df
	d.hex(arg)
	if arg >= first && arg <= last && d.opts.Xlat != XlatRaw {
		d.s(" /* GPFIRST + ")
		d.udec(arg - first)
		d.s(" */")
	}
}

// screenMap are the characters of a font for 256 codes, some of them direct.
func (d *Decoder) screenMap(addr uint64) {
	const direct, mask = 0xf000, 0x01ff
	d.array(addr, 256, 2, func(d *Decoder, f *fields) {
		v := f.u16()
		if v&^mask != direct {
			d.hex(v)
			return
		}
		d.hexComment(v, func(v uint64) {
			d.s("UNI_DIRECT_BASE+")
			d.hex(v & mask)
		})
	})
}
