package decode

import "math/bits"

// Values of socket options (getsockopt(2), socket(7), ip(7), packet(7)).

const (
	soError, soLinger, soPeercred, soTxrehash    = 4, 13, 17, 74
	soAttachFilter, soAttachReusePort            = 26, 51
	ipAddMembership, ipDropMembership            = 35, 36
	ipv6JoinGroup, ipv6LeaveGroup                = 20, 21
	ipv6JoinAnycast, ipv6LeaveAnycast            = 27, 28
	mcastJoinGroup, mcastLeaveGroup              = 42, 45
	packetAddMembership, packetDropMembership    = 1, 2
	packetRXRing, packetStatistics, packetTXRing = 5, 6, 13
	icmpFilter                                   = 1
	netlinkMemberships                           = 9
)

var filterOption = names{"SO_???", []name{{soAttachFilter, "SO_GET_FILTER"}}}

// intOption reports whether an option of SOL_SOCKET is an int and nothing else.
func intOption(option uint64) bool {
	const known = 1<<1 | 1<<2 | 0x3ff<<5&^(1<<13) | 1<<14 | 1<<15 | 1<<16 | 1<<18 | 1<<19 | 1<<27 | 1<<29 | 1<<30 |
		0x3f<<32 | 0x7f<<40 | 1<<49 | 1<<53 | 1<<56 | 1<<60 | 1<<63
	if option < 64 {
		return uint64(known)>>option&1 != 0
	}
	switch option {
	case 64, 65, 68, 69, 70, 73, 75:
		return true
	}
	return false
}

// setsockopt is the whole of that call.
func setsockopt(d *Decoder) bool {
	level, option := optionName(d, false)
	addr, size := d.size(d.next()), int32(d.next())
	d.comma()
	d.optionIn(level, option, addr, size)
	d.comma()
	d.dec(int64(size))
	return true
}

// optionIn prints the value that an option is to have. A structure that is cut short
// is not looked into.
func (d *Decoder) optionIn(level, option, addr uint64, size int32) {
	if addr == 0 || d.opaque {
		d.addr(addr)
		return
	}
	show, least := optionStructure(d, level, option)
	switch {
	case level == solSocket && option == soTxrehash:
		d.rehash(addr, size)
	case level == solSocket && intOption(option), level == solNetlink:
		if size < 4 {
			d.addr(addr)
		} else {
			d.inInt(addr)
		}
	case level == solRaw && option == icmpFilter:
		d.icmpFilter(addr, size)
	case show == nil:
		d.optionData(addr, size)
	case level == solIP || level == solIPv6 || level == solSocket && option == soLinger:
		if size < int32(least) {
			d.addr(addr)
		} else {
			show(d, addr)
		}
	case size != int32(least):
		d.addr(addr)
	default:
		show(d, addr)
	}
}

// optionStructure returns how a structure is printed that an option takes, and its
// size.
func optionStructure(d *Decoder, level, option uint64) (show func(d *Decoder, addr uint64), size int) {
	var l layout
	switch level {
	case solSocket:
		switch option {
		case soLinger:
			size, l = 8, layout{i32("l_onoff"), i32("l_linger")}
		case soAttachFilter, soAttachReusePort:
			return func(d *Decoder, addr uint64) { d.filterProgram(addr, packetConstant) }, 2 * d.long()
		}
	case solIP:
		switch option {
		case ipAddMembership, ipDropMembership:
			size, l = 8, layout{inet4("imr_multiaddr"), inet4("imr_interface")}
		case mcastJoinGroup, mcastLeaveGroup:
			return (*Decoder).groupRequest, d.bySize(136, 132)
		}
	case solIPv6:
		switch option {
		case ipv6JoinGroup, ipv6LeaveGroup, ipv6JoinAnycast, ipv6LeaveAnycast:
			size, l = 20, layout{inet6("ipv6mr_multiaddr"), ifindex("ipv6mr_interface")}
		case mcastJoinGroup, mcastLeaveGroup:
			return (*Decoder).groupRequest, d.bySize(136, 132)
		}
	case solPacket:
		switch option {
		case packetRXRing, packetTXRing:
			size, l = 16, layout{u32("tp_block_size"), u32("tp_block_nr"), u32("tp_frame_size"), u32("tp_frame_nr")}
		case packetAddMembership, packetDropMembership:
			size, l = 16, layout{ifindex("mr_ifindex"), enum16("mr_type", &packetMembers), {"", packetAddress}}
		}
	}
	if l == nil {
		return nil, 0
	}
	return structAt(size, l), size
}

// groupRequest is a group of receivers, on an interface.
func (d *Decoder) groupRequest(addr uint64) {
	f, ok := d.fetch(addr, d.bySize(136, 132))
	if !ok {
		return
	}
	d.s("{gr_interface=")
	d.ifindex(f.u32())
	d.key("gr_group")
	d.sockaddr(addr+uint64(d.bySize(8, 4)), sockaddrMax)
	d.c1('}')
}

// optionData prints a value of which nothing more is known.
func (d *Decoder) optionData(addr uint64, size int32) {
	switch {
	case d.opaque:
		d.addr(addr)
	case size == 4:
		d.inInt(addr)
	case size < 0:
		d.addr(addr)
	default:
		d.data(addr, uint64(size), 0)
	}
}

