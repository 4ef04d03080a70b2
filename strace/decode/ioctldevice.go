package decode

// Requests to clocks, watchdogs, the random device and performance counters
// (linux/rtc.h, linux/watchdog.h, linux/random.h, linux/perf_event.h).

var deviceRequests = map[string]ioctlArg{
	"RTC_ALM_READ": ioctlOut((*Decoder).rtcTime), "RTC_RD_TIME": ioctlOut((*Decoder).rtcTime),
	"RTC_ALM_SET": ioctlIn((*Decoder).rtcTime), "RTC_SET_TIME": ioctlIn((*Decoder).rtcTime),
	"RTC_IRQP_SET": ioctlIn(ulongValue), "RTC_EPOCH_SET": ioctlIn(ulongValue),
	"RTC_IRQP_READ": ioctlOut((*Decoder).inSize), "RTC_EPOCH_READ": ioctlOut((*Decoder).inSize),
	"RTC_WKALM_RD": ioctlOut((*Decoder).rtcWake), "RTC_WKALM_SET": ioctlIn((*Decoder).rtcWake),
	"RTC_PLL_GET": ioctlOut((*Decoder).rtcPLL), "RTC_PLL_SET": ioctlIn((*Decoder).rtcPLL),
	"RTC_VL_READ": ioctlOut(inFlags(&rtcVLFlags)),
	"RTC_AIE_ON":  ioctlNone, "RTC_AIE_OFF": ioctlNone, "RTC_UIE_ON": ioctlNone, "RTC_UIE_OFF": ioctlNone,
	"RTC_PIE_ON": ioctlNone, "RTC_PIE_OFF": ioctlNone, "RTC_WIE_ON": ioctlNone, "RTC_WIE_OFF": ioctlNone,
	"RTC_VL_CLR":    ioctlNone,
	"RTC_PARAM_GET": ioctlBoth((*Decoder).rtcParam), "RTC_PARAM_SET": ioctlIn((*Decoder).rtcParam),

	"WDIOC_GETSTATUS": ioctlOut((*Decoder).inInt), "WDIOC_GETBOOTSTATUS": ioctlOut((*Decoder).inInt),
	"WDIOC_GETTEMP": ioctlOut((*Decoder).inInt), "WDIOC_GETTIMEOUT": ioctlOut((*Decoder).inInt),
	"WDIOC_GETPRETIMEOUT": ioctlOut((*Decoder).inInt), "WDIOC_GETTIMELEFT": ioctlOut((*Decoder).inInt),
	"WDIOC_SETTIMEOUT": ioctlIn((*Decoder).inInt), "WDIOC_SETPRETIMEOUT": ioctlIn((*Decoder).inInt),
	"WDIOC_KEEPALIVE": ioctlNone,

	"RNDGETENTCNT": ioctlOut((*Decoder).inInt), "RNDADDTOENTCNT": ioctlIn((*Decoder).inInt),
	"RNDADDENTROPY": ioctlIn((*Decoder).entropy),
	"RNDZAPENTCNT":  ioctlNone, "RNDCLEARPOOL": ioctlNone, "RNDRESEEDCRNG": ioctlNone,

	"PERF_EVENT_IOC_ENABLE": ioctlIn(perfIOCFlags), "PERF_EVENT_IOC_DISABLE": ioctlIn(perfIOCFlags),
	"PERF_EVENT_IOC_RESET": ioctlIn(perfIOCFlags), "PERF_EVENT_IOC_REFRESH": ioctlIn(intValue),
	"PERF_EVENT_IOC_PERIOD":     ioctlIn((*Decoder).inUint64),
	"PERF_EVENT_IOC_SET_OUTPUT": ioctlIn(fdValue), "PERF_EVENT_IOC_SET_BPF": ioctlIn(fdValue),
	"PERF_EVENT_IOC_PAUSE_OUTPUT": ioctlIn(ulongValue), "PERF_EVENT_IOC_ID": ioctlOut((*Decoder).inUint64),
	"PERF_EVENT_IOC_SET_FILTER":        ioctlIn(func(d *Decoder, addr uint64) { d.prefix(addr, 4096) }),
	"PERF_EVENT_IOC_QUERY_BPF":         ioctlBoth((*Decoder).perfPrograms),
	"PERF_EVENT_IOC_MODIFY_ATTRIBUTES": ioctlIn((*Decoder).perfAttr),
}

