package decode

import "github.com/utrace/utrace/syscalls"

// statFields are what is printed of any struct stat.
type statFields struct {
	dev, ino, nlink, mode, uid, gid, rdev, blksize, blocks uint64
	size                                                   int64
	times                                                  [3]struct{ sec, nsec int64 }
	nsecs                                                  bool
}

func (s *statFields) readTimes(f *fields) {
	for i := range s.times {
		s.times[i].sec = f.klongs()
		s.times[i].nsec = int64(f.kulong())
	}
	s.nsecs = true
}

// stat prints the struct stat of the calls without a number in their names: the
// 64-bit ones (uapi/asm/stat.h of each architecture), and the one of i386 with
// 32-bit sizes.
func (d *Decoder) stat(addr uint64) {
	var s statFields
	switch {
	case d.c.ABI == syscalls.ARM64 || d.c.ABI == syscalls.RISCV64: // asm-generic/stat.h
		f, ok := d.fetch(addr, 128)
		if !ok {
			return
		}
		s.dev, s.ino = f.u64(), f.u64()
		s.mode, s.nlink, s.uid, s.gid = f.u32(), f.u32(), f.u32(), f.u32()
		s.rdev = f.u64()
		f.u64()
		s.size, s.blksize = f.i64(), f.u32()
		f.u32()
		s.blocks = f.u64()
		s.readTimes(&f)
	case d.c.ABI == syscalls.S390X:
		f, ok := d.fetch(addr, 144)
		if !ok {
			return
		}
		s.dev, s.ino, s.nlink = f.u64(), f.u64(), f.u64()
		s.mode, s.uid, s.gid = f.u32(), f.u32(), f.u32()
		f.u32()
		s.rdev, s.size = f.u64(), f.i64()
		s.readTimes(&f)
		s.blksize, s.blocks = f.u64(), f.u64()
	case d.kernelLong() == 8: // x86-64, and powerpc
		f, ok := d.fetch(addr, 144)
		if !ok {
			return
		}
		s.dev, s.ino, s.nlink = f.u64(), f.u64(), f.u64()
		s.mode, s.uid, s.gid = f.u32(), f.u32(), f.u32()
		f.u32()
		s.rdev, s.size, s.blksize, s.blocks = f.u64(), f.i64(), f.u64(), f.u64()
		s.readTimes(&f)
	default:
		f, ok := d.fetch(addr, 64)
		if !ok {
			return
		}
		s.dev, s.ino = f.u32(), f.u32()
		s.mode, s.nlink, s.uid, s.gid = f.u16(), f.u16(), f.u16(), f.u16()
		s.rdev, s.size, s.blksize, s.blocks = f.u32(), int64(f.u32()), f.u32(), f.u32()
		s.readTimes(&f)
	}
	d.statText(&s)
}

// stat64 prints the struct stat64 of 32-bit machines. That of i386 is packed, on arm
// the words of 64 bits are aligned.
func (d *Decoder) stat64(addr uint64) {
	size := 96
	if d.align64() == 8 {
		size = 104
	}
	f, ok := d.fetch(addr, size)
	if !ok {
		return
	}
	var s statFields
	s.dev = f.u64()
	f.skip(4)
	f.u32() // the inode number's low half, kept for old programs
	s.mode, s.nlink, s.uid, s.gid = f.u32(), f.u32(), f.u32(), f.u32()
	s.rdev = f.u64()
	f.skip(4)
	s.size, s.blksize, s.blocks = f.i64(), f.u32(), f.u64()
	s.readTimes(&f)
	s.ino = f.u64()
	d.statText(&s)
}

// oldStat prints the structure of i386's first stat calls.
func (d *Decoder) oldStat(addr uint64) {
	f, ok := d.fetch(addr, 32)
	if !ok {
		return
	}
	var s statFields
	s.dev, s.ino, s.mode, s.nlink = f.u16(), f.u16(), f.u16(), f.u16()
	s.uid, s.gid, s.rdev = f.u16(), f.u16(), f.u16()
	s.size = int64(f.u32())
	for i := range s.times {
		s.times[i].sec = f.i32()
	}
	d.statText(&s)
}

