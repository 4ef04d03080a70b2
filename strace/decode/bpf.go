package decode

// bpfCommand is how the attributes of one command of bpf(2) are printed (union
// bpf_attr of linux/bpf.h). They have grown with the kernel: a program may know fewer
// than we do, or more.
type bpfCommand struct {
	size  int    // of the attributes that are known
	group string // they stand in a structure of this name
	in    layout // printed at entry
	out   layout // printed at exit; without it all is done at entry
	after func(d *Decoder, f *fields)
	fd    bool // the result is a descriptor
	// whole prints all instead, braces and what is not known included.
	whole func(d *Decoder, addr, size uint64, f *fields)
}

// newer is the beginning of members that programs did not know before some version of
// the kernel; they are aligned to so many bytes. What is not there is not printed.
func newer(align int) member {
	return member{show: func(_ *Decoder, f *fields) {
		if f.off = (f.off + align - 1) &^ (align - 1); f.off >= f.given {
			f.ended = true
		}
	}}
}

// bpf is the whole of that call.
func bpf(d *Decoder) bool {
	const page = 4096
	cmd, addr, size := d.next()&0xffffffff, d.size(d.next()), d.next()&0xffffffff
	if !d.exiting {
		d.constant(cmd, &bpfCmds)
		d.comma()
	}
	c, ok := bpfCommands[cmd]
	if d.c.saved[3] != 0 { // nothing is left to print but the result
		d.fdResult = true
		return true
	}
	done := true
	if !ok || size == 0 || size > page || addr == 0 || d.opaque || !d.read(addr, d.buffer(int(size))) {
		d.addr(addr)
	} else {
		clear(d.elem[:c.size])
		given := copy(d.elem[:c.size], d.buffer(int(size)))
		f := d.fields(d.elem[:c.size])
		f.align8 = 8 // they are aligned alike for all programs
		f.given = given
		done = d.bpfAttributes(&c, &f, addr, size)
	}
	if done {
		d.comma()
		d.udec(size)
		d.c.saved[3] = 1
	}
	return done && !c.fd
}

func (d *Decoder) bpfAttributes(c *bpfCommand, f *fields, addr, size uint64) bool {
	end := func() {
		if c.group != "" {
			d.c1('}')
		}
		d.bpfMore(addr, uint64(c.size), size)
		d.c1('}')
	}
	if c.whole != nil {
		c.whole(d, addr, size, f)
		return true
	}
	if d.exiting {
		if c.after != nil {
			c.after(d, f)
			return true
		}
		if c.out != nil {
			d.members(f, c.out)
			end()
		}
		return true
	}
	d.c1('{')
	if c.group != "" {
		d.s(c.group)
		d.s("={")
	}
	d.members(f, c.in)
	if c.out != nil {
		return false
	}
	end()
	return c.after == nil
}

// bpfMore are attributes that we do not know, where they are not zero.
func (d *Decoder) bpfMore(addr, known, size uint64) {
	if size <= known {
		return
	}
	buf := d.buffer(int(size - known))
	if !d.read(addr+known, buf) || isZero(buf) {
		return
	}
	if !d.full {
		d.s(", ...")
		return
	}
	d.key("extra_data")
	d.quote(buf, quoteForceHex)
	d.s(" /* bytes ")
	d.udec(known)
	d.s("..")
	d.udec(size - 1)
	d.s(" */")
}

// change prints a number that the kernel has written over the caller's, which stands
// in saved[0]: 1 => 2.
func (d *Decoder) change(is uint64) {
	if was := d.c.saved[0]; was != is {
		d.udec(was)
		d.s(" => ")
	}
	d.udec(is)
}

// kept is a number that is printed and kept, became what became of it.
func kept(name string) member {
	return member{name, func(d *Decoder, f *fields) {
		d.c.saved[0] = f.u32()
		d.udec(d.c.saved[0])
	}}
}

func became(skip int) member {
	return member{"", func(d *Decoder, f *fields) {
		f.skip(skip)
		if is := f.u32(); is != d.c.saved[0] {
			d.s(" => ")
			d.udec(is)
		}
	}}
}

// path64 is a pointer to a path, as wide in every ABI.
func path64(name string) member {
	return member{name, func(d *Decoder, f *fields) { d.path(f.u64()) }}
}

// bpfName is the name of an object, of which fewer bytes may be there.
func bpfName(name string) member {
	const size = 16 // BPF_OBJ_NAME_LEN
	return member{name, func(d *Decoder, f *fields) { d.charArray(f.raw(size)[:min(size, f.given-f.off+size)]) }}
}

// numaNode is a node, or none.
func (d *Decoder) numaNode(f *fields) {
	v := f.u32()
	d.udec(v)
	if v == 0xffffffff && d.opts.Xlat != XlatRaw {
		d.comment("NUMA_NO_NODE")
	}
}

// kernelVersion is a number for which a program was made.
func (d *Decoder) kernelVersion(f *fields) {
	v := f.u32()
	d.hexComment(v, func(v uint64) {
		d.s("KERNEL_VERSION(")
		d.udec(v >> 16)
		d.comma()
		d.udec(v >> 8 & 0xff)
		d.comma()
		d.udec(v & 0xff)
		d.c1(')')
	})
}

// bpfInstructions are the instructions of a program, which are printed in full only.
func (d *Decoder) bpfInstructions(addr, n uint64) {
	if !d.full {
		d.addr(addr)
		return
	}
	d.arrayUpTo(addr, n, maxInstructions, 8, func(d *Decoder, f *fields) {
		code, registers := f.u8(), f.u8()
		d.s("{code=")
		d.bpfCode(code)
		d.key("dst_reg")
		d.constant(registers&0xf, &bpfRegisters)
		d.key("src_reg")
		d.constant(registers>>4, &bpfRegisters)
		d.members(f, layout{i16("off"), x32("imm")})
		d.c1('}')
	})
}

// bpfCode prints the code of an instruction, which has other classes than those of
// the classic BPF.
func (d *Decoder) bpfCode(code uint64) {
	const load, loadX, store, storeX, alu, jump, jump32, alu64 = 0, 1, 2, 3, 4, 5, 6, 7
	class := code & 7
	d.constant(class, &bpfClasses)
	part := func(mask uint64, n *names) {
		d.c1('|')
		d.constant(code&mask, n)
	}
	switch class {
	case load, loadX, store, storeX:
		part(0x18, &bpfSizes)
		part(0xe0, &bpfModes)
	case alu, alu64:
		part(0x08, &filterSources)
		part(0xf0, &bpfALUs)
	case jump:
		part(0x08, &filterSources)
		part(0xf0, &bpfJumps)
	case jump32:
		if code &^= 7; code != 0 {
			d.c1('|')
			d.hex(code)
			d.comment("BPF_???")
		}
	}
}
