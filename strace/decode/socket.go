package decode

// socketKind prints a socket's family, type and protocol, whose constants
// depend on the family.
func socketKind(d *Decoder) bool {
	family := uint64(uint32(d.next()))
	d.constant(family, &families)
	d.comma()
	kind := uint64(uint32(d.next()))
	d.socketType(kind)
	d.comma()
	d.protocol(family, d.size(d.next()))
	return true
}

// socketpairKind is socketKind without a name for the protocol.
func socketpairKind(d *Decoder) bool {
	d.constant(uint64(uint32(d.next())), &families)
	d.comma()
	d.socketType(uint64(uint32(d.next())))
	d.comma()
	d.udec(d.size(d.next()))
	return true
}

func (d *Decoder) socketType(v uint64) {
	const typeMask = 0xf
	base, rest := v&typeMask, v&^typeMask
	text := socketTypes.find(base)
	switch {
	case text == "" && rest != 0:
		d.flags(v, &socketFlags)
	case rest == 0 && base == 0:
		d.c1('0')
	case d.opts.Xlat != XlatAbbrev && text != "":
		d.flagsAfter(v, rest, &socketFlags, text, "")
	case text != "" && rest == 0:
		d.s(text)
	case text != "":
		d.s(text)
		d.c1('|')
		d.flags(rest, &socketFlags)
	default:
		d.constant(base, &socketTypes)
		if rest != 0 {
			d.c1('|')
			d.flags(rest, &socketFlags)
		}
	}
}

func (d *Decoder) protocol(family, v uint64) {
	switch family {
	case afInet, afInet6:
		d.constant(v, &ipProtocols)
	case afNetlink:
		d.constant(v, &netlinkProtocols)
	case afPacket:
		d.s("htons(")
		d.constant(v>>8&0xff|v&0xff<<8, &ethProtocols)
		d.c1(')')
	case afBluetooth:
		d.constant(v, &btProtocols)
	case afCAN:
		d.constant(v, &canProtocols)
	default:
		d.udec(v)
	}
}

// pair is where pipe and socketpair put two descriptors.
func pair(d *Decoder, addr uint64) {
	if f, ok := d.fetch(addr, 8); ok {
		d.c1('[')
		d.fd(int32(f.u32()))
		d.comma()
		d.fd(int32(f.u32()))
		d.c1(']')
	}
}

var sendFlags = flags(&msgSendFlags)

// recvfromData is recvfrom's buffer. At entry the space for the address, some
// arguments further on, is looked at as well.
func recvfromData(d *Decoder) bool {
	if !d.exiting {
		d.saveLength(d.size(d.c.Args[5]))
	}
	return d.dataOut(0)
}

const (
	solIP       = 0
	solSocket   = 1
	solTCP      = 6
	solUDP      = 17
	solVsock    = 40
	solIPv6     = 41
	solCANRaw   = 101
	solSCTP     = 132
	solRaw      = 255
	solPacket   = 263
	solLLC      = 268
	solIRDA     = 266
	solDCCP     = 269
	solNetlink  = 270
	solTIPC     = 271
	solRXRPC    = 272
	solPPPOL2TP = 273
	solBT       = 274
	solRDS      = 276
	solIUCV     = 277
	solCAIF     = 278
	solALG      = 279
	solNFC      = 280
	solKCM      = 281
	solTLS      = 282
	solXDP      = 283
)

// optionNames returns the constants of a level's options.
func optionNames(level uint64) *names {
	switch level {
	case solIP:
		return &ipOptions
	case solSocket:
		return &socketOptions
	case solTCP:
		return &tcpOptions
	case solUDP:
		return &udpOptions
	case solVsock:
		return &vsockOptions
	case solIPv6:
		return &ipv6Options
	case solCANRaw:
		return &canRawOptions
	case solSCTP:
		return &sctpOptions
	case solRaw:
		return &rawOptions
	case solPacket:
		return &packetOptions
	case solLLC:
		return &llcOptions
	case solIRDA:
		return &irdaOptions
	case solDCCP:
		return &dccpOptions
	case solNetlink:
		return &netlinkOptions
	case solTIPC:
		return &tipcOptions
	case solRXRPC:
		return &rxrpcOptions
	case solPPPOL2TP:
		return &pppol2tpOptions
	case solBT:
		return &btOptions
	case solRDS:
		return &rdsOptions
	case solIUCV:
		return &iucvOptions
	case solCAIF:
		return &caifOptions
	case solALG:
		return &algOptions
	case solNFC:
		return &nfcOptions
	case solKCM:
		return &kcmOptions
	case solTLS:
		return &tlsOptions
	case solXDP:
		return &xdpOptions
	}
	return nil
}

// optionName prints a socket's descriptor, a level and an option of it.
func optionName(d *Decoder) (level, option uint64) {
	d.fd(int32(d.next()))
	d.comma()
	level, option = uint64(uint32(d.next())), uint64(uint32(d.next()))
	d.constant(level, &socketLevels)
	d.comma()
	if n := optionNames(level); n != nil {
		d.constant(option, n)
	} else {
		d.udec(option)
	}
	return level, option
}

