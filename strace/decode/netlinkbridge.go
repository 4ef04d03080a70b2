package decode

// Attributes of bridges, their ports, and their groups (linux/if_bridge.h, linux/if_link.h).

var (
	bridgeID = nlaStruct(8, layout{several("prio", 2, func(d *Decoder, f *fields) { d.udec(f.u8()) }), mac("addr", 6)})

	bridgeAttributes = attributes{&bridgeNames, nlaValues{
		1: nlaClock, 2: nlaClock, 3: nlaClock, 4: nlaClock, 5: nlaU32, 6: nlaU16, 7: nlaU8, 8: nlaFrames, 9: nlaX16, 10: bridgeID,
		11: bridgeID, 12: nlaU16, 13: nlaU32, 14: nlaU8, 15: nlaU8, 16: nlaClock, 17: nlaClock, 18: nlaClock, 19: nlaClock, 20: nlaMAC,
		22: nlaU8, 23: nlaU8, 24: nlaU8, 25: nlaU8, 26: nlaU32, 27: nlaU32, 28: nlaU32, 29: nlaU32, 30: nlaClock, 31: nlaClock,
		32: nlaClock, 33: nlaClock, 34: nlaClock, 35: nlaClock, 36: nlaU8, 37: nlaU8, 38: nlaU8, 39: nlaU16, 41: nlaU8, 42: nlaU8,
		43: nlaU8, 44: nlaU8, 45: nlaU8, 46: nlaStruct(8, layout{flag32("optval", &bridgeOptionFlags), flag32("optmask", &bridgeOptionFlags)}), 47: nest(&bridgeQuerierAttributes),
	}}
	bridgeOptionFlags       = shifted(&bridgeOptions)
	bridgeQuerierAttributes = attributes{&bridgeQuerierNames, nlaValues{1: nlaInet4, 2: nlaIfindex, 3: nlaClock, 5: nlaInet6,
		6: nlaIfindex, 7: nlaClock}}
	bridgePortAttributes = attributes{&bridgePortNames, nlaValues{
		1: nlaU8, 2: nlaU16, 3: nlaU32, 4: nlaU8, 5: nlaU8, 6: nlaU8, 7: nlaU8, 8: nlaU8, 9: nlaU8, 10: nlaU8, 11: nlaU8, 12: nlaU8,
		13: bridgeID, 14: bridgeID, 15: nlaU16, 16: nlaU16, 17: nlaU16, 18: nlaU16, 19: nlaU8, 20: nlaU8, 21: nlaClock, 22: nlaClock,
		23: nlaClock, 25: nlaU8, 27: nlaU8, 28: nlaU8, 29: nlaU8, 30: nlaU8, 31: nlaX16, 32: nlaU8, 33: nlaU8, 34: nlaIfindex,
		35: nlaU8, 36: nlaU8, 37: nlaU32, 38: nlaU32, 39: nlaU8,
	}}
	bridgeLinkAttributes = attributes{&bridgeLinkNames, nlaValues{
		0: nlaFlags(2, &bridgeFlags), 1: nlaEnum(2, &bridgeModes),
		2: nlaStructAndMore(4, layout{flag16("flags", &bridgeVLANFlags), u16("vid")}),
		3: nest(&bridgeTunnelAttributes),
	}}
	bridgeTunnelAttributes = attributes{&bridgeTunnelNames, nlaValues{1: nlaU32, 2: nlaU16, 3: nlaFlags(2, &bridgeVLANFlags)}}
)

// Groups of a bridge, and ports behind which there is a router.
var (
	groupListAttributes  = attributes{&groupListNames, nlaValues{1: nest(&groupEntryAttributes)}}
	groupEntryAttributes = attributes{&groupEntryNames, nlaValues{1: nlaHeaded(28, func(d *Decoder, f *fields) {
		d.structure(f, layout{ifindex("ifindex"), enum8("state", &groupStates), flag8("flags", &groupFlags), u16("vid"),
			group("addr", hexBytes("u", 16), member{"proto", func(d *Decoder, f *fields) {
				d.s("htons(")
				d.constant(bigEndian16(f.raw(2)), &families)
				d.c1(')')
			}})})
	}, &groupEntryExtraAttributes)}}
	groupEntryExtraAttributes = attributes{&groupEntryExtraNames, nlaValues{1: nlaClock}}

	routerAttributes     = attributes{&routerNames, nlaValues{1: nlaHeaded(4, func(d *Decoder, f *fields) { d.ifindex(f.u32()) }, &routerPortAttributes)}}
	routerPortAttributes = attributes{&routerPortNames, nlaValues{1: nlaClock, 2: nlaEnum(1, &routerTypes), 3: nlaClock, 4: nlaClock}}
)
