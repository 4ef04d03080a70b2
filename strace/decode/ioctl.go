package decode

// The parts of an ioctl number (asm-generic/ioctl.h).
const (
	iocNRBits, iocTypeBits, iocSizeBits = 8, 8, 14
	iocWrite, iocRead                   = 1, 2
)

// ioctl is the whole of that call.
func ioctl(d *Decoder) bool {
	fd, cmd, arg := int32(d.next()), d.next()&0xffffffff, d.size(d.next())
	if !d.exiting {
		d.fd(fd)
		d.comma()
		d.ioctlName(cmd)
	}
	how, ok := ioctlArgs[cmd]
	if !ok {
		d.comma()
		d.hex(arg)
		return true
	}
	switch {
	case how.none:
		return true
	case how.out && !d.exiting:
		return false
	}
	d.comma()
	how.show(d, arg)
	return true
}

// ioctlName prints a request by its names (several share some numbers), or by
// the parts of the number.
func (d *Decoder) ioctlName(cmd uint64) {
	if text := ioctlNames()[cmd]; text != "" {
		switch d.opts.Xlat {
		case XlatRaw:
			d.hex(cmd)
		case XlatVerbose:
			d.hex(cmd)
			d.comment(text)
		default:
			d.s(text)
		}
		return
	}
	dir := cmd >> (iocNRBits + iocTypeBits + iocSizeBits)
	d.s("_IOC(")
	switch dir {
	case 0:
		d.s("_IOC_NONE")
	case iocWrite:
		d.s("_IOC_WRITE")
	case iocRead:
		d.s("_IOC_READ")
	default:
		d.s("_IOC_READ|_IOC_WRITE")
	}
	d.comma()
	d.hex(cmd >> 8 & 0xff)
	d.comma()
	d.hex(cmd & 0xff)
	d.comma()
	d.hex(cmd >> 16 & 0x3fff)
	d.c1(')')
}

// ioctlArg is how the argument of a request is printed.
type ioctlArg struct {
	none bool // there is none
	out  bool // the kernel writes it
	show func(d *Decoder, arg uint64)
}

func ioctlIn(show func(d *Decoder, arg uint64)) ioctlArg  { return ioctlArg{show: show} }
func ioctlOut(show func(d *Decoder, arg uint64)) ioctlArg { return ioctlArg{out: true, show: show} }

var ioctlNone = ioctlArg{none: true}

var ioctlArgs = map[uint64]ioctlArg{
	0x5401: ioctlOut((*Decoder).termios), // TCGETS
	0x5402: ioctlIn((*Decoder).termios),  // TCSETS
	0x5403: ioctlIn((*Decoder).termios),  // TCSETSW
	0x5404: ioctlIn((*Decoder).termios),  // TCSETSF
	0x5409: ioctlIn(intValue),            // TCSBRK
	0x540a: ioctlIn(tcxoncValue),         // TCXONC
	0x540b: ioctlIn(tcflshValue),         // TCFLSH
	0x540c: ioctlNone,                    // TIOCEXCL
	0x540d: ioctlNone,                    // TIOCNXCL
	0x540e: ioctlIn(intValue),            // TIOCSCTTY
	0x540f: ioctlOut((*Decoder).inInt),   // TIOCGPGRP
	0x5410: ioctlIn((*Decoder).inInt),    // TIOCSPGRP
	0x5411: ioctlOut((*Decoder).inInt),   // TIOCOUTQ
	0x5413: ioctlOut((*Decoder).winsize), // TIOCGWINSZ
	0x5414: ioctlIn((*Decoder).winsize),  // TIOCSWINSZ
	0x541b: ioctlOut((*Decoder).inInt),   // FIONREAD
	0x5420: ioctlIn((*Decoder).inInt),    // TIOCPKT
	0x5421: ioctlIn((*Decoder).inInt),    // FIONBIO
	0x5422: ioctlNone,                    // TIOCNOTTY
	0x5423: ioctlIn((*Decoder).inInt),    // TIOCSETD
	0x5424: ioctlOut((*Decoder).inInt),   // TIOCGETD
	0x5425: ioctlIn(intValue),            // TCSBRKP
	0x5427: ioctlNone,                    // TIOCSBRK
	0x5428: ioctlNone,                    // TIOCCBRK
	0x5429: ioctlOut((*Decoder).inInt),   // TIOCGSID
	0x5450: ioctlNone,                    // FIONCLEX
	0x5451: ioctlNone,                    // FIOCLEX
	0x5452: ioctlIn((*Decoder).inInt),    // FIOASYNC

	0x80045430: ioctlOut((*Decoder).inInt), // TIOCGPTN
	0x40045431: ioctlIn((*Decoder).inInt),  // TIOCSPTLCK
}

// intValue is an argument that is the number itself.
func intValue(d *Decoder, arg uint64) { d.dec(int64(int32(arg))) }

var (
	tcxoncValues = names{"TC???", []name{{0, "TCOOFF"}, {1, "TCOON"}, {2, "TCIOFF"}, {3, "TCION"}}}
	tcflshValues = names{"TC???", []name{{0, "TCIFLUSH"}, {1, "TCOFLUSH"}, {2, "TCIOFLUSH"}}}
)

func tcxoncValue(d *Decoder, arg uint64) { d.constant(arg, &tcxoncValues) }
func tcflshValue(d *Decoder, arg uint64) { d.constant(arg, &tcflshValues) }

func (d *Decoder) winsize(addr uint64) {
	if f, ok := d.fetch(addr, 8); ok {
		d.s("{ws_row=")
		d.udec(f.u16())
		d.ufield("ws_col", f.u16())
		d.ufield("ws_xpixel", f.u16())
		d.ufield("ws_ypixel", f.u16())
		d.c1('}')
	}
}
