package decode

// The operations of prctl(2) whose arguments and results have parts.

// setVMA is PR_SET_VMA: what is to be set, of which memory, and to what.
func (d *Decoder) setVMA(a *[6]uint64) {
	op := d.size(a[1])
	d.comma()
	d.constant(op, &setVMAOps)
	const anonName = 0
	if op != anonName {
		d.rest(2)
		return
	}
	d.comma()
	d.addr(d.size(a[2]))
	d.comma()
	d.udec(d.size(a[3]))
	d.comma()
	d.cstring(d.size(a[4]))
}

// schedCore is PR_SCHED_CORE up to what the kernel writes.
func (d *Decoder) schedCore(a *[6]uint64) bool {
	op, kind := a[1]&0xffffffff, a[3]&0xffffffff
	d.comma()
	d.constant(op, &schedCoreOps)
	d.comma()
	d.pid(int32(a[2]))
	d.comma()
	d.hex(kind)
	if d.opts.Xlat != XlatRaw {
		text := pidTypes.find(kind)
		if text == "" {
			text = pidTypes.unknown
		}
		d.comment(text)
	}
	d.comma()
	const get = 0
	if op == get {
		return false
	}
	d.addr(d.size(a[4]))
	return true
}

// vectorLength prints the length of vectors of SVE and SME, in the low bits, and
// flags.
func (d *Decoder) vectorLength(v uint64, n *names) {
	if v>>16 == 0 {
		d.hex(v)
		return
	}
	d.hexComment(v, func(v uint64) { d.vectorParts(v, n) })
}

func (d *Decoder) vectorParts(v uint64, n *names) {
	const length = 0xffff
	if v&^length != 0 {
		d.flagNames(v&^length, n)
		d.c1('|')
	}
	d.hex(v & length)
}

// vectorResult explains a length that a call returned, if it has flags.
func (d *Decoder) vectorResult(n *names) {
	d.hexResult = true
	if !d.c.IsError && d.opts.Xlat != XlatRaw && uint64(d.c.Result)>>16 != 0 {
		d.note(func() { d.vectorParts(uint64(d.c.Result), n) })
	}
}

// taggedAddresses prints how the tags of addresses are treated (PR_SET_TAGGED_ADDR_CTRL).
func (d *Decoder) taggedAddresses(v uint64) {
	const enable, check, tags, shift, all = 1, 6, 0xffff, 3, 0x7ffff
	if v&enable == 0 {
		d.c1('!')
	}
	d.s("PR_TAGGED_ADDR_ENABLE|")
	d.s(tagChecks.find(v & check))
	if t := v >> shift & tags; t != 0 {
		d.c1('|')
		d.hex(t)
		d.s("<<PR_MTE_TAG_SHIFT")
	}
	if v&^all != 0 {
		d.c1('|')
		d.hex(v &^ all)
	}
}

// flagsResult prints the result as a set of flags, and names those that are known.
func (d *Decoder) flagsResult(n *names) {
	if d.c.IsError {
		return
	}
	d.hexResult = true
	if v := uint64(d.c.Result); d.opts.Xlat != XlatRaw && known(v, n) {
		d.note(func() { d.flagNames(v, n) })
	}
}

// hexComment prints a number of which show prints the meaning: instead, in a
// comment or not at all, as -X says.
func (d *Decoder) hexComment(v uint64, show func(v uint64)) {
	switch d.opts.Xlat {
	case XlatRaw:
		d.hex(v)
	case XlatVerbose:
		d.hex(v)
		d.s(" /* ")
		show(v)
		d.s(" */")
	default:
		show(v)
	}
}

// named prints a negative number that has a name.
func (d *Decoder) named(v int64, name string) {
	switch d.opts.Xlat {
	case XlatRaw:
		d.dec(v)
	case XlatVerbose:
		d.dec(v)
		d.comment(name)
	default:
		d.s(name)
	}
}

// flagNames prints the names of flags whatever -X says, and a number for those
// that have none.
func (d *Decoder) flagNames(v uint64, n *names) {
	sep := ""
	for i := range n.list {
		if f := n.list[i].value; f != 0 && v&f == f {
			d.s(sep)
			d.s(n.list[i].text)
			v &^= f
			sep = "|"
		}
	}
	if v != 0 || sep == "" {
		d.s(sep)
		d.hex(v)
	}
}

// threadName prints a name of which so many bytes count.
func (d *Decoder) threadName(addr uint64, size int) {
	if addr == 0 {
		d.s("NULL")
		return
	}
	buf := d.buffer(size)
	n, ended, ok := d.readString(addr, buf)
	if !ok {
		d.addr(addr)
		return
	}
	d.quote(buf[:n], 0)
	if !ended {
		d.s("...")
	}
}
