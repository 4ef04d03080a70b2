package decode

// Control messages (cmsg(3), unix(7), ip(7)).

// controlMax bounds the control messages that are read; it is the kernel's limit for
// sending (net.core.optmem_max) since Linux 6.7.
const controlMax = 128 * 1024

// control prints the control messages of a message.
func (d *Decoder) control(addr, size uint64) {
	head := uint64(d.long() + 8)
	limit := min(size, controlMax)
	if addr == 0 || d.opaque || size < head || !d.read(addr, d.buffer(int(limit))) {
		d.addr(addr)
		return
	}
	align := uint64(d.long() - 1)
	at := uint64(0)
	d.c1('[')
	for limit-at >= head {
		if at > 0 {
			d.comma()
		}
		f, _ := d.peek(addr+at, int(head))
		length := f.size()
		level, kind := f.u32(), f.u32()
		d.s("{cmsg_len=")
		d.udec(length)
		d.s(", cmsg_level=")
		d.constant(level, &controlLevels)
		d.s(", cmsg_type=")
		d.controlData(level, kind, addr+at+head, max(min(length, limit-at), head)-head)
		d.c1('}')
		if length < head {
			at += head
			break
		}
		next := (length + align) &^ align
		if next >= limit-at {
			at = limit
			break
		}
		at += next
	}
	switch {
	case at < limit:
		d.s(", ... /* ")
		d.hex(addr + at)
		d.s(" */")
	case limit < size:
		d.s(", ...")
	}
	d.c1(']')
}

// controlLevels are the levels under the name that control messages give what is
// none.
var controlLevels = names{"SOL_???", socketLevels.list}

// A controlKind is how the data of one kind of message is printed, if there are so
// many bytes.
type controlKind struct {
	least uint64
	show  func(d *Decoder, addr, n uint64)
}

// controlStruct is a message of one structure.
func controlStruct(size uint64, l layout) controlKind {
	return controlKind{size, func(d *Decoder, addr, _ uint64) { structAt(int(size), l)(d, addr) }}
}

func controlNumbers(d *Decoder, addr, n uint64) { d.arrayAt(addr, n/4, 4, (*Decoder).arrayUint) }

func controlBytes(d *Decoder, addr, n uint64) {
	d.arrayAt(addr, n, 1, func(d *Decoder, f *fields) { d.hex(f.u8()) })
}

func controlText(d *Decoder, addr, n uint64) { d.data(addr, n, quoteTrimNUL) }

// controlTimes are one time or three, or too few bytes for that.
func controlTimes(k timeKind, fraction string, count int) controlKind {
	return controlKind{1, func(d *Decoder, addr, n uint64) {
		size := d.timeSize(k)
		if n < uint64(count*size) {
			d.s("???")
			return
		}
		f, ok := d.fetch(addr, count*size)
		if !ok {
			return
		}
		show := func() {
			sec, frac := f.timePair(k)
			d.timeText(sec, frac, fraction)
		}
		if count == 1 {
			show()
			return
		}
		d.elements(uint64(count), show)
	}}
}

var (
	scmKinds = map[uint64]controlKind{
		1:  {4, func(d *Decoder, addr, n uint64) { d.arrayAt(addr, n/4, 4, (*Decoder).arrayFD) }},
		2:  controlStruct(12, layout{pid32("pid"), uid32("uid"), uid32("gid")}),
		3:  {1, controlText},
		29: controlTimes(timeKernel, ", tv_usec=", 1),
		35: controlTimes(timeKernel, ", tv_nsec=", 1),
		37: controlTimes(timeKernel, ", tv_nsec=", 3),
		63: controlTimes(time64, ", tv_usec=", 1),
		64: controlTimes(time64, ", tv_nsec=", 1),
		65: controlTimes(time64, ", tv_nsec=", 3),
	}
	ipKinds = map[uint64]controlKind{
		1:  {1, controlBytes},
		2:  {4, controlNumbers},
		3:  {1, controlText},
		6:  {1, controlBytes},
		7:  {1, controlBytes},
		8:  controlStruct(12, layout{ifindex("ipi_ifindex"), inet4("ipi_spec_dst"), inet4("ipi_addr")}),
		11: {32, (*Decoder).controlError},
		20: {16, func(d *Decoder, addr, n uint64) { d.sockaddr(addr, int32(min(n, sockaddrMax))) }},
		23: {4, controlNumbers},
	}
	ipControlTypes = names{"IP_???", []name{{1, "IP_TOS"}, {2, "IP_TTL"}, {6, "IP_RECVOPTS"}, {7, "IP_RETOPTS"},
		{8, "IP_PKTINFO"}, {11, "IP_RECVERR"}, {20, "IP_ORIGDSTADDR"}, {23, "IP_CHECKSUM"}, {3, "SCM_SECURITY"}}}
)

// controlData prints what kind of message it is, and its data where that is known.
func (d *Decoder) controlData(level, kind, addr, n uint64) {
	kinds := map[uint64]controlKind(nil)
	switch level {
	case solSocket:
		kinds = scmKinds
		d.constant(kind, &scmTypes)
	case solIP:
		kinds = ipKinds
		d.constant(kind, &ipControlTypes)
	default:
		d.hex(kind)
	}
	if k, ok := kinds[kind]; ok && n >= k.least {
		d.key("cmsg_data")
		k.show(d, addr, n)
	}
}

// controlError is an error of the network and who reported it (struct
// sock_extended_err of linux/errqueue.h).
func (d *Decoder) controlError(addr, _ uint64) {
	f, ok := d.fetch(addr, 16)
	if !ok {
		return
	}
	d.c1('{')
	d.members(&f, layout{u32("ee_errno"), u8("ee_origin"), u8("ee_type"), u8("ee_code"), pad(1), u32("ee_info"), u32("ee_data")})
	d.key("offender")
	d.sockaddr(addr+16, 16)
	d.c1('}')
}
