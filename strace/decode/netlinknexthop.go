package decode

// Ways that a route takes: in the attributes of routes (linux/rtnetlink.h), and as
// objects of their own (linux/nexthop.h).

var (
	nextHopHeader = routeHeader{"nh_family", 8, layout{enum8("nh_scope", &routeScopes), enum8("nh_protocol", &routeProtocols),
		zero8("resvd"), flag32("nh_flags", &nextHopFlags)}, &nextHopAttributes}

	nextHopAttributes = attributes{&nextHopNames, nlaValues{
		1: nlaU32, 4: nlaU32, 9: nlaU32, 11: nlaU32,
		2: nlaArray(8, func(d *Decoder, f *fields) {
			d.structure(f, layout{u32("id"), u8("weight"), zero8("resvd1"), zero16("resvd2")})
		}),
		3: nlaEnum(2, &nextHopGroupTypes), 5: nlaIfindex, 6: nlaAnyAddress, 7: nlaEnum(2, &tunnelTypes), 10: nlaIfindex,
		12: nest(&nextHopGroupAttributes), 13: nest(&nextHopBucketAttributes),
	}}
	nextHopGroupAttributes  = attributes{&nextHopGroupNames, nlaValues{1: nlaU16, 2: nlaClock, 3: nlaClock, 4: nlaClock}}
	nextHopBucketAttributes = attributes{&nextHopBucketNames, nlaValues{1: nlaU16, 2: nlaClock, 3: nlaU32}}

	metricAttributes = attributes{&routeMetricNames, nlaValues{1: nlaU32, 2: nlaU32, 3: nlaU32, 4: nlaU32, 5: nlaU32, 6: nlaU32, 7: nlaU32,
		8: nlaU32, 9: nlaU32, 10: nlaU32, 11: nlaU32, 12: nlaU32, 13: nlaU32, 14: nlaU32, 15: nlaU32, 16: nlaText, 17: nlaU32}}
)

// nlaAnyAddress is an address of the family that its size says.
func nlaAnyAddress(d *Decoder, addr, size uint64) bool {
	switch size {
	case 4:
		return nlaInet4(d, addr, size)
	case 16:
		return nlaInet6(d, addr, size)
	}
	return false
}

// routePaths is RTA_MULTIPATH: structures rtnexthop, each with attributes of its own, which
// are those of routes.
func routePaths(d *Decoder, addr, size uint64) bool {
	const header = 8
	if size < header {
		return false
	}
	peek := func(addr uint64) (uint64, bool) {
		f, ok := d.peek(addr, header)
		return f.u16(), ok
	}
	d.chain(addr, size, header, func(addr, size uint64) (uint64, bool) {
		f, _ := d.peek(addr, header)
		rest := min(f.u16(), size)
		f.off = 0
		d.c1('[')
		d.structure(&f, layout{u16("rtnh_len"), flag8("rtnh_flags", &nextHopFlags), u8("rtnh_hops"), ifindex("rtnh_ifindex")})
		if rest > header {
			d.comma()
			d.attributes(addr+header, rest-header, routeHeaders[routeMessages].attributes)
		}
		d.c1(']')
		return 0, true
	}, peek)
	return true
}

// routeVia is RTA_VIA: an address of another family than the route's.
func routeVia(d *Decoder, addr, size uint64) bool {
	if size < 2 {
		return false
	}
	f, ok := d.peek(addr, 2)
	if !ok {
		d.addr(addr)
		return true
	}
	family := f.u16()
	d.s("{rtvia_family=")
	d.constant(family, &families)
	if size > 2 {
		d.addressOf(family, "rtvia_addr", addr+2, size-2)
	}
	d.c1('}')
	return true
}

// addressOf prints an address of a family as a member of a structure, in bytes if it is too
// short or of a family without addresses.
func (d *Decoder) addressOf(family uint64, member string, addr, size uint64) {
	n := uint64(0)
	switch family {
	case afInet:
		n = 4
	case afInet6:
		n = 16
	}
	if n == 0 || size < n {
		d.key(member)
		d.data(addr, size, quoteForceHex)
		return
	}
	f, ok := d.peek(addr, int(n))
	switch {
	case !ok:
		d.key(member)
		d.addr(addr)
	case n == 4:
		d.key(member)
		d.inet4(f.buf)
	default:
		d.separate()
		d.inet6(f.buf, member)
	}
}
