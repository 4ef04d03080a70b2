package decode

import "github.com/utrace/utrace/syscalls"

// The structures of ptrace(2).

// siginfos prints the array that PTRACE_PEEKSIGINFO fills.
func (d *Decoder) siginfos(addr, n uint64) {
	if !d.visible(addr) {
		return
	}
	d.c1('[')
	for i := range min(n, 1<<10) {
		if i > 0 {
			d.comma()
		}
		f, ok := d.peek(addr+i*siginfoSize, siginfoSize)
		if !ok {
			d.s("... /* ")
			d.hex(addr + i*siginfoSize)
			d.s(" */")
			break
		}
		if i >= uint64(d.strSize) && !d.full {
			d.s("...")
			break
		}
		d.siginfo(&f)
	}
	d.c1(']')
}

// filterMetadata prints what PTRACE_SECCOMP_GET_METADATA asks for.
func (d *Decoder) filterMetadata(size, addr uint64) bool {
	if size < 8 {
		d.addr(addr)
		return true
	}
	f, ok := d.fetch(addr, 8)
	if !ok {
		return true
	}
	d.s("{filter_off=")
	d.udec(f.u64())
	if size == 8 {
		d.c1('}')
		return true
	}
	return false
}

func (d *Decoder) filterMetadataExit(size, addr uint64) {
	const known = 16
	if f, ok := d.peek(addr+8, 8); ok && !d.c.IsError && d.c.Result >= 8 {
		d.s(", flags=")
		d.flags(f.u64(), &seccompFlags)
		if size > known {
			d.s(", ...")
		}
	}
	d.c1('}')
}

// syscallInfo prints the first size bytes of struct ptrace_syscall_info: what is
// not there in whole is left out.
func (d *Decoder) syscallInfo(addr, size uint64) {
	const (
		largest                    = 88
		none, entry, exit, seccomp = 0, 1, 2, 3
	)
	size = min(size, largest)
	if size == 0 {
		d.addr(addr)
		return
	}
	f, ok := d.fetch(addr, int(size))
	if !ok {
		return
	}
	has := func(end uint64) bool { return size >= end }
	op := f.u8()
	d.s("{op=")
	d.constant(op, &syscallInfoOps)
	f.skip(3)
	arch := f.u32()
	if has(8) {
		d.s(", arch=")
		d.constant(arch, &auditArchs)
	}
	for i, name := range [...]string{"instruction_pointer", "stack_pointer"} {
		if v := f.u64(); has(uint64(16 + 8*i)) {
			d.key(name)
			d.hex(v)
		}
	}
	switch op {
	case entry, seccomp:
		d.syscallInfoEntry(&f, op == seccomp, arch, has)
	case exit:
		d.syscallInfoExit(&f, has)
	}
	d.c1('}')
}

func (d *Decoder) syscallInfoEntry(f *fields, seccomp bool, arch uint64, has func(end uint64) bool) {
	if !has(32) {
		return
	}
	if seccomp {
		d.s(", seccomp={nr=")
	} else {
		d.s(", entry={nr=")
	}
	nr := f.u64()
	d.syscallConstant(nr, arch)
	for i := range uint64(6) {
		v := f.u64()
		if !has(40 + 8*i) {
			break
		}
		if i == 0 {
			d.s(", args=[")
		} else {
			d.comma()
		}
		d.hex(v)
		if i == 5 || !has(48+8*i) {
			d.c1(']')
		}
	}
	if seccomp && has(84) {
		d.ufield("ret_data", f.u32())
	}
	d.c1('}')
}

func (d *Decoder) syscallInfoExit(f *fields, has func(end uint64) bool) {
	if !has(32) {
		return
	}
	value, failed := f.i64(), f.u8()
	d.s(", exit={rval=")
	if name := ErrnoName(int(-value)); has(33) && failed != 0 && value < 0 && name != "" {
		d.named(value, "-"+name)
	} else {
		d.dec(value)
	}
	if has(33) {
		d.ufield("is_error", failed)
	}
	d.c1('}')
}

var syscallInfoOps = names{"PTRACE_SYSCALL_INFO_???", []name{
	{0, "PTRACE_SYSCALL_INFO_NONE"}, {1, "PTRACE_SYSCALL_INFO_ENTRY"}, {2, "PTRACE_SYSCALL_INFO_EXIT"},
	{3, "PTRACE_SYSCALL_INFO_SECCOMP"},
}}

// syscallConstant prints a call of an architecture as -X says. The constants __NR_* that
// a program knows are those of its own ABI.
func (d *Decoder) syscallConstant(nr, arch uint64) {
	name, own := "", false
	if abi := syscalls.ByAuditArch(uint32(arch)); abi != nil {
		abi = abi.ForNumber(nr)
		call, _ := abi.Lookup(nr)
		name, own = call.Name, abi == d.c.ABI
	}
	if own && name != "" {
		name = "__NR_" + name
		if d.opts.Xlat == XlatAbbrev {
			d.s(name)
			return
		}
	}
	d.udec(nr)
	if name != "" && d.opts.Xlat != XlatRaw {
		d.comment(name)
	}
}
