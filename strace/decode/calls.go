package decode

// Calls of which a few lines say everything.

// restart is what a thread calls when its call was interrupted by a stop; the
// kernel knows which.
func restart(d *Decoder) bool {
	d.s("<... resuming interrupted ")
	d.s(d.c.before)
	d.s(" ...>")
	return true
}

// offsetInOut is the offset of sendfile, read at entry and written at exit:
// [0] => [4096].
func offsetInOut(show func(d *Decoder, addr uint64)) kind {
	return func(d *Decoder) bool {
		addr, size := d.size(d.next()), d.size(d.next())
		if !d.exiting {
			start := len(d.out)
			show(d, addr)
			if addr == 0 || d.opaque || d.out[start] != '[' {
				d.comma()
				d.udec(size)
				return true
			}
			return false
		}
		if !d.c.IsError && d.c.Result != 0 {
			d.s(" => ")
			show(d, addr)
		}
		d.comma()
		d.udec(size)
		return true
	}
}

// hostName is a name and the length that the next argument gives.
func hostName(d *Decoder) bool {
	addr, n := d.size(d.next()), d.size(d.c.Args[1])&0xffffffff
	const longest = 64 // __NEW_UTS_LEN: the kernel takes no longer one
	if n > longest {
		d.addr(addr)
		return true
	}
	d.data(addr, n, 0)
	return true
}

// xattrIn is a value to set and its size.
func xattrIn(d *Decoder) bool {
	addr, size := d.size(d.next()), d.size(d.next())
	const largest = 65536 // XATTR_SIZE_MAX
	if size > largest {
		d.addr(addr)
	} else {
		d.data(addr, size, quoteTrimNUL)
	}
	d.comma()
	d.udec(size)
	return true
}

// xattrOut is a buffer for a value.
func xattrOut(d *Decoder) bool { return d.dataOut(quoteTrimNUL) }

// cookie is a 64-bit number in as many registers as it takes.
func cookie(d *Decoder) bool { d.udec(d.next64()); return true }

// vectorOffset is the offset of preadv, a long of which the call takes a low
// and a high part: in 64-bit ABIs the low one is the whole.
func vectorOffset(d *Decoder) bool {
	v := d.next()
	if d.c.ABI.LongSize == 8 {
		d.next()
	}
	d.dec(int64(v))
	return true
}

func migrateMask(d *Decoder, addr uint64) { nodemask(1)(d, addr) }

// movePages is the whole of move_pages.
func movePages(d *Decoder) bool {
	pid, n := int32(d.next()), d.size(d.next())
	pages, nodes, status := d.size(d.next()), d.size(d.next()), d.size(d.next())
	flags := d.next() & 0xffffffff
	if !d.exiting {
		d.pid(pid)
		d.comma()
		d.udec(n)
		d.comma()
		d.array(pages, n, d.long(), (*Decoder).arrayPointer)
		d.comma()
		d.array(nodes, n, 4, (*Decoder).arrayInt)
		d.comma()
		return false
	}
	d.array(status, n, 4, func(d *Decoder, f *fields) {
		if v := f.i32(); v < 0 && ErrnoName(int(-v)) != "" {
			d.named(v, "-"+ErrnoName(int(-v)))
		} else {
			d.dec(v)
		}
	})
	d.comma()
	d.flags(flags, &movePagesFlags)
	return true
}

// kexecSegments are the number of segments of the new kernel, and which they are.
func kexecSegments(d *Decoder) bool {
	const most = 16 // KEXEC_SEGMENT_MAX
	n, addr := d.size(d.next()), d.size(d.next())
	d.udec(n)
	d.comma()
	if n > most {
		d.addr(addr)
		return true
	}
	d.array(addr, n, 4*d.long(), func(d *Decoder, f *fields) {
		d.structure(f, layout{pointerWord("buf"), uword("bufsz"), pointerWord("mem"), uword("memsz")})
	})
	return true
}

// kexecFlagsKind are kexec_load's flags: an architecture and flags.
func kexecFlagsKind(d *Decoder) bool {
	v := d.size(d.next())
	const archMask = 0xffff0000
	d.constant(v&archMask, &kexecArchs)
	if rest := v &^ archMask; rest != 0 {
		d.c1('|')
		d.flags(rest, &kexecFlags)
	}
	return true
}

// kexecCommandLine is a length, which counts the NUL, and a string.
func kexecCommandLine(d *Decoder) bool {
	n, addr := d.size(d.next()), d.size(d.next())
	d.udec(n)
	d.comma()
	d.data(addr, n, 0)
	return true
}

// theirFD is a descriptor of a process, by the id by which the thread knows it.
func (d *Decoder) theirFD(id, fd int32) {
	pid := int(id)
	if fd >= 0 && id > 0 && d.opts.FD != nil && d.opts.Process != nil {
		pid = d.opts.Process(d.c.TID, pid)
	}
	d.fdOf(pid, fd)
}

// fdOf is a descriptor of another process.
func (d *Decoder) fdOf(pid int, fd int32) {
	d.dec(int64(fd))
	if d.opts.FD != nil && fd >= 0 && pid > 0 {
		d.out = d.opts.FD(d.out, pid, fd)
	}
}

// foreignFD is a descriptor of the process that the first argument stands for.
func foreignFD(d *Decoder) bool {
	pid := 0
	if d.opts.FD != nil && d.opts.Pidfd != nil {
		pid = d.opts.Pidfd(d.c.TID, int32(d.c.Args[0]))
	}
	d.fdOf(pid, int32(d.next()))
	return true
}

