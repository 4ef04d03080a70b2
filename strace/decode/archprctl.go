package decode

// archPrctl is the whole of that call.
func archPrctl(d *Decoder) bool {
	op, arg := d.next()&0xffffffff, d.size(d.next())
	const (
		getFS, getGS, getCPUID = 0x1003, 0x1004, 0x1011
		getSupp, getPerm       = 0x1021, 0x1022
		reqPerm, getGuest      = 0x1023, 0x1024
		reqGuest, setCPUID     = 0x1025, 0x1012
	)
	if !d.exiting {
		d.constant(op, &archPrctls)
		switch op {
		case getCPUID:
			return true
		case getFS, getGS, getSupp, getPerm, getGuest:
			d.comma()
			return false
		case reqPerm, reqGuest:
			d.comma()
			d.hex(arg)
			if d.opts.Xlat == XlatRaw {
				return false
			}
			if text := xfeatures.find(arg); text != "" {
				d.comment(text)
			} else {
				d.comment(xfeatures.unknown)
			}
			return false
		}
		d.comma()
		d.hex(arg)
		return true
	}
	switch op {
	case getFS, getGS:
		d.inKernelPointer(arg)
	case reqPerm, reqGuest:
		d.flagsResult(&xfeatureMasks)
	default:
		if f, ok := d.fetch(arg, 8); ok {
			d.c1('[')
			d.featureMask(f.u64())
			d.c1(']')
		}
	}
	return true
}

func (d *Decoder) inKernelPointer(addr uint64) {
	d.bracketed(addr, d.kernelLong(), func(f *fields) { d.addr(f.kulong()) })
}

// featureMask prints XSAVE components as a set.
func (d *Decoder) featureMask(v uint64) {
	d.hex(v)
	if v == 0 || d.opts.Xlat == XlatRaw {
		return
	}
	d.s(" /* ")
	if known(v, &xfeatureMasks) {
		d.flagNames(v, &xfeatureMasks)
	} else {
		d.s(xfeatureMasks.unknown)
	}
	d.s(" */")
}
