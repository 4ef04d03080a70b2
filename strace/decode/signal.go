package decode

import (
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"github.com/utrace/utrace/syscalls"
)

var signalNames = [...]string{
	1: "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1",
	"SEGV", "USR2", "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP",
	"TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR",
	"SYS", "RTMIN",
}

const (
	sigRTMin = 32 // the kernel's; the C library keeps two for itself
	sigMax   = 64
)

// AppendSignal appends the name of a signal, SIGSEGV or SIGRT_2, or the number
// of what is none.
func AppendSignal(buf []byte, sig int) []byte {
	if sig < 1 || sig > sigMax {
		return strconv.AppendInt(buf, int64(sig), 10)
	}
	return appendShortSignal(append(buf, "SIG"...), sig)
}

// SignalNumber understands SIGINT, sigint, INT, SIGRT_3 and 2, the ways in which
// strace takes signals. Numbers up to 255 pass, as they do there.
func SignalNumber(name string) (sig int, ok bool) {
	if n, err := strconv.ParseUint(name, 10, 8); err == nil {
		return int(n), true
	}
	name, _ = strings.CutPrefix(strings.ToUpper(name), "SIG")
	if rest, ok := strings.CutPrefix(name, "RT_"); ok {
		n, err := strconv.ParseUint(rest, 10, 8)
		return int(n) + sigRTMin, err == nil && n <= sigMax-sigRTMin
	}
	sig = slices.Index(signalNames[1:], name) + 1
	return sig, sig > 0
}

func appendShortSignal(buf []byte, sig int) []byte {
	if sig < len(signalNames) {
		return append(buf, signalNames[sig]...)
	}
	return strconv.AppendInt(append(buf, "RT_"...), int64(sig-sigRTMin), 10)
}

func (d *Decoder) signal(sig int32) {
	named := 1 <= sig && sig <= sigMax
	switch {
	case !named || d.opts.Xlat == XlatAbbrev:
		d.out = AppendSignal(d.out, int(sig))
	case d.opts.Xlat == XlatRaw:
		d.dec(int64(sig))
	default:
		d.dec(int64(sig))
		d.s(" /* ")
		d.out = AppendSignal(d.out, int(sig))
		d.s(" */")
	}
}

func signal(d *Decoder) bool { d.signal(int32(d.next())); return true }

// appendSignalSet appends a set of the first n signals, the first of which is bit 0, in
// strace's short form: [INT TERM], or ~[KILL STOP] when most are in it.
func appendSignalSet(buf []byte, set uint64, n int, style XlatStyle) []byte {
	if n < 64 {
		set &= 1<<n - 1
	}
	if bits.OnesCount64(set) >= n*2/3 {
		buf = append(buf, '~')
		set = ^set
		if n < 64 {
			set &= 1<<n - 1
		}
	}
	buf = append(buf, '[')
	for first := true; set != 0; first = false {
		if !first {
			buf = append(buf, ' ')
		}
		bit := bits.TrailingZeros64(set)
		set &^= 1 << bit
		if style != XlatAbbrev {
			buf = strconv.AppendInt(buf, int64(bit+1), 10)
		}
		switch style {
		case XlatAbbrev:
			buf = appendShortSignal(buf, bit+1)
		case XlatVerbose:
			buf = append(appendShortSignal(append(buf, " /* "...), bit+1), " */"...)
		}
	}
	return append(buf, ']')
}

func (d *Decoder) signalSet(set uint64) {
	d.out = appendSignalSet(d.out, set, sigMax, d.opts.Xlat)
}

// sigset prints the set at addr if the call's size is the kernel's, which
// accepts no other.
func (d *Decoder) sigset(addr, size uint64) {
	if size != 8 {
		d.addr(addr)
		return
	}
	if f, ok := d.fetch(addr, 8); ok {
		d.signalSet(f.kernelSet())
	}
}

// kernelSet reads a kernel sigset_t: an array of unsigned long.
func (f *fields) kernelSet() uint64 {
	if f.big && f.klong == 4 {
		lo := f.u32()
		return lo | f.u32()<<32
	}
	return f.u64()
}

// oldSigset prints the set of the calls from before there were real-time
// signals: one long.
func (d *Decoder) oldSigset(addr uint64) {
	if f, ok := d.fetch(addr, 4); ok {
		d.out = appendSignalSet(d.out, f.u32(), 32, d.opts.Xlat)
	}
}

// sigsetArg is a set whose size is the call's argument number sizeArg.
func (d *Decoder) sigsetArg(addr uint64, sizeArg int) {
	d.sigset(addr, d.size(d.c.Args[sizeArg]))
}

func sigsetIn(sizeArg int) kind {
	return atEntry(func(d *Decoder, addr uint64) { d.sigsetArg(addr, sizeArg) })
}

func sigsetOut(sizeArg int) kind {
	return atExit(func(d *Decoder, addr uint64) { d.sigsetArg(addr, sizeArg) })
}

// sigpending is a set that may be shorter than the kernel's.
func sigpending(d *Decoder, addr uint64) {
	size := d.size(d.c.Args[1])
	if size == 0 || size > 8 {
		d.addr(addr)
		return
	}
	if !d.visible(addr) {
		return
	}
	buf := d.elem[:8]
	clear(buf)
	if !d.read(addr, buf[:size]) {
		d.addr(addr)
		return
	}
	f := d.fields(buf)
	d.out = appendSignalSet(d.out, f.kernelSet(), int(size+3)&^3*8, d.opts.Xlat)
}

// mask is a set of the first 32 signals in a register.
func mask(d *Decoder) bool {
	d.out = appendSignalSet(d.out, d.next()&0xffffffff, 32, d.opts.Xlat)
	return true
}