// kcmp is the whole of that call.
func kcmp(d *Decoder) bool {
	pid1, pid2, kind := int32(d.next()), int32(d.next()), d.next()&0xffffffff
	idx1, idx2 := d.size(d.next()), d.size(d.next())
	d.pid(pid1)
	d.comma()
	d.pid(pid2)
	d.comma()
	d.constant(kind, &kcmpTypes)
	const file, vm, sysvsem, epollTFD = 0, 1, 6, 7
	switch {
	case kind == file:
		d.comma()
		d.theirFD(pid1, int32(idx1))
		d.comma()
		d.theirFD(pid2, int32(idx2))
	case kind >= vm && kind <= sysvsem:
	case kind == epollTFD:
		d.comma()
		d.theirFD(pid1, int32(idx1))
		d.comma()
		if f, ok := d.fetch(idx2, 12); ok {
			d.s("{efd=")
			d.theirFD(pid2, int32(f.u32()))
			d.key("tfd")
			d.theirFD(pid2, int32(f.u32()))
			d.ufield("toff", f.u32())
			d.c1('}')
		}
	default:
		d.comma()
		d.hex(idx1)
		d.comma()
		d.hex(idx2)
	}
	return true
}

// seccomp is the whole of that call.
func seccomp(d *Decoder) bool {
	op, flags, addr := d.next()&0xffffffff, d.next()&0xffffffff, d.size(d.next())
	const setFilter, getActionAvail, getNotifSizes = 1, 2, 3
	if d.exiting {
		if f, ok := d.fetch(addr, 6); ok {
			d.s("{seccomp_notif=")
			d.udec(f.u16())
			d.ufield("seccomp_notif_resp", f.u16())
			d.ufield("seccomp_data", f.u16())
			d.c1('}')
		}
		return true
	}
	d.constant(op, &seccompOps)
	d.comma()
	switch op {
	case setFilter:
		d.flags(flags, &seccompFlags)
		d.comma()
		d.filterProgram(addr, seccompConstant)
	case getActionAvail:
		d.hex(flags)
		d.comma()
		if f, ok := d.fetch(addr, 4); ok {
			d.c1('[')
			d.constant(f.u32(), &seccompActions)
			d.c1(']')
		}
	case getNotifSizes:
		d.hex(flags)
		d.comma()
		return false
	default:
		d.hex(flags)
		d.comma()
		d.addr(addr)
	}
	return true
}

// membarrier prints the processor only when the flags ask for one.
func membarrier(d *Decoder) bool {
	cmd, flags, cpu := d.next()&0xffffffff, d.next()&0xffffffff, int32(d.next())
	if d.exiting {
		if !d.c.IsError && d.c.Result != 0 {
			d.note(func() { d.flags(uint64(d.c.Result), &membarrierCmds) })
		}
		return true
	}
	d.constant(cmd, &membarrierCmds)
	d.comma()
	d.flags(flags, &membarrierFlags)
	if flags&1 != 0 {
		d.comma()
		d.dec(int64(cpu))
	}
	const query = 0
	return cmd != query
}

// memfdName is the name of a file in memory, which with "memfd:" before it and a
// NUL behind it is no longer than NAME_MAX and a NUL.
func memfdName(d *Decoder) bool { d.prefix(d.size(d.next()), 250); return true }

// memfdSecret's flag has a name of open's.
func memfdSecret(d *Decoder) bool {
	const cloexec = 0x80000
	v := d.next() & 0xffffffff
	if v&cloexec == 0 {
		d.hex(v)
		return true
	}
	d.flags(v, &secretFlags)
	return true
}

var secretFlags = names{"", []name{{0x80000, "O_CLOEXEC"}}}

// syslog is the whole of that call.
func syslog(d *Decoder) bool {
	action, addr, n := int32(d.next()), d.size(d.next()), int32(d.next())
	const read, readAll, readClear, level = 2, 3, 4, 8
	const closing, opening, clear, off, on, unread, size = 0, 1, 5, 6, 7, 9, 10
	if d.exiting {
		if d.c.IsError {
			d.addr(addr)
		} else {
			d.data(addr, uint64(max(d.c.Result, 0)), 0)
		}
		d.comma()
		d.dec(int64(n))
		return true
	}
	d.dec(int64(action))
	if text := syslogActions.find(uint64(uint32(action))); text != "" {
		d.comment(text)
	} else {
		d.comment(syslogActions.unknown)
	}
	switch action {
	case closing, opening, clear, off, on, unread, size:
		return true
	}
	d.comma()
	switch action {
	case read, readAll, readClear:
		return false
	case level:
		d.addr(addr)
		d.comma()
		d.dec(int64(n))
		if text := logLevels.find(uint64(uint32(n))); text != "" {
			d.comment(text)
		} else {
			d.comment(logLevels.unknown)
		}
	default:
		d.addr(addr)
		d.comma()
		d.dec(int64(n))
	}
	return true
}

// sysctlArgs prints struct __sysctl_args of a call that is gone.
func (d *Decoder) sysctlArgs(addr uint64) {
	f, ok := d.fetch(addr, 6*d.long())
	if !ok {
		return
	}
	name, nlen := f.size(), int32(f.u32())
	oldval, oldlenp, newval, newlen := f.size(), f.size(), f.size(), f.size()
	d.s("{name=")
	d.addr(name)
	d.field("nlen", int64(nlen))
	d.s(", oldval=")
	d.addr(oldval)
	d.s(", oldlenp=")
	d.addr(oldlenp)
	d.s(", newval=")
	d.addr(newval)
	d.ufield("newlen", newlen)
	d.c1('}')
}
