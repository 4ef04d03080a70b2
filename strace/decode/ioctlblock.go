package decode

// Requests to block devices (linux/fs.h, linux/loop.h, linux/nbd.h, linux/blkpg.h).

var blockRequests = map[string]ioctlArg{
	"BLKRASET": ioctlIn(ulongValue), "BLKFRASET": ioctlIn(ulongValue),
	"BLKSECTGET": ioctlOut((*Decoder).inUint16), "BLKROTATIONAL": ioctlOut((*Decoder).inUint16),
	"BLKROGET": ioctlOut((*Decoder).inInt), "BLKBSZGET": ioctlOut((*Decoder).inInt),
	"BLKSSZGET": ioctlOut((*Decoder).inInt), "BLKALIGNOFF": ioctlOut((*Decoder).inInt),
	"BLKROSET": ioctlIn((*Decoder).inInt), "BLKBSZSET": ioctlIn((*Decoder).inInt),
	"BLKPBSZGET": ioctlOut((*Decoder).inUint), "BLKIOMIN": ioctlOut((*Decoder).inUint),
	"BLKIOOPT": ioctlOut((*Decoder).inUint), "BLKDISCARDZEROES": ioctlOut((*Decoder).inUint),
	"BLKGETZONESZ": ioctlOut((*Decoder).inUint), "BLKGETNRZONES": ioctlOut((*Decoder).inUint),
	"BLKRAGET": ioctlOut((*Decoder).inLong), "BLKFRAGET": ioctlOut((*Decoder).inLong),
	"BLKGETSIZE":   ioctlOut((*Decoder).inSize),
	"BLKGETSIZE64": ioctlOut((*Decoder).inUint64), "BLKGETDISKSEQ": ioctlOut((*Decoder).inUint64),
	"BLKDISCARD": ioctlIn((*Decoder).inPair64), "BLKSECDISCARD": ioctlIn((*Decoder).inPair64),
	"BLKZEROOUT": ioctlIn((*Decoder).inPair64),
	"BLKPG":      ioctlIn((*Decoder).blkpg), "BLKTRACESETUP": ioctlBoth((*Decoder).traceSetup),
	"BLKRRPART": ioctlNone, "BLKFLSBUF": ioctlNone, "BLKTRACESTART": ioctlNone, "BLKTRACESTOP": ioctlNone,
	"BLKTRACETEARDOWN": ioctlNone,

	"LOOP_GET_STATUS": ioctlOut((*Decoder).loopInfo), "LOOP_SET_STATUS": ioctlIn((*Decoder).loopInfo),
	"LOOP_GET_STATUS64": ioctlOut((*Decoder).loopInfo64), "LOOP_SET_STATUS64": ioctlIn((*Decoder).loopInfo64),
	"LOOP_CONFIGURE": ioctlIn((*Decoder).loopConfig),
	"LOOP_CLR_FD":    ioctlNone, "LOOP_SET_CAPACITY": ioctlNone, "LOOP_CTL_GET_FREE": ioctlNone,
	"LOOP_SET_FD": ioctlIn(fdValue), "LOOP_CHANGE_FD": ioctlIn(fdValue),
	"LOOP_CTL_ADD": ioctlIn(intValue), "LOOP_CTL_REMOVE": ioctlIn(intValue),
	"LOOP_SET_DIRECT_IO": ioctlIn(ulongValue), "LOOP_SET_BLOCK_SIZE": ioctlIn(ulongValue),

	"NBD_DISCONNECT": ioctlNone, "NBD_CLEAR_SOCK": ioctlNone, "NBD_DO_IT": ioctlNone, "NBD_CLEAR_QUE": ioctlNone,
	"NBD_PRINT_DEBUG": ioctlNone,
	"NBD_SET_SOCK":    ioctlIn(fdValue), "NBD_SET_BLKSIZE": ioctlIn(ulongValue), "NBD_SET_SIZE": ioctlIn(ulongValue),
	"NBD_SET_SIZE_BLOCKS": ioctlIn(ulongValue), "NBD_SET_TIMEOUT": ioctlIn(ulongValue),
	"NBD_SET_FLAGS": ioctlIn(func(d *Decoder, arg uint64) { d.flags(arg, &nbdFlags) }),
}

var blkpgPartition = layout{i64("start"), i64("length"), i32("pno"), str("devname", 64), str("volname", 64)}

func (d *Decoder) blkpg(addr uint64) {
	f, ok := d.fetch(addr, d.bySize(24, 16))
	if !ok {
		return
	}
	d.c1('{')
	d.members(&f, layout{enum32("op", &blkpgOps), i32("flags"), i32("datalen")})
	d.key("data")
	structAt((148+d.align64()-1)&^(d.align64()-1), blkpgPartition)(d, f.size())
	d.c1('}')
}

