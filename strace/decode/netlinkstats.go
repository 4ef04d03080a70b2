package decode

// Messages that ask for statistics of links (linux/if_link.h, struct if_stats_msg).

var (
	statsHeader = routeHeader{"family", 12, layout{zero8("pad1"), zero16("pad2"), ifindex("ifindex"), flag32("filter_mask", &statsFilter)},
		&statsAttributes}
	statsFilter = shifted(&statsNames)

	statsAttributes        = attributes{&statsNames, nlaValues{1: linkStats64, 2: nest(&statsKindAttributes), 3: nest(&statsKindAttributes), 4: nest(&statsOffloadAttributes), 5: nest(&statsFamilyAttributes)}}
	statsKindAttributes    = attributes{&statsKindNames, nlaValues{1: nest(&statsBridgeAttributes), 2: nest(&statsBondAttributes)}}
	statsOffloadAttributes = attributes{&statsOffloadNames, nlaValues{1: linkStats64}}
	statsFamilyAttributes  = attributes{&families, nlaValues{afMPLS: nest(&statsMPLSAttributes)}}
	statsMPLSAttributes    = attributes{&statsMPLSNames, nlaValues{1: nlaStructAndMore(72, layoutOf(u64, "rx_packets", "tx_packets", "rx_bytes", "tx_bytes",
		"rx_errors", "tx_errors", "rx_dropped", "tx_dropped", "rx_noroute"))}}
	statsBondAttributes    = attributes{&statsBondNames, nlaValues{1: nest(&statsBond3ADAttributes)}}
	statsBond3ADAttributes = attributes{&statsBond3ADNames, nlaValues{0: nlaU64, 1: nlaU64, 2: nlaU64, 3: nlaU64, 4: nlaU64, 5: nlaU64,
		6: nlaU64, 7: nlaU64, 8: nlaU64}}
	statsBridgeAttributes = attributes{&statsBridgeNames, nlaValues{
		1: nlaStructAndMore(40, layout{u64("rx_bytes"), u64("rx_packets"), u64("tx_bytes"), u64("tx_packets"), u16("vid"),
			flag16("flags", &bridgeVLANFlags), zero32("pad2")}),
		2: nlaStructAndMore(240, layout{eachWay("igmp_v1queries"), eachWay("igmp_v2queries"), eachWay("igmp_v3queries"), eachWay("igmp_leaves"),
			eachWay("igmp_v1reports"), eachWay("igmp_v2reports"), eachWay("igmp_v3reports"), u64("igmp_parse_errors"),
			eachWay("mld_v1queries"), eachWay("mld_v2queries"), eachWay("mld_leaves"), eachWay("mld_v1reports"), eachWay("mld_v2reports"),
			u64("mld_parse_errors"), eachWay("mcast_bytes"), eachWay("mcast_packets")}),
		4: nlaStructAndMore(48, layoutOf(u64, "transition_blk", "transition_fwd", "rx_bpdu", "tx_bpdu", "rx_tcn", "tx_tcn")),
	}}
)

const afMPLS = 28

// eachWay is a number of what was received and one of what was sent.
func eachWay(name string) member {
	return member{name, func(d *Decoder, f *fields) {
		d.c1('[')
		for way := range uint64(2) {
			if way > 0 {
				d.comma()
			}
			d.c1('[')
			d.constantU(way, &statsDirections)
			d.s("]=")
			d.udec(f.u64())
		}
		d.c1(']')
	}}
}
