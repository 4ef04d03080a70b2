package decode

// The operations of futex(2).
const (
	futexWait, futexWake, futexFD, futexRequeue  = 0, 1, 2, 3
	futexCmpRequeue, futexWakeOp, futexLockPI    = 4, 5, 6
	futexUnlockPI, futexTrylockPI                = 7, 8
	futexWaitBitset, futexWakeBitset             = 9, 10
	futexWaitRequeuePI, futexCmpRequeuePI        = 11, 12
	futexLockPI2                                 = 13
	futexPrivate, futexClockRealtime, futexFlags = 128, 256, 384
	futexCommand                                 = 127
)

// futex is everything after that call's address.
func futex(k timeKind) kind {
	return func(d *Decoder) bool {
		op, val := uint64(uint32(d.next())), d.next()&0xffffffff
		timeout, addr2, val3 := d.size(d.next()), d.size(d.next()), d.next()&0xffffffff
		d.futexOp(op)
		base := op & futexCommand
		switch base {
		case futexLockPI, futexLockPI2:
			d.comma()
			d.timespecAs(timeout, k)
			return true
		case futexUnlockPI, futexTrylockPI:
			return true
		}
		d.comma()
		d.udec(val)
		switch base {
		case futexWait:
			d.comma()
			d.timespecAs(timeout, k)
		case futexWaitBitset:
			d.comma()
			d.timespecAs(timeout, k)
			d.comma()
			d.hex(val3)
		case futexWake, futexFD:
		case futexWakeBitset:
			d.comma()
			d.hex(val3)
		case futexRequeue, futexCmpRequeue, futexCmpRequeuePI:
			d.comma()
			d.udec(timeout)
			d.comma()
			d.addr(addr2)
			if base != futexRequeue {
				d.comma()
				d.udec(val3)
			}
		case futexWakeOp:
			d.comma()
			d.udec(timeout)
			d.comma()
			d.addr(addr2)
			d.comma()
			d.futexWakeOp(val3)
		case futexWaitRequeuePI:
			d.comma()
			d.timespecAs(timeout, k)
			d.comma()
			d.addr(addr2)
		default:
			d.comma()
			d.addr(timeout)
			d.comma()
			d.addr(addr2)
			d.comma()
			d.hex(val3)
		}
		return true
	}
}

func (d *Decoder) futexOp(op uint64) {
	base := op &^ futexFlags
	text := futexOps.find(base)
	if text == "" || d.opts.Xlat == XlatRaw {
		d.hex(op)
		if text == "" {
			d.comment(futexOps.unknown)
		}
		return
	}
	if d.opts.Xlat == XlatVerbose {
		d.hex(op)
		d.s(" /* ")
	}
	d.s(text)
	if op&futexPrivate != 0 {
		d.s("_PRIVATE")
	}
	if op&futexClockRealtime != 0 {
		d.s("|FUTEX_CLOCK_REALTIME")
	}
	if d.opts.Xlat == XlatVerbose {
		d.s(" */")
	}
}

func (d *Decoder) futexWakeOp(v uint64) {
	if v>>28&8 != 0 {
		d.s("FUTEX_OP_OPARG_SHIFT<<28|")
	}
	if op := v >> 28 & 7; futexWakeOps.find(op) != "" {
		d.s(futexWakeOps.find(op))
	} else {
		d.hex(op)
	}
	d.s("<<28|")
	d.hex(v >> 12 & 0xfff)
	d.s("<<12|")
	if cmp := v >> 24 & 0xf; futexWakeCmps.find(cmp) != "" {
		d.s(futexWakeCmps.find(cmp))
	} else {
		d.hex(cmp)
	}
	d.s("<<24|")
	d.hex(v & 0xfff)
}

// groups16 and groups print a list of group ids after its length.
func groupsIn(size int) kind {
	return func(d *Decoder) bool {
		n := int32(d.next())
		d.dec(int64(n))
		d.comma()
		d.groups(d.size(d.next()), n, size)
		return true
	}
}