// setMask is ssetmask's new set; the result is the old one.
func setMask(d *Decoder) bool {
	if !d.exiting {
		mask(d)
		return false
	}
	return maskResult("old mask ")(d)
}

// maskResult is the old set that sgetmask and ssetmask return.
func maskResult(label string) kind {
	return func(d *Decoder) bool {
		if !d.exiting {
			return false
		}
		if !d.c.IsError {
			d.aux = append(d.aux, label...)
			d.aux = appendSignalSet(d.aux, uint64(d.c.Result)&0xffffffff, 32, d.opts.Xlat)
		}
		return true
	}
}

// The signal handlers that are none.
func (d *Decoder) handler(addr uint64) {
	text := ""
	switch addr {
	case 0:
		text = "SIG_DFL"
	case 1:
		text = "SIG_IGN"
	case d.size(^uint64(0)):
		text = "SIG_ERR"
	}
	switch {
	case text == "" || d.opts.Xlat == XlatRaw:
		d.hex(addr)
	case d.opts.Xlat == XlatVerbose:
		d.hex(addr)
		d.comment(text)
	default:
		d.s(text)
	}
}

const saRestorer = 0x4000000

// sigaction prints the kernel's struct sigaction, whose order of fields is
// that of rt_sigaction on x86.
func (d *Decoder) sigaction(addr uint64) {
	f, ok := d.fetch(addr, d.bySize(32, 20))
	if !ok {
		return
	}
	d.s("{sa_handler=")
	d.handler(f.kulong())
	flags := f.kulong()
	restorer := f.kulong()
	d.s(", sa_mask=")
	d.signalSet(f.kernelSet())
	d.sigactionTail(flags, restorer)
}

// oldSigaction prints the structure of i386's sigaction.
func (d *Decoder) oldSigaction(addr uint64) {
	f, ok := d.fetch(addr, 16)
	if !ok {
		return
	}
	d.s("{sa_handler=")
	d.handler(f.u32())
	d.s(", sa_mask=")
	d.out = appendSignalSet(d.out, f.u32(), 32, d.opts.Xlat)
	flags := f.u32()
	d.sigactionTail(flags, f.u32())
}

func (d *Decoder) sigactionTail(flags, restorer uint64) {
	d.s(", sa_flags=")
	d.flags(flags, &sigactionFlags)
	if flags&saRestorer != 0 {
		d.s(", sa_restorer=")
		d.addr(restorer)
	}
	d.c1('}')
}

func (d *Decoder) sigaltstack(addr uint64) {
	f, ok := d.fetch(addr, 3*d.long())
	if !ok {
		return
	}
	d.s("{ss_sp=")
	d.addr(f.size())
	d.s(", ss_flags=")
	d.flags(f.u32(), &sigaltstackFlags)
	d.s(", ss_size=")
	d.udec(f.size())
	d.c1('}')
}

// handlerResult is the handler argument of signal(2), whose result is the old
// handler.
func handlerResult(d *Decoder) bool {
	if !d.exiting {
		if addr := d.next(); addr == 0xffffffff {
			d.addr(addr) // SIG_ERR is only a result
		} else {
			d.handler(addr)
		}
		return false
	}
	d.next()
	if v := uint64(d.c.Result) & 0xffffffff; !d.c.IsError && v <= 1 {
		d.note(func() { d.handler(v) })
	}
	return true
}

// waited is the information of the signal that rt_sigtimedwait waited for, and
// the time limit as it was at entry; the result is the signal.
func waited(k timeKind) kind {
	return func(d *Decoder) bool {
		info, limit := d.size(d.next()), d.size(d.next())
		if !d.exiting {
			if f, ok := d.peek(limit, d.timeSize(k)); ok && limit != 0 {
				sec, nsec := f.timePair(k)
				d.c.saved = [4]uint64{uint64(sec), uint64(nsec), 1}
			}
			return false
		}
		d.siginfoAt(info)
		d.comma()
		if d.c.saved[2] != 0 && !d.opaque {
			d.timeText(int64(d.c.saved[0]), int64(d.c.saved[1]), ", tv_nsec=")
		} else {
			d.addr(limit)
		}
		if !d.c.IsError && d.c.Result != 0 {
			d.aux = AppendSignal(d.aux, int(d.c.Result))
		}
		return true
	}
}

// sigreturn prints the mask that the end of a signal handler restores: it is
// in the frame that the stack pointer points to when the call is made (see
// arch/x86/include/asm/sigframe.h; the return address has been popped).
func sigreturn(d *Decoder) bool {
	if d.c.SP == 0 {
		return true
	}
	offset, size := uint64(0), 8
	switch call, _ := d.c.ABI.Lookup(d.c.Nr); {
	case d.c.ABI == syscalls.X86_64:
		offset = 296
	case d.c.ABI == syscalls.I386 && call.Name == "rt_sigreturn":
		offset = 248
	case d.c.ABI == syscalls.I386:
		offset, size = 80, 4
	case d.c.ABI == syscalls.ARM64: // siginfo, and what is before the mask in the ucontext
		offset = 128 + 40
	case d.c.ABI == syscalls.PPC64LE:
		offset = 40
	default:
		return true
	}
	if f, ok := d.peek(d.c.SP+offset, size); ok {
		d.s("{mask=")
		if d.opaque {
			d.addr(d.c.SP + offset)
		} else if size == 4 {
			d.out = appendSignalSet(d.out, f.u32(), 32, d.opts.Xlat)
		} else {
			d.signalSet(f.kernelSet())
		}
		d.c1('}')
	} else {
		d.addr(d.c.SP + offset)
	}
	return true
}
