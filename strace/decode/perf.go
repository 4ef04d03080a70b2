package decode

// Events to be counted or sampled (perf_event_open(2)). The structure has grown with
// the kernel and says how long it is.

const (
	perfFirstSize = 64 // PERF_ATTR_SIZE_VER0
	perfKnownSize = 128
	perfShortSize = 48 // as much as is printed without -v
	e2big         = 7
)

// perfEvent is the description of an event. The kernel writes the size that it knows
// over the caller's when that is too large, so that the exit prints it.
func perfEvent(d *Decoder) bool {
	addr := d.size(d.next())
	if !d.exiting {
		size, ok := d.perfSize(addr)
		if !ok {
			return true
		}
		if buf := d.buffer(int(size)); !d.read(addr, buf) {
			d.addr(addr)
			return true
		}
		d.c.saved[0], d.c.saved[1], d.c.saved[2] = size, 1, d.perfGiven(addr)
		return false
	}
	newSize, changed, read := uint64(0), d.c.IsError && d.c.Result == e2big, false
	if changed {
		if f, ok := d.peek(addr+4, 4); ok {
			newSize, read = f.u32(), true
		}
	}
	d.evenAfterError(func() {
		d.perfFields(addr, d.c.saved[0], func() {
			if !changed {
				return
			}
			d.s(" => ")
			if read {
				d.constant(newSize, &perfSizes)
			} else {
				d.s("???")
			}
		})
	})
	return true
}

// perfSize returns how much of the structure is printed. It prints the address and
// returns false if nothing is.
func (d *Decoder) perfSize(addr uint64) (uint64, bool) {
	f, ok := d.peek(addr+4, 4)
	if addr == 0 || d.opaque || !ok {
		d.addr(addr)
		return 0, false
	}
	size := min(f.u32(), perfKnownSize)
	if size == 0 {
		size = perfFirstSize
	}
	if size < perfFirstSize {
		d.addr(addr)
		return 0, false
	}
	if !d.full {
		size = perfShortSize
	}
	return size, true
}

// perfGiven is the size that the caller has said.
func (d *Decoder) perfGiven(addr uint64) uint64 {
	f, _ := d.peek(addr+4, 4)
	return f.u32()
}

// perfAttr prints the structure where it is only read.
func (d *Decoder) perfAttr(addr uint64) {
	if size, ok := d.perfSize(addr); ok {
		d.perfFields(addr, size, func() {})
	}
}

// perfFields prints so many bytes of the structure; resized follows its size.
func (d *Decoder) perfFields(addr, size uint64, resized func()) {
	const (
		breakpoint                = 5
		freq, watermark, useClock = 1 << 10, 1 << 14, 1 << 25
		branches, userStack       = 1 << 11, 1 << 13
	)
	clear(d.elem[:perfKnownSize])
	if !d.read(addr, d.elem[:size]) {
		d.addr(addr)
		return
	}
	f := d.fields(d.elem[:perfKnownSize])
	f.given = int(size)
	kind, given, config := f.u32(), f.u32(), f.u64()
	if d.exiting {
		given = d.c.saved[2]
	}
	period, samples, format, bits := f.u64(), f.u64(), f.u64(), f.u64()
	d.s("{type=")
	d.constant(kind, &perfTypes)
	d.key("size")
	d.constant(given, &perfSizes)
	resized()
	d.key("config")
	d.perfConfig(kind, config)
	if bits&freq != 0 {
		d.ufield("sample_freq", period)
	} else {
		d.ufield("sample_period", period)
	}
	d.key("sample_type")
	d.flags(samples, &perfSampleTypes)
	d.key("read_format")
	d.flags(format, &perfReadFormats)
	d.perfBits(bits)
	if d.full {
		wake := "wakeup_events"
		if bits&watermark != 0 {
			wake = "wakeup_watermark"
		}
		d.members(&f, layout{u32(wake)})
		bp := f.u32()
		if kind == breakpoint {
			d.key("bp_type")
			d.breakpointType(bp)
			d.members(&f, layout{x64("bp_addr"), newer(8), u64("bp_len")})
		} else {
			d.members(&f, layout{x64("config1"), newer(8), x64("config2")})
		}
		d.members(&f, layout{newer(8), {"", func(d *Decoder, f *fields) {
			if v := f.u64(); samples&branches != 0 {
				d.key("branch_sample_type")
				d.flags(v, &perfBranchTypes)
			}
		}}, newer(8), x64("sample_regs_user"), newer(4), {"", func(d *Decoder, f *fields) {
			if v := f.u32(); samples&userStack != 0 {
				d.key("sample_stack_user")
				d.hex(v)
			}
		}}, {"", func(d *Decoder, f *fields) {
			if bits&useClock == 0 {
				f.skip(4)
				return
			}
			d.members(f, layout{newer(4), enum32("clockid", &clocks)})
		}}, newer(8), x64("sample_regs_intr"), newer(4), u32("aux_watermark"), newer(2), u16("sample_max_stack"),
			newer(2), perfReserved("bytes 110..111: ", 2), newer(4), u32("aux_sample_size"), newer(4),
			perfReserved("bytes 116..119: ", 4), newer(8), x64("sig_data")})
	}
	if given != 0 && given > size || given == 0 && size < perfFirstSize {
		d.s(", ...")
	}
	d.c1('}')
}

