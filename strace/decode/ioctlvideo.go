package decode

import "maps"

// Requests to video devices (linux/videodev2.h): cameras, tuners, encoders. The formats of
// pictures are in ioctlpicture.go, the controls in ioctlvideocontrol.go.

var videoRequests = func() map[string]ioctlArg {
	framebuffer := requestStruct(layout{x32("capability"), x32("flags"), pointerWord("base")})
	kind, pixel := enum32("type", &videoBufferTypes), pixels("pixel_format", &videoPixels)
	stream, index := inConstant(&videoBufferTypes), u32("index")
	queued := videoBufferRequest(layout{at(4), kind, at(0), index}, layout{{"", videoBuffer}})
	taken := videoBufferRequest(layout{at(4), kind}, layout{index, at(0), {"", videoBuffer}})
	m := map[string]ioctlArg{
		"VIDIOC_QUERYCAP": ioctlOut(requestStruct(layout{str("driver", 16), str("card", 32), str("bus_info", 32),
			{"version", (*Decoder).kernelVersion}, flag32("capabilities", &videoCapabilities),
			unlessZero(flag32("device_caps", &videoCapabilities))})),
		"VIDIOC_ENUM_FMT": asked(layout{index, kind},
			layout{pad(8), flag32("flags", &videoFormatFlags), str("description", 32), pixels("pixelformat", &videoPixels)}),
		"VIDIOC_REQBUFS": asked(layout{at(4), kind, enum32("memory", &videoMemories), at(0), u32("count")},
			layout{becomes((*Decoder).arrayUint)}),
		"VIDIOC_QUERYBUF": queued, "VIDIOC_QUERYBUF_TIME32": queued,
		"VIDIOC_QBUF": queued, "VIDIOC_QBUF_TIME32": queued,
		"VIDIOC_DQBUF": taken, "VIDIOC_DQBUF_TIME32": taken,
		"VIDIOC_G_FBUF": ioctlOut(framebuffer), "VIDIOC_S_FBUF": ioctlIn(framebuffer),
		"VIDIOC_STREAMON": ioctlIn(stream), "VIDIOC_STREAMOFF": ioctlIn(stream),
		"VIDIOC_G_STD": ioctlOut((*Decoder).inHex64), "VIDIOC_S_STD": ioctlIn((*Decoder).inHex64),
		"VIDIOC_G_INPUT": ioctlOut((*Decoder).inUint), "VIDIOC_S_INPUT": ioctlIn((*Decoder).inUint),
		"VIDIOC_ENUMSTD": asked(layout{index}, layout{pad(4), {"", func(_ *Decoder, f *fields) { f.u64() }},
			str("name", 24), fraction("frameperiod"), u32("framelines")}),
		"VIDIOC_ENUMINPUT":           asked(layout{index}, layout{pad(4), str("name", 32), enum32("type", &videoInputs)}),
		"VIDIOC_CROPCAP":             asked(layout{kind}, layout{pad(4), rectangle("bounds"), rectangle("defrect"), fraction("pixelaspect")}),
		"VIDIOC_G_CROP":              asked(layout{kind}, layout{pad(4), rectangle("c")}),
		"VIDIOC_S_CROP":              ioctlIn(requestStruct(layout{kind, rectangle("c")})),
		"VIDIOC_ENUM_FRAMESIZES":     asked(layout{index, pixel}, layout{pad(8), {"type", videoFrameSize}}),
		"VIDIOC_ENUM_FRAMEINTERVALS": asked(layout{index, pixel, u32("width"), u32("height")}, layout{pad(16), {"type", videoFrameInterval}}),
		"VIDIOC_G_PARM":              asked(layout{{"type", videoStreamType}}, layout{{"", videoStream}}),
		"VIDIOC_S_PARM":              asked(layout{{"type", videoStreamType}, at(0), {"", videoStream}}, layout{again, {"", videoStream}}),
		"VIDIOC_G_TUNER":             asked(layout{index}, append(layout{pad(4)}, videoTuner...)),
		"VIDIOC_S_TUNER":             asked(append(layout{index}, videoTuner...), append(layout{again, pad(4)}, videoTuner...)),
	}
	maps.Copy(m, videoFormatRequests)
	maps.Copy(m, videoControlRequests)
	return m
}()

