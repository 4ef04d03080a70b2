package decode

import "encoding/binary"

// Messages about links, addresses, routes and neighbours (rtnetlink(7)).

// routeMessage prints the header of a message, which depends on its kind, and its
// attributes.
func (d *Decoder) routeMessage(kind, addr, size uint64) {
	f, ok := d.peek(addr, 1)
	if !ok {
		d.addr(addr)
		return
	}
	d.family = f.u8()
	h, known := routeHeaders[kind&^3]
	known = known && nlRouteTypes.find(kind) != ""
	switch {
	case size == 1 && h.size > 1 || !known:
		d.familyMessage(addr, size)
		return
	case kind == 30 && d.family == afBridge: // RTM_GETNEIGH of a bridge
		h = routeHeaders[16]
	}
	d.s("{")
	d.key(h.family)
	if kind == newCacheReport {
		d.constant(d.family, &cacheFamilies)
	} else {
		d.constant(d.family, &families)
	}
	if size < uint64(h.size) {
		d.s(", ...}")
		return
	}
	f, ok = d.peek(addr, h.size)
	if !ok {
		d.comma()
		d.addr(addr + 1)
		d.c1('}')
		return
	}
	f.skip(1)
	d.members(&f, h.members)
	d.c1('}')
	aligned := uint64(h.size+3) &^ 3
	if size <= aligned {
		return
	}
	d.comma()
	a := h.attributes
	if kind == newCacheReport {
		a = cacheFamilyAttributes[d.family]
	}
	if a == nil {
		d.data(addr+aligned, size-aligned, quoteForceHex)
	} else {
		d.attributes(addr+aligned, size-aligned, a)
	}
}

// Reports of caches of multicast routes are for families of their own (linux/rtnetlink.h).
const (
	newCacheReport  = 96 // RTM_NEWCACHEREPORT
	afIPMR, afIP6MR = 128, 129
)

var (
	cacheFamilies = names{"RTNL_FAMILY_???", append(families.list[:len(families.list):len(families.list)], name{afIPMR, "RTNL_FAMILY_IPMR"},
		name{afIP6MR, "RTNL_FAMILY_IP6MR"})}
	cacheFamilyAttributes = map[uint64]*attributes{afIPMR: &cacheAttributes, afIP6MR: &cache6Attributes}
)

// familyMessage prints a message of which only the first byte is known, the address
// family.
func (d *Decoder) familyMessage(addr, size uint64) {
	f, ok := d.peek(addr, 1)
	if !ok {
		d.addr(addr)
		return
	}
	d.s("{family=")
	d.constant(f.u8(), &families)
	if size > 1 {
		d.s(", data=")
		d.data(addr+1, size-1, quoteForceHex)
	}
	d.c1('}')
}

const afBridge = 7

// routeHeader is the structure at the beginning of a message of one kind.
type routeHeader struct {
	family     string // its first member
	size       int
	members    layout // the others
	attributes *attributes
}

// routeMessages is the first of the messages about routes.
const routeMessages = 24

// routeHeaders are by the first of the four kinds of messages about one thing.
var routeHeaders = map[uint64]routeHeader{
	16: {"ifi_family", 16, layout{pad(1), enum16("ifi_type", &hardwareTypes), ifindex("ifi_index"),
		flag32("ifi_flags", &interfaceFlags), x32("ifi_change")}, &linkAttributes},
	20: addressHeader, 56: addressHeader, 60: addressHeader,
	routeMessages: {"rtm_family", 12, layout{u8("rtm_dst_len"), u8("rtm_src_len"), flag8("rtm_tos", &serviceTypes),
		enum8("rtm_table", &routeTables), enum8("rtm_protocol", &routeProtocols), enum8("rtm_scope", &routeScopes),
		enum8("rtm_type", &routeTypes), flag32("rtm_flags", &routeFlags)}, &routeAttributes},
	28: {"ndm_family", 12, layout{pad(3), ifindex("ndm_ifindex"), flag16("ndm_state", &neighbourStates),
		flag8("ndm_flags", &neighbourFlags), enum8("ndm_type", &routeTypes)}, &neighbourAttributes},
	32: {"family", 12, layout{u8("dst_len"), u8("src_len"), flag8("tos", &serviceTypes), enum8("table", &routeTables), pad(2),
		enum8("action", &ruleActions), flag32("flags", &ruleFlags)}, &ruleAttributes},
	36: trafficHeader, 40: trafficHeader, 44: trafficHeader, 100: trafficHeader,
	48: actionHeader, 76: dataCenterHeader, 92: statsHeader, 104: nextHopHeader,
	64: {"ndtm_family", 4, nil, &neighbourTableAttributes},
	72: {"ifal_family", 12, layout{pad(1), u8("ifal_prefixlen"), u8("ifal_flags"), ifindex("ifal_index"), u32("ifal_seq")},
		&labelAttributes},
	80:             {"ncm_family", 1, nil, &netconfAttributes},
	84:             {"family", 8, layout{pad(3), ifindex("ifindex")}, &multicastAttributes},
	88:             {"rtgen_family", 1, nil, &namespaceAttributes},
	newCacheReport: {"rtgen_family", 1, nil, nil},
}

// addressHeader is that of messages about addresses, of groups and of services, too.
var addressHeader = routeHeader{"ifa_family", 8, layout{u8("ifa_prefixlen"), flag8("ifa_flags", &addressFlags), enum8("ifa_scope", &routeScopes),
	ifindex("ifa_index")}, &addressAttributes}

