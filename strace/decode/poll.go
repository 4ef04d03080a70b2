package decode

// pollfds prints struct pollfd; with results only those that have any.
func (d *Decoder) pollfd(f *fields) {
	fd, events := int32(f.u32()), f.u16()
	d.s("{fd=")
	d.fd(fd)
	if fd >= 0 {
		d.s(", events=")
		d.flags(events, &pollFlags)
	}
	d.c1('}')
}

// pollArgs is the vector of poll and ppoll, its length, and what timeout
// prints; at exit the descriptors with events stand beside the result.
func pollfdsIn(d *Decoder) bool {
	addr, n := d.size(d.next()), uint64(uint32(d.next()))
	d.array(addr, n, 8, (*Decoder).pollfd)
	d.comma()
	d.udec(n)
	return true
}

// pollTimeout is poll's time limit; at exit the events that happened stand
// beside the result.
func pollTimeout(d *Decoder) bool {
	v := int32(d.next())
	if !d.exiting {
		d.dec(int64(v))
		return false
	}
	d.pollResult()
	return true
}

func (d *Decoder) pollResult() {
	if d.c.IsError {
		return
	}
	if d.c.Result == 0 {
		d.aux = append(d.aux, "Timeout"...)
		return
	}
	if d.c.Args[0] == 0 {
		return
	}
	d.note(func() { d.revents(d.size(d.c.Args[0]), uint64(uint32(d.c.Args[1]))) })
}

func (d *Decoder) revents(addr, n uint64) {
	if addr == 0 || d.opaque {
		d.addr(addr)
		return
	}
	d.c1('[')
	shown := 0
	for i := range n {
		f, ok := d.peek(addr+i*8, 8)
		if !ok {
			if shown > 0 {
				d.comma()
			}
			d.hex(addr + i*8)
			break
		}
		fd := int32(f.u32())
		f.u16()
		revents := f.u16()
		if revents == 0 {
			continue
		}
		if shown > 0 {
			d.comma()
		}
		if shown >= d.strSize && !d.full {
			d.s("...")
			break
		}
		shown++
		d.s("{fd=")
		d.fd(fd)
		d.s(", revents=")
		if known(revents, &pollFlags) {
			d.flags(revents, &pollFlags)
		} else {
			d.hex(revents)
		}
		d.c1('}')
	}
	d.c1(']')
}

// ppollTimeout is ppoll's time limit, in which the kernel writes what was left.
func ppollArgs(k timeKind) kind {
	return func(d *Decoder) bool {
		if d.exiting {
			d.next()
			d.ppollResult(d.size(d.c.Args[2]), k)
			return true
		}
		timeout := d.size(d.next())
		sigmask, size := d.size(d.next()), d.size(d.next())
		d.timespecAs(timeout, k)
		d.comma()
		d.sigset(sigmask, size)
		d.comma()
		d.udec(size)
		return false
	}
}

func (d *Decoder) ppollResult(timeout uint64, k timeKind) {
	d.pollResult()
	if d.c.IsError || d.c.Result == 0 || timeout == 0 {
		return
	}
	d.note(func() {
		d.s(", left ")
		d.timespecAs(timeout, k)
	})
}

// fdSets is select's number of descriptors, its sets and its time limit; at
// exit the sets with events and the time left stand beside the result.
func fdSets(d *Decoder, sets [3]uint64, nfds int32) {
	for _, addr := range sets {
		d.comma()
		d.fdSet(addr, nfds)
	}
}

// fdSetMax is the most descriptors of a set that are looked at.
const fdSetMax = 1 << 20

func (d *Decoder) fdSet(addr uint64, nfds int32) {
	buf, ok := d.fdBits(addr, nfds)
	if !ok {
		d.addr(addr)
		return
	}
	d.c1('[')
	d.fdSetText(buf, nfds, 1<<30)
	d.c1(']')
}

// fdBits reads a set in whole longs.
func (d *Decoder) fdBits(addr uint64, nfds int32) ([]byte, bool) {
	if addr == 0 || d.opaque || nfds <= 0 {
		return nil, false
	}
	nfds = min(nfds, fdSetMax)
	word := int32(d.kernelLong() * 8)
	size := int((nfds + word - 1) / word * word / 8)
	buf := d.buffer(max(size, 1))[:size]
	if size > 0 && !d.read(addr, buf) {
		return nil, false
	}
	return buf, true
}

