package decode

import "strings"

// Requests to sockets and about network interfaces (netdevice(7), linux/sockios.h).

var socketRequests = func() map[string]ioctlArg {
	m := map[string]ioctlArg{
		"SIOCGIFCONF": ioctlBoth((*Decoder).interfaceList),
		"SIOCGIFNAME": ioctlBoth(askInterface(layout{at(interfaceName), i32("ifr_ifindex")}, str("ifr_name", interfaceName))),
		"SIOCSIFNAME": ioctlIn(setInterface(str("ifr_newname", interfaceName))),
		"SIOCGIFINDEX": ioctlBoth(askInterface(layout{str("ifr_name", interfaceName)},
			at(interfaceName), i32("ifr_ifindex"))),
	}
	for _, name := range [...]string{"SIOCATMARK", "SIOCGIFENCAP", "SIOCGPGRP", "FIOGETOWN", "SIOCOUTQNSD"} {
		m[name] = ioctlOut((*Decoder).inInt)
	}
	for _, name := range [...]string{"SIOCSIFENCAP", "SIOCSPGRP", "FIOSETOWN"} {
		m[name] = ioctlIn((*Decoder).inInt)
	}
	for _, name := range [...]string{"SIOCBRADDBR", "SIOCBRDELBR"} {
		m[name] = ioctlIn(func(d *Decoder, addr uint64) { d.bounded(addr, interfaceName) })
	}
	for _, name := range [...]string{"SIOCBRADDIF", "SIOCBRDELIF"} {
		m[name] = ioctlIn(interfaceRequest(at(interfaceName), ifindex("ifr_ifindex")))
	}
	for _, p := range [...]struct {
		name string
		part member
	}{
		{"ADDR", interfaceAddress("ifr_addr")}, {"DSTADDR", interfaceAddress("ifr_dstaddr")},
		{"BRDADDR", interfaceAddress("ifr_broadaddr")}, {"NETMASK", interfaceAddress("ifr_netmask")},
		{"HWADDR", interfaceHardware}, {"FLAGS", flag16("ifr_flags", &interfaceFlags)}, {"METRIC", i32("ifr_metric")},
		{"MTU", i32("ifr_mtu")}, {"SLAVE", str("ifr_slave", interfaceName)}, {"TXQLEN", i32("ifr_qlen")},
		{"MAP", group("ifr_map", xlong("mem_start"), xlong("mem_end"), x16("base_addr"), x8("irq"), x8("dma"), x8("port"))},
	} {
		m["SIOCGIF"+p.name] = ioctlBoth(askInterface(layout{str("ifr_name", interfaceName)}, at(interfaceName), p.part))
		m["SIOCSIF"+p.name] = ioctlIn(setInterface(p.part))
	}
	for _, name := range strings.Fields(`SIOCADDDLCI SIOCADDRT SIOCBONDCHANGEACTIVE SIOCBONDENSLAVE SIOCBONDINFOQUERY
		SIOCBONDRELEASE SIOCBONDSETHWADDR SIOCBONDSLAVEINFOQUERY SIOCDARP SIOCDELDLCI SIOCDELRT SIOCDIFADDR SIOCDRARP
		SIOCETHTOOL SIOCGARP SIOCGHWTSTAMP SIOCGIFBR SIOCGIFCOUNT SIOCGIFMEM SIOCGIFPFLAGS SIOCGIFVLAN SIOCGMIIPHY
		SIOCGMIIREG SIOCGRARP SIOCGSKNS SIOCGSTAMP_OLD SIOCGSTAMP_NEW SIOCGSTAMPNS_OLD SIOCGSTAMPNS_NEW SIOCRTMSG
		SIOCSARP SIOCSHWTSTAMP SIOCSIFBR SIOCSIFLINK SIOCSIFMEM SIOCSIFPFLAGS SIOCSIFVLAN SIOCSMIIREG SIOCSRARP SIOCWANDEV`) {
		m[name] = ioctlIn((*Decoder).addr)
	}
	for _, name := range [...]string{"SIOCADDMULTI", "SIOCDELMULTI", "SIOCSIFHWBROADCAST"} {
		m[name] = ioctlIn(setInterface(interfaceHardware))
	}
	return m
}()

