package decode

const (
	afUnspec    = 0
	afUnix      = 1
	afInet      = 2
	afInet6     = 10
	afNetlink   = 16
	afPacket    = 17
	afCAN       = 29
	afBluetooth = 31
	afRXRPC     = 33
	afALG       = 38
	afVsock     = 40

	// sockaddrMax is the size of struct sockaddr_storage.
	sockaddrMax = 128
)

// sockaddr prints the size bytes of socket address at addr.
func (d *Decoder) sockaddr(addr uint64, size int32) {
	if size < 2 {
		d.addr(addr)
		return
	}
	size = min(size, sockaddrMax)
	// The address buffer outlives the structure around it, which has been
	// read before.
	f, ok := d.fetch(addr, int(size))
	if !ok {
		return
	}
	d.socketAddress(&f)
}

// socketAddress prints an address that has been read.
func (d *Decoder) socketAddress(f *fields) {
	family := f.u16()
	d.s("{sa_family=")
	d.constant(family, &families)
	body := f.buf[2:]
	if len(body) > 0 { // a socket without a name has none
		d.comma()
		if a, ok := socketAddresses[family]; ok && len(f.buf) >= a.least {
			a.show(d, f)
		} else {
			d.s("sa_data=")
			d.quote(body, 0)
		}
	}
	d.c1('}')
}

// socketAddresses is what follows the family in an address of at least so many bytes.
var socketAddresses map[uint64]struct {
	least int
	show  func(d *Decoder, f *fields)
}

func init() {
	socketAddresses = map[uint64]struct {
		least int
		show  func(d *Decoder, f *fields)
	}{
		afUnix:      {3, (*Decoder).unixAddr},
		afInet:      {16, (*Decoder).inetAddr},
		afInet6:     {24, (*Decoder).inet6Addr},
		afNetlink:   {12, members(zero16("nl_pad"), pid32("nl_pid"), pad32Hex("nl_groups"))},
		afPacket:    {20, (*Decoder).packetAddr},
		afBluetooth: {3, (*Decoder).bluetoothAddr},
		afRXRPC:     {36, (*Decoder).rxrpcAddr},
		afALG:       {25, (*Decoder).algAddr},
		afVsock:     {16, members(zero16("svm_reserved1"), member{"", (*Decoder).vsockAddr})},
		3:           {16, (*Decoder).amateurAddr},
		4:           {16, members(member{"sipx_port", (*Decoder).port}, member{"", (*Decoder).ipxAddr})},
		9:           {18, members(group("sx25_addr", str("x25_addr", 16)))},
		36:          {20, members(group("addr", member{"", (*Decoder).radioAddr}))},
		39:          {16, (*Decoder).nfcAddr},
		42:          {12, members(enum32("sq_node", &qrtrNodes), enum32("sq_port", &qrtrPorts))},
		44:          {16, members(member{"", (*Decoder).xdpAddr})},
		45: {12, members(zero16("__smctp_pad0"), enum32("smctp_network", &mctpNets), group("smctp_addr", enum8("s_addr", &mctpAddrs)),
			x8("smctp_type"), x8("smctp_tag"), zero8("__smctp_pad1"))},
	}
}

// members makes a function that prints members one after the other.
func members(l ...member) func(d *Decoder, f *fields) {
	return func(d *Decoder, f *fields) {
		start := len(d.out)
		d.members(f, l)
		// What comes before has its comma already.
		if rest := d.out[start:]; len(rest) > 2 && rest[0] == ',' {
			d.out = append(d.out[:start], rest[2:]...)
		}
	}
}

// unixAddr prints a path, or a name in the abstract space, which begins with a
// NUL and is as long as the address.
func (d *Decoder) unixAddr(f *fields) {
	body := f.buf[2:]
	d.s("sun_path=")
	if len(body) > 108 {
		body = body[:108]
	}
	if body[0] != 0 {
		d.fixedString(body)
		return
	}
	d.c1('@')
	d.quote(body[1:], 0)
}

