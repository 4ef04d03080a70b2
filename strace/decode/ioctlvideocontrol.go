package decode

// Controls of video devices (linux/v4l2-controls.h): brightness, bit rates.

var videoControlRequests = func() map[string]ioctlArg {
	id, value := videoControlID("id", false), i32("value")
	class := layout{enum32("ctrl_class", &videoControlClasses), {"count", func(d *Decoder, f *fields) {
		n := f.u32()
		d.udec(n)
		f.ended = n == 0
	}}}
	set := videoControlsRequest(append(class, videoControlList), layout{again, videoControlList})
	return map[string]ioctlArg{
		"VIDIOC_G_CTRL":        asked(layout{id}, layout{pad(4), value}),
		"VIDIOC_S_CTRL":        asked(layout{id, value}, layout{pad(4), becomes((*Decoder).arrayInt)}),
		"VIDIOC_G_EXT_CTRLS":   videoControlsRequest(class, layout{videoControlList}),
		"VIDIOC_S_EXT_CTRLS":   set,
		"VIDIOC_TRY_EXT_CTRLS": set,
		"VIDIOC_QUERYCTRL": videoControlQuery(layout{i32("minimum"), i32("maximum"), i32("step"), i32("default_value"),
			flag32("flags", &videoControlFlags), zeroWords("reserved", 2)}),
		"VIDIOC_QUERY_EXT_CTRL": videoControlQuery(layout{i64("minimum"), i64("maximum"), u64("step"), i64("default_value"),
			flag32("flags", &videoControlFlags), u32("elem_size"), u32("elems"), {"nr_of_dims", videoDimensions},
			zeroWords("reserved", 32)}),
	}
}()

// videoControlQuery asks for a control, or for the next; limits are printed in full only.
func videoControlQuery(limits layout) ioctlArg {
	return asked(layout{{"id", func(d *Decoder, f *fields) {
		d.c.saved[1] = f.peekAt(0)
		videoControlID("", true).show(d, f)
	}}}, layout{{"", func(d *Decoder, f *fields) {
		if id := f.peekAt(0); id == d.c.saved[1] {
			f.skip(4)
		} else {
			becomes(videoControlID("", false).show).show(d, f)
		}
	}}, enum32("type", &videoControlTypes), str("name", 32), rest(limits...)})
}

// videoControlID is a control: by name, or by its class; with it may stand that the next
// is asked for.
func videoControlID(name string, asks bool) member {
	return member{name, func(d *Decoder, f *fields) {
		const next, perClass = 0xc0000000, 0x10000
		id := f.u32()
		if d.opts.Xlat == XlatRaw {
			d.hex(id)
			return
		}
		if flags := id & next; asks && flags != 0 {
			d.flags(flags, &videoControlQueries)
			d.c1('|')
			id &^= flags
		}
		if class := videoClassOf(id); videoControls.find(id) == "" && class.text != "" && id-class.value < perClass {
			d.hexComment(id, func(uint64) {
				d.s(class.text)
				d.c1('+')
				d.hex(id - class.value)
			})
			return
		}
		d.constant(id, &videoControls)
	}}
}

// videoClassOf is the last class of controls that begins at or before id.
func videoClassOf(id uint64) (class name) {
	for _, c := range videoControlClasses.list {
		if c.value <= id {
			class = c
		}
	}
	return class
}

// videoDimensions are how many dimensions an array of values has, and how long it is
// in each.
func videoDimensions(d *Decoder, f *fields) {
	const most = 4
	n := f.u32()
	d.udec(n)
	d.key("dims")
	d.someWords(f, n, most)
}

// videoControlsRequest gets or sets several controls. They are printed after an error,
// too, with which of them the kernel did not like.
func videoControlsRequest(in, out layout) ioctlArg {
	return ioctlBoth(func(d *Decoder, addr uint64) {
		if !d.exiting {
			d.ask(addr, in)
			return
		}
		if f, ok := d.peek(addr, d.requestSize()); ok {
			d.evenAfterError(func() { d.members(&f, out) })
			if f.ended = false; d.c.IsError {
				d.members(&f, layout{at(8), u32("error_idx")})
			}
		}
		d.c1('}')
	})
}

// videoControlList are the controls and values, to which the structure points. Nothing
// follows those that cannot be read.
var videoControlList = member{"controls", func(d *Decoder, f *fields) {
	const size = 20
	f.off = 4
	n := f.u32()
	f.skip(12)
	f.ended = !d.array(f.size(), n, size, func(d *Decoder, f *fields) {
		d.structure(f, layout{enum32("id", &videoControls), u32("size"), {"", videoValue}})
	})
}}

// videoValue is a value of one of several sizes, or a string, if it has a size.
func videoValue(d *Decoder, f *fields) {
	size := f.peekAt(-4)
	f.skip(4)
	value := f.raw(8) // the structure is packed
	part := d.fields(value)
	if size > 0 {
		d.key("string")
		d.data(part.size(), size, 0)
		return
	}
	d.field("value", part.i32())
	d.field("value64", int64(part.order().Uint64(value)))
}
