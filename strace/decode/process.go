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
		d.clone3Args(&f, size)
		d.moreBytes(addr, known, size)
		d.c1('}')
		d.c.saved[0] = 1
		return false
	}
	if d.c.saved[0] == 0 {
		return true
	}
	if f, ok := d.peek(addr, minimum); ok && !d.c.IsError {
		flags, pidfdAddr, _, parentAddr := f.u64(), f.u64(), f.u64(), f.u64()
		sep := " => {"
		if flags&pidfd != 0 {
			d.s(sep)
			d.s("pidfd=")
			d.inInt(pidfdAddr)
			sep = ", "
		}
		if flags&parentSettid != 0 {
			d.s(sep)
			d.s("parent_tid=")
			d.inInt(parentAddr)
			sep = ", "
		}
		if sep == ", " {
			d.c1('}')
		}
	}
	d.comma()
	d.udec(size)
	return true
}

func (d *Decoder) clone3Args(f *fields, size uint64) {
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
		d.hex(tls)
	}
	if setTID != 0 || setTIDSize != 0 {
		d.s(", set_tid=")
		if setTIDSize > 32 {
			d.addr(setTID)
		} else {
			d.array(setTID, setTIDSize, 4, (*Decoder).arrayInt)
		}
		d.ufield("set_tid_size", setTIDSize)
	}
	if size > 80 && (flags&intoCgroup != 0 || cgroup != 0) {
		d.s(", cgroup=")
		d.fd(int32(cgroup))
	}
}

// argv prints the strings of execve's second argument.
func argv(d *Decoder) bool {
	addr := d.size(d.next())
	if addr == 0 || d.opaque {
		d.addr(addr)
		return true
	}
	d.stringVector(addr)
	return true
}

// stringVector prints the strings that the pointers at addr point to, which
// end in a null pointer. A vector without an end is cut as an array is.
func (d *Decoder) stringVector(addr uint64) {
	limit := d.strSize
	if d.full {
		limit = fullArray
	}
	step := uint64(d.long())
	for n := 0; ; n++ {
		f, ok := d.peek(addr+uint64(n)*step, d.long())
		if !ok {
			if n == 0 {
				d.addr(addr)
				return
			}
			d.s(", ... /* ")
			d.hex(addr + uint64(n)*step)
			d.s(" */]")
			return
		}
		p := f.size()
		if n == 0 {
			d.c1('[')
		}
		if p == 0 {
			break
		}
		if n > 0 {
			d.comma()
		}
		if n >= limit {
			d.s("...")
			break
		}
		d.cstring(p)
	}
	d.c1(']')
}

// envp prints execve's environment: a count, or the strings with -v.
func envp(d *Decoder) bool {
	addr := d.size(d.next())
	if addr == 0 || d.opaque {
		d.addr(addr)
		return true
	}
	if d.full {
		d.stringVector(addr)
		return true
	}
	d.addr(addr)
	d.s(" /* ")
	n, step := 0, uint64(d.long())
	unterminated := ""
	for ; ; n++ {
		f, ok := d.peek(addr+uint64(n)*step, d.long())
		if !ok {
			if n == 0 {
				d.out = d.out[:len(d.out)-len(" /* ")]
				return true
			}
			unterminated = ", unterminated"
			break
		}
		if f.size() == 0 || n == fullArray {
			break
		}
	}
	d.dec(int64(n))
	d.s(" var")
	if n != 1 {
		d.c1('s')
	}
	d.s(unterminated)
	d.s(" */")
	return true
}

// waitStatus prints the status of wait4 as the macros that tell it apart.
func (d *Decoder) waitStatus(addr uint64) {
	f, ok := d.fetch(addr, 4)
	if !ok {
		return
	}
	d.c1('[')
	d.statusText(f.u32())
	d.c1(']')
}

func (d *Decoder) statusText(status uint64) {
	event := status >> 16
	low := status & 0xffff
	switch {
	case low == 0xffff:
		d.s("{WIFCONTINUED(s)}")
		low = 0
	case low&0xff == 0x7f:
		sig := low >> 8
		d.s("{WIFSTOPPED(s) && WSTOPSIG(s) == ")
		d.signal(int32(sig & 0x7f))
		if sig&0x80 != 0 {
			d.s(" | 0x80")
		}
		d.c1('}')
		low = 0
	case low&0x7f == 0:
		d.s("{WIFEXITED(s) && WEXITSTATUS(s) == ")
		d.udec(low >> 8)
		d.c1('}')
		low = 0
	case low&0x7f != 0x7f:
		d.s("{WIFSIGNALED(s) && WTERMSIG(s) == ")
		d.signal(int32(low & 0x7f))
		if low&0x80 != 0 {
			d.s(" && WCOREDUMP(s)")
		}
		d.c1('}')
		low &^= 0xff
	default:
		d.hex(status)
		return
	}
	if event != 0 {
		d.c1('|')
		d.constant(event, &ptraceEvents)
		d.s("<<16")
	}
	if low != 0 {
		d.c1('|')
		d.hex(low)
	}
}

// waitStatusOut is printed after a success that found a child.
func waitStatusOut(d *Decoder) bool {
	if !d.exiting {
		return false
	}
	addr := d.size(d.next())
	if d.c.Result == 0 {
		d.addr(addr)
		return true
	}
	d.waitStatus(addr)
	return true
}

func waitRusage(d *Decoder) bool {
	if !d.exiting {
		return false
	}
	addr := d.size(d.next())
	if d.c.Result == 0 {
		d.addr(addr)
		return true
	}
	d.rusage(addr)
	return true
}

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
	switch {
	case v == infinity && infinity == 0xffffffff:
		d.s("RLIM_INFINITY")
	case v == infinity:
		d.s("RLIM64_INFINITY")
	case v > 1024 && v%1024 == 0:
		d.udec(v / 1024)
		d.s("*1024")
	default:
		d.udec(v)
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
