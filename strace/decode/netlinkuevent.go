package decode

// ueventPrefix begins the messages about devices that udev sends to its clients.
const ueventPrefix = "libudev\x00"

// uevent prints a message about a device: udev's have a header, those of the kernel are
// text.
func (d *Decoder) uevent(addr, size uint64) {
	const header, magic = 40, 0xfeedcafe
	f, ok := fields{}, false
	if size >= header {
		f, ok = d.peek(addr, header)
	}
	if !ok || string(f.raw(8)) != ueventPrefix || bigEndian32(f.raw(4)) != magic {
		d.data(addr, size, 0)
		return
	}
	if size > header {
		d.c1('[')
	}
	f.off = 0
	d.structure(&f, layout{str("prefix", 8), netWord("magic"), u32("header_size"), u32("properties_off"), u32("properties_len"),
		netWord("filter_subsystem_hash"), netWord("filter_devtype_hash"), netWord("filter_tag_bloom_hi"), netWord("filter_tag_bloom_lo")})
	if size > header {
		d.comma()
		d.data(addr+header, size-header, 0)
		d.c1(']')
	}
}

// netWord is a number in the network's order.
func netWord(name string) member {
	return member{name, func(d *Decoder, f *fields) {
		b := f.raw(4)
		d.networkBytes(b, func() {
			d.s("htonl(")
			d.hex(bigEndian32(b))
			d.c1(')')
		})
	}}
}
