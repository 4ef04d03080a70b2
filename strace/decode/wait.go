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