func groupsOut(size int) kind {
	return func(d *Decoder) bool {
		n, addr := int32(d.next()), d.size(d.next())
		if !d.exiting {
			d.dec(int64(n))
			d.comma()
			return false
		}
		if n == 0 {
			d.addr(addr)
			return true
		}
		d.groups(addr, int32(d.c.Result), size)
		return true
	}
}

const groupsMax = 65536 // NGROUPS_MAX

func (d *Decoder) groups(addr uint64, n int32, size int) {
	if n < 0 || n > groupsMax {
		d.addr(addr)
		return
	}
	show := (*Decoder).arrayUint
	if size == 2 {
		show = (*Decoder).arrayUint16
	}
	d.array(addr, uint64(n), size, show)
}

// capHeader and capData are the structures of capget and capset.
func (d *Decoder) capHeader(addr uint64) {
	if f, ok := d.fetch(addr, 8); ok {
		d.s("{version=")
		d.constant(f.u32(), &capVersions)
		d.field("pid", f.i32())
		d.c1('}')
	}
}

func (d *Decoder) capData(addr uint64) {
	header := d.size(d.c.Args[0])
	words := 1
	f, ok := d.peek(header, 4)
	if !ok || header == 0 {
		d.addr(addr)
		return
	}
	if v := f.u32(); v == 0x20071026 || v == 0x20080522 {
		words = 2
	}
	f, ok = d.fetch(addr, 12*words)
	if !ok {
		return
	}
	var sets [3]uint64
	for w := range words {
		for i := range sets {
			sets[i] |= f.u32() << (32 * w)
		}
	}
	for i, name := range [...]string{"{effective=", ", permitted=", ", inheritable="} {
		d.s(name)
		d.capSet(sets[i])
	}
	d.c1('}')
}

func (d *Decoder) capSet(set uint64) {
	if set == 0 || d.opts.Xlat == XlatRaw {
		d.hex(set)
		return
	}
	if d.opts.Xlat == XlatVerbose {
		d.hex(set)
		d.s(" /* ")
	}
	sep := ""
	for _, c := range capabilities.list {
		if bit := uint64(1) << c.value; set&bit != 0 {
			d.s(sep)
			d.s("1<<")
			d.s(c.text)
			set &^= bit
			sep = "|"
		}
	}
	if set != 0 {
		d.s(sep)
		d.hex(set)
		if sep == "" {
			d.comment("CAP_???")
		}
	}
	if d.opts.Xlat == XlatVerbose {
		d.s(" */")
	}
}

// schedParam prints struct sched_param.
func (d *Decoder) schedParam(addr uint64) { d.inInt(addr) }