// fdSetText prints the members of a set, at most limit; it returns how many.
func (d *Decoder) fdSetText(buf []byte, nfds int32, limit int) (n int) {
	for fd := int32(0); fd < nfds && int(fd/8) < len(buf) && n < limit; fd++ {
		if buf[fd/8]&(1<<(fd%8)) == 0 {
			continue
		}
		if n > 0 {
			d.c1(' ')
		}
		d.fd(fd)
		n++
	}
	return n
}

// selectResult prints which sets have members after a successful select.
func (d *Decoder) selectResult(sets [3]uint64, nfds int32) {
	if d.c.Result == 0 {
		d.aux = append(d.aux, "Timeout"...)
		return
	}
	left := int(d.c.Result)
	d.noted = true
	d.note(func() {
		sep := ""
		for i, label := range [...]string{"in", "out", "except"} {
			buf, ok := d.fdBits(sets[i], nfds)
			if !ok || left == 0 {
				continue
			}
			mark := len(d.out)
			d.s(sep)
			d.s(label)
			d.s(" [")
			n := d.fdSetText(buf, nfds, left)
			if n == 0 {
				d.out = d.out[:mark]
				continue
			}
			d.c1(']')
			left -= n
			sep = ", "
		}
	})
}

// selectWith is select with a time limit that show prints.
func selectWith(show func(d *Decoder, addr uint64)) kind {
	return func(d *Decoder) bool {
		nfds := int32(d.next())
		sets := [3]uint64{d.size(d.next()), d.size(d.next()), d.size(d.next())}
		timeout := d.size(d.next())
		return d.selectText(nfds, sets, timeout, show)
	}
}

func (d *Decoder) selectText(nfds int32, sets [3]uint64, timeout uint64, show func(*Decoder, uint64)) bool {
	if !d.exiting {
		d.dec(int64(nfds))
		fdSets(d, sets, nfds)
		d.comma()
		show(d, timeout)
		return false
	}
	if d.c.IsError {
		return true
	}
	d.selectResult(sets, nfds)
	if d.c.Result > 0 && timeout != 0 {
		d.note(func() {
			if len(d.aux) > 0 {
				d.comma()
			}
			d.s("left ")
			show(d, timeout)
		})
	}
	return true
}

// oldSelect is i386's first select, whose arguments are in memory.
func oldSelect(d *Decoder) bool {
	addr := d.next()
	f, ok := d.peek(addr, 20)
	if !ok || addr == 0 {
		if !d.exiting {
			d.addr(addr)
		}
		return true
	}
	nfds := int32(f.u32())
	sets := [3]uint64{f.u32(), f.u32(), f.u32()}
	return d.selectText(nfds, sets, f.u32(), (*Decoder).timeval)
}

// pselect6 is select with a mask, whose address and size are in memory.
func pselect6(k timeKind) kind {
	show := func(d *Decoder, addr uint64) { d.timespecAs(addr, k) }
	plain := selectWith(show)
	return func(d *Decoder) bool {
		done := plain(d)
		addr := d.size(d.next())
		if !d.exiting {
			d.comma()
			d.sigmaskArg(addr)
		}
		return done
	}
}

// sigmaskArg prints a pointer to a set's address and size.
func (d *Decoder) sigmaskArg(addr uint64) {
	f, ok := d.fetch(addr, 2*d.long())
	if !ok {
		return
	}
	set, size := f.size(), f.size()
	d.s("{sigmask=")
	d.sigset(set, size)
	d.ufield("sigsetsize", size)
	d.c1('}')
}

// epollEvents is the vector that epoll_wait fills, its length, and so on.
func epollEventsOut(d *Decoder) bool {
	if !d.exiting {
		return false
	}
	addr, n := d.size(d.next()), int32(d.next())
	d.array(addr, uint64(max(d.c.Result, 0)), 12, (*Decoder).epollEvent)
	d.comma()
	d.dec(int64(n))
	return true
}

// epollEvent prints struct epoll_event, packed on x86.
func (d *Decoder) epollEvent(f *fields) {
	events := f.u32()
	f.align8 = 4
	start := f.off
	low := f.u32()
	f.off = start
	data := f.u64()
	d.s("{events=")
	d.flags(events, &epollEvents)
	d.s(", data={u32=")
	d.udec(low)
	d.ufield("u64", data)
	d.s("}}")
}

// epollCtl is everything after epoll_ctl's first descriptor.
func epollCtl(d *Decoder) bool {
	op := uint64(uint32(d.next()))
	d.constant(op, &epollCmds)
	d.comma()
	d.fd(int32(d.next()))
	d.comma()
	addr := d.size(d.next())
	const del = 2
	if op == del {
		d.addr(addr)
		return true
	}
	if f, ok := d.fetch(addr, 12); ok {
		d.epollEvent(&f)
	}
	return true
}
