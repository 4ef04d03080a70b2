package decode

import "net/netip"

// Addresses of hosts, interfaces and devices in structures.

// packetAddress is the length of a hardware address and the address.
func packetAddress(d *Decoder, f *fields) {
	n := f.u16()
	d.ufield("mr_alen", n)
	d.key("mr_address")
	d.hardwareAddress(f.raw(min(int(n), 8)))
}

// networkBytes prints bytes that are in the network's order: what they mean, the bytes,
// or both, as -X says.
func (d *Decoder) networkBytes(b []byte, show func()) {
	if d.opts.Xlat == XlatAbbrev {
		show()
		return
	}
	d.quote(b, quoteForceHex)
	if d.opts.Xlat == XlatVerbose {
		d.s(" /* ")
		show()
		d.s(" */")
	}
}

// hardwareAddress prints bytes as 00:11:22.
func (d *Decoder) hardwareAddress(b []byte) { d.deviceAddress(b, len(b)) }

// deviceAddress is hardwareAddress for one of which the first n bytes count.
func (d *Decoder) deviceAddress(b []byte, n int) {
	d.networkBytes(b, func() {
		for i, c := range b[:min(n, len(b))] {
			if i > 0 {
				d.c1(':')
			}
			d.out = append(d.out, hexDigits[c>>4], hexDigits[c&15])
		}
	})
}

// port is the number of a port.
func (d *Decoder) port(f *fields) {
	b := f.raw(2)
	d.networkBytes(b, func() {
		d.s("htons(")
		d.udec(bigEndian16(b))
		d.c1(')')
	})
}

// inet4 prints an address, inet6 one as the call that would write it to the variable
// of that name, if there is a name.
func (d *Decoder) inet4(b []byte) {
	d.networkBytes(b, func() {
		d.s("inet_addr(\"")
		d.ip4(b)
		d.s("\")")
	})
}

func (d *Decoder) inet6(b []byte, name string) {
	if name != "" && d.opts.Xlat != XlatAbbrev {
		d.s(name)
		d.c1('=')
	}
	d.networkBytes(b, func() {
		d.s("inet_pton(AF_INET6, \"")
		d.ip6(b)
		d.c1('"')
		if name != "" && d.opts.Xlat == XlatAbbrev {
			d.s(", &")
			d.s(name)
		}
		d.c1(')')
	})
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

// inet4 and inet6 are addresses, ifindex is the number of a network interface.
func inet4(name string) member {
	return member{name, func(d *Decoder, f *fields) { d.inet4(f.raw(4)) }}
}

func inet6(name string) member {
	return member{"", func(d *Decoder, f *fields) {
		d.separate()
		d.inet6(f.raw(16), name)
	}}
}

func ifindex(name string) member {
	return member{name, func(d *Decoder, f *fields) { d.ifindex(f.u32()) }}
}

// ifindex prints a network interface by its name, if that is known.
func (d *Decoder) ifindex(index uint64) {
	name := ""
	if d.opts.Interface != nil && index != 0 && d.opts.Xlat != XlatRaw {
		name = d.opts.Interface(d.c.TID, int(int32(index)))
	}
	switch {
	case name == "":
		d.udec(index)
		return
	case d.opts.Xlat == XlatVerbose:
		d.udec(index)
		d.s(" /* ")
		defer d.s(" */")
	}
	d.s("if_nametoindex(")
	d.quote([]byte(name), 0)
	d.c1(')')
}

var packetMembers = names{"PACKET_MR_???", []name{
	{0, "PACKET_MR_MULTICAST"}, {1, "PACKET_MR_PROMISC"}, {2, "PACKET_MR_ALLMULTI"}, {3, "PACKET_MR_UNICAST"},
}}
