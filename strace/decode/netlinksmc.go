package decode

// Messages about sockets of shared memory communication (linux/smc_diag.h).

const afSMC = 43

var (
	smcRequest = diagMessage{52, layout{pad(2), flag8("diag_ext", &smcExtensions), {"id", (*Decoder).socketID}}, "diag_family", nil}
	smcAnswer  = diagMessage{64, layout{enum8("diag_state", &smcStates), enum8("diag_fallback", &smcDiagModes), u8("diag_shutdown"),
		{"id", (*Decoder).socketID}, u32("diag_uid"), u64("diag_inode")}, "diag_family", &smcDiagAttributes}

	smcExtensions     = extensions(&smcDiagNames)
	smcDiagAttributes = attributes{&smcDiagNames, nlaValues{
		1: nlaStruct(76, layout{u32("token"), u32("sndbuf_size"), u32("rmbe_size"), u32("peer_rmbe_size"),
			smcCursor("rx_prod"), smcCursor("rx_cons"), smcCursor("tx_prod"), smcCursor("tx_cons"),
			x8("rx_prod_flags"), x8("rx_conn_state_flags"), x8("tx_prod_flags"), x8("tx_conn_state_flags"),
			smcCursor("tx_prep"), smcCursor("tx_sent"), smcCursor("tx_fin")}),
		2: nlaStruct(147, layout{several("lnk", 1, func(d *Decoder, f *fields) {
			d.structure(f, layout{u8("link_id"), str("ibname", 64), u8("ibport"), str("gid", 40), str("peer_gid", 40)})
		}), enum8("role", &smcRoles)}),
		3: nlaFlags(1, &inetDiagShutdown),
		4: nlaStruct(40, layout{u32("linkid"), pad(4), x64("peer_gid"), x64("my_gid"), x64("token"), x64("peer_token")}),
		5: nlaStruct(8, layout{smcReason("reason"), smcReason("peer_diagnosis")}),
	}}
)

// smcCursor is a place in a buffer.
func smcCursor(name string) member { return group(name, u16("reserved"), u16("wrap"), u32("count")) }

// smcReason says why a peer fell back to TCP.
func smcReason(name string) member {
	return member{name, func(d *Decoder, f *fields) {
		v := f.u32()
		d.hex(v)
		if text := smcDeclines.find(v); text != "" {
			d.comment(text)
		} else {
			d.comment(smcDeclines.unknown)
		}
	}}
}
