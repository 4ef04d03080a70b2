package decode

// Requests to clocks of the precision time protocol (linux/ptp_clock.h). Most have a
// second number, of the version that checks what is reserved.

var ptpRequests = func() map[string]ioctlArg {
	caps := ioctlOut(structAt(80, layout{i32("max_adj"), i32("n_alarm"), i32("n_ext_ts"), i32("n_per_out"), i32("pps"),
		i32("n_pins"), i32("cross_timestamping"), i32("adjust_phase"), zeroWords("rsv", 12)}))
	precise := ioctlOut(structAt(64, layout{ptpTime("device", true), ptpTime("sys_realtime", true),
		ptpTime("sys_monoraw", false), zeroWords("rsv", 4)}))
	pps := ioctlIn(func(d *Decoder, arg uint64) { d.hex(arg) })
	index, function := u32("index"), enum32("func", &ptpPinFunctions)
	external := layout{index, flag32("flags", &ptpExternalFlags)}
	return map[string]ioctlArg{
		"PTP_CLOCK_GETCAPS": caps, "PTP_CLOCK_GETCAPS2": caps,
		"PTP_SYS_OFFSET_PRECISE": precise, "PTP_SYS_OFFSET_PRECISE2": precise,
		"PTP_ENABLE_PPS": pps, "PTP_ENABLE_PPS2": pps,
		"PTP_EXTTS_REQUEST":  ioctlIn(structAt(16, external)),
		"PTP_EXTTS_REQUEST2": ioctlIn(structAt(16, append(external, zeroWords("rsv", 2)))),
		"PTP_PEROUT_REQUEST": ioctlIn((*Decoder).ptpOutput), "PTP_PEROUT_REQUEST2": ioctlIn((*Decoder).ptpOutput2),
		"PTP_SYS_OFFSET": ptpOffsets(2, 1), "PTP_SYS_OFFSET2": ptpOffsets(2, 1),
		"PTP_SYS_OFFSET_EXTENDED": ptpOffsets(1, 0), "PTP_SYS_OFFSET_EXTENDED2": ptpOffsets(1, 0),
		"PTP_PIN_GETFUNC": asked(layout{pad(64), index}, layout{str("name", 64), pad(4), function, u32("chan")}),
		"PTP_PIN_GETFUNC2": asked(layout{pad(64), index, pad(8), zeroWords("rsv", 5)},
			layout{str("name", 64), pad(4), function, u32("chan")}),
		"PTP_PIN_SETFUNC":  ioctlIn(structAt(96, layout{pad(64), index, function, u32("chan")})),
		"PTP_PIN_SETFUNC2": ioctlIn(structAt(96, layout{pad(64), index, function, u32("chan"), zeroWords("rsv", 5)})),
	}
}()

// ptpTime is a time, with its date if it is one of day.
func ptpTime(name string, ofDay bool) member {
	return member{name, func(d *Decoder, f *fields) { d.ptpTime(f, ofDay) }}
}

func (d *Decoder) ptpTime(f *fields, ofDay bool) {
	sec, nsec := f.i64(), f.u32()
	d.s("{sec=")
	d.dec(sec)
	d.ufield("nsec", nsec)
	d.reserved("reserved", f.u32())
	d.c1('}')
	if ofDay && d.opts.Xlat != XlatRaw && nsec < 1e9 && (sec != 0 || nsec != 0) {
		d.date(sec, int64(nsec), 1e9)
	}
}

func (d *Decoder) ptpOutput(addr uint64)  { d.ptpOutputOf(addr, false) }
func (d *Decoder) ptpOutput2(addr uint64) { d.ptpOutputOf(addr, true) }

func (d *Decoder) ptpOutputOf(addr uint64, checked bool) {
	const dutyCycle, phase = 1 << 1, 1 << 2
	f, ok := d.fetch(addr, 56)
	if !ok {
		return
	}
	flags := f.peekAt(36)
	d.c1('{')
	if flags&phase != 0 {
		d.members(&f, layout{ptpTime("phase", false)})
	} else {
		d.members(&f, layout{ptpTime("start", true)})
	}
	d.members(&f, layout{ptpTime("period", false), u32("index"), flag32("flags", &ptpOutputFlags)})
	if flags&dutyCycle != 0 {
		d.members(&f, layout{ptpTime("on", false)})
	} else if checked {
		d.members(&f, layout{zeroWords("rsv", 4)})
	}
	d.c1('}')
}

// ptpOffsets are measurements: how many are wanted, and each with one or three times.
func ptpOffsets(each, more uint64) ioctlArg {
	const samples = 25 // PTP_MAX_SAMPLES
	return asked(layout{u32("n_samples"), zeroWords("rsv", 3)}, layout{{"", func(d *Decoder, f *fields) {
		n := min(f.u32(), samples)
		f.skip(12)
		d.key("ts")
		d.elements(each*n+more, func() {
			if more > 0 {
				d.ptpTime(f, true)
			} else {
				d.elements(3, func() { d.ptpTime(f, true) })
			}
		})
	}}})
}
