package decode

// Requests to trusted execution environments (linux/tee.h).

const (
	teeMost      = 1024 // TEE_MAX_ARG_SIZE
	teeParameter = 32   // struct tee_ioctl_param
)

var (
	teeRequests = map[string]ioctlArg{
		"TEE_IOC_VERSION": ioctlOut(structAt(12, layout{{"", (*Decoder).teeVersion}})),
		"TEE_IOC_OPEN_SESSION": teeBuffer(56, layout{{"", (*Decoder).teeClient}, u32("cancel_id"), at(52)},
			layout{at(40), x32("session"), u32("ret"), enum32("ret_origin", &teeOrigins)}, false),
		"TEE_IOC_INVOKE": teeBuffer(24, layout{u32("func"), x32("session"), u32("cancel_id"), at(20)},
			layout{at(12), u32("ret"), enum32("ret_origin", &teeOrigins)}, false),
		"TEE_IOC_SUPPL_RECV":    teeBuffer(8, layout{u32("func")}, layout{at(4)}, true),
		"TEE_IOC_SUPPL_SEND":    teeBuffer(8, layout{at(4)}, layout{u32("ret")}, false),
		"TEE_IOC_CANCEL":        ioctlIn(structAt(8, layout{u32("cancel_id"), x32("session")})),
		"TEE_IOC_CLOSE_SESSION": ioctlIn(structAt(4, layout{x32("session")})),
		"TEE_IOC_SHM_ALLOC": inOut(16, layout{x64("size"), teeFlags},
			layout{x64("size"), teeFlags, i32("id")}),
		"TEE_IOC_SHM_REGISTER": inOut(24, layout{pointer64("addr"), x64("length"), teeFlags},
			layout{pad(8), x64("length"), teeFlags, i32("id")}),
	}
	teeShareFD = inOut(32, layout{descriptor64("fd"), pad(8), teeFlags},
		layout{pad(8), x64("size"), pad(8), i32("id")})
	teeFlags = flag32("flags", &teeSharing)
)

// teeVersion is who has made the environment, and what it can do.
func (d *Decoder) teeVersion(f *fields) {
	const optee = 1
	maker, own := f.u32(), f.u32()
	d.key("impl_id")
	d.constant(maker, &teeMakers)
	d.members(f, layout{flag32("gen_caps", &teeGeneral)})
	d.key("impl_caps")
	if maker == optee {
		d.flags(own, &teeOwn)
	} else {
		d.hex(own)
	}
}

// teeClient is what a session is opened with, and as whom.
func (d *Decoder) teeClient(f *fields) {
	const group, groupApplication = 2, 6
	d.members(f, layout{uuid("uuid")})
	client := d.fields(f.raw(16))
	login := f.u32()
	d.key("clnt_login")
	d.constant(login, &teeLogins)
	switch {
	case login == group || login == groupApplication:
		d.key("clnt_uuid")
		d.id(client.u32())
	case teeLogins.find(login) == "":
		d.key("clnt_uuid")
		d.elements(16, func() { d.hex(client.u8()) })
	}
}

// teeBuffer is a request whose argument says where a structure of so many bytes is, which
// parameters follow. Only an answer may have another number of them than fits, and prints
// that number where counted is set.
func teeBuffer(size int, in, out layout, counted bool) ioctlArg {
	return ioctlBoth(func(d *Decoder, addr uint64) {
		if d.exiting {
			if d.c.IsError {
				d.c1('}')
				return
			}
			d.s(" => ")
		}
		buffer, ok := d.fetch(addr, 16)
		if !ok {
			return
		}
		at, length := buffer.u64(), buffer.u64()
		var f fields
		if ok = length <= teeMost && length >= uint64(size); ok {
			f, ok = d.peek(at, size)
		}
		last := f
		last.off = size - 4
		n := last.u32()
		if !ok || !d.exiting && uint64(size)+teeParameter*n != length {
			d.s("{buf_len=")
			d.udec(length)
			d.s(", buf_ptr=")
			d.addr(at)
			d.c1('}')
			return
		}
		l := in
		if d.exiting {
			l = out
		} else {
			d.s("{buf_len=")
			d.udec(length)
			d.s(", buf_ptr=")
			d.c.saved[0] = 1
		}
		d.structureWith(&f, l, func() {
			if !d.exiting || counted {
				d.key("num_params")
				d.udec(n)
			}
			parameters := at + uint64(size)
			if n == 0 {
				parameters = 0
			}
			d.key("params")
			d.array(parameters, n, teeParameter, (*Decoder).teeParameter)
		})
		if d.exiting {
			d.c1('}')
		}
	})
}

// teeParameter is a value, or a part of shared memory.
func (d *Decoder) teeParameter(f *fields) {
	const meta, firstMemory, lastMemory = 0x100, 5, 7
	kind := f.u64()
	d.s("{attr=")
	d.constant(kind&^meta&0xffffffff, &teeTypes)
	if kind&meta != 0 {
		d.s("|TEE_IOCTL_PARAM_ATTR_META")
	}
	switch {
	case kind == 0:
	case kind >= firstMemory && kind <= lastMemory:
		d.members(f, layout{x64("shm_offs"), x64("size"), u64("shm_id")})
	default:
		d.members(f, layout{x64("a"), x64("b"), x64("c")})
	}
	d.c1('}')
}
