package decode

import (
	"strconv"
	"strings"
)

// Messages of netlink sockets (netlink(7)).

const (
	netlinkRoute, netlinkSockDiag, netlinkAudit   = 0, 4, 9
	netlinkNetfilter, netlinkUevent, netlinkXfrm  = 12, 15, 6
	netlinkCrypto, netlinkGeneric, netlinkSELinux = 21, 16, 7

	nlmsgHeader  = 16
	nlmsgError   = 2
	nlmsgDone    = 3
	nlmsgMinType = 0x10

	selinuxEnforce, selinuxPolicy = 0x10, 0x11 // SELNL_MSG_SETENFORCE, SELNL_MSG_POLICYLOAD
)

// NetlinkProtocol is the name of a protocol of netlink sockets without its prefix, its
// number if it has none.
func NetlinkProtocol(number int) string {
	if name := netlinkProtocols.find(uint64(number)); name != "" {
		return strings.TrimPrefix(name, "NETLINK_")
	}
	return strconv.Itoa(number)
}

// messageData prints size bytes that go through a descriptor: as netlink messages
// if it is such a socket.
func (d *Decoder) messageData(fd int32, addr, size uint64) {
	if d.opts.Netlink != nil && !d.opaque && addr != 0 && size > 0 && size <= 1<<31-1 && d.maybeNetlink(addr) {
		protocol, ok := d.opts.Netlink(d.c.TID, fd)
		switch {
		case ok && protocol == netlinkUevent:
			d.uevent(addr, size)
			return
		case ok:
			d.netlink(protocol, addr, size)
			return
		}
	}
	d.data(addr, size, 0)
}

// maybeNetlink is a cheap look that spares most sockets the question what they are:
// as the length of a message, text and TLS records would be far more than a socket
// takes.
func (d *Decoder) maybeNetlink(addr uint64) bool {
	f, ok := d.peek(addr, 4)
	return !ok || string(f.buf) == ueventPrefix[:4] || f.u32() < 1<<20
}

// chain prints what lies one behind the other in size bytes at addr, each part with
// its length at its beginning: one part alone, or several in brackets. show prints a
// part and returns its length.
func (d *Decoder) chain(addr, size, header uint64, show func(addr, size uint64) (length uint64, ok bool), peek func(addr uint64) (length uint64, ok bool)) {
	inside := false
	for n := 0; ; n++ {
		if size < header {
			d.data(addr, size, quoteForceHex)
			break
		}
		length, ok := peek(addr)
		if !ok {
			if inside {
				d.s("... /* ")
				d.hex(addr)
				d.s(" */")
			} else {
				d.addr(addr)
			}
			break
		}
		if n == d.strSize && !d.full {
			d.s("...")
			break
		}
		aligned := (length + 3) &^ 3
		more := length >= header && size > aligned && addr+aligned > addr
		if more && !inside {
			d.c1('[')
			inside = true
		}
		show(addr, size)
		if !more {
			break
		}
		d.comma()
		addr += aligned
		size -= aligned
	}
	if inside {
		d.c1(']')
	}
}

func (d *Decoder) netlink(protocol int, addr, size uint64) {
	peek := func(addr uint64) (uint64, bool) {
		f, ok := d.peek(addr, nlmsgHeader)
		return f.u32(), ok
	}
	d.chain(addr, size, nlmsgHeader, func(addr, size uint64) (uint64, bool) {
		d.netlinkMessage(protocol, addr, size)
		return 0, true
	}, peek)
}

// netlinkMessage prints a message of which no more than size bytes are there.
func (d *Decoder) netlinkMessage(protocol int, addr, size uint64) {
	f, ok := d.peek(addr, nlmsgHeader)
	if !ok {
		d.addr(addr)
		return
	}
	length, kind, flags, seq, pid := f.u32(), f.u16(), f.u16(), f.u32(), f.u32()
	payload := min(length, size)
	if payload > nlmsgHeader {
		d.c1('[')
	}
	d.s("{nlmsg_len=")
	d.udec(length)
	d.s(", nlmsg_type=")
	d.netlinkType(protocol, kind)
	d.s(", nlmsg_flags=")
	d.flags(flags, netlinkMessageFlags(protocol, kind))
	d.ufield("nlmsg_seq", seq)
	d.s(", nlmsg_pid=")
	d.pid(int32(pid))
	d.c1('}')
	if payload <= nlmsgHeader {
		return
	}
	d.comma()
	d.netlinkPayload(protocol, kind, flags, addr+nlmsgHeader, payload-nlmsgHeader)
	d.c1(']')
}