const (
	soError    = 4
	soLinger   = 13
	soPeercred = 17
	soPeersec  = 31
	soPeergrps = 59
	tcpCongest = 13
	tcpULP     = 31

	packetAddMembership, packetDropMembership    = 1, 2
	packetRXRing, packetStatistics, packetTXRing = 5, 6, 13
)

// setsockopt is the whole of that call.
func setsockopt(d *Decoder) bool {
	level, option := optionName(d)
	addr, size := d.size(d.next()), int32(d.next())
	d.comma()
	switch {
	case d.setStructure(level, option, addr, size):
	case level == solSocket && !bytesOption(option), level == solNetlink:
		if size < 4 {
			d.addr(addr)
		} else {
			d.inInt(addr)
		}
	case size == 4 && !textOption(level, option):
		d.inInt(addr)
	case size < 0:
		d.addr(addr)
	default:
		d.optionData(addr, uint64(size))
	}
	d.comma()
	d.dec(int64(size))
	return true
}

// textOption reports whether an option's value is a string of any size.
func textOption(level, option uint64) bool {
	return level == solTCP && (option == tcpCongest || option == tcpULP)
}

func (d *Decoder) optionData(addr, size uint64) {
	if d.opaque {
		d.addr(addr)
		return
	}
	d.data(addr, size, 0)
}

// getsockopt is the whole of that call: the value's size is read at entry and
// written at exit.
func getsockopt(d *Decoder) bool {
	if !d.exiting {
		optionName(d)
		d.comma()
		if lenAddr := d.size(d.c.Args[4]); lenAddr != 0 {
			if f, ok := d.peek(lenAddr, 4); ok {
				d.c.saved[0], d.c.saved[1] = f.u32(), 1
			}
		}
		return false
	}
	a := &d.c.Args
	level, option := uint64(uint32(a[1])), uint64(uint32(a[2]))
	addr, lenAddr := d.size(a[3]), d.size(a[4])
	f, ok := d.peek(lenAddr, 4)
	if d.c.saved[1] == 0 || !ok || d.opaque {
		d.addr(addr)
		d.comma()
		d.addr(lenAddr)
		return true
	}
	was, is := int32(d.c.saved[0]), int32(f.u32())
	if d.c.IsError {
		d.addr(addr)
		d.s(", [")
		d.dec(int64(was))
		d.c1(']')
		return true
	}
	if n := min(was, is); n > 0 {
		d.option(level, option, addr, n)
	} else {
		d.addr(addr)
	}
	d.s(", [")
	d.dec(int64(was))
	if was != is {
		d.s(" => ")
		d.dec(int64(is))
	}
	d.c1(']')
	return true
}

// option prints the value of a socket option, of which there are size bytes.
func (d *Decoder) option(level, option, addr uint64, size int32) {
	switch {
	case addr == 0 || size < 0:
		d.addr(addr)
	case level == solSocket && option == soLinger:
		d.partial(addr, size, 8, layout{i32("l_onoff"), i32("l_linger")})
	case level == solSocket && option == soPeercred:
		d.partial(addr, size, 12, layout{pid32("pid"), uid32("uid"), uid32("gid")})
	case level == solPacket && option == packetStatistics:
		d.partial(addr, size, 12, layout{u32("tp_packets"), u32("tp_drops"), u32("tp_freeze_q_cnt")})
	case level == solSocket && option == soError && size >= 4:
		if f, ok := d.fetch(addr, 4); ok {
			d.c1('[')
			d.errnoName(f.u32())
			d.c1(']')
		}
	case level == solSocket && !bytesOption(option):
		if size < 4 {
			d.data(addr, uint64(size), quoteForceHex)
		} else {
			d.inInt(addr)
		}
	case size == 4 && !textOption(level, option):
		d.inInt(addr)
	default:
		d.optionData(addr, uint64(size))
	}
}

// bytesOption reports whether an option of SOL_SOCKET is no number: the name of an
// interface, a filter, a security context, a list of groups, counters, times.
func bytesOption(option uint64) bool {
	switch option {
	case 20, 21, 25, 26, 27, 28, 31, 50, 51, 52, 55, 57, 59, 61, 66, 67, 71:
		return true
	}
	return false
}

// partial prints as much of a structure of 32-bit members as there is. Of a member
// that is cut the bytes are printed.
func (d *Decoder) partial(addr uint64, size int32, whole int, l layout) {
	if d.opaque {
		d.addr(addr)
		return
	}
	n := min(int(size), whole)
	f, ok := d.fetch(addr, n)
	if !ok {
		return
	}
	d.c1('{')
	for i := range l {
		left := n - 4*i
		if left <= 0 {
			break
		}
		d.key(l[i].name)
		if left < 4 {
			d.quote(f.raw(left), quoteForceHex)
			break
		}
		l[i].show(d, &f)
	}
	d.c1('}')
}

func (d *Decoder) ucred(f *fields) {
	d.s("{pid=")
	d.pid(int32(f.u32()))
	for _, name := range [...]string{"uid", "gid"} {
		if v := f.u32(); v == 0xffffffff {
			d.field(name, -1) // no such user here
		} else {
			d.ufield(name, v)
		}
	}
	d.c1('}')
}
