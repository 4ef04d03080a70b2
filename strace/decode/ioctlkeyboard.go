package decode

// Keys and fonts of the console (linux/keyboard.h, linux/kd.h).

// The types of what a key stands for (KT_LATIN and so on).
const (
	keyLatin, keyFunction, keyConsole, keyMeta, keyLetter, keyDead2 = 0, 1, 5, 8, 11, 13
)

// keyEntry is a key in a table at entry, and what it stands for: that is set, or was
// asked for and is there at exit.
func (d *Decoder) keyEntry(addr uint64) {
	const set = 0x47 // KDSKBENT
	if !d.exiting {
		f, ok := d.fetch(addr, 2)
		if !ok {
			return
		}
		d.s("{kb_table=")
		if table := f.u8(); keyTables.find(table) != "" {
			d.constant(table, &keyTables)
		} else {
			d.flags(table, &keymapFlags)
		}
		d.ufield("kb_index", f.u8())
	}
	if get := d.c.Args[1]&0xff != set; get && !d.exiting {
		d.c.saved[0] = 1
		return
	}
	if d.exiting && d.c.IsError {
		d.c1('}')
		return
	}
	d.key("kb_value")
	if f, ok := d.peek(addr+2, 2); ok {
		d.keyValue(f.u16())
	} else {
		d.s("???")
	}
	d.c1('}')
}

func (d *Decoder) keyValue(v uint64) {
	d.hex(v)
	kind, value := v>>8, v&0xff
	if d.opts.Xlat == XlatRaw {
		return
	}
	text := false
	switch kind {
	case keyLatin, keyMeta, keyLetter, keyDead2:
		text = true
	case keyConsole:
	default:
		if name := keyNames.find(v); name != "" {
			d.comment(name)
			return
		}
	}
	d.s(" /* K(")
	if name := keyTypes.find(kind); name != "" {
		d.s(name)
	} else {
		d.hex(kind)
	}
	d.comma()
	if text {
		d.character(byte(value), true)
	} else {
		d.hex(value)
	}
	d.s(") */")
}

// character prints a byte as C writes a character.
func (d *Decoder) character(c byte, spaces bool) {
	d.c1('\'')
	switch {
	case c == '\'' || c == '\\':
		d.out = append(d.out, '\\', c)
	case ' ' <= c && c <= '~':
		d.c1(c)
	case spaces && '\t' <= c && c <= '\r':
		d.out = append(d.out, '\\', "tnvfr"[c-'\t'])
	default:
		d.out = append(d.out, '\\', 'x', hexDigits[c>>4], hexDigits[c&15])
	}
	d.c1('\'')
}

// keyString is the text that a function key types.
func (d *Decoder) keyString(addr uint64) {
	const set, most = 0x49, 512 // KDSKBSENT
	if !d.exiting {
		f, ok := d.fetch(addr, 1)
		if !ok {
			return
		}
		d.s("{kb_func=")
		key := f.u8()
		switch name := keyNames.find(keyFunction<<8 | key); {
		case d.opts.Xlat == XlatRaw:
			d.hex(key)
		case name == "":
			d.hex(key)
			d.comment("KVAL(K_???)")
		default:
			d.hexComment(key, func(uint64) { d.s("KVAL(" + name + ")") })
		}
	}
	if get := d.c.Args[1]&0xff != set; get && !d.exiting {
		d.c.saved[0] = 1
		return
	}
	if d.exiting && d.c.IsError {
		d.c1('}')
		return
	}
	d.key("kb_string")
	buf := d.buffer(most)
	n, ended, ok := d.readString(addr+1, buf)
	switch {
	case !ok:
		d.s("???")
	case ended:
		d.quote(buf[:min(n, d.strSize)], 0)
		if n >= d.strSize {
			d.s("...")
		}
	default:
		d.quote(buf[:min(n, d.strSize)], 0)
		d.s("...")
	}
	d.c1('}')
}

const mostDiacritics = 256

// diacritics are pairs of characters that make another one.
func (d *Decoder) diacritics(addr uint64) {
	d.pairsOf(addr, "kbdiacr", 3, func(d *Decoder, f *fields) {
		character := func(d *Decoder, f *fields) { d.character(byte(f.u8()), true) }
		d.structure(f, layout{{"diacr", character}, {"base", character}, {"result", character}})
	})
}

func (d *Decoder) unicodeDiacritics(addr uint64) {
	d.pairsOf(addr, "kbdiacruc", 12, func(d *Decoder, f *fields) {
		d.structure(f, layout{x32("diacr"), x32("base"), x32("result")})
	})
}