func (d *Decoder) inetAddr(f *fields) {
	d.s("sin_port=")
	d.port(f)
	d.s(", sin_addr=")
	d.inet4(f.raw(4))
}

func (d *Decoder) inet6Addr(f *fields) {
	d.s("sin6_port=")
	d.port(f)
	d.s(", sin6_flowinfo=")
	flow := f.raw(4)
	d.networkBytes(flow, func() {
		d.s("htonl(")
		d.udec(bigEndian32(flow))
		d.c1(')')
	})
	d.comma()
	ip := f.raw(16)
	d.inet6(ip, "sin6_addr")
	if len(f.buf) > 24 {
		d.s(", sin6_scope_id=")
		scope := f.u32()
		if isLinkLocal(ip) {
			d.ifindex(scope)
		} else {
			d.udec(scope)
		}
	}
}

// isLinkLocal reports whether an address means something on one link only: fe80::/10
// and the multicast addresses of a link, ff02::/16 and its like.
func isLinkLocal(ip []byte) bool {
	const link = 2
	return len(ip) == 16 && (ip[0] == 0xfe && ip[1]&0xc0 == 0x80 || ip[0] == 0xff && ip[1]&0x0f == link)
}

func (d *Decoder) packetAddr(f *fields) {
	d.s("sll_protocol=")
	protocol := f.raw(2)
	d.networkBytes(protocol, func() {
		d.s("htons(")
		d.nameOrHex(bigEndian16(protocol), &ethProtocols)
		d.c1(')')
	})
	d.s(", sll_ifindex=")
	d.ifindex(f.u32())
	d.s(", sll_hatype=")
	d.constant(f.u16(), &hardwareTypes)
	d.s(", sll_pkttype=")
	d.constant(f.u8(), &packetTypes)
	n := int(f.u8())
	d.ufield("sll_halen", uint64(n))
	if n == 0 {
		return
	}
	d.s(", sll_addr=[")
	addr := f.raw(len(f.buf))
	for i := range min(n, len(addr)) {
		if i > 0 {
			d.comma()
		}
		d.hexPad(uint64(addr[i]), 4)
	}
	if n > len(addr) {
		d.s(", ...")
	}
	d.c1(']')
}

func bigEndian16(b []byte) uint64 {
	if len(b) < 2 {
		return 0
	}
	return uint64(b[0])<<8 | uint64(b[1])
}

func bigEndian32(b []byte) uint64 {
	if len(b) < 4 {
		return 0
	}
	return bigEndian16(b)<<16 | bigEndian16(b[2:])
}

// sockaddrIn is an address that the kernel reads, and its size.
func sockaddrIn(d *Decoder) bool {
	addr, size := d.size(d.next()), int32(d.next())
	d.sockaddr(addr, size)
	d.comma()
	d.dec(int64(size))
	return true
}

// saveLength keeps the length at addr for the exit, when the kernel has changed
// it.
func (d *Decoder) saveLength(addr uint64) {
	if f, ok := d.peek(addr, 4); ok && addr != 0 {
		d.c.saved[0], d.c.saved[1] = f.u32(), 1
	}
}

// sockaddrOut is a buffer for an address and a pointer to its size, which the
// kernel reads at entry and writes at exit: [128 => 16].
func sockaddrOut(d *Decoder) bool {
	addr, lenAddr := d.size(d.next()), d.size(d.next())
	if !d.exiting {
		d.saveLength(lenAddr)
		return false
	}
	f, ok := d.peek(lenAddr, 4)
	if d.c.saved[1] == 0 || addr == 0 || lenAddr == 0 || d.opaque || !ok {
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
	d.sockaddr(addr, min(was, is))
	d.s(", [")
	d.dec(int64(was))
	if was != is {
		d.s(" => ")
		d.dec(int64(is))
	}
	d.c1(']')
	return true
}