// netlinkType prints what a message is for; below nlmsgMinType that does not depend
// on the protocol.
func (d *Decoder) netlinkType(protocol int, kind uint64) {
	if kind < nlmsgMinType {
		d.constant(kind, &nlControlTypes)
		return
	}
	switch protocol {
	case netlinkRoute:
		d.constant(kind, &nlRouteTypes)
	case netlinkSockDiag:
		d.constant(kind, &nlSockDiagTypes)
	case netlinkAudit:
		d.constant(kind, &nlAuditTypes)
	case netlinkXfrm:
		d.constant(kind, &nlXfrmTypes)
	case netlinkCrypto:
		d.constant(kind, &nlCryptoTypes)
	case netlinkNetfilter:
		d.filterType(kind)
	case netlinkSELinux:
		d.constant(kind, &nlSELinuxTypes)
	case netlinkGeneric:
		d.constant(kind, &nlGenericTypes)
	default:
		d.constant(kind, &nlControlTypes)
	}
}

// netlinkMessageFlags are the names of flags; the upper ones depend on what is to be
// done.
func netlinkMessageFlags(protocol int, kind uint64) *names {
	if kind == nlmsgError {
		return &nlAckFlags
	}
	if kind < nlmsgMinType {
		return &nlFlags
	}
	const newThing, deleteThing, getThing = 0, 1, 2
	switch protocol {
	case netlinkRoute:
		const deleteAction = 49 // RTM_DELACTION, which has flags of RTM_GETACTION
		if kind == deleteAction {
			return &nlGetFlags
		}
		switch kind & 3 {
		case newThing:
			return &nlNewFlags
		case deleteThing:
			return &nlDeleteFlags
		case getThing:
			return &nlGetFlags
		}
	case netlinkSockDiag:
		return &nlGetFlags
	case netlinkNetfilter:
		return filterFlags(kind)
	case netlinkCrypto:
		return flagsByName(nlCryptoTypes.find(kind))
	case netlinkXfrm:
		return flagsByName(nlXfrmTypes.find(kind))
	}
	return &nlFlags
}

func (d *Decoder) netlinkPayload(protocol int, kind, flags, addr, size uint64) {
	switch {
	case kind == nlmsgError:
		d.netlinkError(protocol, flags, addr, size)
	case kind == nlmsgDone && size == 4:
		if f, ok := d.peek(addr, 4); ok {
			d.dec(f.i32())
		} else {
			d.addr(addr)
		}
	case kind >= nlmsgMinType && protocol == netlinkRoute:
		d.routeMessage(kind, addr, size)
	case kind >= nlmsgMinType && protocol == netlinkSockDiag:
		d.diagMessage(kind, flags, addr, size)
	case kind == selinuxEnforce && protocol == netlinkSELinux && size >= 4:
		structAt(4, layout{i32("val")})(d, addr)
	case kind == selinuxPolicy && protocol == netlinkSELinux && size >= 4:
		structAt(4, layout{u32("seqno")})(d, addr)
	case kind != nlmsgDone && protocol == netlinkNetfilter:
		d.filterMessage(kind, addr, size)
	default:
		d.data(addr, size, quoteForceHex)
	}
}

// netlinkError is the answer to a message, which it repeats.
func (d *Decoder) netlinkError(protocol int, flags, addr, size uint64) {
	const least, capped = 4 + nlmsgHeader, 0x100
	if size < least {
		d.data(addr, size, quoteForceHex)
		return
	}
	f, ok := d.peek(addr, least)
	if !ok {
		d.addr(addr)
		return
	}
	code, length := f.i32(), max(f.u32(), nlmsgHeader)
	size -= 4
	repeated := length
	if flags&capped != 0 {
		repeated = nlmsgHeader
	}
	repeated = min(repeated, size)
	if size > repeated {
		d.c1('[')
	}
	d.s("{error=")
	if name := ErrnoName(int(-code)); code < 0 && name != "" {
		d.named(code, "-"+name)
	} else {
		d.dec(code)
	}
	d.s(", msg=")
	d.netlinkMessage(protocol, addr+4, repeated)
	d.c1('}')
	if size > repeated {
		d.comma()
		d.attributes(addr+4+repeated, size-repeated, &errorAttributes)
		d.c1(']')
	}
}

// attributes are what follows the header of a message: each has a length, a type
// and a value.
type attributes struct {
	names *names
	// values print the values of types that are known.
	values map[uint64]func(d *Decoder, addr, size uint64) bool
}

const (
	nlaHeader  = 4
	nlaNested  = 0x8000
	nlaNetwork = 0x4000
)

