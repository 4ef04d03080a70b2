package decode

// quotactl and quotactlFD are those calls (quotactl(2)): a command, what it is about,
// and a structure that depends on the command.
func quotactl(d *Decoder) bool {
	cmd := d.next() & 0xffffffff
	special, id, addr := d.size(d.next()), d.next()&0xffffffff, d.size(d.next())
	if !d.exiting {
		d.quotaCommand(cmd)
		d.comma()
		d.path(special)
	}
	return d.quotaArgs(cmd>>8, id, addr)
}

func quotactlFD(d *Decoder) bool {
	cmd, id, addr := d.next()&0xffffffff, d.next()&0xffffffff, d.size(d.next())
	if !d.exiting {
		d.quotaCommand(cmd)
	}
	return d.quotaArgs(cmd>>8, id, addr)
}

// quotaCommand prints a command and a type, which are one number.
func (d *Decoder) quotaCommand(v uint64) {
	if d.opts.Xlat != XlatAbbrev {
		d.udec(v)
	}
	switch d.opts.Xlat {
	case XlatRaw:
		return
	case XlatVerbose:
		d.s(" /* ")
		defer d.s(" */")
	}
	name := func(v uint64, n *names) {
		if text := n.find(v); text != "" {
			d.s(text)
		} else {
			d.hex(v)
			d.comment(n.unknown)
		}
	}
	d.s("QCMD(")
	name(v>>8, &quotaCmds)
	d.comma()
	name(v&0xff, &quotaTypes)
	d.c1(')')
}

// quotaCall is how the last arguments of a command are printed.
type quotaCall struct {
	id   bool // whose quota it is
	out  bool // the kernel writes the structure
	show func(d *Decoder, addr uint64)
}

// The sizes of struct if_dqblk and its like (linux/quota.h, linux/dqblk_xfs.h).
const (
	quotaBlockSize, quotaNextSize, quotaInfoSize   = 68, 72, 24
	quotaDiskSize, quotaStatSize64, quotaStatvSize = 112, 80, 144
	quotaStatSize32                                = 68
)

var (
	quotaLimits = layout{u64("dqb_bhardlimit"), u64("dqb_bsoftlimit"), u64("dqb_curspace"), u64("dqb_ihardlimit"),
		u64("dqb_isoftlimit"), u64("dqb_curinodes")}
	quotaTimes = layout{u64("dqb_btime"), u64("dqb_itime"), flag32("dqb_valid", &quotaValid)}
	quotaInfo  = layout{u64("dqi_bgrace"), u64("dqi_igrace"), flag32("dqi_flags", &quotaInfoFlags),
		flag32("dqi_valid", &quotaInfoValid)}
	quotaDisk = layout{
		{"d_version", func(d *Decoder, f *fields) { d.dec(int64(int8(f.u8()))) }},
		{"d_flags", func(d *Decoder, f *fields) { d.flags(f.u8()&0xff, &quotaDiskFlags) }},
		x16("d_fieldmask"), u32("d_id"), u64("d_blk_hardlimit"), u64("d_blk_softlimit"), u64("d_ino_hardlimit"),
		u64("d_ino_softlimit"), u64("d_bcount"), u64("d_icount"),
		rest(i32("d_itimer"), i32("d_btimer"), u16("d_iwarns"), u16("d_bwarns"), pad(4), u64("d_rtb_hardlimit"),
			u64("d_rtb_softlimit"), u64("d_rtbcount"), i32("d_rtbtimer"), u16("d_rtbwarns")),
	}
	quotaFile   = []member{u64("qfs_ino"), u64("qfs_nblks"), u32("qfs_nextents"), {"", (*Decoder).align}}
	quotaFlags  = flag16("qs_flags", &quotaStateFlags)
	quotaLimit  = []member{i32("qs_btimelimit"), i32("qs_itimelimit"), i32("qs_rtbtimelimit"), u16("qs_bwarnlimit"), u16("qs_iwarnlimit")}
	quotaStatus = layout{
		{"qs_version", func(d *Decoder, f *fields) { d.dec(int64(int8(f.u8()))) }},
		rest(append([]member{quotaFlags, pad(1), {"", (*Decoder).align}, group("qs_uquota", quotaFile...),
			group("qs_gquota", quotaFile...), u32("qs_incoredqs")}, quotaLimit...)...),
	}
	quotaStatusV = layout{
		{"qs_version", func(d *Decoder, f *fields) { d.dec(int64(int8(f.u8()))) }},
		rest(append([]member{pad(1), quotaFlags, u32("qs_incoredqs"), group("qs_uquota", quotaFile...),
			group("qs_gquota", quotaFile...), group("qs_pquota", quotaFile...)}, quotaLimit...)...),
	}
)

