package decode

// setStructure prints the structures that options of sockets take, and reports
// false for an option that takes none.
func (d *Decoder) setStructure(level, option, addr uint64, size int32) bool {
	l, least := setLayout(level, option)
	switch {
	case l == nil:
		return false
	case size < int32(least) || level == solPacket && size != int32(least) || addr == 0 || d.opaque:
		d.addr(addr)
	default:
		structAt(least, l)(d, addr)
	}
	return true
}

const (
	ipAddMembership                   = 35
	ipv6JoinAnycast, ipv6LeaveAnycast = 27, 28
	ipDropMembership, ipv6JoinGroup   = 36, 20
	ipv6LeaveGroup                    = 21
)

func setLayout(level, option uint64) (l layout, size int) {
	switch level {
	case solSocket:
		switch option {
		case soLinger:
			return layout{i32("l_onoff"), i32("l_linger")}, 8
		}
	case solIP:
		switch option {
		case ipAddMembership, ipDropMembership:
			return layout{inet4("imr_multiaddr"), inet4("imr_interface")}, 8
		}
	case solIPv6:
		switch option {
		case ipv6JoinGroup, ipv6LeaveGroup, ipv6JoinAnycast, ipv6LeaveAnycast:
			return layout{inet6("ipv6mr_multiaddr"), ifindex("ipv6mr_interface")}, 20
		}
	case solPacket:
		switch option {
		case packetRXRing, packetTXRing:
			return layout{u32("tp_block_size"), u32("tp_block_nr"), u32("tp_frame_size"), u32("tp_frame_nr")}, 16
		case packetAddMembership, packetDropMembership:
			return layout{ifindex("mr_ifindex"), enum16("mr_type", &packetMembers), {"", packetAddress}}, 16
		}
	}
	return nil, 0
}

// packetAddress is the length of a hardware address and the address.
func packetAddress(d *Decoder, f *fields) {
	n := f.u16()
	d.ufield("mr_alen", n)
	d.key("mr_address")
	d.hardwareAddress(f.raw(min(int(n), 8)))
}

// hardwareAddress prints bytes as 00:11:22, or as a string with -X.
func (d *Decoder) hardwareAddress(b []byte) {
	show := func() {
		for i, c := range b {
			if i > 0 {
				d.c1(':')
			}
			d.out = append(d.out, hexDigits[c>>4], hexDigits[c&15])
		}
	}
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

// inet4 and inet6 are addresses, ifindex is the number of a network interface.
func inet4(name string) member {
	return member{name, func(d *Decoder, f *fields) {
		d.s("inet_addr(\"")
		d.ip4(f.raw(4))
		d.s("\")")
	}}
}

func inet6(name string) member {
	return member{"", func(d *Decoder, f *fields) {
		d.separate()
		d.s("inet_pton(AF_INET6, \"")
		d.ip6(f.raw(16))
		d.s("\", &")
		d.s(name)
		d.c1(')')
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
