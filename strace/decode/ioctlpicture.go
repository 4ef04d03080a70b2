package decode

import "fmt"

// The formats of pictures, of what is between them and of radio (struct v4l2_format).

// The types of buffers that decide what else a structure has (enum v4l2_buf_type).
const (
	videoCapture, videoOutput, videoOverlay             = 1, 2, 3
	vbiCapture, vbiOutput, slicedCapture, slicedOutput  = 4, 5, 6, 7
	videoOutputOverlay, planesCapture, planesOutput     = 8, 9, 10
	radioCapture, radioOutput, metaCapture, metaOutput  = 11, 12, 13, 14
	videoPlanes, slicedFields, slicedLines, rectangleIs = 8, 2, 24, 16
)

var videoFormatRequests = func() map[string]ioctlArg {
	kind := enum32("type", &videoBufferTypes)
	set := asked(layout{kind, at(0), {"", videoFormat}}, layout{again, {"", videoFormat}})
	return map[string]ioctlArg{
		"VIDIOC_G_FMT": asked(layout{kind}, layout{{"", videoFormat}}),
		"VIDIOC_S_FMT": set, "VIDIOC_TRY_FMT": set,
		"VIDIOC_CREATE_BUFS": ioctlBoth((*Decoder).videoCreate),
	}
}()

// videoFormat is the part of a format that depends on its type, with which f begins.
// Nothing follows one of a type that has none, or clips that cannot be read.
func videoFormat(d *Decoder, f *fields) {
	kind := f.u32()
	f.next(0, f.long) // the union has pointers
	name, parts := "", layout(nil)
	switch kind {
	case videoCapture, videoOutput:
		name, parts = "pix", pictureFormat
	case planesCapture, planesOutput:
		name, parts = "pix_mp", planesFormat
	case videoOverlay, videoOutputOverlay:
		name, parts = "win", windowFormat
	case vbiCapture, vbiOutput:
		name, parts = "vbi", vbiFormat
	case slicedCapture, slicedOutput:
		name, parts = "sliced", slicedFormat
	case radioCapture, radioOutput:
		name, parts = "sdr", layout{pixels("pixelformat", &videoRadioFormats), unlessZero(u32("buffersize"))}
	case metaCapture, metaOutput:
		name, parts = "meta", layout{pixels("dataformat", &videoMetaFormats), u32("buffersize")}
	default:
		f.ended = true
		return
	}
	d.key("fmt." + name)
	d.c.saved[2] = 0
	d.structure(f, parts)
	f.ended = d.c.saved[2] != 0
}

var (
	pictureFormat = layout{u32("width"), u32("height"), pixels("pixelformat", &videoPixels), enum32("field", &videoFields),
		u32("bytesperline"), u32("sizeimage"), enum32("colorspace", &videoColourSpaces)}
	planesFormat = layout{u32("width"), u32("height"), pixels("pixelformat", &videoPixels), enum32("field", &videoFields),
		enum32("colorspace", &videoColourSpaces), {"plane_fmt", videoPlaneFormats}, u8("num_planes")}
	windowFormat = layout{rectangle("w"), enum32("field", &videoFields), x32("chromakey"), {"clips", videoClips},
		u32("clipcount"), pointerWord("bitmap"), {"", func(d *Decoder, f *fields) { d.reserved("global_alpha", f.u8()) }}}
	vbiFormat = layout{u32("sampling_rate"), u32("offset"), u32("samples_per_line"), pixels("sample_format", &videoPixels),
		several("start", 2, (*Decoder).arrayInt), several("count", 2, (*Decoder).arrayUint), flag32("flags", &videoVBIFlags)}
	slicedFormat = layout{flag16("service_set", &videoServices),
		several("service_lines", slicedFields, func(d *Decoder, f *fields) {
			d.elements(slicedLines, func() { d.hex(f.u16()) })
		}), u32("io_size")}
)

// videoPlaneFormats are those of the planes of a picture, whose number stands after them.
func videoPlaneFormats(d *Decoder, f *fields) {
	const size = 20
	count := *f
	count.skip(videoPlanes * size)
	planes := d.fields(f.raw(videoPlanes * size))
	d.elements(min(count.u8(), videoPlanes), func() {
		d.structure(&planes, layout{u32("sizeimage"), u32("bytesperline"), pad(size - 8)})
	})
}

// videoClips are the rectangles that are not overlaid.
func videoClips(d *Decoder, f *fields) {
	list := f.size()
	if n := f.peekAt(0); !d.array(list, n, rectangleIs+d.long(), func(d *Decoder, f *fields) { d.structure(f, layout{rectangle("c")}) }) || n == 0 {
		d.c.saved[2] = 1
	}
}

// rectangle is a struct v4l2_rect.
func rectangle(name string) member {
	return group(name, i32("left"), i32("top"), u32("width"), u32("height"))
}

// fraction is a struct v4l2_fract.
func fraction(name string) member {
	return member{name, func(d *Decoder, f *fields) {
		d.udec(f.u32())
		d.c1('/')
		d.udec(f.u32())
	}}
}

// pixels is a format of pixels: four characters, and what they are short for.
func pixels(name string, n *names) member {
	return member{name, func(d *Decoder, f *fields) {
		code := f.u32()
		if d.opts.Xlat == XlatRaw {
			d.hex(code)
			return
		}
		d.s("v4l2_fourcc(")
		for i := range 4 {
			if i > 0 {
				d.comma()
			}
			d.character(byte(code>>(8*i)), false)
		}
		d.c1(')')
		if text := n.find(code); text != "" {
			d.comment(text)
		}
	}}
}

// videoCreate is how many buffers are to be made for which format; the result says how
// many there are.
func (d *Decoder) videoCreate(addr uint64) {
	if d.exiting {
		if f, ok := d.peek(addr, d.requestSize()); ok && !d.c.IsError {
			index, count := f.u32(), f.u32()
			d.aux = fmt.Appendf(d.aux, "{index=%d, count=%d}", index, count)
		}
		return
	}
	if f, ok := d.fetch(addr, d.requestSize()); ok {
		d.structure(&f, layout{at(4), u32("count"), enum32("memory", &videoMemories), {"format", func(d *Decoder, f *fields) {
			f.next(0, f.long)
			start := f.off
			d.c1('{')
			d.members(f, layout{enum32("type", &videoBufferTypes), at(start), {"", videoFormat}})
			d.c1('}')
		}}})
		d.c.saved[0] = 1
	}
}
