package decode

// Addresses of families that are less common: radio, cryptography, virtual machines.

// pad32Hex is a number of 32 bits with all its digits.
func pad32Hex(name string) member {
	return member{name, func(d *Decoder, f *fields) { d.hexPad(f.u32(), 8) }}
}

// bothWays is a constant that is printed with its number unless -X raw is given.
func bothWays(name string, read func(f *fields) uint64, n *names) member {
	return member{name, func(d *Decoder, f *fields) {
		v := read(f)
		d.hex(v)
		if text := n.find(v); text != "" && d.opts.Xlat != XlatRaw {
			d.comment(text)
		} else if n.unknown != "" && d.opts.Xlat != XlatRaw {
			d.comment(n.unknown)
		}
	}}
}

// nameOrHex prints a constant within what is a comment with -X verbose.
func (d *Decoder) nameOrHex(v uint64, n *names) {
	if text := n.find(v); text != "" {
		d.s(text)
		return
	}
	d.hex(v)
	d.comment(n.unknown)
}

// bluetoothAddr prints the addresses of several protocols, which differ in their
// sizes only.
func (d *Decoder) bluetoothAddr(f *fields) {
	const hciOld, hci, sco, rc, l2Old, l2 = 4, 6, 8, 10, 12, 14
	switch len(f.buf) {
	case hciOld, hci:
		d.s("hci_dev=htobs(")
		d.udec(f.u16())
		d.c1(')')
		if len(f.buf) == hci {
			d.key("hci_channel")
			d.constant(f.u16(), &hciChannels)
		}
	case sco:
		d.s("sco_bdaddr=")
		d.hardwareAddress(f.raw(6))
	case rc:
		d.s("rc_bdaddr=")
		d.hardwareAddress(f.raw(6))
		d.ufield("rc_channel", f.u8())
	case l2Old, l2:
		d.s("l2_psm=")
		d.dynamic(f.u16(), &l2Ports, 0x80, 0xff, 0x1001)
		d.key("l2_bdaddr")
		d.hardwareAddress(f.raw(6))
		d.key("l2_cid")
		d.dynamic(f.u16(), &l2Channels, 0x40, 0xffff, 0x40)
		if len(f.buf) == l2 {
			d.key("l2_bdaddr_type")
			d.constant(f.u8(), &bluetoothTypes)
		}
	default:
		d.s("sa_data=")
		d.quote(f.buf[2:], 0)
	}
}

// dynamic prints a number of which some have names, and some are so far from one that
// has: from low to last, and from high on.
func (d *Decoder) dynamic(v uint64, n *names, low, last, high uint64) {
	text, base := n.find(v), uint64(0)
	switch {
	case text != "":
	case v >= low && v <= last:
		base = low
	case v >= high:
		base = high
	}
	known := text != "" || base != 0
	d.s("htobs(")
	if d.opts.Xlat != XlatAbbrev || !known {
		d.hex(v)
	}
	if d.opts.Xlat != XlatRaw {
		comment := d.opts.Xlat == XlatVerbose || !known
		if comment {
			d.s(" /* ")
		}
		switch {
		case text != "":
			d.s(text)
		case base != 0:
			d.constant(base, n)
			d.c1('+')
			d.udec(v - base)
		default:
			d.s(n.unknown)
		}
		if comment {
			d.s(" */")
		}
	}
	d.c1(')')
}

// rxrpcAddr is a service and the address of another family by which it is reached.
func (d *Decoder) rxrpcAddr(f *fields) {
	const header = 8
	members(bothWays("srx_service", (*fields).u16, &rxrpcServices), enum16("transport_type", &socketTypes))(d, f)
	n := int(f.u16())
	d.ufield("transport_len", uint64(n))
	transport := d.fields(f.buf[header:])
	transport.buf = transport.buf[:min(n, len(transport.buf))]
	family := d.fields(f.buf[header:]).peekAt(0) & 0xffff
	d.s(", transport={")
	part := map[uint64]struct {
		name  string
		least int
	}{afInet: {"sin", 16}, afInet6: {"sin6", 24}}[family]
	if part.name != "" {
		d.s(part.name)
		d.s("={")
		d.s(part.name)
		d.c1('_')
	}
	d.s("family=")
	d.constant(family, &families)
	transport.off = 2
	switch {
	case part.name != "" && n >= part.least:
		d.comma()
		socketAddresses[family].show(d, &transport)
	case len(transport.buf) > 2:
		d.comma()
		d.quote(transport.buf[2:], 0)
	}
	if part.name != "" {
		d.c1('}')
	}
	d.c1('}')
}

func (d *Decoder) algAddr(f *fields) {
	feature := func(name string) member {
		return member{name, func(d *Decoder, f *fields) {
			v := f.u32()
			d.hex(v)
			if d.opts.Xlat == XlatRaw || v == 0 {
				return
			}
			d.s(" /* ")
			if v&algFlags.list[0].value != 0 {
				d.flagNames(v, &algFlags)
			} else {
				d.s(algFlags.unknown)
			}
			d.s(" */")
		}}
	}
	d.s("salg_type=")
	d.charArray(f.raw(14))
	d.members(f, layout{feature("salg_feat"), feature("salg_mask")})
	d.key("salg_name")
	d.charArray(f.raw(len(f.buf)))
}