var videoTuner = layout{str("name", 32), enum32("type", &videoTuners), flag32("capability", &videoTunerCapabilities),
	u32("rangelow"), u32("rangehigh"), flag32("rxsubchans", &videoSubchannels), enum32("audmode", &videoAudioModes),
	i32("signal"), i32("afc")}

// The sizes of a struct v4l2_buffer: of 64-bit programs, and of 32-bit ones whose times
// have 32 bits.
const videoBuffer64, videoBufferTime32 = 88, 68

// videoBufferRequest is asked for a buffer. Only 32-bit programs have several structures.
func videoBufferRequest(in, out layout) ioctlArg {
	how := asked(in, out)
	return ioctlBoth(func(d *Decoder, addr uint64) {
		if d.long() == 8 && d.requestSize() != videoBuffer64 {
			d.hex(addr)
			return
		}
		how.show(d, addr)
	})
}

// videoBuffer is what is printed of a buffer at exit but its index and type, not in the
// order in which it stands in memory. The time is that of a buffer that was taken.
func videoBuffer(d *Decoder, f *fields) {
	const mapped, user, dequeue = 1, 2, 0x11 // VIDIOC_DQBUF
	f.skip(8)
	used, flags, _ := f.u32(), f.u32(), f.u32()
	var sec, usec int64
	if d.requestSize() == videoBufferTime32 {
		sec, usec = f.i32(), f.i32()
	} else {
		sec, usec = f.i64(), f.i64()
	}
	f.skip(16) // timecode
	_, memory := f.u32(), f.u32()
	where, length := f.size(), f.u32()
	d.key("memory")
	d.constant(memory, &videoMemories)
	switch memory {
	case mapped:
		d.key("m.offset")
		d.hex(where & 0xffffffff)
	case user:
		d.key("m.userptr")
		d.addr(where)
	}
	d.ufield("length", length)
	d.ufield("bytesused", used)
	d.key("flags")
	d.videoBufferFlags(flags)
	if d.c.Args[1]&0xff == dequeue {
		d.key("timestamp")
		d.timeText(sec, usec, ", tv_usec=")
	}
	d.s(", ...")
}

// videoBufferFlags are flags, and two choices in some of the bits.
func (d *Decoder) videoBufferFlags(v uint64) {
	const timestamp, source = 0xe000, 0x70000
	if d.opts.Xlat == XlatRaw {
		d.hex(v)
		return
	}
	if flags := v &^ (timestamp | source); flags != 0 {
		d.flags(flags, &videoBufferFlagNames)
		d.c1('|')
	}
	d.constant(v&timestamp, &videoTimestamps)
	d.c1('|')
	d.constant(v&source, &videoTimeSources)
}

// videoStreamType is the type of a stream; nothing follows if it has no parameters.
func videoStreamType(d *Decoder, f *fields) {
	kind := f.u32()
	d.constant(kind, &videoBufferTypes)
	f.ended = kind != videoCapture && kind != videoOutput
}

// videoStream are the parameters of a stream, whose type f begins with.
func videoStream(d *Decoder, f *fields) {
	name, mode, buffers := "output", "outputmode", "writebuffers"
	if f.u32() == videoCapture {
		name, mode, buffers = "capture", "capturemode", "readbuffers"
	}
	d.key("parm." + name)
	d.structure(f, layout{flag32("capability", &videoStreaming), flag32(mode, &videoModes), fraction("timeperframe"),
		x32("extendedmode"), u32(buffers)})
}

// Either one of a list, or all within bounds (enum v4l2_frmsizetypes).
const frameDiscrete, frameContinuous, frameStepwise = 1, 2, 3

func videoFrameSize(d *Decoder, f *fields) {
	kind := f.u32()
	d.constant(kind, &videoFrameSizes)
	switch kind {
	case frameDiscrete:
		d.members(f, layout{group("discrete", u32("width"), u32("height"))})
	case frameStepwise:
		d.members(f, layout{group("stepwise", u32("min_width"), u32("max_width"), u32("step_width"),
			u32("min_height"), u32("max_height"), u32("step_height"))})
	}
}

func videoFrameInterval(d *Decoder, f *fields) {
	kind := f.u32()
	d.constant(kind, &videoFrameIntervals)
	switch kind {
	case frameDiscrete:
		d.members(f, layout{fraction("discrete")})
	case frameStepwise, frameContinuous:
		d.members(f, layout{group("stepwise", fraction("min"), fraction("max"), fraction("step"))})
	}
}
