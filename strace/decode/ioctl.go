package decode

import (
	"strings"
	"sync"

	"github.com/utrace/utrace/syscalls"
)

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
	cmd = d.usualRequest(cmd)
	how, ok := d.ioctlArg(cmd)
	if !ok || how.show == nil && !how.none || how.wide && d.long() == 4 {
		d.comma()
		d.hex(arg)
		return true
	}
	if how.fd {
		d.fdResult = true
	}
	switch {
	case how.none && !how.out && !how.both:
		return !how.fd || d.exiting
	case how.both:
		if !d.exiting {
			if !how.none {
				d.comma()
			}
			how.show(d, arg)
			return d.c.saved[0] == 0
		}
		how.show(d, arg)
		return true
	case how.out && !d.exiting:
		return false
	case !how.none:
		d.comma()
	}
	how.show(d, arg)
	return true
}

// ioctlArg is how the argument of a request is printed.
func (d *Decoder) ioctlArg(cmd uint64) (how ioctlArg, ok bool) {
	if how, ok = ioctlArgs[cmd]; ok {
		return how, ok
	}
	if _, other := narrowNames()[cmd]; other && d.c.ABI == syscalls.I386 {
		how, ok = narrowRequests()[cmd]
	} else {
		how, ok = namedRequests()[cmd]
	}
	if !ok {
		how, ok = variableRequest(cmd)
	}
	return how, ok
}

// namedRequests are the requests that are known by their names, which may have
// several numbers: one for each size of a pointer. narrowRequests are those with
// numbers that mean something else in i386.
var (
	namedRequests  = sync.OnceValue(func() map[uint64]ioctlArg { return requestsNamed(ioctlNames()) })
	narrowRequests = sync.OnceValue(func() map[uint64]ioctlArg { return requestsNamed(narrowNames()) })
)

func requestsNamed(names map[uint64]string) map[uint64]ioctlArg {
	m := make(map[uint64]ioctlArg)
	for number, text := range names {
		for name := range strings.SplitSeq(text, " or ") {
			for _, family := range [...]map[string]ioctlArg{
				blockRequests, fileRequests, deviceRequests, seccompRequests, inputRequests, diskRequests,
				ptpRequests, gpioRequests, flashRequests, consoleRequests, remoteRequests, userfaultRequests, videoRequests,
				socketRequests, btrfsRequests, btrfsTreeRequests, mapperRequests, scsiRequests, teeRequests, virtualRequests,
			} {
				if how, ok := family[name]; ok {
					m[number] = how
				}
			}
		}
	}
	return m
}

// ioctlName prints a request by its names (several share some numbers), or by
// the parts of the number.
func (d *Decoder) ioctlName(cmd uint64) {
	switch d.opts.Xlat {
	case XlatRaw:
		d.hex(cmd)
		return
	case XlatVerbose:
		d.hex(cmd)
		d.s(" /* ")
		defer d.s(" */")
	}
	usual := d.usualRequest(cmd)
	text := d.ioctlText(usual)
	if _, own := powerpcRequests[cmd]; own && usual != cmd {
		text = text[strings.LastIndexByte(text, ' ')+1:] // the others have the usual number there, too
	}
	cmd = usual
	switch variable := d.variableName(cmd); {
	case variable && text != "":
		d.s(" or ")
		d.s(text)
	case text != "":
		d.s(text)
	case !variable:
		d.ioctlParts(cmd)
	}
}

