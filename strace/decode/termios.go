package decode

import "github.com/utrace/utrace/syscalls"

var (
	termiosIFlags = names{"", []name{
		{0x1, "IGNBRK"}, {0x2, "BRKINT"}, {0x4, "IGNPAR"}, {0x8, "PARMRK"}, {0x10, "INPCK"},
		{0x20, "ISTRIP"}, {0x40, "INLCR"}, {0x80, "IGNCR"}, {0x100, "ICRNL"}, {0x200, "IUCLC"},
		{0x400, "IXON"}, {0x800, "IXANY"}, {0x1000, "IXOFF"}, {0x2000, "IMAXBEL"}, {0x4000, "IUTF8"},
	}}
	termiosOFlags = names{"", []name{
		{0x1, "OPOST"}, {0x2, "OLCUC"}, {0x4, "ONLCR"}, {0x8, "OCRNL"}, {0x10, "ONOCR"},
		{0x20, "ONLRET"}, {0x40, "OFILL"}, {0x80, "OFDEL"},
	}}
	termiosCFlags = names{"", []name{
		{0x40, "CSTOPB"}, {0x80, "CREAD"}, {0x100, "PARENB"}, {0x200, "PARODD"}, {0x400, "HUPCL"},
		{0x800, "CLOCAL"}, {0x40000000, "CMSPAR"}, {0x80000000, "CRTSCTS"},
	}}
	termiosLFlags = names{"", []name{
		{0x1, "ISIG"}, {0x2, "ICANON"}, {0x4, "XCASE"}, {0x8, "ECHO"}, {0x10, "ECHOE"}, {0x20, "ECHOK"},
		{0x40, "ECHONL"}, {0x80, "NOFLSH"}, {0x8000, "IEXTEN"}, {0x200, "ECHOCTL"}, {0x400, "ECHOPRT"},
		{0x800, "ECHOKE"}, {0x1000, "FLUSHO"}, {0x4000, "PENDIN"}, {0x100, "TOSTOP"}, {0x10000, "EXTPROC"},
	}}
	baudRates = [...]string{
		"B0", "B50", "B75", "B110", "B134", "B150", "B200", "B300", "B600", "B1200", "B1800", "B2400",
		"B4800", "B9600", "B19200", "B38400",
	}
	// fastRates follow CBAUDEX.
	fastRates = [...]string{
		"BOTHER", "B57600", "B115200", "B230400", "B460800", "B500000", "B576000", "B921600", "B1000000",
		"B1152000", "B1500000", "B2000000", "B2500000", "B3000000", "B3500000", "B4000000",
	}
	characterSizes = [...]string{"CS5", "CS6", "CS7", "CS8"}
)

// delay is a part of c_oflag that is a choice, not a flag.
type delay struct {
	mask  uint64
	names []string
	shift uint
}

// terminal is how an architecture has struct termios (asm/termbits.h), besides the
// flags.
type terminal struct {
	delays []delay
	// rate is the mask of the speed. Those from extended on are fastRates.
	rate, extended uint64
	sizeShift      uint // of the character's size
	controlChars   []string
	// lineLast: c_line is behind c_cc, and the speeds follow.
	lineLast bool
}

var (
	nl, cr = []string{"NL0", "NL1"}, []string{"CR0", "CR1", "CR2", "CR3"}
	tab    = []string{"TAB0", "TAB1", "TAB2", "XTABS"}
	bs, vt = []string{"BS0", "BS1"}, []string{"VT0", "VT1"}
	ff     = []string{"FF0", "FF1"}

	usualTerminal = &terminal{
		delays: []delay{{0x100, nl, 8}, {0x600, cr, 9}, {0x1800, tab, 11}, {0x2000, bs, 13}, {0x4000, vt, 14}, {0x8000, ff, 15}},
		rate:   0x100f, extended: 0x1000, sizeShift: 4,
		controlChars: []string{"VINTR", "VQUIT", "VERASE", "VKILL", "VEOF", "VTIME", "VMIN", "VSWTC", "VSTART", "VSTOP", "VSUSP",
			"VEOL", "VREPRINT", "VDISCARD", "VWERASE", "VLNEXT", "VEOL2"},
	}
	// BOTHER, the first of fastRates, is the last of its rates.
	powerpcTerminal = &terminal{
		delays: []delay{{0x300, append(nl, "NL2", "NL3"), 8}, {0x3000, cr, 12}, {0xc00, tab, 10}, {0x8000, bs, 15}, {0x10000, vt, 16}, {0x4000, ff, 14}},
		rate:   0xff, extended: 0xf, sizeShift: 8, lineLast: true,
		controlChars: []string{"VINTR", "VQUIT", "VERASE", "VKILL", "VEOF", "VMIN", "VEOL", "VTIME", "VEOL2", "VSWTC", "VWERASE",
			"VREPRINT", "VSUSP", "VSTART", "VSTOP", "VLNEXT", "VDISCARD"},
	}
)

func (d *Decoder) terminal() *terminal {
	if d.c.ABI == syscalls.PPC64LE {
		return powerpcTerminal
	}
	return usualTerminal
}

// termios prints the kernel's struct termios (asm/termbits.h), termios2 one with speeds, and
// termio the old structure of System V.
func (d *Decoder) termios(addr uint64) {
	const chars = 19
	if t := d.terminal(); t.lineLast {
		d.terminalModes(addr, 44, chars, (*fields).u32, true)
	} else {
		d.terminalModes(addr, 36, chars, (*fields).u32, false)
	}
}