// interfaceName is IFNAMSIZ, and where in struct ifreq the name ends.
const interfaceName = 16

// interfaceSize is that of struct ifreq.
func (d *Decoder) interfaceSize() int { return d.bySize(40, 32) }

func interfaceRequest(l ...member) func(d *Decoder, addr uint64) {
	return func(d *Decoder, addr uint64) { structAt(d.interfaceSize(), l)(d, addr) }
}

// setInterface gives something to the interface of a name.
func setInterface(part member) func(d *Decoder, addr uint64) {
	return interfaceRequest(str("ifr_name", interfaceName), part)
}

// askInterface asks something about an interface.
func askInterface(in layout, out ...member) func(d *Decoder, addr uint64) {
	return func(d *Decoder, addr uint64) {
		if !d.exiting {
			d.askSize(addr, d.interfaceSize(), in)
			return
		}
		if f, ok := d.peek(addr, d.interfaceSize()); ok && !d.c.IsError {
			d.members(&f, out)
		}
		d.c1('}')
	}
}

// interfaceAddress is a struct sockaddr.
func interfaceAddress(name string) member {
	const size = 16
	return member{name, func(d *Decoder, f *fields) {
		part := d.fields(f.raw(size))
		d.socketAddress(&part)
	}}
}

// interfaceHardware is a struct sockaddr with the address of a device.
var interfaceHardware = member{"ifr_hwaddr", func(d *Decoder, f *fields) {
	const room = 14
	kind := *f
	d.structure(f, layout{enum16("sa_family", &hardwareTypes), {"sa_data", func(d *Decoder, f *fields) {
		n, ok := hardwareSizes[kind.u16()]
		if !ok {
			n = room
		}
		d.deviceAddress(f.raw(room), n)
	}}})
}}

// hardwareSizes are the lengths of addresses by type (linux/if_arp.h), as far as they are
// known: ETHER has 6 bytes.
var hardwareSizes = map[uint64]int{0: 7, 1: 6, 3: 7, 6: 6, 7: 1, 15: 2, 24: 16, 27: 8, 32: 20, 256: 0, 270: 5, 271: 0,
	280: 0, 290: 1, 512: 0, 518: 0, 519: 0, 768: 4, 769: 16, 772: 6, 773: 1, 774: 6, 776: 4, 777: 0, 778: 4, 779: 0,
	780: 6, 783: 4, 801: 6, 802: 6, 803: 6, 804: 8, 805: 8}

// interfaceList is a struct ifconf. Without a buffer the kernel says how large it would
// have to be.
func (d *Decoder) interfaceList(addr uint64) {
	f, ok := d.peek(addr, 2*d.long())
	n := f.i32()
	f.next(0, d.long())
	buf := f.size()
	if !d.exiting {
		if addr == 0 || d.opaque || !ok {
			d.addr(addr)
			return
		}
		d.s("{ifc_len=")
		if buf != 0 {
			d.interfaceListSize(n)
		}
		d.c.saved[0], d.c.saved[1], d.c.saved[2] = 1, uint64(n), buf
		return
	}
	before, beforeBuf := int64(d.c.saved[1]), d.c.saved[2]
	if !ok {
		n, buf = before, beforeBuf
	}
	if beforeBuf != 0 && before != n {
		d.s(" => ")
	}
	if beforeBuf == 0 || before != n {
		d.interfaceListSize(n)
	}
	d.key("ifc_buf")
	if !ok || beforeBuf == 0 || d.c.IsError {
		if d.addr(beforeBuf); buf != beforeBuf {
			d.s(" => ")
			d.addr(buf)
		}
	} else {
		d.array(buf, uint64(n)/uint64(d.interfaceSize()), d.interfaceSize(), func(d *Decoder, f *fields) {
			d.structure(f, layout{str("ifr_name", interfaceName), interfaceAddress("ifr_addr")})
		})
	}
	d.c1('}')
}

// interfaceListSize is a number of bytes, and of how many structures that is the size.
func (d *Decoder) interfaceListSize(n int64) {
	d.dec(n)
	if each := int64(d.interfaceSize()); n > 0 && n%each == 0 {
		d.s(" /* ")
		d.dec(n / each)
		d.s(" * sizeof(struct ifreq) */")
	}
}