// traceSetup is what the thread asks for, and the name that the kernel gives.
func (d *Decoder) traceSetup(addr uint64) {
	size := 64 + d.align64()&8 // the id of the process ends it
	if d.exiting {
		if f, ok := d.peek(addr, size); ok && !d.c.IsError {
			d.key("name")
			d.fixedString(f.raw(32))
		}
		d.c1('}')
		return
	}
	if f, ok := d.fetch(addr, size); ok {
		f.skip(32)
		d.c1('{')
		d.members(&f, layout{u16("act_mask"), u32("buf_size"), u32("buf_nr"), u64("start_lba"), u64("end_lba"), pid32("pid")})
		d.c.saved[0] = 1
	}
}

const loopNameSize, loopKeySize = 64, 32

func (d *Decoder) loopInfo(addr uint64) {
	f, ok := d.fetch(addr, d.bySize(168, 140))
	if !ok {
		return
	}
	d.c1('{')
	d.members(&f, layout{i32("lo_number")})
	device, inode, rdevice := f.deviceWord(), f.kulong(), f.deviceWord()
	if d.full {
		d.key("lo_device")
		d.device(device)
		d.ufield("lo_inode", inode)
		d.key("lo_rdevice")
		d.device(rdevice)
	}
	d.members(&f, layout{x32("lo_offset")})
	kind, keySize := f.u32(), f.u32()
	crypt := d.full || kind != 0
	if crypt {
		d.key("lo_encrypt_type")
		d.constant(kind, &loopCrypts)
		d.ufield("lo_encrypt_key_size", keySize)
	}
	d.members(&f, layout{flag32("lo_flags", &loopFlags), str("lo_name", loopNameSize)})
	key := f.raw(loopKeySize)
	if crypt {
		d.key("lo_encrypt_key")
		d.text(key[:min(keySize, uint64(len(key)))], 0)
	}
	if !d.full {
		d.s(", ...}")
		return
	}
	d.members(&f, layout{several("lo_init", 2, func(d *Decoder, f *fields) { d.hex(f.kulong()) }),
		several("reserved", 4, func(d *Decoder, f *fields) { d.hex(f.u8()) })})
	d.c1('}')
}

// deviceWord reads a __kernel_old_dev_t, which is as wide as a long on x86-64 and
// 16 bits on i386.
func (f *fields) deviceWord() uint64 {
	if f.klong == 8 {
		return f.u64()
	}
	return f.u16()
}

func (d *Decoder) loopInfo64(addr uint64) {
	if f, ok := d.fetch(addr, 232); ok {
		d.loopFields(&f)
	}
}

func (d *Decoder) loopFields(f *fields) {
	d.c1('{')
	device, inode, rdevice, offset, limit, number := f.u64(), f.u64(), f.u64(), f.u64(), f.u64(), f.u32()
	if d.full {
		d.key("lo_device")
		d.device(device)
		d.ufield("lo_inode", inode)
		d.key("lo_rdevice")
		d.device(rdevice)
	}
	d.key("lo_offset")
	d.hex(offset)
	if d.full {
		d.ufield("lo_sizelimit", limit)
	}
	d.ufield("lo_number", number)
	kind, keySize := f.u32(), f.u32()
	crypt := d.full || kind != 0
	if crypt {
		d.key("lo_encrypt_type")
		d.constant(kind, &loopCrypts)
		d.ufield("lo_encrypt_key_size", keySize)
	}
	d.members(f, layout{flag32("lo_flags", &loopFlags), str("lo_file_name", loopNameSize)})
	name, key := f.raw(loopNameSize), f.raw(loopKeySize)
	if crypt {
		d.key("lo_crypt_name")
		d.charArray(name)
		d.key("lo_encrypt_key")
		d.text(key[:min(keySize, uint64(len(key)))], 0)
	}
	if !d.full {
		d.s(", ...}")
		return
	}
	d.members(f, layout{several("lo_init", 2, func(d *Decoder, f *fields) { d.hex(f.u64()) })})
	d.c1('}')
}

func (d *Decoder) loopConfig(addr uint64) {
	f, ok := d.fetch(addr, 304)
	if !ok {
		return
	}
	d.c1('{')
	d.members(&f, layout{fd32("fd"), u32("block_size")})
	d.key("info")
	d.loopFields(&f)
	f.off = 8 + 232 // also when the information has not been read to its end
	if rest := f.raw(64); !isZero(rest) {
		r := d.fields(rest)
		d.members(&r, layout{several("__reserved", 8, func(d *Decoder, f *fields) { d.hex(f.u64()) })})
	}
	d.c1('}')
}