// cpuset prints a set of processors of which size bytes are known.
func (d *Decoder) cpuset(addr, size uint64) {
	const cpusMax = 1 << 13 // bytes: more than any kernel is built for
	if !d.visible(addr) {
		return
	}
	if size > cpusMax {
		size = cpusMax
	}
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
	d.s(", sched_policy=")
	d.constant(f.u32(), &schedulers)
	d.s(", sched_flags=")
	d.flags(f.u64(), &schedFlags)
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

// userDesc prints struct user_desc, the description of a segment.
func (d *Decoder) userDesc(addr uint64) {
	f, ok := d.fetch(addr, 16)
	if !ok {
		return
	}
	entry := f.i32()
	d.s("{entry_number=")
	d.dec(entry)
	if d.c.saved[1] != 0 && int32(d.c.saved[0]) != int32(entry) {
		d.out = d.out[:len(d.out)-digits(entry)]
		d.dec(int64(int32(d.c.saved[0])))
		d.s(" => ")
		d.dec(entry)
	}
	base, limit, bits := f.u32(), f.u32(), f.u32()
	d.s(", base_addr=")
	d.hexPadAlways(base, 8)
	d.s(", limit=")
	d.hexPadAlways(limit, 8)
	for _, b := range [...]struct {
		name         string
		shift, width uint
	}{
		{"seg_32bit", 0, 1}, {"contents", 1, 2}, {"read_exec_only", 3, 1},
		{"limit_in_pages", 4, 1}, {"seg_not_present", 5, 1}, {"useable", 6, 1},
	} {
		d.ufield(b.name, bits>>b.shift&(1<<b.width-1))
	}
	if d.c.ABI.WordSize == 8 {
		d.ufield("lm", bits>>7&1)
	}
	d.c1('}')
}

func digits(v int64) int {
	n := 1
	if v < 0 {
		n++
		v = -v
	}
	for v >= 10 {
		v /= 10
		n++
	}
	return n
}

// hexPadAlways prints like C's %#08x, in which zero has no prefix.
func (d *Decoder) hexPadAlways(v uint64, width int) { d.hexPad(v, width) }

func setThreadArea(d *Decoder) bool {
	addr := d.size(d.next())
	if !d.exiting {
		if f, ok := d.fetch(addr, 16); ok {
			d.c.saved[0], d.c.saved[2] = f.u32(), 1
			d.userDesc(addr)
		}
		return false
	}
	if f, ok := d.peek(addr, 4); ok && !d.c.IsError && d.c.saved[2] != 0 {
		if is := uint32(f.u32()); is != uint32(d.c.saved[0]) {
			d.aux = append(d.aux, "entry_number="...)
			d.note(func() { d.dec(int64(int32(is))) })
		}
	}
	return true
}

func getThreadArea(d *Decoder) bool {
	addr := d.size(d.next())
	if !d.exiting {
		if f, ok := d.peek(addr, 4); ok && addr != 0 {
			d.c.saved[0], d.c.saved[1] = f.u32(), 1
		}
		return false
	}
	d.userDesc(addr)
	return true
}

// personality is the domain and flags of an execution environment.
func (d *Decoder) personality(v uint64) {
	if v == 0xffffffff {
		d.hex(v)
		return
	}
	base, rest := v&0xff, v&^0xff
	if text := personalities.find(v); text != "" && base == v {
		d.constant(v, &personalities)
		return
	}
	text := personalities.find(base)
	if rest == 0 {
		d.constant(v, &personalities)
		return
	}
	if text == "" {
		d.hex(base)
		d.comment(personalities.unknown)
	} else {
		d.s(text)
	}
	d.c1('|')
	if known(rest, &personalityFlags) {
		d.flags(rest, &personalityFlags)
	} else {
		d.hex(rest)
	}
}

func personality(d *Decoder) bool {
	v := d.next() & 0xffffffff
	if !d.exiting {
		d.personality(v)
		return false
	}
	if !d.c.IsError {
		d.note(func() { d.personality(uint64(d.c.Result) & 0xffffffff) })
	}
	return true
}

// schedulerResult names what sched_getscheduler returns.
func schedulerResult(d *Decoder) bool {
	d.next()
	if !d.exiting {
		d.dec(int64(int32(d.c.Args[0])))
		return false
	}
	if !d.c.IsError && schedulers.find(uint64(d.c.Result)) != "" {
		d.note(func() { d.constant(uint64(d.c.Result), &schedulers) })
	}
	return true
}

// ioprio prints a class and a level.
func (d *Decoder) ioprio(v uint64) {
	d.s("IOPRIO_PRIO_VALUE(")
	d.constant(v>>13, &ioprioClasses)
	d.comma()
	d.udec(v & 0x1fff)
	d.c1(')')
}

func ioprio(d *Decoder) bool { d.ioprio(d.next() & 0xffffffff); return true }

func ioprioResult(d *Decoder) bool {
	who := uint64(uint32(d.next()))
	id := int32(d.next())
	if !d.exiting {
		d.constant(who, &ioprioWho)
		d.comma()
		d.dec(int64(id))
		return false
	}
	if !d.c.IsError {
		d.note(func() { d.ioprio(uint64(d.c.Result)) })
	}
	return true
}
