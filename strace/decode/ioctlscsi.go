package decode

// Requests to SCSI devices (scsi/sg.h, linux/bsg.h).

var scsiRequests = func() map[string]ioctlArg {
	m := map[string]ioctlArg{
		"SG_IO": ioctlBoth((*Decoder).scsiCommand),
		"SG_GET_SCSI_ID": ioctlOut(structAt(32, layout{i32("host_no"), i32("channel"), x32("scsi_id"), i32("lun"),
			x32("scsi_type"), i16("h_cmd_per_lun"), i16("d_queue_depth")})),
		"SG_GET_REQUEST_TABLE": ioctlOut(func(d *Decoder, addr uint64) {
			structAt(d.bySize(24, 20), layout{i8("req_state"), i8("orphan"), i8("sg_io_owned"), i8("problem"), i32("pack_id"),
				pointerWord("usr_ptr"), u32("duration")})(d, addr)
		}),
		"SG_SCSI_RESET":    ioctlIn((*Decoder).scsiReset),
		"SG_SET_TRANSFORM": ioctlIn(func(d *Decoder, arg uint64) { d.hex(arg & 0xffffffff) }),
		"SG_GET_TIMEOUT":   ioctlNone,
	}
	for _, name := range [...]string{"NEXT_CMD_LEN", "SET_COMMAND_Q", "SET_DEBUG", "SET_FORCE_LOW_DMA", "SET_FORCE_PACK_ID",
		"SET_KEEP_ORPHAN", "SET_RESERVED_SIZE", "SET_TIMEOUT"} {
		m["SG_"+name] = ioctlIn((*Decoder).inInt)
	}
	for _, name := range [...]string{"EMULATED_HOST", "GET_ACCESS_COUNT", "GET_COMMAND_Q", "GET_KEEP_ORPHAN", "GET_LOW_DMA",
		"GET_NUM_WAITING", "GET_PACK_ID", "GET_RESERVED_SIZE", "GET_SG_TABLESIZE", "GET_TRANSFORM", "GET_VERSION_NUM"} {
		m["SG_"+name] = ioctlOut((*Decoder).inInt)
	}
	return m
}()

func i8(name string) member {
	return member{name, func(d *Decoder, f *fields) { d.dec(int64(int8(f.u8()))) }}
}

// scsiReset is what is to be reset.
func (d *Decoder) scsiReset(addr uint64) {
	const noEscalate = 0x100
	d.bracketed(addr, 4, func(f *fields) {
		what := f.u32()
		if what&noEscalate != 0 {
			d.constant(noEscalate, &scsiNoEscalate)
			d.c1('|')
		}
		d.constant(what&^noEscalate, &scsiResets)
	})
}

var scsiNoEscalate = names{"", []name{{0x100, "SG_SCSI_RESET_NO_ESCALATE"}}}

// scsiName is the size of a structure's name; what follows has been read when its address
// is not printed.
const scsiName = 4

// scsiCommand is a command to a device and its outcome, in one of two versions of the
// structure, which begins with its name.
func (d *Decoder) scsiCommand(addr uint64) {
	if d.exiting {
		if d.c.saved[1] == 'S' {
			d.scsiDone(addr)
		} else {
			d.bsgDone(addr)
		}
		d.c1('}')
		return
	}
	f, ok := d.fetch(addr, scsiName)
	if !ok {
		return
	}
	switch d.c.saved[1] = f.u32(); d.c.saved[1] {
	case 'S':
		d.s("{interface_id='S', ")
		d.scsiAsked(addr)
	case 'Q':
		d.s("{guard='Q', ")
		d.bsgAsked(addr)
	default:
		d.c1('[')
		d.udec(d.c.saved[1])
		d.c1(']')
		return
	}
	if d.c.saved[0] == 0 {
		d.c1('}')
	}
}

// scsiBuffer prints data to or from a device, which may be in several parts.
func (d *Decoder) scsiBuffer(name string, addr, size, parts uint64) {
	d.key(name)
	if parts != 0 {
		d.iovec(addr, parts, int64(size))
	} else {
		d.data(addr, size, quoteForceHex)
	}
}

// sgHeader is struct sg_io_hdr.
type sgHeader struct {
	id, direction, cmdLen, senseRoom, parts, length, data, cmd, sense uint64
	timeout, flags                                                    uint64
	fields                                                            // of the outcome
}

// Which way data goes (SG_DXFER_TO_DEV and its like).
const (
	scsiToDevice, scsiFromDevice, scsiBothWays = 1<<32 - 2, 1<<32 - 3, 1<<32 - 4
)

func sgHeaderOf(f fields) (h sgHeader) {
	h.id, h.direction, h.cmdLen, h.senseRoom, h.parts, h.length = f.u32(), f.u32(), f.u8(), f.u8(), f.u16(), f.u32()
	h.data, h.cmd, h.sense = f.size(), f.size(), f.size()
	h.timeout, h.flags = f.u32(), f.u32()
	f.u32()  // pack_id
	f.size() // usr_ptr
	h.fields = f
	return h
}

