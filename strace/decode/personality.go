package decode

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
	d.constant(base, &personalities)
	if rest == 0 {
		return
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
