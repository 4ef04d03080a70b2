package decode

// schedParam prints struct sched_param.
func (d *Decoder) schedParam(addr uint64) { d.inInt(addr) }

// cpuset prints a set of processors of which size bytes are known.
func (d *Decoder) cpuset(addr, size uint64) {
	const cpusMax = 1024 / 8 // the C library's CPU_SETSIZE
	if !d.visible(addr) {
		return
	}
	cut := size > cpusMax
	size = min(size, cpusMax)
	buf := d.buffer(int(size))
	if !d.read(addr, buf) {
		d.addr(addr)
		return
	}
	d.c1('[')
	shown := 0
	for cpu := 0; cpu < len(buf)*8; cpu++ {
		if buf[cpu/8]&(1<<(cpu%8)) == 0 {
			continue
		}
		if shown > 0 {
			d.c1(' ')
		}
		d.dec(int64(cpu))
		shown++
	}
	if cut {
		if shown > 0 {
			d.c1(' ')
		}
		d.s("...")
	}
	d.c1(']')
}

func cpusetIn(d *Decoder) bool {
	size, addr := d.next()&0xffffffff, d.size(d.next())
	d.udec(size)
	d.comma()
	d.cpuset(addr, size)
	return true
}

func cpusetOut(d *Decoder) bool {
	size, addr := d.next()&0xffffffff, d.size(d.next())
	if !d.exiting {
		d.udec(size)
		d.comma()
		return false
	}
	d.cpuset(addr, uint64(max(d.c.Result, 0)))
	return true
}

// schedAttr prints struct sched_attr as far as the kernel or the thread says
// that it is filled.
func (d *Decoder) schedAttr(addr uint64, limit uint64) {
	f, ok := d.fetch(addr, 4)
	if !ok {
		return
	}
	size := f.u32()
	d.s("{size=")
	d.udec(size)
	if limit != 0 {
		size = min(size, limit)
	}
	const first, second = 48, 56
	if size == 0 {
		size = first // what the kernel takes a zero for
	}
	if size >= first {
		f, ok = d.peek(addr, int(min(size, second)))
	}
	if size < first || !ok {
		d.c1('}')
		return
	}
	f.u32()
	policy, flags := f.u32(), f.u64()
	const keepPolicy = 0x8 // SCHED_FLAG_KEEP_POLICY
	if flags&keepPolicy == 0 {
		d.s(", sched_policy=")
		d.constant(policy, &schedulers)
	}
	d.s(", sched_flags=")
	d.flags(flags, &schedFlags)
	d.field("sched_nice", f.i32())
	d.ufield("sched_priority", f.u32())
	for _, name := range [...]string{"sched_runtime", "sched_deadline", "sched_period"} {
		d.ufield(name, f.u64())
	}
	if size >= second {
		d.ufield("sched_util_min", f.u32())
		d.ufield("sched_util_max", f.u32())
	}
	d.c1('}')
}

// schedulerResult names what sched_getscheduler returns.
func schedulerResult(d *Decoder) bool {
	d.next()
	if !d.exiting {
		d.pid(int32(d.c.Args[0]))
		return false
	}
	if !d.c.IsError && schedulers.find(uint64(d.c.Result)) != "" {
		d.note(func() { d.constant(uint64(d.c.Result), &schedulers) })
	}
	return true
}

// ioprio prints a class and a level.
func (d *Decoder) ioprio(v uint64) {
	switch d.opts.Xlat {
	case XlatRaw:
		d.dec(int64(int32(v)))
	case XlatVerbose:
		d.dec(int64(int32(v)))
		d.s(" /* ")
		d.ioprioText(v)
		d.s(" */")
	default:
		d.ioprioText(v)
	}
}

func (d *Decoder) ioprioText(v uint64) {
	d.s("IOPRIO_PRIO_VALUE(")
	d.constant(v>>13, &ioprioClasses)
	d.comma()
	d.udec(v & 0x1fff)
	d.c1(')')
}

// whose prints whose priority is meant.
func (d *Decoder) whose(process bool, id int32) {
	if process {
		d.pid(id)
	} else {
		d.dec(int64(id))
	}
}

// priorityWho is what has a priority, and which of them.
func priorityWho(d *Decoder) bool {
	who := uint64(uint32(d.next()))
	d.constant(who, &prioWho)
	d.comma()
	d.whose(who <= 1, int32(d.next()))
	return true
}

// ioprioWho is the same of ioprio_set.
func ioprioSetWho(d *Decoder) bool {
	who := uint64(uint32(d.next()))
	d.constant(who, &ioprioWho)
	d.comma()
	d.whose(who == 1 || who == 2, int32(d.next()))
	return true
}

func ioprio(d *Decoder) bool { d.ioprio(d.next() & 0xffffffff); return true }

func ioprioResult(d *Decoder) bool {
	who := uint64(uint32(d.next()))
	id := int32(d.next())
	if !d.exiting {
		d.constant(who, &ioprioWho)
		d.comma()
		d.whose(who == 1 || who == 2, id) // a process or a group
		return false
	}
	if !d.c.IsError && d.opts.Xlat != XlatRaw {
		d.note(func() { d.ioprioText(uint64(d.c.Result)) })
	}
	return true
}