func (d *Decoder) scsiAsked(addr uint64) {
	f, ok := d.peek(addr, d.bySize(88, 64))
	if !ok {
		d.hex(addr + scsiName)
		return
	}
	h := sgHeaderOf(f)
	d.s("dxfer_direction=")
	d.constant(h.direction, &scsiDirections)
	d.ufield("cmd_len", h.cmdLen)
	d.scsiBuffer("cmdp", h.cmd, h.cmdLen, 0)
	d.ufield("mx_sb_len", h.senseRoom)
	d.ufield("iovec_count", h.parts)
	d.ufield("dxfer_len", h.length)
	d.ufield("timeout", h.timeout)
	d.key("flags")
	d.flags(h.flags, &scsiFlags)
	if h.direction == scsiToDevice || h.direction == scsiBothWays {
		d.scsiBuffer("dxferp", h.data, h.length, h.parts)
	}
	d.c.saved[0], d.c.saved[2], d.c.saved[3] = 1, h.data, h.sense
	if h.direction != scsiFromDevice {
		d.c.saved[2] = 0
	}
}

func (d *Decoder) scsiDone(addr uint64) {
	f, ok := d.peek(addr, d.bySize(88, 64))
	if !ok {
		if d.c.saved[2] != 0 {
			d.key("dxferp")
			d.addr(d.c.saved[2])
		}
		d.key("sbp")
		d.addr(d.c.saved[3])
		return
	}
	h := sgHeaderOf(f)
	if h.id != 'S' {
		d.s(" => interface_id=")
		d.udec(h.id)
		return
	}
	rest := h.fields
	rest.skip(8)
	length := left(h.length, rest.i32())
	switch {
	case h.direction == scsiFromDevice:
		d.scsiBuffer("dxferp", h.data, length, h.parts)
	case h.direction == scsiBothWays && length != 0:
		d.s(" => ")
		start := len(d.out)
		d.scsiBuffer("dxferp", h.data, length, h.parts)
		d.out = append(d.out[:start], d.out[start+len(", "):]...)
	}
	d.members(&h.fields, layout{x8("status"), x8("masked_status"), x8("msg_status"), {"sb_len_wr", func(d *Decoder, f *fields) {
		n := f.u8()
		d.udec(n)
		d.scsiBuffer("sbp", h.sense, n, 0)
	}}, x16("host_status"), x16("driver_status"), i32("resid"), u32("duration"), flag32("info", &scsiInfo)})
}

// left is how much of length was transferred if rest was not.
func left(length uint64, rest int64) uint64 {
	if rest > 0 && uint64(rest) <= length {
		return length - uint64(rest)
	}
	return length
}

const bsgSize = 160 // struct sg_io_v4

func (d *Decoder) bsgAsked(addr uint64) {
	f, ok := d.peek(addr, bsgSize)
	if !ok {
		d.hex(addr + scsiName)
		return
	}
	d.members(&f, layout{pad(scsiName)})
	start := len(d.out)
	d.members(&f, layout{enum32("protocol", &bsgProtocols), enum32("subprotocol", &bsgSubprotocols)})
	d.out = append(d.out[:start], d.out[start+len(", "):]...)
	n := f.u32()
	d.ufield("request_len", n)
	d.scsiBuffer("request", f.u64(), n, 0)
	d.members(&f, layout{x64("request_tag"), u32("request_attr"), u32("request_priority"), u32("request_extra"),
		u32("max_response_len")})
	d.c.saved[2] = f.u64()
	parts, length := f.peekAt(0), f.peekAt(4)
	d.members(&f, layout{u32("dout_iovec_count"), u32("dout_xfer_len"), u32("din_iovec_count"), u32("din_xfer_len")})
	d.scsiBuffer("dout_xferp", f.u64(), length, parts)
	d.c.saved[3] = f.u64()
	d.members(&f, layout{u32("timeout"), flag32("flags", &bsgFlags), x64("usr_ptr")})
	d.c.saved[0] = 1
}

func (d *Decoder) bsgDone(addr uint64) {
	f, ok := d.peek(addr, bsgSize)
	if !ok {
		d.key("response")
		d.hex(d.c.saved[2])
		d.key("din_xferp")
		d.hex(d.c.saved[3])
		return
	}
	if guard := f.u32(); guard != 'Q' {
		d.s(" => guard=")
		d.udec(guard)
		return
	}
	at := func(n int) fields { p := f; p.off = n; return p }
	response, parts, data, residue := at(48), at(64), at(80), at(136)
	n := at(132)
	count := n.u32()
	d.ufield("response_len", count)
	d.scsiBuffer("response", response.u64(), count, 0)
	vectors, length := parts.u32(), parts.u32()
	d.scsiBuffer("din_xferp", data.u64(), left(length, residue.i32()), vectors)
	f.off = 108
	d.members(&f, layout{x32("driver_status"), x32("transport_status"), x32("device_status"), u32("retry_delay"),
		flag32("info", &scsiInfo), u32("duration"), u32("response_len"), i32("din_resid"), i32("dout_resid"), x64("generated_tag")})
}
