package decode

// What is nested in messages about links (linux/if_link.h).

var linkStatistics = []string{"rx_packets", "tx_packets", "rx_bytes", "tx_bytes", "rx_errors", "tx_errors", "rx_dropped", "tx_dropped",
	"multicast", "collisions", "rx_length_errors", "rx_over_errors", "rx_crc_errors", "rx_frame_errors", "rx_fifo_errors",
	"rx_missed_errors", "tx_aborted_errors", "tx_carrier_errors", "tx_fifo_errors", "tx_heartbeat_errors", "tx_window_errors",
	"rx_compressed", "tx_compressed"}

var (
	// struct rtnl_link_stats and rtnl_link_stats64, which have grown.
	linkStats   = nlaGrown(23*4, 4, layoutOf(u32, append(linkStatistics[:23:23], "rx_nohandler")...))
	linkStats64 = nlaGrown(23*8, 8, layoutOf(u64, append(linkStatistics[:23:23], "rx_nohandler", "rx_otherhost_dropped")...))

	linkMap = nlaStruct(28, layout{x64("mem_start"), x64("mem_end"), x64("base_addr"), u16("irq"), u8("dma"), u8("port")})

	linkPropertyAttributes = attributes{&linkPropertyNames, nlaValues{53: nlaText}}
	linkDownAttributes     = attributes{&linkDownNames, nlaValues{1: nlaX32, 2: nlaX32}}

	linkPortAttributes = attributes{&linkPortNames, nlaValues{1: nlaU32, 2: nlaText,
		3: nlaStruct(8, layout{u8("vsi_mgr_id"), hexBytes("vsi_type_id", 3), u8("vsi_type_version"), zeroBytes("pad", 3)})}}
	linkPortsAttributes = attributes{&linkPortsNames, nlaValues{1: nest(&linkPortAttributes)}}

	linkXDPAttributes = attributes{&linkXDPNames, nlaValues{1: nlaFD, 2: nlaEnum(1, &xdpAttached), 3: nlaFlags(4, &linkXDPFlags),
		4: nlaU32, 5: nlaU32, 6: nlaU32, 7: nlaU32, 8: nlaFD}}
)

// Virtual functions of a device.
var (
	functionSetting = nlaStruct(8, layout{u32("vf"), u32("setting")})

	functionStatsAttributes = attributes{&functionStatsNames, nlaValues{0: nlaU64, 1: nlaU64, 2: nlaU64, 3: nlaU64, 4: nlaU64,
		5: nlaU64, 7: nlaU64, 8: nlaU64}}
	functionTagAttributes = attributes{&functionTagNames, nlaValues{
		1: nlaStruct(16, layout{u32("vf"), u32("vlan"), u32("qos"), {"vlan_proto", (*Decoder).frameProtocol}})}}
	functionAttributes = attributes{&functionNames, nlaValues{
		1:  nlaStruct(36, layout{u32("vf"), mac("mac", 32)}),
		2:  nlaStruct(12, layout{u32("vf"), u32("vlan"), u32("qos")}),
		3:  nlaStruct(8, layout{u32("vf"), u32("rate")}),
		4:  functionSetting,
		5:  nlaStruct(8, layout{u32("vf"), enum32("link_state", &functionStates)}),
		6:  nlaStruct(12, layout{u32("vf"), u32("min_tx_rate"), u32("max_tx_rate")}),
		7:  functionSetting,
		8:  nest(&functionStatsAttributes),
		9:  functionSetting,
		10: (*Decoder).functionGUID, 11: (*Decoder).functionGUID,
		12: nest(&functionTagAttributes),
		13: nlaStruct(32, layout{mac("broadcast", 32)}),
	}}
	functionListAttributes = attributes{&functionListNames, nlaValues{1: nest(&functionAttributes)}}
)

