package decode

// Messages about sockets (sock_diag(7)): requests and answers, of each family.

// diagMessage is the structure of a message, and its attributes.
type diagMessage struct {
	size       int
	members    layout // after the family
	family     string // the name of the family's member
	attributes *attributes
}

// cookie64 identifies a socket.
func cookie64(name string) member {
	return member{name, func(d *Decoder, f *fields) { d.elements(2, func() { d.udec(f.u32()) }) }}
}

var (
	diagRequests = map[uint64]diagMessage{
		afUnix: {24, layout{u8("sdiag_protocol"), pad(2), flag32("udiag_states", &tcpStateFlags), u32("udiag_ino"),
			flag32("udiag_show", &unixDiagShow), cookie64("udiag_cookie")}, "sdiag_family", nil},
		afNetlink: {20, layout{{"sdiag_protocol", (*Decoder).diagProtocol}, pad(2), u32("ndiag_ino"),
			flag32("ndiag_show", &netlinkDiagShow), cookie64("ndiag_cookie")}, "sdiag_family", nil},
		afPacket: {20, layout{x8("sdiag_protocol"), pad(2), u32("pdiag_ino"), flag32("pdiag_show", &packetDiagShow),
			cookie64("pdiag_cookie")}, "sdiag_family", nil},
		afInet: inetRequest, afInet6: inetRequest, afSMC: smcRequest,
	}
	diagAnswers = map[uint64]diagMessage{
		afUnix: {16, layout{enum8("udiag_type", &socketTypes), enum8("udiag_state", &tcpStates), pad(1), u32("udiag_ino"),
			cookie64("udiag_cookie")}, "udiag_family", &unixDiagAttributes},
		afNetlink: {28, layout{enum8("ndiag_type", &socketTypes), enum8("ndiag_protocol", &netlinkProtocols),
			enum8("ndiag_state", &netlinkStates), u32("ndiag_portid"), u32("ndiag_dst_portid"), u32("ndiag_dst_group"),
			u32("ndiag_ino"), cookie64("ndiag_cookie")}, "ndiag_family", &netlinkDiagAttributes},
		afPacket: {16, layout{enum8("pdiag_type", &socketTypes), enum16("pdiag_num", &ethProtocols), u32("pdiag_ino"),
			cookie64("pdiag_cookie")}, "pdiag_family", &packetDiagAttributes},
		afInet: inetAnswer, afInet6: inetAnswer, afSMC: smcAnswer,
	}
)

var (
	unixDiagAttributes = attributes{&unixDiagNames, nlaValues{
		0: nlaText, 2: nlaU32, 6: nlaU8, 5: nlaMemory,
		1: nlaNumber(8, func(d *Decoder, f *fields) {
			inode, device := f.u32(), f.u32()
			d.s("{udiag_vfs_dev=")
			d.device(device)
			d.ufield("udiag_vfs_ino", inode)
			d.c1('}')
		}),
		3: nlaWords,
		4: nlaStruct(8, layout{u32("udiag_rqueue"), u32("udiag_wqueue")}),
		7: nlaNumber(4, func(d *Decoder, f *fields) { d.id(f.u32()) }),
	}}
	netlinkDiagAttributes = attributes{&netlinkDiagNames, nlaValues{
		0: nlaMemory, 1: nlaGroups, 2: nlaNetlinkRing, 3: nlaNetlinkRing,
		4: nlaNumber(4, func(d *Decoder, f *fields) { d.flags(f.u32(), &netlinkSocketFlags) }),
	}}
	nlaNetlinkRing = nlaStruct(16, layout{u32("ndr_block_size"), u32("ndr_block_nr"), u32("ndr_frame_size"), u32("ndr_frame_nr")})

	packetDiagAttributes = attributes{&packetDiagNames, nlaValues{
		0: nlaStruct(24, layout{ifindex("pdi_index"), enum32("pdi_version", &packetVersions), u32("pdi_reserve"),
			u32("pdi_copy_thresh"), u32("pdi_tstamp"), flag32("pdi_flags", &packetDiagFlags)}),
		1: nlaPacketGroups, 2: nlaPacketRing, 3: nlaPacketRing, 4: nlaU32,
		5: nlaNumber(4, func(d *Decoder, f *fields) { d.id(f.u32()) }),
		6: nlaMemory,
		7: func(d *Decoder, addr, size uint64) bool {
			n := size / 8
			if n == 0 || n > 0xffff {
				return false
			}
			d.filterInstructions(addr, n, packetConstant)
			return true
		},
	}}
	nlaPacketRing = nlaStruct(28, layout{u32("pdr_block_size"), u32("pdr_block_nr"), u32("pdr_frame_size"), u32("pdr_frame_nr"),
		u32("pdr_retire_tmo"), u32("pdr_sizeof_priv"), u32("pdr_features")})
)

