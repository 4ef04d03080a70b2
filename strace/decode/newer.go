package decode

// uringParams is the structure of io_uring_setup: what the thread asks for is
// printed at entry, what the kernel says at exit.
func uringParams(d *Decoder) bool {
	addr := d.size(d.next())
	const size = 120
	if !d.exiting {
		f, ok := d.fetch(addr, size)
		if !ok {
			return true
		}
		f.skip(8)
		flags := f.u32()
		d.s("{flags=")
		d.flags(flags, &uringSetupFlags)
		d.ufield("sq_thread_cpu", f.u32())
		d.ufield("sq_thread_idle", f.u32())
		f.u32() // features, which the kernel writes
		if wq := f.u32(); flags&0x20 != 0 {
			d.s(", wq_fd=")
			d.fd(int32(wq))
		}
		return false
	}
	f, ok := d.peek(addr, size)
	if d.c.IsError || !ok {
		d.c1('}')
		return true
	}
	d.ufield("sq_entries", f.u32())
	d.ufield("cq_entries", f.u32())
	f.skip(12)
	d.s(", features=")
	d.flags(f.u32(), &uringFeatures)
	f.skip(16)
	d.uringOffsets(&f, ", sq_off={head=", [...]string{"tail", "ring_mask", "ring_entries", "flags", "dropped", "array"})
	d.uringOffsets(&f, ", cq_off={head=", [...]string{"tail", "ring_mask", "ring_entries", "overflow", "cqes", "flags"})
	d.c1('}')
	return true
}

func (d *Decoder) uringOffsets(f *fields, head string, names [6]string) {
	d.s(head)
	d.udec(f.u32())
	for _, name := range names {
		d.ufield(name, f.u32())
	}
	if v := f.u32(); v != 0 {
		d.s(", resv1=")
		d.hex(v)
	}
	if v := f.u64(); v != 0 {
		d.s(", resv2=")
		d.hex(v)
	}
	d.c1('}')
}

// uringSigset is io_uring_enter's set and its size.
func uringSigset(d *Decoder) bool {
	addr, size := d.size(d.next()), d.size(d.next())
	d.sigset(addr, size)
	d.comma()
	d.udec(size)
	return true
}

// perfAttr prints the start of struct perf_event_attr.
func (d *Decoder) perfAttr(addr uint64) {
	f, ok := d.fetch(addr, 64)
	if !ok {
		return
	}
	kind, size, config := f.u32(), f.u32(), f.u64()
	period, sampleType, readFormat, bits := f.u64(), f.u64(), f.u64(), f.u64()
	d.s("{type=")
	d.constant(kind, &perfTypes)
	d.s(", size=")
	if size == 0 {
		d.s("0 /* PERF_ATTR_SIZE_??? */")
	} else {
		d.constant(size, &perfSizes)
	}
	d.s(", config=")
	const hardware, software, freq = 0, 1, 1 << 10
	switch kind {
	case hardware:
		d.constant(config, &perfHWIDs)
	case software:
		d.constant(config, &perfSWIDs)
	default:
		d.hex(config)
	}
	if bits&freq != 0 {
		d.ufield("sample_freq", period)
	} else {
		d.ufield("sample_period", period)
	}
	d.s(", sample_type=")
	d.flags(sampleType, &perfSampleTypes)
	d.s(", read_format=")
	d.flags(readFormat, &perfReadFormats)
	d.perfBits(bits)
	d.s(", ...}")
}

// perfBits prints the first of the attribute's bits and how precise the
// instruction pointer is to be.
func (d *Decoder) perfBits(bits uint64) {
	for i, name := range [...]string{
		"disabled", "inherit", "pinned", "exclusive", "exclude_user", "exclude_kernel", "exclude_hv",
		"exclude_idle", "mmap", "comm", "freq", "inherit_stat", "enable_on_exec", "task", "watermark",
	} {
		if bits&(1<<i) != 0 {
			d.s(", ")
			d.s(name)
			d.s("=1")
		}
	}
	precise := bits >> 15 & 3
	d.ufield("precise_ip", precise)
	d.comment([...]string{
		"arbitrary skid", "constant skid", "requested to have 0 skid", "must have 0 skid",
	}[precise])
	for i, name := range [...]string{
		"mmap_data", "sample_id_all", "exclude_host", "exclude_guest", "exclude_callchain_kernel",
		"exclude_callchain_user", "mmap2", "comm_exec", "use_clockid", "context_switch", "write_backward",
		"namespaces", "ksymbol", "bpf_event", "aux_output", "cgroup", "text_poke", "build_id",
		"inherit_thread", "remove_on_exec", "sigtrap",
	} {
		if bits&(1<<(i+17)) != 0 {
			d.s(", ")
			d.s(name)
			d.s("=1")
		}
	}
}