// What each address family keeps of a link.
var (
	// In the array the settings begin with the first, which is number 1.
	inetSettingsAttribute = func() names {
		n := names{unknown: inetSettings.unknown}
		for _, s := range inetSettings.list {
			n.list = append(n.list, name{s.value - 1, s.text + "-1"})
		}
		return n
	}()
	inetLinkAttributes  = attributes{&inetLinkNames, nlaValues{1: nlaIndexed(4, &inetSettingsAttribute, (*Decoder).arrayInt)}}
	inet6LinkAttributes = attributes{&inet6LinkNames, nlaValues{
		1: nlaFlags(4, &inet6LinkFlags),
		2: nlaIndexed(4, &inet6Settings, (*Decoder).arrayInt),
		3: nlaIndexed(8, &inet6Counters, (*Decoder).arrayInt64),
		5: nlaStruct(16, layout{u32("max_reasm_len"), u32("tstamp"), u32("reachable_time"), u32("retrans_time")}),
		6: nlaIndexed(8, &icmp6Counters, (*Decoder).arrayInt64),
		7: nlaInet6, 8: nlaEnum(1, &inet6Generators), 9: nlaU32,
	}}
	mctpLinkAttributes   = attributes{&mctpLinkNames, nlaValues{1: nlaU32}}
	familyLinkAttributes = attributes{&families, nlaValues{afInet: nest(&inetLinkAttributes), afInet6: nest(&inet6LinkAttributes),
		afMCTP: nest(&mctpLinkAttributes)}}
)

const afMCTP = 45

// linkFamilies is IFLA_AF_SPEC: settings by family, or those of a bridge.
func linkFamilies(d *Decoder, addr, size uint64) bool {
	a := &familyLinkAttributes
	if d.family == afBridge {
		a = &bridgeLinkAttributes
	}
	d.attributes(addr, size, a)
	return true
}

// linkProtocol is IFLA_PROTINFO, which belongs to the family of the message.
func linkProtocol(d *Decoder, addr, size uint64) bool {
	switch d.family {
	case afBridge:
		d.attributes(addr, size, &bridgePortAttributes)
	case afInet6:
		d.attributes(addr, size, &inet6LinkAttributes)
	default:
		return false
	}
	return true
}

// linkKind is a kind of links: what its data are.
type linkKind struct {
	data  *attributes
	stats nlaValue
}

var (
	linkKinds = map[string]*linkKind{
		"bridge": {data: &bridgeAttributes},
		"tun":    {data: &tunAttributes},
		"can": {stats: nlaStruct(24, layoutOf(u32, "bus_error", "error_warning", "error_passive", "bus_off", "arbitration_lost",
			"restarts"))},
	}
	linkSlaveKinds = map[string]*linkKind{"bridge": {data: &bridgePortAttributes}}

	linkInfoAttributes = attributes{&linkInfoNames, nlaValues{
		1: func(d *Decoder, addr, size uint64) bool { return d.linkKind(&d.link, linkKinds, addr, size) },
		2: func(d *Decoder, addr, size uint64) bool { return d.linkData(d.link, addr, size) },
		3: func(d *Decoder, addr, size uint64) bool {
			return d.link != nil && d.link.stats != nil && d.link.stats(d, addr, size)
		},
		4: func(d *Decoder, addr, size uint64) bool { return d.linkKind(&d.slave, linkSlaveKinds, addr, size) },
		5: func(d *Decoder, addr, size uint64) bool { return d.linkData(d.slave, addr, size) },
	}}
	tunAttributes = attributes{&tunNames, nlaValues{1: nlaID, 2: nlaID, 3: nlaEnum(1, &tunTypes), 4: nlaU8, 5: nlaU8, 6: nlaU8, 7: nlaU8,
		8: nlaU32, 9: nlaU32}}
)

// linkInfo is IFLA_LINKINFO: the kind of a link, and then data of that kind.
func linkInfo(d *Decoder, addr, size uint64) bool {
	d.link, d.slave = nil, nil
	d.attributes(addr, size, &linkInfoAttributes)
	return true
}

// linkKind prints a kind and remembers it.
func (d *Decoder) linkKind(kind **linkKind, kinds map[string]*linkKind, addr, size uint64) bool {
	const longest = 16
	*kind = nil
	if size > 1 && size <= longest {
		if f, ok := d.peek(addr, int(size)); ok && f.buf[size-1] == 0 {
			*kind = kinds[string(f.buf[:size-1])]
		}
	}
	return nlaText(d, addr, size)
}

func (d *Decoder) linkData(kind *linkKind, addr, size uint64) bool {
	if kind == nil || kind.data == nil {
		return false
	}
	d.attributes(addr, size, kind.data)
	return true
}

// functionGUID is struct ifla_vf_guid, of which i386 aligns the number otherwise.
func (d *Decoder) functionGUID(addr, n uint64) bool {
	if n != 12 && n != 16 {
		return false
	}
	f, ok := d.fetch(addr, int(n))
	if !ok {
		return true
	}
	if n == 12 {
		f.align8 = 4
	} else {
		f.align8 = 8
	}
	d.structure(&f, layout{u32("vf"), x64("guid")})
	return true
}
