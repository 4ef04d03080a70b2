package decode

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
