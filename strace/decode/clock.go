package decode

// clock is a clock id. A negative one stands for a process's or a descriptor's
// (see CPUCLOCK_* in include/linux/posix-timers.h).
func clock(d *Decoder) bool { d.constant(d.next()&0xffffffff, &clocks); return true }

// clockSleep is what follows clock_nanosleep's clock.
func clockSleep(k timeKind) kind {
	return func(d *Decoder) bool {
		flags, req, rem := d.next()&0xffffffff, d.size(d.next()), d.size(d.next())
		if !d.exiting {
			d.flags(flags, &timerFlags)
			d.comma()
			d.timespecAs(req, k)
			d.comma()
			return false
		}
		const absolute = 1
		if flags&absolute == 0 && d.interrupted() {
			d.evenAfterError(func() { d.timespecAs(rem, k) })
		} else {
			d.addr(rem)
		}
		return true
	}
}

// sigevent prints how a timer or a queue notifies.
func (d *Decoder) sigevent(addr uint64) {
	f, ok := d.fetch(addr, d.bySize(32, 20)) // the rest of the structure has no use
	if !ok {
		return
	}
	var ptr uint64
	start := f.off
	number := f.i32()
	f.off = start
	ptr = f.size()
	signo, notify := int32(f.u32()), f.u32()
	const sigevSignal, sigevNone, sigevThread, sigevThreadID = 0, 1, 2, 4
	d.c1('{')
	if ptr != 0 {
		d.s("sigev_value={sival_int=")
		d.dec(number)
		d.s(", sival_ptr=")
		d.addr(ptr)
		d.s("}, ")
	}
	d.s("sigev_signo=")
	switch notify {
	case sigevSignal, sigevThread, sigevThreadID:
		d.signal(signo)
	default:
		d.udec(uint64(uint32(signo)))
	}
	d.s(", sigev_notify=")
	d.constant(notify, &sigevNotify)
	switch notify {
	case sigevThreadID:
		d.field("sigev_notify_thread_id", f.i32())
	case sigevThread:
		d.s(", sigev_notify_function=")
		d.addr(f.size())
		d.s(", sigev_notify_attributes=")
		d.addr(f.size())
	}
	d.c1('}')
}

// mqOpen are the flags of mq_open and, for a queue to be created, its mode and
// attributes.
func mqOpen(d *Decoder) bool {
	flags := d.next() & 0xffffffff
	d.openFlags(flags)
	mode, attr := d.next(), d.size(d.next())
	if flags&oCreat != 0 {
		d.comma()
		d.octal3(mode & 0xffff)
		d.comma()
		d.mqAttr(attr, func(flags uint64) { d.hex(flags) })
	}
	return true
}

func mqNewAttr(d *Decoder, addr uint64) {
	d.mqAttr(addr, func(flags uint64) { d.flags(flags, &mqFlags) })
}

func (d *Decoder) mqAttr(addr uint64, showFlags func(flags uint64)) {
	f, ok := d.fetch(addr, 8*d.kernelLong())
	if !ok {
		return
	}
	d.s("{mq_flags=")
	showFlags(f.kulong())
	for _, name := range [...]string{"mq_maxmsg", "mq_msgsize", "mq_curmsgs"} {
		d.field(name, f.klongs())
	}
	d.c1('}')
}

// mqTimeout is the time limit of mq_timedreceive.
func mqTimeout(k timeKind) kind {
	return func(d *Decoder) bool {
		if !d.exiting {
			return false
		}
		d.evenAfterError(func() { d.timespecAs(d.size(d.next()), k) })
		return true
	}
}

// epollTimeout is the time limit of epoll_pwait2.
func epollTimeout(d *Decoder) bool { d.timespec64(d.size(d.next())); return true }

// futexWaitv is the whole of that call.
func futexWaitv(d *Decoder) bool {
	addr, n := d.size(d.next()), d.next()&0xffffffff
	flags, timeout, clockid := d.next()&0xffffffff, d.size(d.next()), d.next()&0xffffffff
	const most = 128 // FUTEX_WAITV_MAX
	d.arrayUpTo(addr, n, most, 24, func(d *Decoder, f *fields) {
		val, uaddr := f.u64(), f.u64()
		d.s("{val=")
		d.hex(val)
		d.s(", uaddr=")
		d.addr(uaddr)
		d.s(", flags=")
		d.flags(f.u32(), &futexWaiterFlags)
		if reserved := f.u32(); reserved != 0 {
			d.s(", __reserved=")
			d.hex(reserved)
		}
		d.c1('}')
	})
	d.comma()
	d.udec(n)
	d.comma()
	d.hex(flags)
	d.comma()
	d.timespec64(timeout)
	d.comma()
	d.constant(clockid, &clocks)
	return true
}

var futexWaiterFlags = names{"FUTEX_???", []name{{2, "FUTEX_32"}, {128, "FUTEX_PRIVATE_FLAG"}}}
