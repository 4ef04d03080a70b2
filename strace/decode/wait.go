package decode

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

// waitidWho is of which children waitid is to wait: a type, and an id of that type.
func waitidWho(d *Decoder) bool {
	const process, group, pidfd = 1, 2, 3
	kind, id := d.next()&0xffffffff, int32(d.next())
	d.constant(kind, &waitidTypes)
	d.comma()
	switch kind {
	case process:
		d.pid(id)
	case group:
		if d.dec(int64(id)); id > 1 && d.opts.PID != nil {
			d.out = d.opts.PID(d.out, d.c.TID, -id)
		}
	case pidfd:
		d.fd(id)
	default:
		d.dec(int64(id))
	}
	return true
}

// ofChild is printed after a success that found a child.
func ofChild(show func(d *Decoder, addr uint64)) kind {
	return atExit(func(d *Decoder, addr uint64) {
		if d.c.Result == 0 {
			d.addr(addr)
		} else {
			show(d, addr)
		}
	})
}
