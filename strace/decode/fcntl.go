package decode

// The commands of fcntl(2).
const (
	fDupfd, fGetfd, fSetfd, fGetfl, fSetfl = 0, 1, 2, 3, 4
	fGetlk, fSetlk, fSetlkw                = 5, 6, 7
	fSetown, fGetown, fSetsig, fGetsig     = 8, 9, 10, 11
	fGetlk64, fSetlk64, fSetlkw64          = 12, 13, 14
	fSetownEx, fGetownEx, fGetownerUIDs    = 15, 16, 17
	fOfdGetlk, fOfdSetlk, fOfdSetlkw       = 36, 37, 38
	fSetlease, fGetlease, fNotify          = 1024, 1025, 1026
	fDupfdCloexec, fSetpipeSz, fGetpipeSz  = 1030, 1031, 1032
	fAddSeals, fGetSeals                   = 1033, 1034
	fGetRWHint, fSetRWHint                 = 1035, 1036
	fGetFileRWHint, fSetFileRWHint         = 1037, 1038
)

// fcntl is the whole of that call.
func fcntl(d *Decoder) bool {
	fd, cmd, arg := int32(d.next()), uint64(uint32(d.next())), d.size(d.next())
	if !d.exiting {
		d.fd(fd)
		d.comma()
		d.constant(cmd, &fcntlCmds)
		return d.fcntlEntry(cmd, arg)
	}
	d.fcntlExit(cmd, arg)
	return true
}

func (d *Decoder) fcntlEntry(cmd, arg uint64) bool {
	if d.onlyFcntl64(cmd) {
		d.comma()
		d.addr(arg)
		return true
	}
	switch cmd {
	case fGetfd, fGetfl, fGetown, fGetsig, fGetlease, fGetpipeSz, fGetSeals, fGetlk, fGetlk64,
		fOfdGetlk, fGetownEx, fGetownerUIDs, fGetRWHint, fGetFileRWHint, fDupfd, fDupfdCloexec:
		if cmd == fDupfd || cmd == fDupfdCloexec {
			d.comma()
			d.dec(int64(int32(arg)))
		}
		return false
	}
	d.comma()
	switch cmd {
	case fSetfd:
		d.flags(arg, &fdFlags)
	case fSetfl:
		d.openFlags(arg)
	case fSetlk, fSetlkw:
		d.flock(arg, false)
	case fSetlk64, fSetlkw64, fOfdSetlk, fOfdSetlkw:
		d.flock(arg, true)
	case fSetown:
		d.pidOrGroup(int32(arg))
	case fSetpipeSz:
		d.dec(int64(int32(arg)))
	case fSetsig:
		d.signal(int32(arg))
	case fSetownEx:
		d.ownerEx(arg)
	case fSetlease:
		d.constant(arg, &lockTypes)
	case fNotify:
		d.flags(arg, &notifyFlags)
	case fAddSeals:
		d.flags(arg, &sealFlags)
	case fSetRWHint, fSetFileRWHint:
		d.rwHint(arg)
	default:
		d.hex(arg)
	}
	return true
}

// onlyFcntl64 reports whether the command is one that fcntl of a 32-bit ABI refuses, as
// fcntl64 does not (do_compat_fcntl64 in fs/fcntl.c).
func (d *Decoder) onlyFcntl64(cmd uint64) bool {
	if d.kernelLong() != 4 || cmd < fGetlk64 || cmd > fSetlkw64 {
		return false
	}
	call, _ := d.c.ABI.Lookup(d.c.Nr)
	return call.Name == "fcntl"
}

func (d *Decoder) fcntlExit(cmd, arg uint64) {
	switch cmd {
	case fGetlk:
		d.comma()
		d.flock(arg, false)
		return
	case fGetlk64, fOfdGetlk:
		d.comma()
		d.flock(arg, true)
		return
	case fGetownEx:
		d.comma()
		d.ownerEx(arg)
		return
	case fGetRWHint, fGetFileRWHint:
		d.comma()
		d.rwHint(arg)
		return
	case fGetownerUIDs:
		d.comma()
		if f, ok := d.fetch(arg, 8); ok {
			d.c1('[')
			d.udec(f.u32())
			d.comma()
			d.udec(f.u32())
			d.c1(']')
		}
		return
	}
	if cmd == fGetown && !d.c.IsError {
		d.processResult = true
	}
	if d.c.IsError || d.c.Result == 0 && cmd != fGetfl && cmd != fGetlease {
		return
	}
	result := uint64(d.c.Result)
	d.hexResult = cmd == fGetfd || cmd == fGetfl || cmd == fGetSeals || cmd == fGetlease
	switch cmd {
	case fGetfd:
		d.note(func() { d.s("flags "); d.flags(result, &fdFlags) })
	case fGetfl:
		d.note(func() { d.s("flags "); d.openFlags(result) })
	case fGetsig:
		d.note(func() { d.signal(int32(result)) })
	case fGetlease:
		d.note(func() { d.constant(result, &lockTypes) })
	case fGetSeals:
		d.note(func() { d.s("seals "); d.flags(result, &sealFlags) })
	}
}

// flock prints struct flock; wide is struct flock64 of a 32-bit ABI.
func (d *Decoder) flock(addr uint64, wide bool) {
	size := 32
	if d.kernelLong() == 4 {
		size = 16
		if wide {
			size = 24
		}
	}
	f, ok := d.fetch(addr, size)
	if !ok {
		return
	}
	offset := f.klongs
	if wide {
		offset = f.i64
	}
	d.s("{l_type=")
	d.constant(f.u16(), &lockTypes)
	d.s(", l_whence=")
	d.constant(f.u16(), &whences)
	d.field("l_start", offset())
	d.field("l_len", offset())
	if pid := f.i32(); d.exiting {
		d.s(", l_pid=")
		d.pid(int32(pid))
	}
	d.c1('}')
}

func (d *Decoder) ownerEx(addr uint64) {
	if f, ok := d.fetch(addr, 8); ok {
		d.s("{type=")
		d.constant(f.u32(), &ownerTypes)
		d.s(", pid=")
		d.pid(int32(f.u32()))
		d.c1('}')
	}
}

func (d *Decoder) rwHint(addr uint64) {
	d.bracketed(addr, 8, func(f *fields) { d.constant(f.u64(), &rwHints) })
}