// perfReserved should be zero; what is there stands in a comment.
func perfReserved(text string, size int) member {
	return member{"", func(d *Decoder, f *fields) {
		v := uint64(0)
		if size == 2 {
			v = f.u16()
		} else {
			v = f.u32()
		}
		if v != 0 {
			d.s(" /* ")
			d.s(text)
			d.hex(v)
			d.s(" */")
		}
	}}
}

func (d *Decoder) breakpointType(v uint64) {
	const most = 7
	if v <= most {
		d.constant(v, &breakpointTypes)
	} else {
		d.constant(v, &names{"HW_BREAKPOINT_???", nil})
	}
}

// perfConfig says which event of a kind is meant.
func (d *Decoder) perfConfig(kind, v uint64) {
	const hardware, software, tracepoint, cache = 0, 1, 2, 3
	switch kind {
	case hardware:
		d.shifted(v>>32, "<<32|")
		d.constant(v&0xffffffff, &perfHWIDs)
	case software:
		d.constant(v, &perfSWIDs)
	case tracepoint:
		d.udec(v)
	case cache:
		d.shifted(v>>32, "<<32|")
		d.shifted(v&0xffffffff>>24, "<<24|")
		d.constant(v>>16&0xff, &perfCacheResults)
		d.s("<<16|")
		d.constant(v>>8&0xff, &perfCacheOps)
		d.s("<<8|")
		d.constant(v&0xff, &perfCaches)
	default:
		d.hex(v)
	}
}

// shifted prints the upper part of a number that has names for the lower, if it is
// not zero.
func (d *Decoder) shifted(v uint64, by string) {
	if v != 0 {
		d.hex(v)
		d.s(by)
	}
}

// perfBits prints the attribute's bits and how precise the instruction pointer is to
// be; those that are zero in full only.
func (d *Decoder) perfBits(bits uint64) {
	show := func(names []string, from int) {
		for i, name := range names {
			if v := bits >> (from + i) & 1; v != 0 || d.full {
				d.ufield(name, v)
			}
		}
	}
	const precise, after, known = 15, 17, 38
	show([]string{"disabled", "inherit", "pinned", "exclusive", "exclude_user", "exclude_kernel", "exclude_hv", "exclude_idle",
		"mmap", "comm", "freq", "inherit_stat", "enable_on_exec", "task", "watermark"}, 0)
	skid := bits >> precise & 3
	d.ufield("precise_ip", skid)
	d.comment([...]string{"arbitrary skid", "constant skid", "requested to have 0 skid", "must have 0 skid"}[skid])
	show([]string{"mmap_data", "sample_id_all", "exclude_host", "exclude_guest", "exclude_callchain_kernel",
		"exclude_callchain_user", "mmap2", "comm_exec", "use_clockid", "context_switch", "write_backward",
		"namespaces", "ksymbol", "bpf_event", "aux_output", "cgroup", "text_poke", "build_id",
		"inherit_thread", "remove_on_exec", "sigtrap"}, after)
	if rest := bits >> known; rest != 0 {
		d.key("__reserved_1")
		d.hex(rest)
		d.comment("Bits 63..38")
	}
}