// diagMessage prints a request or an answer.
func (d *Decoder) diagMessage(kind, flags, addr, size uint64) {
	const (
		request     = 1  // NLM_F_REQUEST
		anyFamilies = 20 // SOCK_DIAG_BY_FAMILY
	)
	f, ok := d.peek(addr, 1)
	if !ok {
		d.addr(addr)
		return
	}
	family := f.u8()
	table := diagAnswers
	if flags&request != 0 {
		table = diagRequests
	}
	m, known := table[family]
	if flags&request != 0 && kind < anyFamilies && (family == afInet || family == afInet6) {
		m, known = oldInetRequest, true
	}
	d.family = family
	if !known || size == 1 {
		d.familyMessage(addr, size)
		return
	}
	d.c1('{')
	d.key(m.family)
	d.constant(family, &families)
	if size < uint64(m.size) {
		d.s(", ...}")
		return
	}
	if f, ok = d.peek(addr, m.size); !ok {
		d.comma()
		d.addr(addr + 1)
		d.c1('}')
		return
	}
	f.skip(1)
	d.members(&f, m.members)
	d.c1('}')
	if aligned := uint64(m.size+3) &^ 3; m.attributes != nil && size > aligned {
		d.comma()
		d.attributes(addr+aligned, size-aligned, m.attributes)
	}
}

// diagProtocol is a protocol of netlink sockets, or all.
func (d *Decoder) diagProtocol(f *fields) {
	const all = 0xff
	v := f.u8()
	if v == all {
		d.hexComment(v, func(uint64) { d.s("NDIAG_PROTO_ALL") })
	} else {
		d.constant(v, &netlinkProtocols)
	}
}

// nlaStruct is a structure of so many bytes.
func nlaStruct(size uint64, l layout) func(d *Decoder, addr, n uint64) bool {
	return nlaNumber(size, func(d *Decoder, f *fields) { d.structure(f, l) })
}

// nlaWords are numbers of 32 bits, as many as there is room for.
func nlaWords(d *Decoder, addr, size uint64) bool {
	if size < 4 {
		return false
	}
	d.arrayAt(addr, size/4, 4, (*Decoder).arrayUint)
	return true
}

// nlaMemory is how much memory a socket uses, each number with its name.
func nlaMemory(d *Decoder, addr, size uint64) bool {
	if size < 4 {
		return false
	}
	d.indexedArray(addr, size/4, 4, &socketMemory, (*Decoder).arrayUint)
	return true
}

// indexedArray is an array of which each element has a name: [[A]=1, [B]=2].
func (d *Decoder) indexedArray(addr, n uint64, size int, index *names, show func(d *Decoder, f *fields)) {
	i := uint64(0)
	d.arrayAt(addr, n, size, func(d *Decoder, f *fields) {
		d.c1('[')
		d.constantU(i, index)
		d.s("]=")
		show(d, f)
		i++
	})
}

func nlaGroups(d *Decoder, addr, size uint64) bool {
	word := uint64(d.long())
	if size < word {
		return false
	}
	d.arrayAt(addr, size/word, int(word), func(d *Decoder, f *fields) { d.hexPad(f.size(), 2*int(word)) })
	return true
}

func nlaPacketGroups(d *Decoder, addr, size uint64) bool {
	const element, longest = 44, 32
	if size < element {
		return false
	}
	d.arrayAt(addr, size/element, element, func(d *Decoder, f *fields) {
		d.c1('{')
		d.members(f, layout{ifindex("pdmc_index"), u32("pdmc_count"), u16("pdmc_type")})
		n := f.u16()
		d.ufield("pdmc_alen", n)
		d.key("pdmc_addr")
		d.text(f.raw(int(min(n, longest))), quoteForceHex)
		d.c1('}')
	})
	return true
}

var tcpStateFlags = shifted(&tcpStates)

// shifted are the flags that stand for the numbers n, each "1<<" a number.
func shifted(n *names) names {
	flags := names{unknown: "1<<" + n.unknown}
	for _, s := range n.list {
		flags.list = append(flags.list, name{1 << s.value, "1<<" + s.text})
	}
	return flags
}