func (d *Decoder) vsockAddr(f *fields) {
	port := f.u32()
	d.members(f, layout{enum32("svm_cid", &vsockCIDs)})
	d.key("svm_port")
	d.constant(port, &vsockPorts)
	d.members(f, layout{flag8("svm_flags", &vsockFlags)})
	if zero := f.raw(3); !isZero(zero) {
		d.key("svm_zero")
		d.quote(zero, quoteForceHex)
	}
}

func (d *Decoder) ipxAddr(f *fields) {
	d.s(", sipx_network=htonl(")
	d.hex(bigEndian32(f.raw(4)))
	d.s("), sipx_node=")
	d.elements(6, func() { d.hexPad(f.u8(), 2) })
	d.key("sipx_type")
	d.hexPad(f.u8(), 2)
	d.reserved("sipx_zero", f.u8())
}

// radioAddr is an address of IEEE 802.15.4, short or long.
func (d *Decoder) radioAddr(f *fields) {
	const none, short = 0, 2
	kind := f.peekAt(2)
	d.members(f, layout{bothWays("addr_type", (*fields).u32, &radioTypes), bothWays("pan_id", (*fields).u16, &radioNets)})
	switch kind {
	case none:
	case short:
		d.members(f, layout{bothWays("short_addr", (*fields).u16, &radioAddrs)})
	default:
		d.key("hwaddr")
		d.hardwareAddress(f.raw(8))
	}
}

// nfcAddr is a device, and a service where the address is long enough.
func (d *Decoder) nfcAddr(f *fields) {
	const short = 16
	whole := d.bySize(96, 88)
	d.s("dev_idx=")
	d.ifindex(f.u32())
	d.members(f, layout{x32("target_idx"), enum32("nfc_protocol", &nfcProtocols)})
	if len(f.buf) < whole {
		if len(f.buf) > short {
			d.s(", ...")
		}
		return
	}
	d.members(f, layout{bothWays("dsap", (*fields).u8, &nfcServices), bothWays("ssap", (*fields).u8, &nfcServices)})
	name := f.raw(63)
	n := f.size()
	d.key("service_name")
	d.quote(name[:min(n, uint64(len(name)))], 0)
	d.ufield("service_name_len", n)
}

func (d *Decoder) xdpAddr(f *fields) {
	const shared = 1
	flags := f.u16()
	d.s("sxdp_flags=")
	d.flags(flags, &xdpFlags)
	d.members(f, layout{ifindex("sxdp_ifindex"), u32("sxdp_queue_id")})
	if flags&shared != 0 {
		d.members(f, layout{fd32("sxdp_shared_umem_fd")})
	} else {
		d.reserved("sxdp_shared_umem_fd", f.u32())
	}
}

