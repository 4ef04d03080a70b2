package decode

import (
	"net/netip"
	"strconv"
)

const (
	afUnspec    = 0
	afUnix      = 1
	afInet      = 2
	afInet6     = 10
	afNetlink   = 16
	afPacket    = 17
	afCAN       = 29
	afBluetooth = 31
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
	family := f.u16()
	d.s("{sa_family=")
	d.constant(family, &families)
	body := f.buf[2:]
	if len(body) == 0 { // a socket without a name
		d.c1('}')
		return
	}
	d.comma()
	switch {
	case family == afUnix:
		d.unixAddr(body)
	case family == afInet && size >= 16:
		d.inetAddr(&f)
	case family == afInet6 && size >= 24:
		d.inet6Addr(&f, size)
	case family == afNetlink && size >= 12:
		if pad := f.u16(); pad != 0 {
			d.s("nl_pad=")
			d.hex(pad)
			d.comma()
		}
		d.s("nl_pid=")
		d.pid(int32(f.u32()))
		d.s(", nl_groups=")
		d.hexPad(f.u32(), 8)
	case family == afPacket && size >= 12:
		d.packetAddr(&f)
	case family == afVsock && size >= 16:
		f.u16()
		port := f.u32()
		d.s("svm_cid=")
		d.vsockCID(f.u32())
		d.s(", svm_port=")
		d.hex(port)
	default:
		d.s("sa_data=")
		d.quote(body, 0)
	}
	d.c1('}')
}

// unixAddr prints a path, or a name in the abstract space, which begins with a
// NUL and is as long as the address.
func (d *Decoder) unixAddr(body []byte) {
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
	d.s("sin_port=htons(")
	d.udec(bigEndian16(f.raw(2)))
	d.s("), sin_addr=inet_addr(\"")
	d.ip4(f.raw(4))
	d.s("\")")
}

func (d *Decoder) ip4(b []byte) {
	var a [4]byte
	copy(a[:], b)
	d.out = netip.AddrFrom4(a).AppendTo(d.out)
}

func (d *Decoder) ip6(b []byte) {
	var a [16]byte
	copy(a[:], b)
	addr := netip.AddrFrom16(a)
	// The C library writes the old compatible form too: ::1.2.3.4.
	compatible := addr.Is6() && isZero(a[:12]) && (a[12] != 0 || a[13] != 0)
	if compatible {
		d.s("::")
		d.ip4(a[12:])
		return
	}
	d.out = addr.AppendTo(d.out)
}

func isZero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

func (d *Decoder) inet6Addr(f *fields, size int32) {
	d.s("sin6_port=htons(")
	d.udec(bigEndian16(f.raw(2)))
	d.s("), sin6_flowinfo=htonl(")
	d.udec(bigEndian32(f.raw(4)))
	d.s("), inet_pton(AF_INET6, \"")
	ip := f.raw(16)
	d.ip6(ip)
	d.s("\", &sin6_addr)")
	if size >= 28 {
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
	d.s("sll_protocol=htons(")
	d.constant(bigEndian16(f.raw(2)), &ethProtocols)
	d.s("), sll_ifindex=")
	d.ifindex(f.u32())
	d.s(", sll_hatype=")
	d.constant(f.u16(), &hardwareTypes)
	d.s(", sll_pkttype=")
	d.constant(f.u8(), &packetTypes)
	n := f.u8()
	d.ufield("sll_halen", n)
	if n > 0 {
		d.s(", sll_addr=[")
		for i, b := range f.raw(min(int(n), 8)) {
			if i > 0 {
				d.comma()
			}
			d.hexPad(uint64(b), 4)
		}
		if n > 8 {
			d.s(", ...")
		}
		d.c1(']')
	}
}

func (d *Decoder) vsockCID(cid uint64) {
	switch cid {
	case 0xffffffff:
		d.s("VMADDR_CID_ANY")
	case 0:
		d.s("VMADDR_CID_HYPERVISOR")
	case 2:
		d.s("VMADDR_CID_HOST")
	default:
		d.out = strconv.AppendUint(append(d.out, "0x"...), cid, 16)
	}
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
