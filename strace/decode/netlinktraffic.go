package decode

// Attributes of queues, classes, filters and actions (linux/pkt_sched.h, linux/pkt_cls.h).

var (
	trafficAttributes = attributes{&trafficAttributeNames, nlaValues{
		1: nlaText, 11: nlaU32, 12: nlaU8, 13: nlaU32, 14: nlaU32,
		3: nlaStruct(36, layout{u64("bytes"), u32("packets"), u32("drops"), u32("overlimits"), u32("bps"), u32("pps"), u32("qlen"),
			u32("backlog")}),
		5: nlaStruct(2, layout{{"interval", func(d *Decoder, f *fields) { d.dec(int64(int8(f.u8()))) }}, u8("ewma_log")}),
		7: nest(&trafficStatsAttributes), 8: nest(&trafficTableAttributes),
	}}
	trafficBasic           = nlaStruct(12, layout{u64("bytes"), u32("packets")})
	trafficStatsAttributes = attributes{&trafficStatsNames, nlaValues{
		1: trafficBasic,
		2: nlaStruct(8, layout{u32("bps"), u32("pps")}),
		3: nlaStruct(20, layoutOf(u32, "qlen", "backlog", "drops", "requeues", "overlimits")),
		5: nlaStruct(16, layout{u64("bps"), u64("pps")}), 7: trafficBasic, 8: nlaU64,
	}}
	trafficTableAttributes = attributes{&trafficTableNames, nlaValues{
		1: nlaStruct(24, layout{u8("cell_log"), u8("size_log"), i16("cell_align"), i32("overhead"), u32("linklayer"), u32("mpu"),
			u32("mtu"), u32("tsize")}),
		2: nlaArray(2, (*Decoder).arrayUint16),
	}}

	actionHeader     = routeHeader{"tca_family", 4, nil, &actionAttributes}
	actionAttributes = attributes{&actionNames, nlaValues{1: nlaText, 3: nlaU32, 7: nlaFlags(4, &actionFlags), 8: nlaFlags(4, &actionStats),
		9: nlaFlags(4, &actionStats), 10: nlaU32}}
	// Of messages about data centre bridging only the names are known (linux/dcbnl.h).
	dataCenterHeader = routeHeader{"dcb_family", 4, layout{enum8("cmd", &dataCenterCommands)}, &attributes{names: &dataCenterNames}}
)
