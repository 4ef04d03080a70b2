package decode

// siginfoSize is the size of a siginfo_t in every ABI.
const siginfoSize = 128

// Siginfo appends a signal's information as strace prints it after the name:
// {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=NULL}. c gives the ABI whose
// layout info has, and the way to print; its other fields are not used.
func (d *Decoder) Siginfo(buf []byte, c *Call, info []byte) []byte {
	d.c, d.out, d.exiting = c, buf, false
	d.full, d.opaque = d.opts.Full.Contains(c.ABI, c.Nr), false
	f := d.fields(info)
	d.siginfo(&f)
	buf = d.out
	d.c, d.out = nil, nil
	return buf
}

// siginfoAt prints the siginfo_t at addr.
func (d *Decoder) siginfoAt(addr uint64) {
	if f, ok := d.fetch(addr, siginfoSize); ok {
		d.siginfo(&f)
	}
}

const (
	sigILL, sigTRAP, sigBUS, sigFPE, sigSEGV, sigCHLD, sigIO, sigSYS = 4, 5, 7, 8, 11, 17, 29, 31

	siUser, siTkill, siTimer, siKernel, siQueue, siMesgq = 0, -6, -2, 0x80, -1, -3
)

func (d *Decoder) siginfo(f *fields) {
	signo, errno, code := int32(f.u32()), f.u32(), int32(f.u32())
	if signo == 0 {
		d.s("{}")
		return
	}
	d.s("{si_signo=")
	d.signal(signo)
	d.s(", si_code=")
	d.siCode(signo, code)
	if errno != 0 {
		d.s(", si_errno=")
		d.errnoName(errno)
	}
	// The union that follows holds pointers.
	f.off = (f.off + f.long - 1) &^ (f.long - 1)
	d.siginfoUnion(f, signo, code)
	d.c1('}')
}

func (d *Decoder) siCode(signo, code int32) {
	if text := siCodes.find(uint64(uint32(code))); text != "" {
		d.constant(uint64(uint32(code)), &siCodes)
		return
	}
	table := &siCodes
	switch signo {
	case sigILL:
		table = &illCodes
	case sigFPE:
		table = &fpeCodes
	case sigSEGV:
		table = &segvCodes
	case sigBUS:
		table = &busCodes
	case sigTRAP:
		table = &trapCodes
	case sigCHLD:
		table = &chldCodes
	case sigIO:
		table = &pollCodes
	case sigSYS:
		table = &sysCodes
	}
	if table.find(uint64(uint32(code))) == "" {
		d.hex(uint64(uint32(code)))
		return
	}
	d.constant(uint64(uint32(code)), table)
}

// siginfoUnion prints the part of a siginfo_t that depends on where the signal
// comes from (see siginfo_layout in kernel/signal.c).
func (d *Decoder) siginfoUnion(f *fields, signo, code int32) {
	switch code {
	case siUser, siTkill:
		d.siSender(f)
		return
	case siTimer:
		d.s(", si_timerid=")
		d.hex(f.u32())
		d.s(", si_overrun=")
		d.dec(f.i32())
		d.siValue(f)
		return
	}
	if code == siKernel && !isFault(signo) && signo != sigSYS {
		return
	}
	if code <= 0 {
		d.siSender(f)
		d.siValue(f)
		return
	}
	switch signo {
	case sigCHLD:
		d.siChild(f, code)
	case sigILL, sigFPE, sigSEGV, sigBUS, sigTRAP:
		d.siFault(f, signo, code)
	case sigIO:
		d.s(", si_band=")
		if f.long == 4 {
			d.dec(f.i32())
		} else {
			d.dec(f.i64())
		}
		d.s(", si_fd=")
		d.fd(int32(f.u32()))
	case sigSYS:
		d.s(", si_call_addr=")
		d.addr(f.size())
		d.s(", si_syscall=")
		d.siSyscall(f)
	default:
		d.siSender(f)
		d.siValue(f)
	}
}

func isFault(signo int32) bool {
	switch signo {
	case sigILL, sigFPE, sigSEGV, sigBUS, sigTRAP:
		return true
	}
	return false
}

func (d *Decoder) siSender(f *fields) {
	d.field("si_pid", f.i32())
	d.ufield("si_uid", f.u32())
}

// siValue prints a sigval, of which nobody knows whether it is a number or a
// pointer.
func (d *Decoder) siValue(f *fields) {
	start := f.off
	if f.long == 8 {
		start = (start + 7) &^ 7
	}
	f.off = start
	number := f.i32()
	f.off = start
	pointer := f.size()
	if number == 0 && pointer == 0 {
		return
	}
	d.field("si_int", number)
	d.s(", si_ptr=")
	d.addr(pointer)
}

func (d *Decoder) siChild(f *fields, code int32) {
	d.siSender(f)
	d.s(", si_status=")
	status := f.u32()
	if code == 1 { // CLD_EXITED
		d.dec(int64(int32(status)))
	} else {
		d.signal(int32(status))
	}
	if f.klong == 4 {
		d.field("si_utime", f.i32())
		d.field("si_stime", f.i32())
	} else {
		d.field("si_utime", f.i64())
		d.field("si_stime", f.i64())
	}
}

func (d *Decoder) siFault(f *fields, signo, code int32) {
	d.s(", si_addr=")
	d.addr(f.size())
	switch {
	case signo == sigSEGV && code == 3: // SEGV_BNDERR
		f.size()
		d.s(", si_lower=")
		d.addr(f.size())
		d.s(", si_upper=")
		d.addr(f.size())
	case signo == sigSEGV && code == 4: // SEGV_PKUERR
		f.size()
		d.ufield("si_pkey", f.u32())
	case signo == sigBUS && (code == 4 || code == 5): // BUS_MCEERR_*
		d.ufield("si_addr_lsb", f.u16())
	}
}

func (d *Decoder) siSyscall(f *fields) {
	nr := uint32(f.u32())
	arch := f.u32()
	d.syscallName(uint64(nr), arch)
	d.s(", si_arch=")
	d.constant(arch, &auditArchs)
}