func (d *Decoder) pairsOf(addr uint64, name string, size int, show func(d *Decoder, f *fields)) {
	f, ok := d.fetch(addr, 4)
	if !ok {
		return
	}
	n := f.u32()
	d.s("{kb_cnt=")
	d.udec(n)
	d.key(name)
	d.arrayUpTo(addr+4, n, mostDiacritics, size, show)
	d.c1('}')
}

// keycode is the code of a key, before and after.
func (d *Decoder) keycode(addr uint64) {
	if !d.exiting {
		if f, ok := d.fetch(addr, 8); ok {
			d.c1('{')
			d.members(&f, layout{x32("scancode"), x32("keycode")})
			d.c.saved[0] = 1
		}
		return
	}
	if f, ok := d.peek(addr+4, 4); ok && !d.c.IsError {
		d.s(" => ")
		d.hex(f.u32())
	}
	d.c1('}')
}

// unicodeMap says which character of the font a code is: how many entries there is
// room for, and how many there are.
func (d *Decoder) unicodeMap(addr uint64) {
	const get, nomem = 0x66, 12 // GIO_UNIMAP
	size := d.bySize(16, 8)
	f, ok := d.peek(addr, size)
	if !ok || addr == 0 || d.opaque {
		if d.addr(addr); d.exiting {
			d.c1('}')
		}
		return
	}
	n := f.u16()
	entries := f.size()
	if d.exiting {
		d.s(" => ")
		d.udec(n)
		n = d.c.saved[1]
	} else {
		d.s("{entry_ct=")
		d.udec(n)
		if d.c.Args[1]&0xff == get {
			d.c.saved[0], d.c.saved[1] = 1, n
			return
		}
	}
	d.key("entries")
	if d.exiting && d.c.IsError && d.c.Result != nomem {
		d.addr(entries)
	} else {
		d.evenAfterError(func() {
			d.array(entries, n, 4, func(d *Decoder, f *fields) { d.structure(f, layout{x16("unicode"), x16("fontpos")}) })
		})
	}
	d.c1('}')
}

// question reads a structure that is printed at entry, and again as the answer at exit.
func (d *Decoder) question(addr uint64, size int) (fields, bool) {
	if d.exiting {
		if _, ok := d.peek(addr, size); d.c.IsError || !ok {
			return fields{}, false
		}
		d.s(" => ")
	}
	return d.fetch(addr, size)
}

// fontDescription is a font in its expanded form: 32 bytes a character.
func (d *Decoder) fontDescription(addr uint64) {
	const get, most, bytes = 0x6b, 512, 32 // GIO_FONTX
	f, ok := d.question(addr, d.bySize(16, 8))
	if !ok {
		return
	}
	count, height, data := f.u16(), f.u16(), f.size()
	d.s("{charcount=")
	d.udec(count)
	d.ufield("charheight", height)
	d.key("chardata")
	if d.c.Args[1]&0xff == get && !d.exiting {
		d.addr(data)
		d.c.saved[0] = 1
	} else {
		d.data(data, min(count, most)*bytes, quoteForceHex)
	}
	d.c1('}')
}

// fontOperation is a request of the newest kind, whose members depend on what is to
// be done.
func (d *Decoder) fontOperation(addr uint64) {
	const set, get, setDefault, copying = 0, 1, 2, 3
	const mostWidth, mostChars, rows, longestName = 32, 512, 32, 32
	f, ok := d.question(addr, d.bySize(32, 24))
	if !ok {
		return
	}
	op, flags, width, height, count, data := f.u32(), f.u32(), f.u32(), f.u32(), f.u32(), f.size()
	short := op == setDefault || op == copying
	d.c1('{')
	if !d.exiting {
		d.key("op")
		d.constant(op, &fontOperations)
		if !short {
			d.key("flags")
			d.flags(flags, &fontFlags)
		}
	}
	if op != copying {
		d.key("width")
		d.udec(width)
	}
	d.key("height")
	d.udec(height)
	if !short {
		d.ufield("charcount", count)
	}
	switch {
	case op == copying || op == setDefault && d.exiting:
	case op == setDefault:
		d.key("data")
		d.prefix(data, longestName-1)
	case op == set || op == get && d.exiting:
		d.key("data")
		d.data(data, (min(width, mostWidth)+7)/8*rows*min(count, mostChars), quoteForceHex)
	default:
		d.key("data")
		d.addr(data)
	}
	d.c1('}')
	if op != set && op != copying {
		d.c.saved[0] = 1
	}
}
