package decode

import "strings"

// The register sets of ptrace(2). Those of x86-64 have names; of the others the address is
// printed.

const (
	generalSize = 27 * 8 // struct user_regs_struct
	floatSize   = 512    // struct user_fpregs_struct
)

// saveVectorLength keeps the length of the vector as it is before the call: the kernel
// writes how much of it a set takes.
func (d *Decoder) saveVectorLength(addr uint64) {
	if f, ok := d.peek(addr, 2*d.long()); ok {
		f.size()
		d.c.saved[0] = f.size()
	}
}

// registerVector prints a set of registers, and how long it is. What was to be set is
// printed though the kernel refused it.
func (d *Decoder) registerVector(set, addr uint64, writes, failed bool) {
	const general, float = 1, 2 // NT_PRSTATUS, NT_FPREGSET
	f, ok := d.fetch(addr, 2*d.long())
	if !ok {
		return
	}
	base, size := f.size(), f.size()
	given := d.c.saved[0]
	d.s("{iov_base=")
	have := size
	if writes {
		have = given
	}
	switch {
	case failed && !writes:
		d.addr(base)
	case set == general:
		d.generalRegisters(base, have)
	case set == float:
		d.floatRegisters(base, have)
	default:
		d.addr(base)
	}
	d.ufield("iov_len", given)
	if size != given {
		d.s(" => ")
		d.udec(size)
	}
	d.c1('}')
}

// registers reads the first size bytes of a set that has whole bytes, and prints the address
// if they are no registers: those of another machine, none, or a part of one.
func (d *Decoder) registers(addr, size, whole uint64) (f fields, ok bool) {
	if d.c.ABI.Name != "x86_64" || size == 0 || size%8 != 0 {
		d.addr(addr)
		return f, false
	}
	return d.fetch(addr, int(min(size, whole)))
}

// generalRegisters prints as many registers as there is room for.
func (d *Decoder) generalRegisters(addr, size uint64) {
	f, ok := d.registers(addr, size, generalSize)
	if !ok {
		return
	}
	d.c1('{')
	for i := range len(f.buf) / 8 {
		d.key(strings.ToLower(userRegs64[i]))
		d.hex(f.u64())
	}
	if size > generalSize {
		d.s(", ...")
	}
	d.c1('}')
}

// floatRegisters prints those of the floating point unit, in the layout of FXSAVE.
func (d *Decoder) floatRegisters(addr, size uint64) {
	f, ok := d.registers(addr, size, floatSize)
	if !ok {
		return
	}
	d.c1('{')
	for _, part := range []struct {
		offset int
		layout layout
	}{
		{0, layout{x16("cwd"), x16("swd"), x16("ftw"), x16("fop")}}, {8, layout{x64("rip")}}, {16, layout{x64("rdp")}},
		{24, layout{x32("mxcsr"), x32("mxcr_mask")}}, {32, layout{hexWords("st_space", 32)}}, {160, layout{hexWords("xmm_space", 64)}},
		{416, layout{hexWords("padding", 24)}},
	} {
		if part.offset < len(f.buf) {
			d.members(&f, part.layout)
		}
	}
	if size > floatSize {
		d.s(", ...")
	}
	d.c1('}')
}

// hexWords is an array of n words, or of as many as there are.
func hexWords(name string, n int) member {
	return member{name, func(d *Decoder, f *fields) {
		have := min(n, (len(f.buf)-f.off)/4)
		d.elements(uint64(have), func() { d.hex(f.u32()) })
		f.off += 4 * (n - have)
	}}
}
