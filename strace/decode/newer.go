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
