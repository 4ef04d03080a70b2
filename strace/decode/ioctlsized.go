package decode

// request are the parts of an ioctl number.
type request struct{ direction, kind, nr, size uint64 }

func requestOf(cmd uint64) request {
	return request{
		direction: cmd >> (iocNRBits + iocTypeBits + iocSizeBits), kind: cmd >> iocNRBits & 0xff, nr: cmd & 0xff,
		size: cmd >> (iocNRBits + iocTypeBits) & (1<<iocSizeBits - 1),
	}
}

// seccompValidWrong is how the kernel defined SECCOMP_IOCTL_NOTIF_ID_VALID before 5.8:
// programs that were built then still say so.
const seccompValidWrong = 0x80082102

// variableRequest is how requests are printed of which the header has a macro with
// arguments, so that one has many numbers.
func variableRequest(cmd uint64) (ioctlArg, bool) {
	switch r := requestOf(cmd); {
	case r.kind == inputType:
		return inputRequest(r)
	case cmd == seccompValidWrong:
		return seccompRequests["SECCOMP_IOCTL_NOTIF_ID_VALID"], true
	}
	return ioctlArg{}, false
}

// variableName prints the name of such a request, and false where it is none.
func (d *Decoder) variableName(cmd uint64) bool {
	r := requestOf(cmd)
	switch {
	case r.kind == inputType:
		return d.inputRequestName(r)
	case cmd == seccompValidWrong:
		d.s("SECCOMP_IOCTL_NOTIF_ID_VALID_WRONG_DIR")
		return true
	case r.kind == 'H' && r.direction == iocRead:
		return d.sizedName(map[uint64]string{4: "HIDIOCGRAWNAME", 5: "HIDIOCGRAWPHYS", 6: "HIDIOCSFEATURE",
			8: "HIDIOCGRAWUNIQ", 0x12: "HIDIOCGPHYS"}, r)
	case r.kind == 'H' && r.direction == iocRead|iocWrite:
		return d.sizedName(map[uint64]string{6: "HIDIOCSFEATURE", 7: "HIDIOCGFEATURE"}, r)
	case r.kind == 'U' && r.direction == iocRead:
		return d.sizedName(map[uint64]string{0x2c: "UI_GET_SYSNAME"}, r)
	case r.kind == 'j' && r.direction == iocRead:
		return d.sizedName(map[uint64]string{0x13: "JSIOCGNAME"}, r)
	case r.kind == 'k' && r.direction == iocWrite:
		return d.sizedName(map[uint64]string{0: "SPI_IOC_MESSAGE"}, r)
	case r.kind == 'M' && r.direction == iocRead:
		return d.numberedName("MIXER_READ", r)
	case r.kind == 'M' && r.direction == iocWrite:
		return d.numberedName("MIXER_WRITE", r)
	}
	return false
}

// numberedName prints a name and the last part of the number.
func (d *Decoder) numberedName(name string, r request) bool {
	d.s(name)
	d.c1('(')
	d.udec(r.nr)
	d.c1(')')
	return true
}

// sizedName prints a name and the size in the number.
func (d *Decoder) sizedName(names map[uint64]string, r request) bool {
	name, ok := names[r.nr]
	if ok {
		d.s(name)
		d.c1('(')
		d.udec(r.size)
		d.c1(')')
	}
	return ok
}

// constantInName prints a constant within the name of a request: where that is a
// comment already, without one of its own.
func (d *Decoder) constantInName(v uint64, n *names) {
	if text := n.find(v); text != "" {
		d.s(text)
		return
	}
	d.hex(v)
	if d.opts.Xlat != XlatVerbose {
		d.comment(n.unknown)
	}
}
