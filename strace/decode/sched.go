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

// The sizes of struct sched_attr (linux/sched/types.h): that of the first kernel to have
// it, which a size of zero stands for, and that with the last two members.
const schedAttrFirst, schedAttrSecond = 48, 56

// schedAttrIn is the structure for sched_setattr. The kernel writes the size that it knows
// over one that is too large.
func schedAttrIn(d *Decoder) bool {
	addr := d.size(d.next())
	if d.exiting {
		if f, ok := d.peek(addr, 4); ok && !d.opaque && d.c.IsError && d.c.Result == e2big {
			d.s(" => ")
			d.structure(&f, layout{u32("size")})
		}
		return true
	}
	f, ok := d.fetch(addr, 4)
	if !ok {
		return false
	}
	given := f.u32()
	if given == 0 {
		given = schedAttrFirst
	}
	if given >= schedAttrFirst {
		if f, ok = d.fetch(addr, int(min(given, schedAttrSecond))); !ok {
			return false
		}
	}
	d.schedAttr(f, given, true)
	return false
}

// schedAttrOut is what sched_getattr gives, and how much room there is for it.
func schedAttrOut(d *Decoder) bool {
	if !d.exiting {
		return false
	}
	addr, room := d.size(d.next()), d.c.Args[2]&0xffffffff
	if room == 0 {
		d.addr(addr)
	} else if f, ok := d.fetch(addr, int(min(room, schedAttrSecond))); ok {
		size := f
		d.schedAttr(f, size.u32(), false)
	}
	return true
}

// schedAttr prints the structure as far as it has been given. What is to be kept is not
// set.
func (d *Decoder) schedAttr(f fields, given uint64, set bool) {
	const keepPolicy, keepParams = 0x8, 0x10
	f.off = 0
	d.c1('{')
	d.members(&f, layout{u32("size")})
	if given >= schedAttrFirst {
		policy, flags := f.peekAt(0), f.peekAt(4)
		if !set || int32(policy) < 0 || flags&(keepPolicy|keepParams) == 0 {
			d.members(&f, layout{enum32("sched_policy", &schedulers)})
		}
		f.off = 8
		d.members(&f, layout{flag64("sched_flags", &schedFlags)})
		if !set || flags&keepParams == 0 {
			d.members(&f, layout{i32("sched_nice"), u32("sched_priority"), u64("sched_runtime"), u64("sched_deadline"),
				u64("sched_period")})
		}
		if given >= schedAttrSecond {
			d.members(&f, layout{at(schedAttrFirst), u32("sched_util_min"), u32("sched_util_max")})
		}
	}
	if set && given > schedAttrSecond {
		d.s(", ...")
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
