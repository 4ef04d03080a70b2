package decode

// Messages about internet sockets (linux/inet_diag.h).

var (
	inetRequest = diagMessage{56, layout{enum8("sdiag_protocol", &ipProtocols), flag8("idiag_ext", &inetDiagExtensions), pad(1),
		flag32("idiag_states", &tcpStateFlags), {"id", (*Decoder).socketID}}, "sdiag_family", &inetDiagRequestAttributes}
	// oldInetRequest is that of TCPDIAG_GETSOCK and DCCPDIAG_GETSOCK.
	oldInetRequest = diagMessage{60, layout{u8("idiag_src_len"), u8("idiag_dst_len"), flag8("idiag_ext", &inetDiagExtensions),
		{"id", (*Decoder).socketID}, flag32("idiag_states", &tcpStateFlags), u32("idiag_dbs")}, "idiag_family", &inetDiagRequestAttributes}
	inetAnswer = diagMessage{72, layout{enum8("idiag_state", &tcpStates), u8("idiag_timer"), u8("idiag_retrans"),
		{"id", (*Decoder).socketID}, u32("idiag_expires"), u32("idiag_rqueue"), u32("idiag_wqueue"), u32("idiag_uid"),
		u32("idiag_inode")}, "idiag_family", &inetDiagAttributes}

	inetDiagExtensions = extensions(&inetDiagNames)
)

// extensions are the flags that ask for attributes n, of which the first is number 1.
func extensions(n *names) names {
	flags := names{unknown: "1<<" + n.unknown}
	for _, s := range n.list {
		if s.value > 0 {
			flags.list = append(flags.list, name{1 << (s.value - 1), "1<<(" + s.text + "-1)"})
		}
	}
	return flags
}

// socketID prints struct inet_diag_sockid.
func (d *Decoder) socketID(f *fields) {
	d.c1('{')
	d.key("idiag_sport")
	d.port(f)
	d.key("idiag_dport")
	d.port(f)
	d.addressMember(f, "idiag_src")
	d.addressMember(f, "idiag_dst")
	d.members(f, layout{ifindex("idiag_if"), cookie64("idiag_cookie")})
	d.c1('}')
}

// addressMember is room for an address of any family; it is of the family of the message.
func (d *Decoder) addressMember(f *fields, name string) {
	b := f.raw(16)
	switch d.family {
	case afInet, afSMC:
		d.key(name)
		d.inet4(b[:4])
	case afInet6:
		d.separate()
		d.inet6(b, name)
	default:
		d.key(name)
		d.quote(b, quoteForceHex)
	}
}

var (
	inetDiagRequestAttributes = attributes{&inetDiagRequestNames, nlaValues{1: inetBytecode, 3: nlaEnum(4, &ipProtocols)}}
	inetDiagAttributes        = attributes{&inetDiagNames, nlaValues{
		1: nlaStruct(16, layoutOf(u32, "idiag_rmem", "idiag_wmem", "idiag_fmem", "idiag_tmem")),
		3: nlaStruct(16, layoutOf(u32, "tcpv_enabled", "tcpv_rttcnt", "tcpv_rtt", "tcpv_minrtt")),
		4: nlaText, 5: nlaU8, 6: nlaU8, 7: nlaMemory,
		8: nlaNumber(1, func(d *Decoder, f *fields) { d.flagsComment(f.u8(), &inetDiagShutdown) }),
		9: nlaStruct(16, layout{u16("dctcp_enabled"), u16("dctcp_ce_state"), u32("dctcp_alpha"), u32("dctcp_ab_ecn"),
			u32("dctcp_ab_tot")}),
		10: nlaEnum(1, &ipProtocols), 11: nlaU8,
		12: nlaArray(128, (*Decoder).socketAddress), 13: nlaArray(128, (*Decoder).socketAddress),
		15: nlaU32, 17: nlaU32,
		16: nlaStruct(20, layout{x32("bbr_bw_lo"), x32("bbr_bw_hi"), u32("bbr_min_rtt"), u32("bbr_pacing_gain"), u32("bbr_cwnd_gain")}),
		18: nlaArray(100, (*Decoder).signatureKey),
		19: nest(&inetDiagLayerAttributes), 20: nest(&inetDiagStorageAttributes), 21: nlaU64,
		22: inetOptions,
	}}
	inetDiagLayerAttributes = attributes{&inetDiagLayerNames, nlaValues{1: nlaText, 2: nest(&tlsAttributes), 3: nest(&mptcpAttributes)}}
	tlsAttributes           = attributes{&tlsNames, nlaValues{1: nlaEnum(2, &tlsVersions), 2: nlaEnum(2, &tlsCiphers), 3: nlaEnum(2, &tlsModes),
		4: nlaEnum(2, &tlsModes)}}
	mptcpAttributes = attributes{&mptcpNames, nlaValues{1: nlaX32, 2: nlaX32, 3: nlaU32, 4: nlaU64, 5: nlaU32, 6: nlaU32, 7: nlaU16,
		8: nlaFlags(4, &mptcpFlags), 9: nlaU8, 10: nlaU8}}
	inetDiagStorageAttributes = attributes{&inetDiagStorageNames, nlaValues{1: nest(&inetDiagEntryAttributes)}}
	inetDiagEntryAttributes   = attributes{&inetDiagEntryNames, nlaValues{2: nlaU32, 3: nlaWord}}
)

