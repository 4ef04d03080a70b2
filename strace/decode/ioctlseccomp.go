package decode

// Requests to the listener of a seccomp filter (linux/seccomp.h).

var seccompRequests = map[string]ioctlArg{
	"SECCOMP_IOCTL_NOTIF_RECV":     ioctlBoth((*Decoder).seccompNotification),
	"SECCOMP_IOCTL_NOTIF_SEND":     ioctlIn((*Decoder).seccompResponse),
	"SECCOMP_IOCTL_NOTIF_ID_VALID": ioctlIn((*Decoder).inHex64),
	"SECCOMP_IOCTL_NOTIF_ADDFD":    ioctlIn((*Decoder).seccompAddFD),
}

func (d *Decoder) inHex64(addr uint64) {
	d.bracketed(addr, 8, func(f *fields) { d.hex(f.u64()) })
}

// seccompNotification is printed at entry, too, if it is not empty as it should be.
func (d *Decoder) seccompNotification(addr uint64) {
	const size = 80
	d.c.saved[0] = 1
	if !d.exiting {
		f, ok := d.peek(addr, size)
		switch {
		case !ok || addr == 0 || d.opaque:
			d.addr(addr)
			d.c.saved[0] = 0
		case !isZero(f.buf):
			d.notification(&f)
			d.s(" => ")
		}
		return
	}
	if f, ok := d.fetch(addr, size); ok {
		d.notification(&f)
	}
}

func (d *Decoder) notification(f *fields) {
	d.c1('{')
	d.members(f, layout{x64("id"), pid32("pid"), x32("flags")})
	nr, arch := f.u32(), f.u32()
	d.s(", data={nr=")
	d.syscallConstant(nr, arch)
	d.s(", arch=")
	d.constant(arch, &auditArchs)
	d.members(f, layout{pointer64("instruction_pointer"), several("args", 6, func(d *Decoder, f *fields) { d.hex(f.u64()) })})
	d.s("}}")
}

func (d *Decoder) seccompResponse(addr uint64) {
	f, ok := d.fetch(addr, 24)
	if !ok {
		return
	}
	d.c1('{')
	d.members(&f, layout{x64("id"), i64("val")})
	d.key("error")
	e := f.i32()
	if name := ErrnoName(int(-e)); e < 0 && name != "" {
		d.named(e, "-"+name)
	} else {
		d.dec(e)
	}
	d.members(&f, layout{flag32("flags", &seccompResponseFlags)})
	d.c1('}')
}

func (d *Decoder) seccompAddFD(addr uint64) {
	if f, ok := d.fetch(addr, 24); ok {
		d.c1('{')
		d.members(&f, layout{x64("id"), flag32("flags", &seccompAddFDFlags), fd32("srcfd"), i32("newfd"), flag32("newfd_flags", &openFlagNames)})
		d.c1('}')
	}
}
