package decode

// clone prints the arguments of clone by name, since their order differs
// between architectures, and those only that the flags give a meaning.
func clone(d *Decoder) bool {
	a := &d.c.Args
	flags, stack, parentTID, childTID, tls := a[0], a[1], a[2], a[3], a[4]
	if d.tlsBeforeChildTID() {
		childTID, tls = tls, childTID
	}
	const (
		csignal       = 0xff
		pidfd         = 0x1000
		settls        = 0x80000
		parentSettid  = 0x100000
		childCleartid = 0x200000
		childSettid   = 0x1000000
	)
	if !d.exiting {
		d.s("child_stack=")
		d.addr(d.size(stack))
		d.s(", flags=")
		d.cloneFlags(d.size(flags)&^csignal, flags&csignal)
		if flags&(parentSettid|pidfd|childSettid|childCleartid|settls) == 0 {
			return true
		}
		if flags&(parentSettid|pidfd) != 0 {
			d.s(", parent_tid=")
			return false
		}
		d.cloneTail(flags, tls, childTID)
		return true
	}
	switch {
	case flags&pidfd != 0 && flags&parentSettid == 0:
		if f, ok := d.fetch(d.size(parentTID), 4); ok {
			d.c1('[')
			d.fd(int32(f.u32()))
			d.c1(']')
		}
	case flags&parentSettid != 0 && flags&pidfd == 0:
		d.inInt(d.size(parentTID))
	default:
		d.addr(d.size(parentTID))
	}
	d.cloneTail(flags, tls, childTID)
	return true
}

func (d *Decoder) cloneTail(flags, tls, childTID uint64) {
	const settls, childCleartid, childSettid = 0x80000, 0x200000, 0x1000000
	if flags&settls != 0 {
		d.s(", tls=")
		if d.c.ABI.WordSize == 4 {
			d.userDesc(d.size(tls))
		} else {
			d.hex(d.size(tls))
		}
	}
	if flags&(childSettid|childCleartid) != 0 {
		d.s(", child_tidptr=")
		d.addr(d.size(childTID))
	}
}

// tlsBeforeChildTID tells the order of clone's last two arguments
// (CONFIG_CLONE_BACKWARDS).
func (d *Decoder) tlsBeforeChildTID() bool {
	switch d.c.ABI.Name {
	case "i386", "arm64", "ppc64le", "riscv64":
		return true
	}
	return false
}

// cloneFlags prints flags and the signal that the child sends when it dies.
func (d *Decoder) cloneFlags(flags, sig uint64) {
	if flags == 0 {
		if sig == 0 {
			d.c1('0')
		} else {
			d.signal(int32(sig))
		}
		return
	}
	d.flags(flags, &cloneFlags)
	if sig != 0 {
		d.c1('|')
		d.signal(int32(sig))
	}
}

// clone3 prints struct clone_args as it is at entry, and what the kernel wrote
// through it at exit.
func clone3(d *Decoder) bool {
	addr, size := d.size(d.next()), d.size(d.next())
	const (
		minimum      = 64
		known        = 88
		pidfd        = 0x1000
		parentSettid = 0x100000
	)
	if !d.exiting {
		if size < minimum {
			d.addr(addr)
			d.comma()
			d.udec(size)
			return true
		}
		f, ok := d.fetch(addr, int(min(size, known)))
		if !ok {
			d.comma()
			d.udec(size)
			return true
		}
		flags := d.clone3Args(&f, size)
		d.moreBytes(addr, known, size)
		d.c1('}')
		if flags&(pidfd|parentSettid) == 0 && size <= known {
			d.comma()
			d.udec(size)
			return true
		}
		d.c.saved[0] = 1
		return false
	}
	if d.c.saved[0] == 0 {
		return true
	}
	if !d.c.IsError {
		d.clone3Results(addr, size)
	}
	d.comma()
	d.udec(size)
	return true
}

// clone3Results is what the kernel wrote, and what follows the members that we know.
func (d *Decoder) clone3Results(addr, size uint64) {
	const known, pidfd, parentSettid = 88, 0x1000, 0x100000
	f, ok := d.peek(addr, int(min(size, known)))
	d.s(" => ")
	if !ok {
		d.addr(addr)
		return
	}
	start := len(d.out)
	flags, pidfdAddr, _, parentAddr := f.u64(), f.u64(), f.u64(), f.u64()
	d.c1('{')
	if flags&pidfd != 0 {
		d.key("pidfd")
		if f, ok := d.fetch(pidfdAddr, 4); ok {
			d.c1('[')
			d.fd(int32(f.u32()))
			d.c1(']')
		}
	}
	if flags&parentSettid != 0 {
		d.key("parent_tid")
		if f, ok := d.fetch(parentAddr, 4); ok {
			d.c1('[')
			d.pid(int32(f.u32()))
			d.c1(']')
		}
	}
	d.moreBytes(addr, known, size)
	if len(d.out) == start+1 { // nothing
		d.out = d.out[:start-len(" => ")]
		return
	}
	d.c1('}')
}

// clone3Args prints the members that the flags give a meaning, and returns the flags.
func (d *Decoder) clone3Args(f *fields, size uint64) uint64 {
	const (
		pidfd         = 0x1000
		settls        = 0x80000
		parentSettid  = 0x100000
		childCleartid = 0x200000
		childSettid   = 0x1000000
		intoCgroup    = 0x200000000
	)
	flags, pidfdAddr, childTID, parentTID := f.u64(), f.u64(), f.u64(), f.u64()
	exitSignal, stack, stackSize, tls := f.u64(), f.u64(), f.u64(), f.u64()
	setTID, setTIDSize, cgroup := f.u64(), f.u64(), f.u64()
	d.s("{flags=")
	d.flags(flags, &clone3Flags)
	if flags&pidfd != 0 {
		d.s(", pidfd=")
		d.addr(pidfdAddr)
	}
	if flags&(childCleartid|childSettid) != 0 {
		d.s(", child_tid=")
		d.addr(childTID)
	}
	if flags&parentSettid != 0 {
		d.s(", parent_tid=")
		d.addr(parentTID)
	}
	d.s(", exit_signal=")
	if exitSignal < 1<<31 {
		d.signal(int32(exitSignal))
	} else {
		d.udec(exitSignal)
	}
	d.s(", stack=")
	d.addr(stack)
	d.s(", stack_size=")
	d.hex(stackSize)
	if flags&settls != 0 {
		d.s(", tls=")
		if d.c.ABI.WordSize == 4 {
			d.userDesc(tls)
		} else {
			d.addr(tls)
		}
	}
	if setTID != 0 || setTIDSize != 0 {
		d.s(", set_tid=")
		if setTID == 0 || setTIDSize == 0 || setTIDSize > 32 {
			d.addr(setTID)
		} else {
			d.array(setTID, setTIDSize, 4, (*Decoder).arrayInt)
		}
		d.ufield("set_tid_size", setTIDSize)
	}
	if size > 80 && (flags&intoCgroup != 0 || cgroup != 0) {
		d.ufield("cgroup", cgroup)
	}
	return flags
}
