package decode

const (
	mapTypeMask = 0xf
	hugeShift   = 26
)

// mapFlags prints the flags of mmap: a type in the low bits, flags, and the
// logarithm of a page size in the high ones.
func (d *Decoder) mapFlags(v uint64) {
	if d.opts.Xlat != XlatAbbrev {
		d.mapFlagsStyled(v)
		return
	}
	d.constant(v&mapTypeMask, &mapTypes)
	rest := v &^ (mapTypeMask | 63<<hugeShift)
	if rest != 0 {
		d.c1('|')
		known := uint64(0)
		for _, x := range d.here(&mapFlags).list {
			known |= rest & x.value
		}
		if known == 0 {
			d.hex(rest)
		} else {
			d.flags(rest, &mapFlags)
		}
	}
	if huge := v >> hugeShift & 63; huge != 0 {
		d.c1('|')
		d.udec(huge)
		d.s("<<MAP_HUGE_SHIFT")
	}
}

func (d *Decoder) mapFlagsStyled(v uint64) {
	d.hex(v)
	if d.opts.Xlat == XlatVerbose {
		d.s(" /* ")
		d.opts.Xlat = XlatAbbrev
		d.mapFlags(v)
		d.opts.Xlat = XlatVerbose
		d.s(" */")
	}
}

func mapFlagsKind(d *Decoder) bool { d.mapFlags(uint64(uint32(d.next()))); return true }

// mmapOffset is the offset of mmap, in units of unit bytes.
func mmapOffset(unit uint64) kind {
	return func(d *Decoder) bool { d.hex(d.next() * unit); return true }
}

// oldMmap is i386's first mmap, whose arguments are in memory.
func oldMmap(d *Decoder) bool {
	addr := d.next()
	f, ok := d.peek(addr, 24) // arguments, which -e verbose= is not about
	if !ok {
		d.addr(addr)
		return true
	}
	d.addr(f.u32())
	d.comma()
	d.udec(f.u32())
	d.comma()
	d.flags(f.u32(), &protFlags)
	d.comma()
	d.mapFlags(f.u32())
	d.comma()
	d.fd(int32(f.u32()))
	d.comma()
	d.hex(f.u32())
	return true
}

// mremapArgs are the flags and, when they ask for it, the new address.
func mremapArgs(d *Decoder) bool {
	v := d.size(d.next())
	d.flags(v, &mremapFlags)
	addr := d.size(d.next())
	const fixed, dontUnmap = 2, 4
	if v&(fixed|dontUnmap) == fixed || v&fixed != 0 {
		d.comma()
		d.addr(addr)
	}
	return true
}

// residency is mincore's vector: a byte for each page.
func residency(d *Decoder, addr uint64) {
	length := d.size(d.c.Args[1])
	const page = 4096
	pages := length / page
	if length%page != 0 {
		pages++
	}
	d.array(addr, pages, 1, func(d *Decoder, f *fields) { d.udec(f.u8() & 1) })
}

// nodemask is a set of NUMA nodes and the highest number in it, an argument
// further on.
func nodemask(maxArg int) func(d *Decoder, addr uint64) {
	return func(d *Decoder, addr uint64) {
		maxNode := d.size(d.c.Args[maxArg])
		if maxNode == 0 && addr != 0 {
			d.s("[]")
			return
		}
		d.wordArray(addr, max(maxNode, 1)-1) // the kernel's: see get_nodes in mm/mempolicy.c
	}
}

// wordArray prints the words of a bit set of n bits.
func (d *Decoder) wordArray(addr, n uint64) {
	word := uint64(d.long())
	words := (n + word*8 - 1) / (word * 8)
	if words == 0 {
		d.addr(addr)
		return
	}
	d.array(addr, words, d.long(), func(d *Decoder, f *fields) { d.hexPad(f.size(), 2*f.long) })
}

// mempolicyMode is a mode with flags in the same word.
func (d *Decoder) mempolicyMode(v uint64) {
	const flagBits = 0xe000
	flags := v & flagBits
	mode := v &^ flagBits
	text := mpolModes.find(mode)
	if flags == 0 {
		d.constant(v, &mpolModes)
		return
	}
	if text == "" {
		d.flagsAfter(v, v, &mpolModeFlags, "", "")
		return
	}
	d.flagsAfter(v, flags, &mpolModeFlags, text, "")
}

func mempolicy(d *Decoder) bool     { d.mempolicyMode(uint64(uint32(d.next()))); return true }
func mempolicyLong(d *Decoder) bool { d.mempolicyMode(d.size(d.next())); return true }

func mempolicyOut(d *Decoder, addr uint64) {
	if f, ok := d.fetch(addr, 4); ok {
		d.c1('[')
		d.constant(f.u32(), &mpolModes)
		d.c1(']')
	}
}
