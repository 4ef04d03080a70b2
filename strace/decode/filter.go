package decode

// Programs of the classic BPF, in which filters of system calls and of packets
// are written (linux/filter.h).

// filterProgram prints struct sock_fprog; constant prints what is special about
// the constants of its instructions, and reports whether there was anything.
func (d *Decoder) filterProgram(addr uint64, constant func(d *Decoder, code, k uint64) bool) {
	f, ok := d.fetch(addr, 2*d.long())
	if !ok {
		return
	}
	n := f.u16()
	program := f.size()
	d.s("{len=")
	d.udec(n)
	d.s(", filter=")
	d.filterInstructions(program, n, constant)
	d.c1('}')
}

// maxInstructions is how many a program may have (BPF_MAXINSNS).
const maxInstructions = 4096

func (d *Decoder) filterInstructions(addr, n uint64, constant func(d *Decoder, code, k uint64) bool) {
	if !d.full || addr == 0 {
		d.addr(addr)
		return
	}
	d.arrayUpTo(addr, n, maxInstructions, 8, func(d *Decoder, f *fields) {
		code, jt, jf, k := f.u16(), f.u8(), f.u8(), f.u32()
		if jt|jf == 0 {
			d.s("BPF_STMT(")
			d.filterCode(code)
			d.comma()
			if !constant(d, code, k) {
				d.hex(k)
			}
		} else {
			d.s("BPF_JUMP(")
			d.filterCode(code)
			for _, v := range [...]uint64{k, jt, jf} {
				d.comma()
				d.hex(v)
			}
		}
		d.c1(')')
	})
}

// The classes of instructions, in the low bits of the code.
const (
	filterLD, filterLDX, filterST, filterSTX  = 0, 1, 2, 3
	filterALU, filterJMP, filterRET, filterOp = 4, 5, 6, 7
)

// filterCode prints the code of an instruction of the classic BPF.
func (d *Decoder) filterCode(code uint64) {
	class := code & 7
	d.constant(class, &filterClasses)
	left := code &^ 7
	part := func(mask uint64, n *names) {
		d.c1('|')
		d.constant(code&mask, n)
		left &^= mask
	}
	switch class {
	case filterLD, filterLDX:
		part(0x18, &filterSizes)
		part(0xe0, &filterModes)
		return
	case filterALU:
		part(0x08, &filterSources)
		part(0xf0, &filterALUs)
		return
	case filterJMP:
		part(0x08, &filterSources)
		part(0xf0, &filterJumps)
		return
	case filterRET:
		part(0x18, &filterReturns)
	case filterOp:
		part(0xf8, &filterMiscs)
	}
	if left != 0 {
		d.c1('|')
		d.hex(left)
		d.comment("BPF_???")
	}
}

// seccompConstant prints what a filter of system calls returns.
func seccompConstant(d *Decoder, code, k uint64) bool {
	if code&7 != filterRET {
		return false
	}
	const action = 0xffff0000 // SECCOMP_RET_ACTION_FULL
	d.constant(k&action, &seccompActions)
	if data := k &^ action; data != 0 {
		d.c1('|')
		d.hex(data)
	}
	return true
}