// rehash is whether the hash of a flow is made anew.
func (d *Decoder) rehash(addr uint64, size int32) {
	switch {
	case size >= 4:
		if f, ok := d.fetch(addr, 4); ok {
			d.c1('[')
			d.signedConstant(f.u32(), &rehashModes)
			d.c1(']')
		}
	case d.exiting:
		d.data(addr, uint64(size), quoteForceHex)
	default:
		d.addr(addr)
	}
}

// icmpFilter is a set of messages that are not wanted; where most are in it, those
// that are not.
func (d *Decoder) icmpFilter(addr uint64, size int32) {
	if size <= 0 {
		d.addr(addr)
		return
	}
	n := min(int(size), 4)
	f, ok := d.fetch(addr, n)
	if !ok {
		return
	}
	set := uint32(0xffffffff)
	for i, b := range f.buf {
		set = set&^(0xff<<(8*i)) | uint32(b)<<(8*i)
	}
	if bits.OnesCount32(set) > 16 {
		set = ^set
		d.c1('~')
	}
	d.c1('[')
	sep := false
	for i := range uint64(32) {
		if set&(1<<i) != 0 {
			if sep {
				d.c1(' ')
			}
			d.constant(i, &icmpTypes)
			sep = true
		}
	}
	d.c1(']')
}

// packetConstant prints where in a packet an instruction reads: where the link layer's
// or the network's header begins, or what the kernel knows of the packet.
func packetConstant(d *Decoder, code, k uint64) bool {
	const absolute, modeMask = 0x20, 0xe0
	if code&7 != filterLD || code&modeMask != absolute {
		return false
	}
	const known, network, link = 0xfffff000, 0xfff00000, 0xffe00000 // SKF_AD_OFF and its like
	switch {
	case k >= known:
		d.constant(known, &packetOffsets)
		d.c1('+')
		d.constant(k-known, &packetKnown)
	case k >= network:
		d.constant(network, &packetOffsets)
		d.c1('+')
		d.udec(k - network)
	case k >= link:
		d.constant(link, &packetOffsets)
		d.c1('+')
		d.udec(k - link)
	default:
		return false
	}
	return true
}

// getsockopt is the whole of that call: the value's size is read at entry and
// written at exit.
func getsockopt(d *Decoder) bool {
	a := &d.c.Args
	addr, lenAddr := d.size(a[3]), d.size(a[4])
	if !d.exiting {
		optionName(d, true)
		d.comma()
		if f, ok := d.peek(lenAddr, 4); ok && lenAddr != 0 && !d.opaque {
			d.c.saved[0] = f.u32()
			return false
		}
		d.addr(addr)
		d.comma()
		d.addr(lenAddr)
		return true
	}
	was := int32(d.c.saved[0])
	f, ok := d.peek(lenAddr, 4)
	if d.c.IsError || !ok {
		d.addr(addr)
		d.s(", [")
		d.dec(int64(was))
		d.c1(']')
		return true
	}
	is := int32(f.u32())
	d.optionOut(uint64(uint32(a[1])), uint64(uint32(a[2])), addr, was, is)
	d.s(", [")
	d.dec(int64(was))
	if was != is {
		d.s(" => ")
		d.dec(int64(is))
	}
	d.c1(']')
	return true
}

// optionOut prints the value of an option: the kernel says that it is size bytes long,
// for which there was room or not.
func (d *Decoder) optionOut(level, option, addr uint64, room, size int32) {
	if room <= 0 || size <= 0 || addr == 0 {
		d.addr(addr)
		return
	}
	switch level {
	case solSocket:
		switch option {
		case soLinger:
			d.partial(addr, size, 8, layout{i32("l_onoff"), i32("l_linger")})
			return
		case soPeercred:
			d.partial(addr, size, 12, layout{pid32("pid"), uid32("uid"), uid32("gid")})
			return
		case soAttachFilter:
			if size == int32(uint16(size)) {
				d.filterInstructions(addr, uint64(size), packetConstant)
			} else {
				d.addr(addr)
			}
			return
		case soError:
			if size < 4 {
				d.data(addr, uint64(size), quoteForceHex)
			} else if f, ok := d.fetch(addr, 4); ok {
				d.c1('[')
				d.errnoName(f.u32())
				d.c1(']')
			}
			return
		case soTxrehash:
			d.rehash(addr, size)
			return
		}
		if intOption(option) {
			if size < 4 {
				d.data(addr, uint64(size), quoteForceHex)
			} else {
				d.inInt(addr)
			}
			return
		}
	case solPacket:
		if option == packetStatistics {
			d.partial(addr, size, 12, layout{u32("tp_packets"), u32("tp_drops"), u32("tp_freeze_q_cnt")})
			return
		}
	case solRaw:
		if option == icmpFilter {
			d.icmpFilter(addr, size)
			return
		}
	case solNetlink:
		if option == netlinkMemberships {
			d.array(addr, uint64(min(room, size)/4), 4, (*Decoder).arrayUint)
		} else {
			d.inInt(addr)
		}
		return
	}
	d.optionData(addr, size)
}

// partial prints as much of a structure of 32-bit members as there is. Of a member
// that is cut the bytes are printed.
func (d *Decoder) partial(addr uint64, size int32, whole int, l layout) {
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