func (d *Decoder) attributes(addr, size uint64, a *attributes) {
	peek := func(addr uint64) (uint64, bool) {
		f, ok := d.peek(addr, nlaHeader)
		return f.u16(), ok
	}
	d.chain(addr, size, nlaHeader, func(addr, size uint64) (uint64, bool) {
		d.attribute(addr, size, a)
		return 0, true
	}, peek)
}

func (d *Decoder) attribute(addr, size uint64, a *attributes) {
	f, _ := d.peek(addr, nlaHeader)
	length, kind := f.u16(), f.u16()
	value := min(length, size)
	if value > nlaHeader {
		d.c1('[')
	}
	d.s("{nla_len=")
	d.udec(length)
	d.s(", nla_type=")
	for i := range attributeFlags.list {
		if bit := attributeFlags.list[i].value; kind&bit != 0 {
			d.constant(bit, &attributeFlags)
			d.c1('|')
		}
	}
	kind &^= nlaNested | nlaNetwork
	d.constant(kind, a.names)
	d.c1('}')
	if value <= nlaHeader {
		return
	}
	d.comma()
	addr, size = addr+nlaHeader, value-nlaHeader
	if show := a.values[kind]; show == nil || !show(d, addr, size) {
		d.data(addr, size, quoteForceHex)
	}
	d.c1(']')
}

var attributeFlags = names{"", []name{{nlaNested, "NLA_F_NESTED"}, {nlaNetwork, "NLA_F_NET_BYTEORDER"}}}

// The ways to print values.

// nlaText is a string that should end in a NUL, which is not printed; dots say that it does
// not, or that it is cut.
func nlaText(d *Decoder, addr, size uint64) bool {
	n := int(min(size, uint64(d.strSize)+1))
	buf := d.buffer(n)
	switch {
	case !d.read(addr, buf):
		d.addr(addr)
	case uint64(n) == size && buf[n-1] == 0:
		d.quote(buf[:n-1], 0)
	default:
		d.quote(buf[:min(n, d.strSize)], 0)
		d.s("...")
	}
	return true
}

// nlaNumber prints a number of size bytes, as long as there are so many.
func nlaNumber(size uint64, show func(d *Decoder, f *fields)) func(d *Decoder, addr, n uint64) bool {
	return func(d *Decoder, addr, n uint64) bool {
		if n < size {
			return false
		}
		if f, ok := d.peek(addr, int(size)); ok {
			show(d, &f)
		} else {
			d.addr(addr)
		}
		return true
	}
}

var (
	nlaU8      = nlaNumber(1, func(d *Decoder, f *fields) { d.udec(f.u8()) })
	nlaPort    = nlaNumber(2, func(d *Decoder, f *fields) { d.port(f) })
	nlaU32     = nlaNumber(4, func(d *Decoder, f *fields) { d.udec(f.u32()) })
	nlaS32     = nlaNumber(4, func(d *Decoder, f *fields) { d.dec(f.i32()) })
	nlaIfindex = nlaNumber(4, func(d *Decoder, f *fields) { d.ifindex(f.u32()) })
)

// nlaBytes are numbers, a byte each.
func nlaBytes(d *Decoder, addr, size uint64) bool {
	d.arrayAt(addr, size, 1, func(d *Decoder, f *fields) { d.udec(f.u8()) })
	return true
}

// nlaMAC is a hardware address.
func nlaMAC(d *Decoder, addr, size uint64) bool {
	const longest = 32 // MAX_ADDR_LEN
	if size > longest {
		return false
	}
	f, ok := d.peek(addr, int(size))
	if !ok {
		d.addr(addr)
		return true
	}
	d.hardwareAddress(f.buf)
	return true
}

// nlaAddress is an address of the family that the message is about.
func nlaAddress(d *Decoder, addr, size uint64) bool {
	f, ok := d.peek(addr, int(min(size, 16)))
	if !ok {
		d.addr(addr)
		return true
	}
	switch {
	case d.family == afInet && size >= 4:
		d.inet4(f.buf[:4])
	case d.family == afInet6 && size >= 16:
		d.inet6(f.buf, "")
	default:
		return false
	}
	return true
}

var errorAttributes = attributes{names: &names{"NLMSGERR_ATTR_???", []name{
	{0, "NLMSGERR_ATTR_UNUSED"}, {1, "NLMSGERR_ATTR_MSG"}, {2, "NLMSGERR_ATTR_OFFS"}, {3, "NLMSGERR_ATTR_COOKIE"},
	{4, "NLMSGERR_ATTR_POLICY"},
}}, values: map[uint64]func(d *Decoder, addr, size uint64) bool{1: nlaText, 2: nlaU32, 3: nlaBytes}}