var (
	hciChannels = names{"HCI_CHANNEL_???", []name{{0, "HCI_CHANNEL_RAW"}, {1, "HCI_CHANNEL_USER"},
		{2, "HCI_CHANNEL_MONITOR"}, {3, "HCI_CHANNEL_CONTROL"}, {4, "HCI_CHANNEL_LOGGING"}}}
	bluetoothTypes = names{"BDADDR_???", []name{{0, "BDADDR_BREDR"}, {1, "BDADDR_LE_PUBLIC"}, {2, "BDADDR_LE_RANDOM"}}}
	l2Ports        = names{"L2CAP_PSM_???", []name{{1, "L2CAP_PSM_SDP"}, {3, "L2CAP_PSM_RFCOMM"}, {0x21, "L2CAP_PSM_3DSP"},
		{0x23, "L2CAP_PSM_IPSP"}, {0x80, "L2CAP_PSM_LE_DYN_START"}, {0xff, "L2CAP_PSM_LE_DYN_END"},
		{0x1001, "L2CAP_PSM_DYN_START"}, {0x10ff, "L2CAP_PSM_AUTO_END"}, {0xffff, "L2CAP_PSM_DYN_END"}}}
	l2Channels = names{"L2CAP_CID_???", []name{{1, "L2CAP_CID_SIGNALING"}, {2, "L2CAP_CID_CONN_LESS"}, {3, "L2CAP_CID_A2MP"},
		{4, "L2CAP_CID_ATT"}, {5, "L2CAP_CID_LE_SIGNALING"}, {6, "L2CAP_CID_SMP"}, {7, "L2CAP_CID_SMP_BREDR"},
		{0x40, "L2CAP_CID_DYN_START"}, {0x7f, "L2CAP_CID_LE_DYN_END"}, {0xffff, "L2CAP_CID_DYN_END"}}}
	rxrpcServices = names{"???_SERVICE", []name{{1, "CM_SERVICE"}, {2500, "YFS_FS_SERVICE"}, {2501, "YFS_CM_SERVICE"},
		{2503, "YFS_VL_SERVICE"}}}
	algFlags     = names{"CRYPTO_ALG_???", []name{{0x1000, "CRYPTO_ALG_KERN_DRIVER_ONLY"}}}
	vsockCIDs    = names{"", []name{{0, "VMADDR_CID_HYPERVISOR"}, {1, "VMADDR_CID_LOCAL"}, {2, "VMADDR_CID_HOST"}, {0xffffffff, "VMADDR_CID_ANY"}}}
	vsockPorts   = names{"", []name{{0xffffffff, "VMADDR_PORT_ANY"}}}
	vsockFlags   = names{"VMADDR_FLAG_???", []name{{1, "VMADDR_FLAG_TO_HOST"}}}
	radioTypes   = names{"IEEE802154_ADDR_???", []name{{0, "IEEE802154_ADDR_NONE"}, {2, "IEEE802154_ADDR_SHORT"}, {3, "IEEE802154_ADDR_LONG"}}}
	radioNets    = names{"", []name{{0xffff, "IEEE802154_PANID_BROADCAST"}}}
	radioAddrs   = names{"", []name{{0xfffe, "IEEE802154_ADDR_UNDEF"}, {0xffff, "IEEE802154_ADDR_BROADCAST"}}}
	nfcProtocols = names{"NFC_PROTO_???", []name{{1, "NFC_PROTO_JEWEL"}, {2, "NFC_PROTO_MIFARE"}, {3, "NFC_PROTO_FELICA"},
		{4, "NFC_PROTO_ISO14443"}, {5, "NFC_PROTO_NFC_DEP"}, {6, "NFC_PROTO_ISO14443_B"}, {7, "NFC_PROTO_ISO15693"}}}
	nfcServices = names{"", []name{{1, "LLCP_SAP_SDP"}, {2, "LLCP_SAP_IP"}, {3, "LLCP_SAP_OBEX"}, {4, "LLCP_SAP_SNEP"}, {0xff, "LLCP_SAP_MAX"}}}
	qrtrNodes   = names{"", []name{{0xffffffff, "QRTR_NODE_BCAST"}}}
	qrtrPorts   = names{"", []name{{0xfffffffe, "QRTR_PORT_CTRL"}}}
	xdpFlags    = names{"XDP_???", []name{{1, "XDP_SHARED_UMEM"}, {2, "XDP_COPY"}, {4, "XDP_ZEROCOPY"}, {8, "XDP_USE_NEED_WAKEUP"}}}
	mctpNets    = names{"", []name{{0, "MCTP_NET_ANY"}}}
	mctpAddrs   = names{"", []name{{0, "MCTP_ADDR_NULL"}, {0xff, "MCTP_ADDR_ANY"}}}

	rehashModes = names{"SOCK_TXREHASH_???", []name{{0, "SOCK_TXREHASH_DISABLED"}, {1, "SOCK_TXREHASH_ENABLED"}, {255, "SOCK_TXREHASH_DEFAULT"}}}
	icmpTypes   = names{"ICMP_???", []name{{0, "ICMP_ECHOREPLY"}, {3, "ICMP_DEST_UNREACH"}, {4, "ICMP_SOURCE_QUENCH"},
		{5, "ICMP_REDIRECT"}, {8, "ICMP_ECHO"}, {11, "ICMP_TIME_EXCEEDED"}, {12, "ICMP_PARAMETERPROB"}, {13, "ICMP_TIMESTAMP"},
		{14, "ICMP_TIMESTAMPREPLY"}, {15, "ICMP_INFO_REQUEST"}, {16, "ICMP_INFO_REPLY"}, {17, "ICMP_ADDRESS"}, {18, "ICMP_ADDRESSREPLY"}}}
	packetOffsets = names{"", []name{{0xfffff000, "SKF_AD_OFF"}, {0xfff00000, "SKF_NET_OFF"}, {0xffe00000, "SKF_LL_OFF"}}}
	packetKnown   = names{"SKF_AD_???", []name{{0, "SKF_AD_PROTOCOL"}, {4, "SKF_AD_PKTTYPE"}, {8, "SKF_AD_IFINDEX"}, {12, "SKF_AD_NLATTR"},
		{16, "SKF_AD_NLATTR_NEST"}, {20, "SKF_AD_MARK"}, {24, "SKF_AD_QUEUE"}, {28, "SKF_AD_HATYPE"}, {32, "SKF_AD_RXHASH"},
		{36, "SKF_AD_CPU"}, {40, "SKF_AD_ALU_XOR_X"}, {44, "SKF_AD_VLAN_TAG"}, {48, "SKF_AD_VLAN_TAG_PRESENT"},
		{52, "SKF_AD_PAY_OFFSET"}, {56, "SKF_AD_RANDOM"}, {60, "SKF_AD_VLAN_TPID"}}}
)