// trafficHeader is that of messages about queues, classes and filters.
var trafficHeader = routeHeader{"tcm_family", 20, layout{pad(3), ifindex("tcm_ifindex"), u32("tcm_handle"), u32("tcm_parent"),
	u32("tcm_info")}, &trafficAttributes}

type nlaValues = map[uint64]nlaValue

var (
	linkAttributes = attributes{&linkAttributeNames, nlaValues{
		1: nlaMAC, 2: nlaMAC, 3: nlaText, 4: nlaU32, 5: nlaU32, 6: nlaText, 8: nlaU32, 10: nlaU32, 13: nlaU32,
		16: nlaU8, 17: nlaU8, 19: nlaU32, 20: nlaText, 21: nlaU32, 27: nlaU32, 30: nlaU32, 31: nlaU32, 32: nlaU32,
		33: nlaU8, 34: nlaText, 35: nlaU32, 37: nlaS32, 38: nlaText, 39: nlaU8, 40: nlaU32, 41: nlaU32,
		47: nlaU32, 48: nlaU32, 50: nlaU32, 51: nlaU32, 53: nlaText,
		29: nlaFlags(4, &linkFilterFlags),
		7:  linkStats, 12: linkProtocol, 14: linkMap, 18: linkInfo, 22: nest(&functionListAttributes), 23: linkStats64,
		24: nest(&linkPortsAttributes), 25: nest(&linkPortAttributes), 26: linkFamilies, 43: nest(&linkXDPAttributes),
		44: nlaEnum(4, &linkEvents), 52: nest(&linkPropertyAttributes), 54: nlaMAC, 55: nest(&linkDownAttributes), 56: nlaText,
		57: nlaText, 58: nlaU32, 59: nlaU32, 60: nlaU32, 61: nlaU32,
	}}
	addressAttributes = attributes{&addressAttributeNames, nlaValues{
		1: nlaAddress, 2: nlaAddress, 3: nlaText, 4: nlaAddress, 5: nlaAddress, 7: nlaAddress,
		6: nlaNumber(16, func(d *Decoder, f *fields) {
			d.structure(f, layout{u32("ifa_prefered"), u32("ifa_valid"), u32("cstamp"), u32("tstamp")})
		}),
		8: nlaFlags(4, &addressFlags), 9: nlaU32, 10: nlaS32,
	}}
	routeAttributes = attributes{&routeAttributeNames, nlaValues{
		1: nlaAddress, 2: nlaAddress, 3: nlaIfindex, 4: nlaIfindex, 5: nlaAddress, 6: nlaU32, 7: nlaAddress,
		11: nlaU32, 16: nlaU32, 20: nlaU8, 23: nlaU32, 25: nlaU32, 26: nlaU8, 19: nlaAddress,
		15: nlaEnum(4, &routeTables),
		8:  nest(&metricAttributes), 18: routeVia, 21: nlaEnum(2, &tunnelTypes),
		12: nlaStruct(32, layout{u32("rta_clntref"), u32("rta_lastuse"), u32("rta_expires"), u32("rta_error"), u32("rta_used"),
			x32("rta_id"), u32("rta_ts"), u32("rta_tsage")}),
		17: nlaStruct(24, layoutOf(u64, "mfcs_packets", "mfcs_bytes", "mfcs_wrong_if")),
	}}
	ruleAttributes = attributes{&ruleAttributeNames, nlaValues{
		1: nlaAddress, 2: nlaAddress, 3: nlaText, 4: nlaU32, 6: nlaU32, 10: nlaU32, 11: nlaU32, 13: nlaU32, 14: nlaU32,
		15: nlaEnum(4, &routeTables), 16: nlaU32, 17: nlaText,
		20: nlaStruct(8, layout{u32("start"), u32("end")}),
		21: nlaEnum(1, &routeProtocols),
		12: nlaNumber(8, func(d *Decoder, f *fields) {
			b := f.raw(8)
			d.networkBytes(b, func() {
				d.s("htobe64(")
				d.udec(binary.BigEndian.Uint64(b))
				d.c1(')')
			})
		}),
		22: nlaEnum(1, &ipProtocols), 23: rulePorts, 24: rulePorts,
	}}
	rulePorts           = nlaStruct(4, layout{u16("start"), u16("end")})
	labelAttributes     = attributes{&labelAttributeNames, nlaValues{1: nlaAddress, 2: nlaU32}}
	netconfAttributes   = attributes{&netconfAttributeNames, nlaValues{1: nlaS32, 2: nlaS32, 3: nlaS32, 4: nlaS32, 5: nlaS32, 6: nlaS32}}
	multicastAttributes = attributes{&multicastAttributeNames, nlaValues{1: nest(&groupListAttributes), 2: nest(&routerAttributes)}}
	namespaceAttributes = attributes{&namespaceAttributeNames, nlaValues{1: nlaS32, 2: nlaU32, 3: nlaU32, 4: nlaS32, 5: nlaS32}}
	cacheAttributes     = attributes{&cacheAttributeNames, nlaValues{1: nlaEnum(1, &cacheMessages), 2: nlaU32, 3: nlaInet4, 4: nlaInet4, 6: nlaU32}}
	cache6Attributes    = attributes{&cache6Names, nlaValues{1: nlaEnum(1, &cache6Messages), 2: nlaU32, 3: nlaInet6, 4: nlaInet6}}
)

// Paths of a route have attributes of routes in turn.
func init() { routeAttributes.values[9] = routePaths }
