package decode

// Requests to general-purpose input and output lines (linux/gpio.h), of both versions
// of the interface.

const (
	gpioNameSize    = 32
	gpioLines       = 64 // GPIOHANDLES_MAX, GPIO_V2_LINES_MAX
	gpioAttributes  = 10 // GPIO_V2_LINE_NUM_ATTRS_MAX
	gpioRequestSize = 364
	gpioV2Request   = 592
)

var gpioRequests = func() map[string]ioctlArg {
	line := inOut(72, layout{u32("line_offset")}, layout{pad(4), flag32("flags", &gpioLineFlags),
		str("name", gpioNameSize), str("consumer", gpioNameSize)})
	line2 := inOut(256, layout{pad(2 * gpioNameSize), u32("offset")}, layout{str("name", gpioNameSize),
		str("consumer", gpioNameSize), pad(4), {"", (*Decoder).gpioLine}})
	values := structAt(gpioLines, layout{gpioValues("values")})
	return map[string]ioctlArg{
		"GPIO_GET_CHIPINFO_IOCTL": ioctlOut(structAt(68, layout{str("name", gpioNameSize),
			str("label", gpioNameSize), u32("lines")})),
		"GPIO_GET_LINEINFO_UNWATCH_IOCTL": ioctlIn(structAt(4, layout{u32("offset")})),
		"GPIO_GET_LINEINFO_IOCTL":         line, "GPIO_GET_LINEINFO_WATCH_IOCTL": line,
		"GPIO_GET_LINEHANDLE_IOCTL": inOut(gpioRequestSize, layout{{"", (*Decoder).gpioHandle}},
			layout{pad(gpioRequestSize - 4), fd32("fd")}),
		"GPIO_GET_LINEEVENT_IOCTL": inOut(48, layout{u32("lineoffset"), flag32("handleflags", &gpioHandleFlags),
			flag32("eventflags", &gpioEventFlags), str("consumer_label", gpioNameSize)}, layout{pad(44), fd32("fd")}),
		"GPIOHANDLE_GET_LINE_VALUES_IOCTL": ioctlOut(values),
		"GPIOHANDLE_SET_LINE_VALUES_IOCTL": ioctlIn(values),
		"GPIOHANDLE_SET_CONFIG_IOCTL": ioctlIn(structAt(4+gpioLines+16, layout{flag32("flags", &gpioHandleFlags),
			gpioValues("default_values")})),

		"GPIO_V2_GET_LINEINFO_IOCTL": line2, "GPIO_V2_GET_LINEINFO_WATCH_IOCTL": line2,
		"GPIO_V2_GET_LINE_IOCTL": inOut(gpioV2Request, layout{{"", (*Decoder).gpioLines}},
			layout{pad(gpioV2Request - 4), fd32("fd")}),
		"GPIO_V2_LINE_SET_CONFIG_IOCTL": ioctlIn(structAt(272, layout{{"", (*Decoder).gpioConfigMembers}})),
		"GPIO_V2_LINE_GET_VALUES_IOCTL": inOut(16, layout{pad(8), x64("mask")}, layout{x64("bits")}),
		"GPIO_V2_LINE_SET_VALUES_IOCTL": ioctlIn(structAt(16, layout{x64("bits"), x64("mask")})),
	}
}()

// gpioValues are the states of lines, a byte each.
func gpioValues(name string) member {
	return member{name, func(d *Decoder, f *fields) { d.gpioBytes(f, gpioLines) }}
}

func (d *Decoder) gpioBytes(f *fields, n uint64) {
	part := d.fields(f.raw(gpioLines))
	d.elements(min(n, gpioLines), func() { d.udec(part.u8()) })
}

// gpioHandle is a request for lines.
func (d *Decoder) gpioHandle(f *fields) {
	n := f.peekAt(gpioRequestSize - 8)
	d.s("lines=")
	d.udec(n)
	d.key("lineoffsets")
	d.someWords(f, n, gpioLines)
	d.members(f, layout{flag32("flags", &gpioHandleFlags)})
	d.key("default_values")
	d.gpioBytes(f, n)
	d.members(f, layout{str("consumer_label", gpioNameSize)})
}

// gpioLine is the rest of what is known of a line.
func (d *Decoder) gpioLine(f *fields) {
	n := f.u32()
	flags := f.u64()
	d.key("flags")
	d.flags(flags, &gpioV2Flags)
	d.ufield("num_attrs", n)
	all := d.fields(f.raw(16 * gpioAttributes))
	if n != 0 {
		d.key("attrs")
		d.elements(min(n, gpioAttributes), func() { d.structure(&all, layout{{"", (*Decoder).gpioAttribute}}) })
	}
	d.members(f, layout{zeroWords("padding", 4)})
}

// gpioAttribute is an attribute of a line: what it means depends on its number. One
// with something where nothing should be is printed as it is.
func (d *Decoder) gpioAttribute(f *fields) {
	const flags, values, debounce = 1, 2, 3
	id, padding, value := f.u32(), f.u32(), f.u64()
	switch {
	case padding == 0 && id == flags:
		d.key("flags")
		d.flags(value, &gpioV2Flags)
	case padding == 0 && id == values:
		d.key("values")
		d.hex(value)
	case padding == 0 && id == debounce:
		d.key("debounce_period_us")
		d.udec(value & 0xffffffff)
	default:
		d.key("id")
		d.udec(id)
		d.reserved("padding", padding)
		d.key("data")
		d.hex(value)
	}
}

// gpioConfigMembers is how lines are to be used.
func (d *Decoder) gpioConfigMembers(f *fields) {
	d.members(f, layout{flag64("flags", &gpioV2Flags)})
	n := f.u32()
	d.ufield("num_attrs", n)
	d.members(f, layout{zeroWords("padding", 5)})
	all := d.fields(f.raw(24 * gpioAttributes))
	if n == 0 {
		return
	}
	d.key("attrs")
	d.elements(min(n, gpioAttributes), func() {
		d.c1('{')
		if id := all.peekAt(0); all.peekAt(4) != 0 || id < 1 || id > 3 {
			d.members(&all, layout{group("attr", member{"", (*Decoder).gpioAttribute})})
		} else {
			d.gpioAttribute(&all)
		}
		d.members(&all, layout{x64("mask")})
		d.c1('}')
	})
}

// gpioLines is a request for lines of the second version.
func (d *Decoder) gpioLines(f *fields) {
	n := f.peekAt(gpioV2Request - 32)
	d.s("num_lines=")
	d.udec(n)
	d.key("offsets")
	d.someWords(f, n, gpioLines)
	d.members(f, layout{str("consumer", gpioNameSize), group("config", member{"", (*Decoder).gpioConfigMembers})})
	f.skip(4)
	size := f.u32()
	if size != 0 {
		d.ufield("event_buffer_size", size)
	}
	d.members(f, layout{zeroWords("padding", 5)})
}
