package decode

import "strings"

// Messages about packet filters (linux/netfilter/nfnetlink.h).

const (
	nfTables                 = 10 // NFNL_SUBSYS_NFTABLES
	nfBatchBegin, nfBatchEnd = 0x10, 0x11
	nfHeader                 = 4
)

// filterMessages are the messages of each subsystem.
var filterMessages = map[uint64]*names{
	1: &nfConntrack, 2: &nfExpect, 3: &nfQueue, 4: &nfLog, 5: &nfOSF, 6: &nfIPSet, 7: &nfAcct, 8: &nfTimeout,
	9: &nfHelper, nfTables: &nfTableMessages, 11: &nfCompat, 12: &nfHook,
}

// filterType prints the kind of a message: a subsystem and a message of its own.
func (d *Decoder) filterType(kind uint64) {
	if nfBatch.find(kind) != "" {
		d.constant(kind, &nfBatch)
		return
	}
	d.constant(kind>>8, &nfSubsystems)
	d.s("<<8|")
	if n := filterMessages[kind>>8]; n != nil {
		d.constant(kind&0xff, n)
	} else {
		d.hex(kind & 0xff)
	}
}

// filterFlags are the flags of a message, which depend on what it does; its name says
// that.
func filterFlags(kind uint64) *names {
	const queue, log, osf, ipset = 3, 4, 5, 6
	n := filterMessages[kind>>8]
	switch kind >> 8 {
	case queue, log, osf, ipset:
		return &nlFlags
	}
	if n == nil {
		return &nlFlags
	}
	return flagsByName(n.find(kind & 0xff))
}

// flagsByName are the flags of a message that makes, asks for or deletes something.
func flagsByName(text string) *names {
	switch {
	case strings.Contains(text, "_NEW"):
		return &nlNewFlags
	case strings.Contains(text, "_GET"):
		return &nlGetFlags
	case strings.Contains(text, "_DEL"):
		return &nlDeleteFlags
	}
	return &nlFlags
}

// filterMessage prints struct nfgenmsg and the attributes.
func (d *Decoder) filterMessage(kind, addr, size uint64) {
	if size < nfHeader {
		d.data(addr, size, quoteForceHex)
		return
	}
	f, ok := d.peek(addr, nfHeader)
	if !ok {
		d.addr(addr)
		return
	}
	d.s("{nfgen_family=")
	d.constant(f.u8(), &families)
	d.key("version")
	d.constant(f.u8(), &nfVersions)
	d.key("res_id")
	id := f.raw(2)
	raw := uint64(id[0]) | uint64(id[1])<<8
	if d.c.ABI.BigEndian {
		raw = bigEndian16(id)
	}
	switch tables := kind>>8 == nfTables; {
	case tables && bigEndian16(id) == nfTables:
		d.hexComment(raw, func(uint64) { d.s("htons(NFNL_SUBSYS_NFTABLES)") })
	case tables && raw == nfTables:
		d.hexComment(raw, func(uint64) { d.s("NFNL_SUBSYS_NFTABLES") })
	default:
		d.s("htons(")
		d.udec(bigEndian16(id))
		d.c1(')')
	}
	d.c1('}')
	if size <= nfHeader {
		return
	}
	d.comma()
	if kind >= nfBatchBegin && kind <= nfBatchEnd || kind < nlmsgMinType {
		d.data(addr+nfHeader, size-nfHeader, quoteForceHex)
	} else {
		d.attributes(addr+nfHeader, size-nfHeader, &attributes{names: &names{}})
	}
}