// flagsComment is a set that is a number with a comment, as with -X verbose.
func (d *Decoder) flagsComment(v uint64, n *names) {
	asked := d.opts.Xlat
	if asked == XlatAbbrev {
		d.opts.Xlat = XlatVerbose
	}
	d.flags(v, n)
	d.opts.Xlat = asked
}

// signatureKey prints struct tcp_diag_md5sig.
func (d *Decoder) signatureKey(f *fields) {
	const longest = 80 // TCP_MD5SIG_MAXKEYLEN
	outer := d.family
	defer func() { d.family = outer }()
	d.family = f.u8()
	d.s("{tcpm_family=")
	d.constant(d.family, &families)
	d.members(f, layout{u8("tcpm_prefixlen")})
	n := f.u16()
	d.ufield("tcpm_keylen", n)
	d.addressMember(f, "tcpm_addr")
	d.key("tcpm_key")
	d.quote(f.raw(int(min(n, longest))), quoteForceHex)
	d.c1('}')
}

// nlaWord is a number if it is as long as one.
func nlaWord(d *Decoder, addr, size uint64) bool {
	switch size {
	case 1, 2, 4:
		return nlaNumber(size, func(d *Decoder, f *fields) { d.hex(f.number(size)) })(d, addr, size)
	case 8:
		return nlaNumber(8, func(d *Decoder, f *fields) { d.hex(f.u64()) })(d, addr, size)
	}
	return false
}

// socketBits prints struct inet_diag_sockopt, of which each member is a bit.
func (d *Decoder) socketBits(f *fields) {
	first, second := f.u8(), f.u8()
	d.c1('{')
	for i, text := range []string{"recverr", "is_icsk", "freebind", "hdrincl", "mc_loop", "transparent", "mc_all", "nodefrag"} {
		if first>>i&1 != 0 {
			d.key(text)
			d.c1('1')
		}
	}
	for i, text := range []string{"bind_address_no_port", "recverr_rfc4884", "defer_connect"} {
		if second>>i&1 != 0 {
			d.key(text)
			d.c1('1')
		}
	}
	if rest := second >> 3; rest != 0 {
		d.key("unused")
		d.hex(rest)
		d.comment("bits 3..8")
	}
	d.c1('}')
}

// inetOptions is INET_DIAG_SOCKOPT, and bytes that newer kernels may have added unless they
// are zero.
func inetOptions(d *Decoder, addr, size uint64) bool {
	const known = 2
	if !nlaNumber(known, (*Decoder).socketBits)(d, addr, size) {
		return false
	}
	if size <= known {
		return true
	}
	if f, ok := d.peek(addr+known, int(min(size-known, elemMax))); ok && !isZero(f.buf) {
		d.s(", /* bytes 2..")
		d.udec(size - 1)
		d.s(" */ ")
		d.data(addr+known, size-known, quoteForceHex)
	}
	return true
}

// inetBytecode is a condition that sockets are to fulfil: an instruction, and what it
// compares with.
func inetBytecode(d *Decoder, addr, size uint64) bool {
	f, ok := d.peek(addr, 1)
	if !ok || size < 4 {
		return inetInstruction(d, addr, size)
	}
	code := f.u8()
	inetInstruction(d, addr, size)
	f, ok = d.peek(addr, 4)
	if !ok || size == 4 {
		return true
	}
	d.comma()
	addr, size = addr+4, size-4
	if show := inetOperands[code]; show == nil || !show(d, addr, size) {
		d.data(addr, size, quoteForceHex)
	}
	return true
}

var (
	inetInstruction = nlaStruct(4, layout{enum8("code", &inetDiagCodes), u8("yes"), u16("no")})
	inetOperands    = map[uint64]nlaValue{
		2: inetInstruction, 3: inetInstruction, 4: inetInstruction, 5: inetInstruction, // a port is in the second
		7: inetHost, 8: inetHost, 9: nlaIfindex, 10: nlaStruct(8, layout{u32("mark"), u32("mask")}),
	}
)

// inetHost is struct inet_diag_hostcond.
func inetHost(d *Decoder, addr, size uint64) bool {
	const header = 8
	if size < header {
		return false
	}
	f, ok := d.peek(addr, header)
	if !ok {
		d.addr(addr)
		return true
	}
	family := f.u8()
	d.s("{family=")
	d.constant(family, &families)
	d.members(&f, layout{u8("prefix_len"), i32("port")})
	if size > header {
		d.addressOf(family, "addr", addr+header, size-header)
	}
	d.c1('}')
	return true
}