func perfIOCFlags(d *Decoder, arg uint64) { d.flags(arg&0xffffffff, &perfIOCFlagNames) }

func (d *Decoder) rtcTime(addr uint64) {
	if f, ok := d.fetch(addr, 36); ok {
		d.rtcFields(&f)
	}
}

func (d *Decoder) rtcFields(f *fields) {
	d.c1('{')
	d.members(f, layout{i32("tm_sec"), i32("tm_min"), i32("tm_hour"), i32("tm_mday"), i32("tm_mon"), i32("tm_year")})
	if d.full {
		d.members(f, layout{i32("tm_wday"), i32("tm_yday"), i32("tm_isdst")})
	} else {
		d.s(", ...")
	}
	d.c1('}')
}

func (d *Decoder) rtcWake(addr uint64) {
	if f, ok := d.fetch(addr, 40); ok {
		d.c1('{')
		d.members(&f, layout{u8("enabled"), u8("pending"), pad(2)})
		d.key("time")
		d.rtcFields(&f)
		d.c1('}')
	}
}

func (d *Decoder) rtcPLL(addr uint64) {
	structAt(d.bySize(32, 28), layout{i32("pll_ctrl"), i32("pll_value"), i32("pll_max"), i32("pll_min"),
		i32("pll_posmult"), i32("pll_negmult"), iword("pll_clock")})(d, addr)
}

func (d *Decoder) rtcParam(addr uint64) {
	get := d.exiting || d.c.Args[1]&0xff == 0x13 // RTC_PARAM_GET
	if d.exiting {
		d.s(" => ")
	}
	f, ok := d.fetch(addr, 24)
	if !ok {
		return
	}
	param, value, index, rest := f.u64(), f.u64(), f.u32(), f.u32()
	d.c1('{')
	if !d.exiting {
		d.key("param")
		d.constant(param, &rtcParams)
	}
	if d.exiting == get {
		d.rtcValue(param, value)
	}
	if !d.exiting {
		d.ufield("index", index)
	}
	d.reserved("__pad", rest)
	d.c1('}')
	d.c.saved[0] = 1
}

func (d *Decoder) rtcValue(param, value uint64) {
	const features, correction, backup = 0, 1, 2
	switch param {
	case features:
		d.key("uvalue")
		d.flags(value, &rtcFeatures)
	case correction:
		d.key("svalue")
		d.dec(int64(value))
	case backup:
		d.key("uvalue")
		d.constant(value, &rtcBackups)
	default:
		d.key("uvalue")
		d.hex(value)
	}
}

func (d *Decoder) entropy(addr uint64) {
	if f, ok := d.fetch(addr, 8); ok {
		count, size := f.i32(), f.i32()
		d.s("{entropy_count=")
		d.dec(count)
		d.field("buf_size", size)
		d.s(", buf=")
		d.data(addr+8, uint64(size), 0)
		d.c1('}')
	}
}

// perfPrograms is how many programs there is room for, and which there are.
func (d *Decoder) perfPrograms(addr uint64) {
	if !d.exiting {
		if f, ok := d.fetch(addr, 4); ok {
			d.s("{ids_len=")
			d.udec(f.u32())
			d.c.saved[0] = 1
		}
		return
	}
	f, ok := d.peek(addr+4, 4)
	if d.c.IsError || !ok {
		d.s(", ...}")
		return
	}
	n := f.u32()
	d.ufield("prog_cnt", n)
	d.s(", ids=")
	d.array(addr+8, n, 4, (*Decoder).arrayUint)
	d.c1('}')
}
