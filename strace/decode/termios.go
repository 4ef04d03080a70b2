package decode

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
	// The parts of c_oflag that are choices, not flags.
	termiosDelays = [...]struct {
		mask  uint64
		names []string
		shift uint
	}{
		{0x100, []string{"NL0", "NL1"}, 8},
		{0x600, []string{"CR0", "CR1", "CR2", "CR3"}, 9},
		{0x1800, []string{"TAB0", "TAB1", "TAB2", "XTABS"}, 11},
		{0x2000, []string{"BS0", "BS1"}, 13},
		{0x4000, []string{"VT0", "VT1"}, 14},
		{0x8000, []string{"FF0", "FF1"}, 15},
	}
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
	controlChars   = [...]string{
		"VINTR", "VQUIT", "VERASE", "VKILL", "VEOF", "VTIME", "VMIN", "VSWTC", "VSTART", "VSTOP", "VSUSP",
		"VEOL", "VREPRINT", "VDISCARD", "VWERASE", "VLNEXT", "VEOL2",
	}
)

// termios prints the kernel's struct termios (asm-generic/termbits.h).
func (d *Decoder) termios(addr uint64) {
	const size, nccs = 36, 19
	f, ok := d.fetch(addr, size)
	if !ok {
		return
	}
	iflag, oflag, cflag, lflag := f.u32(), f.u32(), f.u32(), f.u32()
	d.s("{c_iflag=")
	d.bareFlags(iflag, &termiosIFlags)
	d.s(", c_oflag=")
	d.outputModes(oflag)
	d.s(", c_cflag=")
	d.controlModes(cflag)
	d.s(", c_lflag=")
	d.bareFlags(lflag, &termiosLFlags)
	if !d.full {
		d.s(", ...}")
		return
	}
	d.s(", c_line=")
	d.constant(f.u8(), &lineDisciplines)
	d.s(", c_cc=[")
	for i := range nccs {
		if i > 0 {
			d.comma()
		}
		d.c1('[')
		if i < len(controlChars) {
			d.s(controlChars[i])
		} else {
			d.dec(int64(i))
		}
		d.s("]=")
		d.hex(f.u8())
	}
	d.s("]}")
}

// bareFlags prints flags among which no flag is nothing at all.
func (d *Decoder) bareFlags(v uint64, n *names) {
	switch {
	case v == 0:
	case known(v, n):
		d.flags(v, n)
	default:
		d.hex(v)
	}
}

func (d *Decoder) outputModes(v uint64) {
	for _, delay := range termiosDelays {
		d.s(delay.names[v&delay.mask>>delay.shift])
		d.c1('|')
		v &^= delay.mask
	}
	d.bareFlags(v, &termiosOFlags)
}

func (d *Decoder) controlModes(v uint64) {
	const rate, inputShift, charSize = 0x100f, 16, 0x30
	d.baud(v & rate)
	if in := v >> inputShift & rate; in != 0 {
		d.c1('|')
		d.baud(in)
		d.s("<<IBSHIFT")
	}
	d.c1('|')
	d.s(characterSizes[v&charSize>>4])
	d.c1('|')
	d.bareFlags(v&^(rate|rate<<inputShift|charSize), &termiosCFlags)
}

func (d *Decoder) baud(v uint64) {
	if v&0x1000 != 0 {
		d.s(fastRates[v&0xf])
		return
	}
	d.s(baudRates[v&0xf])
}

var lineDisciplines = names{"N_???", []name{
	{0, "N_TTY"}, {1, "N_SLIP"}, {2, "N_MOUSE"}, {3, "N_PPP"}, {4, "N_STRIP"}, {5, "N_AX25"}, {6, "N_X25"},
	{7, "N_6PACK"}, {8, "N_MASC"}, {9, "N_R3964"}, {10, "N_PROFIBUS_FDL"}, {11, "N_IRDA"},
	{12, "N_SMSBLOCK"}, {13, "N_HDLC"}, {14, "N_SYNC_PPP"}, {15, "N_HCI"}, {16, "N_GIGASET_M101"},
	{17, "N_SLCAN"}, {18, "N_PPS"}, {19, "N_V253"}, {20, "N_CAIF"}, {21, "N_GSM0710"}, {22, "N_TI_WL"},
	{23, "N_TRACESINK"}, {24, "N_TRACEROUTER"}, {25, "N_NCI"}, {26, "N_SPEAKUP"}, {27, "N_NULL"},
}}