// align goes on where a structure with 64-bit members would.
func (d *Decoder) align(f *fields) { f.off = (f.off + f.align8 - 1) &^ (f.align8 - 1) }

var quotaCalls = map[uint64]quotaCall{
	0x800001: {}, 0x800003: {}, 0x5807: {}, // Q_SYNC, Q_QUOTAOFF, Q_XQUOTASYNC
	0x800007: {id: true, out: true, show: (*Decoder).quotaBlock}, // Q_GETQUOTA
	0x800008: {id: true, show: (*Decoder).quotaBlock},            // Q_SETQUOTA
	0x800009: {id: true, out: true, show: (*Decoder).quotaNext},  // Q_GETNEXTQUOTA
	0x5803:   {id: true, out: true, show: structAt(quotaDiskSize, quotaDisk)},
	0x5804:   {id: true, show: structAt(quotaDiskSize, quotaDisk)},
	0x5809:   {id: true, out: true, show: structAt(quotaDiskSize, quotaDisk)},
	0x800004: {out: true, show: inConstant(&quotaFormats)},              // Q_GETFMT
	0x800005: {out: true, show: structAt(quotaInfoSize, quotaInfo)},     // Q_GETINFO
	0x800006: {show: structAt(quotaInfoSize, quotaInfo)},                // Q_SETINFO
	0x5805:   {out: true, show: (*Decoder).quotaStatus},                 // Q_XGETQSTAT
	0x5808:   {out: true, show: structAt(quotaStatvSize, quotaStatusV)}, // Q_XGETQSTATV
	0x5801:   {show: inFlags(&quotaStateFlags)},                         // Q_XQUOTAON
	0x5802:   {show: inFlags(&quotaStateFlags)},                         // Q_XQUOTAOFF
	0x5806:   {show: inFlags(&quotaDiskFlags)},                          // Q_XQUOTARM
}

func (d *Decoder) quotaArgs(cmd, id, addr uint64) bool {
	const on = 0x800002 // Q_QUOTAON
	c, known := quotaCalls[cmd]
	switch {
	case d.exiting:
		c.show(d, addr)
	case cmd == on:
		d.comma()
		d.constant(id, &quotaFormats)
		d.comma()
		d.path(addr)
	case !known || c.id:
		d.comma()
		d.id(id)
		fallthrough
	case c.show != nil:
		d.comma()
		switch {
		case !known:
			d.addr(addr)
		case c.out:
			return false
		default:
			c.show(d, addr)
		}
	}
	return true
}

func (d *Decoder) quotaBlock(addr uint64) {
	if f, ok := d.fetch(addr, quotaBlockSize); ok {
		d.structure(&f, append(quotaLimits[:len(quotaLimits):len(quotaLimits)], rest(quotaTimes...)))
	}
}

// quotaNext is quotaBlock with the id that was found, which is not left out.
func (d *Decoder) quotaNext(addr uint64) {
	f, ok := d.fetch(addr, quotaNextSize)
	if !ok {
		return
	}
	d.c1('{')
	d.members(&f, quotaLimits)
	if d.full {
		d.members(&f, append(quotaTimes[:len(quotaTimes):len(quotaTimes)], u32("dqb_id")))
	} else {
		f.skip(20)
		d.members(&f, layout{u32("dqb_id")})
		d.s(", ...")
	}
	d.c1('}')
}

func (d *Decoder) quotaStatus(addr uint64) {
	structAt(d.bySize(quotaStatSize64, quotaStatSize32), quotaStatus)(d, addr)
}