func (d *Decoder) statText(s *statFields) {
	d.c1('{')
	if d.full {
		d.s("st_dev=")
		d.device(s.dev)
		d.ufield("st_ino", s.ino)
		d.comma()
	}
	d.s("st_mode=")
	d.fileMode(s.mode)
	if d.full {
		d.ufield("st_nlink", s.nlink)
		d.ufield("st_uid", s.uid)
		d.ufield("st_gid", s.gid)
		d.ufield("st_blksize", s.blksize)
		d.ufield("st_blocks", s.blocks)
	}
	d.comma()
	if kind := s.mode & 0xf000; kind == 0x2000 || kind == 0x6000 {
		d.s("st_rdev=")
		d.device(s.rdev)
	} else {
		d.s("st_size=")
		d.udec(uint64(s.size))
	}
	if d.full {
		for i, name := range [...]string{"st_atime", "st_mtime", "st_ctime"} {
			d.comma()
			d.s(name)
			d.c1('=')
			d.dec(s.times[i].sec)
			nsec := s.times[i].nsec
			if s.times[i].sec != 0 || nsec != 0 {
				d.date(s.times[i].sec, nsec, 1e9)
			}
			if s.nsecs {
				d.comma()
				d.s(name)
				d.s("_nsec=")
				d.dec(nsec)
			}
		}
		d.c1('}')
		return
	}
	d.s(", ...}")
}

// statx prints struct statx (linux/stat.h).
func (d *Decoder) statx(addr uint64) { structAt(256, statxLayout)(d, addr) }

// statxLayout says of each part for which bits of the mask (STATX_MODE and so on) it is
// there. What is printed without -v stands first.
var statxLayout = layout{flag32("stx_mask", &statxMask), inFull(u32("stx_blksize")), flag64("stx_attributes", &statxAttrs),
	inFull(statxIf(0x4, u32("stx_nlink"))), inFull(statxIf(0x8, uid32("stx_uid"))), inFull(statxIf(0x10, uid32("stx_gid"))),
	statxIf(0x3, member{"stx_mode", func(d *Decoder, f *fields) { d.fileMode(f.u16()) }}),
	inFull(statxIf(0x100, u64("stx_ino"))), statxIf(0x200, u64("stx_size")),
	rest(statxIf(0x400, u64("stx_blocks")), flag64("stx_attributes_mask", &statxAttrs),
		statxIf(0x20, statxTime("stx_atime")), statxIf(0x800, statxTime("stx_btime")),
		statxIf(0x80, statxTime("stx_ctime")), statxIf(0x40, statxTime("stx_mtime")),
		u32("stx_rdev_major"), u32("stx_rdev_minor"), u32("stx_dev_major"), u32("stx_dev_minor"),
		statxIf(0x1000, x64("stx_mnt_id")),
		statxIf(0x2000, u32("stx_dio_mem_align")), statxIf(0x2000, u32("stx_dio_offset_align")))}

// statxIf is a member that is printed if the mask, with which the structure begins, has
// one of some bits.
func statxIf(bits uint64, m member) member {
	return printedIf(m, func(_ *Decoder, f fields) bool {
		f.off = 0
		return f.u32()&bits != 0
	})
}

// statxTime is a struct statx_timestamp, with its date unless it is none.
func statxTime(name string) member {
	return member{name, func(d *Decoder, f *fields) {
		sec, nsec := f.i64(), f.u32()
		f.skip(4)
		d.timeText(sec, int64(nsec), ", tv_nsec=")
		if sec != 0 || nsec != 0 {
			d.date(sec, int64(nsec), 1e9)
		}
	}}
}

// statfs prints struct statfs, statfs64 the i386 structure with 64-bit counts.
func (d *Decoder) statfs(addr uint64) {
	f, ok := d.fetch(addr, d.bySize(120, 64))
	if !ok {
		return
	}
	d.statfsText(&f, f.kulong)
}

func statfs64(d *Decoder) bool {
	if !d.exiting {
		d.udec(d.size(d.next()))
		d.comma()
		return false
	}
	size := d.size(d.next())
	addr := d.size(d.next())
	if size != 84 && size != 88 {
		d.addr(addr)
		return true
	}
	if f, ok := d.fetch(addr, 84); ok {
		d.statfsText(&f, f.u64)
	}
	return true
}

// statfsText prints the fields, of which count reads those that are numbers of
// blocks or files.
func (d *Decoder) statfsText(f *fields, count func() uint64) {
	d.s("{f_type=")
	kind := f.kulong()
	if text := fsMagics.find(kind); text != "" {
		d.constant(kind, &fsMagics)
	} else {
		d.hex(kind)
	}
	d.ufield("f_bsize", f.kulong())
	for _, name := range [...]string{"f_blocks", "f_bfree", "f_bavail", "f_files", "f_ffree"} {
		d.ufield(name, count())
	}
	d.s(", f_fsid={val=[")
	d.hex(f.u32())
	d.comma()
	d.hex(f.u32())
	d.s("]}")
	d.ufield("f_namelen", f.kulong())
	d.ufield("f_frsize", f.kulong())
	const valid = 0x20 // ST_VALID: f_flags was filled in
	if flags := f.kulong(); flags&valid != 0 {
		d.s(", f_flags=")
		d.flags(flags, &statfsFlags)
	}
	d.c1('}')
}