// ioctlParts prints a request as the macro that makes its number.
func (d *Decoder) ioctlParts(cmd uint64) {
	d.s("_IOC(")
	switch cmd >> (iocNRBits + iocTypeBits + iocSizeBits) {
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
	none bool // there is none; with both, what is printed begins with its comma
	out  bool // the kernel writes it
	both bool // it is printed in two parts
	fd   bool // the result is a descriptor
	wide bool // 64-bit programs alone have it
	show func(d *Decoder, arg uint64)
}

func ioctlIn(show func(d *Decoder, arg uint64)) ioctlArg  { return ioctlArg{show: show} }
func ioctlOut(show func(d *Decoder, arg uint64)) ioctlArg { return ioctlArg{out: true, show: show} }

// ioctlBoth is for an argument of which a part is printed at entry, which then
// puts 1 into saved[0], and the rest at exit.
func ioctlBoth(show func(d *Decoder, arg uint64)) ioctlArg { return ioctlArg{both: true, show: show} }

var (
	ioctlNone = ioctlArg{none: true}
	ioctlFD   = ioctlArg{none: true, fd: true}
)

var ioctlArgs = map[uint64]ioctlArg{
	0x5401: ioctlOut((*Decoder).termios),    // TCGETS
	0x5402: ioctlIn((*Decoder).termios),     // TCSETS
	0x5403: ioctlIn((*Decoder).termios),     // TCSETSW
	0x5404: ioctlIn((*Decoder).termios),     // TCSETSF
	0x5405: ioctlOut((*Decoder).termio),     // TCGETA
	0x5406: ioctlIn((*Decoder).termio),      // TCSETA
	0x5407: ioctlIn((*Decoder).termio),      // TCSETAW
	0x5408: ioctlIn((*Decoder).termio),      // TCSETAF
	0x5409: ioctlIn(intValue),               // TCSBRK
	0x540a: ioctlIn(tcxoncValue),            // TCXONC
	0x540b: ioctlIn(tcflshValue),            // TCFLSH
	0x540c: ioctlNone,                       // TIOCEXCL
	0x540d: ioctlNone,                       // TIOCNXCL
	0x540e: ioctlIn(intValue),               // TIOCSCTTY
	0x540f: ioctlOut((*Decoder).inInt),      // TIOCGPGRP
	0x5410: ioctlIn((*Decoder).inInt),       // TIOCSPGRP
	0x5411: ioctlOut((*Decoder).inInt),      // TIOCOUTQ
	0x5413: ioctlOut((*Decoder).winsize),    // TIOCGWINSZ
	0x5414: ioctlIn((*Decoder).winsize),     // TIOCSWINSZ
	0x5415: ioctlOut((*Decoder).modemLines), // TIOCMGET
	0x5416: ioctlIn((*Decoder).modemLines),  // TIOCMBIS
	0x5417: ioctlIn((*Decoder).modemLines),  // TIOCMBIC
	0x5418: ioctlIn((*Decoder).modemLines),  // TIOCMSET
	0x541b: ioctlOut((*Decoder).inInt),      // FIONREAD
	0x5420: ioctlIn((*Decoder).inInt),       // TIOCPKT
	0x5421: ioctlIn((*Decoder).inInt),       // FIONBIO
	0x5422: ioctlNone,                       // TIOCNOTTY
	0x5423: ioctlIn((*Decoder).inInt),       // TIOCSETD
	0x5424: ioctlOut((*Decoder).inInt),      // TIOCGETD
	0x5425: ioctlIn(intValue),               // TCSBRKP
	0x5427: ioctlNone,                       // TIOCSBRK
	0x5428: ioctlNone,                       // TIOCCBRK
	0x5429: ioctlOut((*Decoder).inInt),      // TIOCGSID
	0x5450: ioctlNone,                       // FIONCLEX
	0x5451: ioctlNone,                       // FIOCLEX
	0x5452: ioctlIn((*Decoder).inInt),       // FIOASYNC

	0x5456:     ioctlOut((*Decoder).termios),  // TIOCGLCKTRMIOS
	0x5457:     ioctlIn((*Decoder).termios),   // TIOCSLCKTRMIOS
	0x802c542a: ioctlOut((*Decoder).termios2), // TCGETS2
	0x402c542b: ioctlIn((*Decoder).termios2),  // TCSETS2
	0x402c542c: ioctlIn((*Decoder).termios2),  // TCSETSW2
	0x402c542d: ioctlIn((*Decoder).termios2),  // TCSETSF2

	0xc020a408: teeShareFD, // TEE_IOC_SHM_REGISTER_FD, which no header has

	0x80045430: ioctlOut((*Decoder).inInt), // TIOCGPTN
	0x40045431: ioctlIn((*Decoder).inInt),  // TIOCSPTLCK
}

// intValue is an argument that is the number itself.
func intValue(d *Decoder, arg uint64) { d.dec(int64(int32(arg))) }

// ulongValue is an unsigned long, fdValue a descriptor.
func ulongValue(d *Decoder, arg uint64) { d.udec(arg) }
func fdValue(d *Decoder, arg uint64)    { d.fd(int32(arg)) }

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