func (d *Decoder) termios2(addr uint64) { d.terminalModes(addr, 44, 19, (*fields).u32, true) }

func (d *Decoder) termio(addr uint64) { d.terminalModes(addr, 18, 8, (*fields).u16, false) }

// terminalModes prints a structure of size bytes with so many control characters; flag reads
// a word of flags.
func (d *Decoder) terminalModes(addr uint64, size, nccs int, flag func(f *fields) uint64, speeds bool) {
	t := d.terminal()
	f, ok := d.fetch(addr, size)
	if !ok {
		return
	}
	iflag, oflag, cflag, lflag := flag(&f), flag(&f), flag(&f), flag(&f)
	d.s("{c_iflag=")
	d.bareFlags(iflag, &termiosIFlags)
	d.s(", c_oflag=")
	d.outputModes(t, oflag)
	d.s(", c_cflag=")
	d.controlModes(t, cflag)
	d.s(", c_lflag=")
	d.bareFlags(lflag, &termiosLFlags)
	if !d.full {
		d.s(", ...}")
		return
	}
	line := uint64(0)
	if !t.lineLast {
		line = f.u8()
	}
	chars := f.raw(nccs)
	if t.lineLast {
		line = f.u8()
	}
	d.s(", c_line=")
	d.constant(line, &lineDisciplines)
	d.s(", c_cc=[")
	for i, v := range chars {
		if i > 0 {
			d.comma()
		}
		d.c1('[')
		if i < len(t.controlChars) {
			d.s(t.controlChars[i])
		} else {
			d.dec(int64(i))
		}
		d.s("]=")
		d.hex(uint64(v))
	}
	d.c1(']')
	if speeds {
		d.ufield("c_ispeed", f.u32())
		d.ufield("c_ospeed", f.u32())
	}
	d.c1('}')
}

// modemLines are the wires of a serial line (asm/termios.h).
func (d *Decoder) modemLines(addr uint64) {
	d.bracketed(addr, 4, func(f *fields) { d.flags(f.u32(), &modemFlags) })
}

var modemFlags = names{"TIOCM_???", []name{
	{0x1, "TIOCM_LE"}, {0x2, "TIOCM_DTR"}, {0x4, "TIOCM_RTS"}, {0x8, "TIOCM_ST"}, {0x10, "TIOCM_SR"}, {0x20, "TIOCM_CTS"},
	{0x40, "TIOCM_CAR"}, {0x80, "TIOCM_RNG"}, {0x100, "TIOCM_DSR"}, {0x2000, "TIOCM_OUT1"}, {0x4000, "TIOCM_OUT2"},
	{0x8000, "TIOCM_LOOP"},
}}

// bareFlags prints flags among which no flag is nothing at all.
func (d *Decoder) bareFlags(v uint64, n *names) {
	switch {
	case v == 0:
	case known(v, d.here(n)):
		d.flags(v, n)
	default:
		d.hex(v)
	}
}

// choice prints some bits of a word that are a choice, by its name.
func (d *Decoder) choice(v uint64, name string) { d.hexComment(v, func(uint64) { d.s(name) }) }

func (d *Decoder) outputModes(t *terminal, v uint64) {
	for _, delay := range t.delays {
		d.choice(v&delay.mask, delay.names[v&delay.mask>>delay.shift])
		d.c1('|')
		v &^= delay.mask
	}
	d.bareFlags(v, &termiosOFlags)
}

func (d *Decoder) controlModes(t *terminal, v uint64) {
	const inputShift = 16
	charSize := uint64(3) << t.sizeShift
	d.baud(t, v&t.rate)
	if in := v >> inputShift & t.rate; in != 0 {
		d.c1('|')
		d.baud(t, in)
		d.s("<<")
		d.choice(inputShift, "IBSHIFT")
	}
	d.c1('|')
	d.choice(v&charSize, characterSizes[v&charSize>>t.sizeShift])
	d.c1('|')
	d.bareFlags(v&^(t.rate|t.rate<<inputShift|charSize), &termiosCFlags)
}

// baud prints a speed.
func (d *Decoder) baud(t *terminal, v uint64) {
	switch fast := v - t.extended; {
	case v < uint64(len(baudRates)):
		d.choice(v, baudRates[v])
	case fast < uint64(len(fastRates)):
		d.choice(v, fastRates[fast])
	case t == powerpcTerminal && v == 0x1f:
		d.choice(v, fastRates[0])
	default:
		d.hex(v)
	}
}

var lineDisciplines = names{"N_???", []name{
	{0, "N_TTY"}, {1, "N_SLIP"}, {2, "N_MOUSE"}, {3, "N_PPP"}, {4, "N_STRIP"}, {5, "N_AX25"}, {6, "N_X25"},
	{7, "N_6PACK"}, {8, "N_MASC"}, {9, "N_R3964"}, {10, "N_PROFIBUS_FDL"}, {11, "N_IRDA"},
	{12, "N_SMSBLOCK"}, {13, "N_HDLC"}, {14, "N_SYNC_PPP"}, {15, "N_HCI"}, {16, "N_GIGASET_M101"},
	{17, "N_SLCAN"}, {18, "N_PPS"}, {19, "N_V253"}, {20, "N_CAIF"}, {21, "N_GSM0710"}, {22, "N_TI_WL"},
	{23, "N_TRACESINK"}, {24, "N_TRACEROUTER"}, {25, "N_NCI"}, {26, "N_SPEAKUP"}, {27, "N_NULL"},
}}
