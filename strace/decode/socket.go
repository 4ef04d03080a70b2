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
func pair(d *Decoder, addr uint64) { d.array(addr, 2, 4, (*Decoder).arrayFD) }

var sendFlags = flags(&msgSendFlags)

// recvfromData is recvfrom's buffer. At entry the space for the address, some
// arguments further on, is looked at as well.
func recvfromData(d *Decoder) bool {
	if !d.exiting {
		d.saveLength(d.size(d.c.Args[5]))
	}
	size := d.size(d.c.Args[2])
	if d.exiting && !d.c.IsError && uint64(d.c.Result) > size {
		// With MSG_TRUNC the result is the length of the packet.
		d.messageData(int32(d.c.Args[0]), d.size(d.next()), size)
		d.comma()
		d.udec(d.size(d.next()))
		return true
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

// optionName prints a socket's descriptor, a level and an option of it. One number is
// another option when it is set than when it is asked for.
func optionName(d *Decoder, get bool) (level, option uint64) {
	d.fd(int32(d.next()))
	d.comma()
	level, option = uint64(uint32(d.next())), uint64(uint32(d.next()))
	d.constant(level, &socketLevels)
	d.comma()
	if get && level == solSocket && option == soAttachFilter {
		d.constant(option, &filterOption)
	} else if n := optionNames(level); n != nil {
		d.constant(option, n)
	} else {
		d.udec(option)
	}
	return level, d.usualOption(level, option)
}
