package decode

func (d *Decoder) rusage(addr uint64) {
	f, ok := d.fetch(addr, d.bySize(144, 72))
	if !ok {
		return
	}
	d.s("{ru_utime=")
	d.timevalFields(&f)
	d.s(", ru_stime=")
	d.timevalFields(&f)
	if !d.full {
		d.s(", ...}")
		return
	}
	for _, name := range [...]string{
		"ru_maxrss", "ru_ixrss", "ru_idrss", "ru_isrss", "ru_minflt", "ru_majflt", "ru_nswap",
		"ru_inblock", "ru_oublock", "ru_msgsnd", "ru_msgrcv", "ru_nsignals", "ru_nvcsw", "ru_nivcsw",
	} {
		d.ufield(name, f.kulong())
	}
	d.c1('}')
}

// rlimit prints the pair of limits that is as wide as a long; rlimit64 that of
// prlimit64.
func (d *Decoder) rlimit(addr uint64) {
	if f, ok := d.fetch(addr, 2*d.kernelLong()); ok {
		infinity := ^uint64(0)
		if d.kernelLong() == 4 {
			infinity = 0xffffffff
		}
		cur, top := f.kulong(), f.kulong()
		d.rlimitText(cur, top, infinity)
	}
}

func (d *Decoder) rlimit64(addr uint64) {
	if f, ok := d.fetch(addr, 16); ok {
		cur, top := f.u64(), f.u64()
		d.rlimitText(cur, top, ^uint64(0))
	}
}

func (d *Decoder) rlimitText(cur, top, infinity uint64) {
	d.s("{rlim_cur=")
	d.limit(cur, infinity)
	d.s(", rlim_max=")
	d.limit(top, infinity)
	d.c1('}')
}

func (d *Decoder) limit(v, infinity uint64) {
	infinite, kilo := v == infinity, v > 1024 && v%1024 == 0
	if d.opts.Xlat != XlatAbbrev || !infinite && !kilo {
		d.udec(v)
	}
	if d.opts.Xlat == XlatRaw || !infinite && !kilo {
		return
	}
	if d.opts.Xlat == XlatVerbose {
		d.s(" /* ")
		defer d.s(" */")
	}
	switch {
	case infinite && infinity == 0xffffffff:
		d.s("RLIM_INFINITY")
	case infinite:
		d.s("RLIM64_INFINITY")
	default:
		d.udec(v / 1024)
		d.s("*1024")
	}
}

// uname prints struct utsname.
func uname(d *Decoder, addr uint64) {
	const size = 65
	f, ok := d.fetch(addr, 6*size)
	if !ok {
		return
	}
	for i, name := range [...]string{"sysname", "nodename", "release", "version", "machine", "domainname"} {
		if i == 0 {
			d.c1('{')
		} else {
			d.comma()
		}
		if i == 2 && !d.full {
			d.s("...}")
			return
		}
		d.s(name)
		d.c1('=')
		d.fixedString(f.raw(size))
	}
	d.c1('}')
}

func sysinfo(d *Decoder, addr uint64) {
	f, ok := d.fetch(addr, d.bySize(112, 64))
	if !ok {
		return
	}
	d.s("{uptime=")
	d.dec(f.klongs())
	d.s(", loads=[")
	for i := range 3 {
		if i > 0 {
			d.comma()
		}
		d.udec(f.kulong())
	}
	d.c1(']')
	for _, name := range [...]string{"totalram", "freeram", "sharedram", "bufferram", "totalswap", "freeswap"} {
		d.ufield(name, f.kulong())
	}
	d.ufield("procs", f.u16())
	f.u16()
	d.ufield("totalhigh", f.kulong())
	d.ufield("freehigh", f.kulong())
	d.ufield("mem_unit", f.u32())
	d.c1('}')
}
