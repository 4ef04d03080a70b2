package decode

// siginfoSize is the size of a siginfo_t in every ABI.
const siginfoSize = 128

// Siginfo appends a signal's information as strace prints it after the name:
// {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=NULL}. c gives the ABI whose
// layout info has, and the thread that the signal is for. A
// 64-bit tracer gets the 64-bit layout from PTRACE_GETSIGINFO whatever the
// tracee is.
func (d *Decoder) Siginfo(buf []byte, c *Call, info []byte) []byte {
	d.c, d.out, d.exiting = c, buf, false
	d.full, d.opaque = false, false
	f := d.fields(info)
	d.siginfo(&f)
	buf = d.out
	d.c, d.out = nil, nil
	return buf
}

// SignalCode is the name of a si_code, such as SEGV_MAPERR, which for positive
// codes depends on the signal; "" if it has none.
func SignalCode(sig, code int) string {
	return codeNames(int32(sig), int32(code)).find(uint64(uint32(code)))
}

// siginfoAt prints the siginfo_t at addr.
func (d *Decoder) siginfoAt(addr uint64) {
	f, ok := d.fetch(addr, siginfoSize)
	switch {
	case !ok:
	case f.u32() == 0:
		d.s("{}") // no child has changed, says waitid
	default:
		f.off = 0
		d.siginfo(&f)
	}
}

const (
	sigILL, sigTRAP, sigBUS, sigFPE, sigSEGV, sigCHLD, sigIO, sigSYS = 4, 5, 7, 8, 11, 17, 29, 31

	siUser, siTimer, siSigio, siTkill = 0, -2, -5, -6
)

// codeNames returns the table in which a si_code would be: that of its signal,
// or the one for all signals.
func codeNames(sig, code int32) *names {
	table := &siCodes
	switch sig {
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
		return &siCodes
	}
	return table
}

func (d *Decoder) siginfo(f *fields) {
	sig, errno, code := int32(f.u32()), f.u32(), int32(f.u32())
	d.s("{si_signo=")
	d.signal(sig)
	d.s(", si_code=")
	if n := codeNames(sig, code); n.find(uint64(uint32(code))) != "" {
		d.constant(uint64(uint32(code)), n)
	} else {
		d.hex(uint64(uint32(code)))
	}
	if errno != 0 {
		d.s(", si_errno=")
		d.errnoName(errno)
	}
	// Codes up to 0 come from processes (SI_FROMUSER) and mean the same for
	// every signal; the meaning of the others depends on the signal. See
	// siginfo_layout in kernel/signal.c.
	u := siginfoUnion{f, (f.off + f.long - 1) &^ (f.long - 1)}
	if code <= 0 {
		d.siginfoOfUser(u, code)
	} else {
		d.siginfoOfKernel(u, sig, code)
	}
	d.c1('}')
}

// siginfoUnion is the part of a siginfo_t behind its first three fields, which
// overlap: they are read by their offset in it.
type siginfoUnion struct {
	f    *fields
	base int
}

func (u siginfoUnion) u32(off int) uint64 { u.f.off = u.base + off; return u.f.u32() }
func (u siginfoUnion) i32(off int) int64  { return int64(int32(u.u32(off))) }
func (u siginfoUnion) ptr(off int) uint64 { u.f.off = u.base + off; return u.f.size() }

// value is the sigval behind the sender, at which a child's status is too.
const siValueOffset = 8

func (d *Decoder) siginfoOfUser(u siginfoUnion, code int32) {
	switch code {
	case siUser, siTkill:
		d.siSender(u)
	case siTimer:
		d.s(", si_timerid=")
		d.hex(u.u32(0))
		d.field("si_overrun", u.i32(4))
		d.siValue(u)
	case siSigio:
		d.siPoll(u)
	default:
		d.siSender(u)
		if u.ptr(siValueOffset) != 0 {
			d.siValue(u)
		}
	}
}

func (d *Decoder) siginfoOfKernel(u siginfoUnion, sig, code int32) {
	switch sig {
	case sigCHLD:
		d.siChild(u, code)
	case sigILL, sigFPE, sigSEGV, sigBUS, sigTRAP:
		d.siFault(u, sig, code)
	case sigIO:
		if pollCodes.find(uint64(code)) != "" {
			d.siPoll(u)
		}
	case sigSYS:
		d.siSyscall(u)
	default:
		if u.u32(0) != 0 || u.u32(4) != 0 {
			d.siSender(u)
		}
		if u.ptr(siValueOffset) != 0 {
			d.siValue(u)
		}
	}
}

func (d *Decoder) siSender(u siginfoUnion) {
	d.field("si_pid", u.i32(0))
	d.process(int32(u.i32(0)))
	d.s(", si_uid=")
	d.id(u.u32(4))
}

// siValue prints a sigval, of which nobody knows whether it is a number or a
// pointer.
func (d *Decoder) siValue(u siginfoUnion) {
	d.field("si_int", u.i32(siValueOffset))
	d.s(", si_ptr=")
	d.addr(u.ptr(siValueOffset))
}

func (d *Decoder) siPoll(u siginfoUnion) {
	band := int64(u.ptr(0))
	if u.f.long == 4 {
		band = u.i32(0)
	}
	d.field("si_band", band)
	d.s(", si_fd=")
	d.fd(int32(u.u32(u.f.long)))
}

func (d *Decoder) siChild(u siginfoUnion, code int32) {
	d.siSender(u)
	d.s(", si_status=")
	if code == 1 { // CLD_EXITED
		d.dec(u.i32(siValueOffset))
	} else {
		d.signal(int32(u.u32(siValueOffset)))
	}
	u.f.off = u.base + siValueOffset + 4
	if u.f.klong == 8 {
		u.f.off = u.base + siValueOffset + 8
	}
	d.s(", si_utime=")
	d.ticks(u.f.kulong())
	d.s(", si_stime=")
	d.ticks(u.f.kulong())
}

// ticks prints a time in ticks of 1/100 s (USER_HZ).
func (d *Decoder) ticks(n uint64) {
	d.udec(n)
	if n == 0 {
		return
	}
	d.s(" /* ")
	d.udec(n / 100)
	d.out = append(d.out, '.', byte('0'+n/10%10), byte('0'+n%10))
	d.s(" s */")
}

func (d *Decoder) siFault(u siginfoUnion, sig, code int32) {
	long := u.f.long
	d.s(", si_addr=")
	d.addr(u.ptr(0))
	switch SignalCode(int(sig), int(code)) {
	case "SEGV_BNDERR":
		d.s(", si_lower=")
		d.addr(u.ptr(2 * long))
		d.s(", si_upper=")
		d.addr(u.ptr(3 * long))
	case "SEGV_PKUERR":
		d.ufield("si_pkey", u.u32(2*long))
	case "BUS_MCEERR_AR", "BUS_MCEERR_AO":
		d.s(", si_addr_lsb=")
		d.hex(u.u32(long) & 0xffff)
	}
}

func (d *Decoder) siSyscall(u siginfoUnion) {
	long := u.f.long
	nr, arch := u.u32(long), u.u32(long+4)
	d.s(", si_call_addr=")
	d.addr(u.ptr(0))
	d.s(", si_syscall=")
	d.syscallConstant(nr, arch)
	d.s(", si_arch=")
	d.constant(arch, &auditArchs)
}
