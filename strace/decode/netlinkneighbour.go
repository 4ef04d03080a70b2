package decode

// Attributes of neighbours and of the tables of them (linux/neighbour.h).

var (
	neighbourAttributes = attributes{&neighbourAttributeNames, nlaValues{
		1: nlaAddress, 2: nlaMAC, 4: nlaU32, 5: nlaU16, 6: nlaPort, 7: nlaU32, 8: nlaIfindex, 9: nlaIfindex, 10: nlaU32, 11: nlaU32,
		12: nlaEnum(1, &routeProtocols), 13: nlaU32,
		3:  nlaStruct(16, layoutOf(u32, "ndm_confirmed", "ndm_used", "ndm_updated", "ndm_refcnt")),
		14: nest(&neighbourExtraAttributes), 15: nlaFlags(4, &neighbourExtraFlags), 16: nlaFlags(2, &neighbourStates),
		17: nlaFlags(1, &neighbourFlags),
	}}
	neighbourExtraAttributes = attributes{&neighbourExtraNames, nlaValues{1: nlaFlags(1, &neighbourNotify)}}

	neighbourTableAttributes = attributes{&neighbourTableAttributeNames, nlaValues{
		1: nlaText, 2: nlaU32, 3: nlaU32, 4: nlaU32, 8: nlaU64,
		5: nlaStruct(32, layout{u16("ndtc_key_len"), u16("ndtc_entry_size"), u32("ndtc_entries"), u32("ndtc_last_flush"),
			u32("ndtc_last_rand"), u32("ndtc_hash_rnd"), x32("ndtc_hash_mask"), u32("ndtc_hash_chain_gc"), u32("ndtc_proxy_qlen")}),
		6: nest(&neighbourParameterAttributes),
		7: nlaGrown(80, 8, layoutOf(u64, "ndts_allocs", "ndts_destroys", "ndts_hash_grows", "ndts_res_failed", "ndts_lookups", "ndts_hits",
			"ndts_rcv_probes_mcast", "ndts_rcv_probes_ucast", "ndts_periodic_gc_runs", "ndts_forced_gc_runs", "ndts_table_fulls")),
	}}
	neighbourParameterAttributes = attributes{&neighbourParameterNames, nlaValues{
		1: nlaIfindex, 2: nlaU32, 3: nlaU64, 4: nlaU64, 5: nlaU64, 6: nlaU64, 7: nlaU64, 8: nlaU32, 9: nlaU32, 10: nlaU32, 11: nlaU32,
		12: nlaU64, 13: nlaU64, 14: nlaU32, 15: nlaU64, 16: nlaU32, 17: nlaU32, 19: nlaU64,
	}}
)
