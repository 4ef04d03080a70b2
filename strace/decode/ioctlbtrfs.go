package decode

// Requests to btrfs (linux/btrfs.h) of subvolumes, devices, quotas and the file system
// as a whole. Those that look for inodes and search trees are in ioctlbtrfstree.go.

const btrfsPage = 4096 // most arguments are padded to it

var btrfsRequests = func() map[string]ioctlArg {
	number := func(d *Decoder, addr uint64) { d.inUint64(addr) }
	volume := ioctlIn(structAt(btrfsPage, layout{descriptor64("fd"), str("name", 4088)}))
	subvolume := inOut(btrfsPage, layout{descriptor64("fd"), pad(8), {"", (*Decoder).btrfsSubvolume}}, layout{pad(8), u64("transid")})
	subvolumeFlags := func(d *Decoder, addr uint64) {
		if f, ok := d.fetch(addr, 8); ok {
			d.flags(f.u64(), &btrfsSubvolumeFlags)
		}
	}
	balance := func(answer bool) layout {
		return layout{{"", func(d *Decoder, f *fields) { d.btrfsBalance(f, answer) }}}
	}
	m := map[string]ioctlArg{
		"BTRFS_IOC_BALANCE_CTL":    ioctlIn(func(d *Decoder, arg uint64) { d.constant(arg&0xffffffff, &btrfsBalanceControls) }),
		"BTRFS_IOC_START_SYNC":     ioctlOut(number),
		"BTRFS_IOC_DEFAULT_SUBVOL": ioctlIn(number), "BTRFS_IOC_WAIT_SYNC": ioctlIn(number),
		"BTRFS_IOC_SUBVOL_GETFLAGS": ioctlOut(subvolumeFlags), "BTRFS_IOC_SUBVOL_SETFLAGS": ioctlIn(subvolumeFlags),
		"BTRFS_IOC_SNAP_CREATE_V2": subvolume, "BTRFS_IOC_SUBVOL_CREATE_V2": subvolume,
		"BTRFS_IOC_BALANCE_V2": ioctlBoth(func(d *Decoder, addr uint64) {
			inOut(1024, balance(false), balance(true)).show(d, addr)
			d.c.saved[0] = 1 // there is an answer where no question could be read, too
		}),
		"BTRFS_IOC_BALANCE_PROGRESS": ioctlOut(structAt(1024, balance(true))),
		"BTRFS_IOC_DEFRAG_RANGE": ioctlIn(structAt(48, layout{u64("start"), most64("len"), flag64("flags", &btrfsDefragFlags),
			u32("extent_thresh"), enum32("compress_type", &btrfsCompressions)})),
		"BTRFS_IOC_DEV_INFO": inOut(btrfsPage, layout{device64("devid"), uuidUnlessZero("uuid")},
			layout{pad(8), uuidUnlessZero("uuid"), u64("bytes_used"), u64("total_bytes"), at(3072), str("path", 1024)}),
		"BTRFS_IOC_DEV_REPLACE": ioctlBoth(func(d *Decoder, addr uint64) {
			inOut(d.bySize(2600, 2596), btrfsReplace, btrfsReplaced).show(d, addr)
		}),
		"BTRFS_IOC_GET_FEATURES":           ioctlOut(structAt(24, btrfsFeatureSet)),
		"BTRFS_IOC_SET_FEATURES":           ioctlIn(btrfsFeatureSets("", "")),
		"BTRFS_IOC_GET_SUPPORTED_FEATURES": ioctlOut(btrfsFeatureSets("supported", "safe to set", "safe to clear")),
		"BTRFS_IOC_FS_INFO":                ioctlOut(structAt(1024, layout{{"", (*Decoder).btrfsInfo}})),
		"BTRFS_IOC_GET_DEV_STATS": inOut(1032, layout{device64("devid"), u64("nr_items"), flag64("flags", &btrfsStatFlags)},
			layout{pad(8), {"", (*Decoder).btrfsStatistics}}),
		"BTRFS_IOC_QGROUP_ASSIGN":       ioctlIn(structAt(24, layout{u64("assign"), u64("src"), u64("dst")})),
		"BTRFS_IOC_QGROUP_CREATE":       ioctlIn(structAt(16, layout{u64("create"), u64("qgroupid")})),
		"BTRFS_IOC_QGROUP_LIMIT":        ioctlOut(structAt(48, layout{u64("qgroupid"), group("lim", btrfsLimit...)})),
		"BTRFS_IOC_QUOTA_CTL":           ioctlIn(structAt(16, layout{enum64("cmd", &btrfsQuotaCommands)})),
		"BTRFS_IOC_QUOTA_RESCAN":        ioctlIn(structAt(64, layout{u64("flags")})),
		"BTRFS_IOC_QUOTA_RESCAN_STATUS": ioctlOut(structAt(64, layout{u64("flags"), btrfsTree("progress")})),
		"BTRFS_IOC_SET_RECEIVED_SUBVOL": ioctlBoth(func(d *Decoder, addr uint64) {
			inOut(d.bySize(200, 192), layout{uuid("uuid"), u64("stransid"), pad(8), btrfsTime("stime"), pad(d.bySize(16, 12)), u64("flags")},
				layout{pad(24), u64("rtransid"), pad(d.bySize(16, 12)), btrfsTime("rtime")}).show(d, addr)
		}),
		"BTRFS_IOC_SCRUB": inOut(1024, layout{device64("devid"), u64("start"), most64("end"), flag64("flags", &btrfsScrubFlags)},
			btrfsScrubbed),
		"BTRFS_IOC_SCRUB_PROGRESS": inOut(1024, layout{device64("devid")}, btrfsScrubbed),
		"BTRFS_IOC_SPACE_INFO":     ioctlBoth((*Decoder).btrfsSpace),
	}
	for _, name := range [...]string{"TRANS_START", "TRANS_END", "SYNC", "SCRUB_CANCEL", "QUOTA_RESCAN_WAIT", "DEFRAG", "BALANCE"} {
		m["BTRFS_IOC_"+name] = ioctlNone
	}
	for _, name := range [...]string{"SNAP_CREATE", "RESIZE", "SCAN_DEV", "FORGET_DEV", "ADD_DEV", "RM_DEV", "SUBVOL_CREATE",
		"SNAP_DESTROY", "DEVICES_READY"} {
		m["BTRFS_IOC_"+name] = volume
	}
	return m
}()

// device64 is a number that strace takes for that of a device.
func device64(name string) member {
	return member{name, func(d *Decoder, f *fields) { d.device(f.u64()) }}
}

// most64 is a number whose largest value has a name.
func most64(name string) member {
	return member{name, func(d *Decoder, f *fields) { d.decimalConstant(f.u64(), &most) }}
}

var most = names{"", []name{{1<<64 - 1, "UINT64_MAX"}}}

// decimalConstant prints one of the constants n, whose numbers are decimal.
func (d *Decoder) decimalConstant(v uint64, n *names) {
	text := n.find(v)
	if text == "" || d.opts.Xlat != XlatAbbrev {
		d.udec(v)
	}
	switch {
	case text == "" || d.opts.Xlat == XlatRaw:
	case d.opts.Xlat == XlatVerbose:
		d.comment(text)
	default:
		d.s(text)
	}
}

// uuid is an identifier of 16 bytes.
func uuid(name string) member {
	return member{name, func(d *Decoder, f *fields) {
		for i, c := range f.raw(16) {
			if i == 4 || i == 6 || i == 8 || i == 10 {
				d.c1('-')
			}
			d.out = append(d.out, hexDigits[c>>4], hexDigits[c&15])
		}
	}}
}

func uuidUnlessZero(name string) member {
	return printedIf(uuid(name), func(_ *Decoder, f fields) bool { return !isZero(f.raw(16)) })
}

// btrfsTime is a time with its date.
func btrfsTime(name string) member {
	return member{name, func(d *Decoder, f *fields) {
		sec, nsec := f.u64(), f.u32()
		d.s("{sec=")
		d.udec(sec)
		d.ufield("nsec", nsec)
		d.c1('}')
		if nsec < 1e9 && (sec != 0 || nsec != 0) {
			d.date(int64(sec), int64(nsec), 1e9)
		}
	}}
}

// btrfsSubvolume is a new subvolume or snapshot.
func (d *Decoder) btrfsSubvolume(f *fields) {
	const inherit = 1 << 2
	flags := f.u64()
	d.key("flags")
	d.flags(flags, &btrfsSubvolumeFlags)
	size, groups := f.u64(), f.size()
	f.off = 56
	// The name is in the buffer for strings, and what it inherits is elsewhere.
	if flags&inherit != 0 {
		d.ufield("size", size)
		d.key("qgroup_inherit")
		d.btrfsInherit(groups)
	}
	d.members(f, layout{str("name", 4040)})
}

var btrfsLimit = layout{flag64("flags", &btrfsLimitFlags), u64("max_rfer"), u64("max_excl"), u64("rsv_rfer"), u64("rsv_excl")}

// btrfsInherit are the groups of quotas that a subvolume belongs to.
func (d *Decoder) btrfsInherit(addr uint64) {
	const header = 72
	f, ok := d.fetch(addr, header)
	if !ok {
		return
	}
	n := f
	n.skip(8)
	d.structureWith(&f, layout{flag64("flags", &btrfsInheritFlags), u64("num_qgroups"), u64("num_ref_copies"),
		u64("num_excl_copies"), group("lim", btrfsLimit...)}, func() {
		d.listAfter("qgroups", addr+header, n.u64(), 8, func(d *Decoder, f *fields) { d.udec(f.u64()) })
	})
}

// structureWith is structure with something more before the brace.
func (d *Decoder) structureWith(f *fields, l layout, more func()) {
	d.c1('{')
	d.members(f, l)
	more()
	d.c1('}')
}

// listAfter is an array behind a structure, which is printed in full only (-v).
func (d *Decoder) listAfter(name string, addr, n uint64, size int, show func(d *Decoder, f *fields)) {
	if !d.full {
		d.s(", ...")
		return
	}
	d.key(name)
	d.array(addr, n, size, show)
}

// btrfsBalance is how chunks are to be balanced; in an answer, how far that is.
func (d *Decoder) btrfsBalance(f *fields, answer bool) {
	const data, system, metadata = 1 << 0, 1 << 1, 1 << 2
	flags := f.u64()
	d.key("flags")
	d.flags(flags, &btrfsBalanceFlags)
	if state := f.u64(); answer {
		d.key("state")
		d.flags(state, &btrfsBalanceStates)
	}
	for _, part := range [...]struct {
		flag uint64
		name string
	}{{data, "data"}, {metadata, "meta"}, {system, "sys"}} {
		next := f.off + 136
		if flags&part.flag != 0 {
			d.members(f, layout{group(part.name, flag64("profiles", &btrfsProfiles), most64("usage"), device64("devid"),
				most64("pstart"), most64("pend"), most64("vstart"), most64("vend"), most64("target"),
				flag64("flags", &btrfsBalanceArgs))})
		}
		f.off = next
	}
}

// How a device is replaced by another, and how far that is.
var (
	btrfsReplace = layout{{"", func(d *Decoder, f *fields) {
		const start = 0
		cmd := f.u64()
		d.key("cmd")
		d.constant(cmd, &btrfsReplaceCommands)
		if f.skip(8); cmd == start {
			d.members(f, layout{group("start", device64("srcdevid"),
				enum64("cont_reading_from_srcdev_mode", &btrfsReplaceReading), str("srcdev_name", 1025), str("tgtdev_name", 1025))})
		}
	}}}
	btrfsReplaced = layout{{"", func(d *Decoder, f *fields) {
		const status = 1
		cmd := f.u64()
		if d.members(f, layout{enum64("result", &btrfsReplaceResults)}); cmd == status {
			d.members(f, layout{group("status", enum64("replace_state", &btrfsReplaceStates), member{"progress_1000", perMille},
				btrfsDate("time_started"), btrfsDate("time_stopped"), u64("num_write_errors"), u64("num_uncorrectable_read_errors"))})
		}
	}}}
)

// perMille is a progress in thousandths.
func perMille(d *Decoder, f *fields) {
	v := f.u64()
	if d.udec(v); v <= 1000 {
		d.s(" /* ")
		d.udec(v / 10)
		d.c1('.')
		d.udec(v % 10)
		d.s("% */")
	}
}

// btrfsDate is a time in seconds.
func btrfsDate(name string) member {
	return member{name, func(d *Decoder, f *fields) {
		sec := f.u64()
		if d.udec(sec); sec != 0 {
			d.date(int64(sec), 0, 0)
		}
	}}
}

var (
	btrfsCompatible = names{"BTRFS_FEATURE_COMPAT_???", nil} // there is none
	btrfsFeatureSet = layout{flag64("compat_flags", &btrfsCompatible), flag64("compat_ro_flags", &btrfsReadOnlyFeatures),
		flag64("incompat_flags", &btrfsFeatures)}
)

// btrfsFeatureSets are several sets of features and what each is about.
func btrfsFeatureSets(about ...string) func(d *Decoder, addr uint64) {
	return func(d *Decoder, addr uint64) {
		f, ok := d.fetch(addr, 24*len(about))
		if !ok {
			return
		}
		for i, what := range about {
			if i == 0 {
				d.c1('[')
			} else {
				d.comma()
			}
			if d.structure(&f, btrfsFeatureSet); what != "" {
				d.comment(what)
			}
		}
		d.c1(']')
	}
}

// btrfsInfo is what is known of a file system: some of it, as its flags say.
func (d *Decoder) btrfsInfo(f *fields) {
	const checksum, generation, metadata = 1 << 0, 1 << 1, 1 << 2
	part := *f
	part.off = 48
	flags := part.u64()
	has := func(flag uint64) func(d *Decoder, f fields) bool {
		return func(*Decoder, fields) bool { return flags&flag != 0 }
	}
	d.members(f, layout{u64("max_id"), u64("num_devices"), uuid("fsid"), u32("nodesize"), u32("sectorsize"), u32("clone_alignment"),
		printedIf(enum16("csum_type", &btrfsChecksums), has(checksum)), printedIf(u16("csum_size"), has(checksum)),
		flag64("flags", &btrfsInfoFlags),
		printedIf(u64("generation"), has(generation)), printedIf(uuid("metadata_uuid"), has(metadata))})
}

// btrfsStatistics are counters of errors, as many as there are.
func (d *Decoder) btrfsStatistics(f *fields) {
	const known = 5 // BTRFS_DEV_STAT_VALUES_MAX
	items := *f
	n := items.u64()
	d.members(f, layout{u64("nr_items"), flag64("flags", &btrfsStatFlags)})
	d.s(", [")
	for i := range min(n, known) {
		if i > 0 {
			d.comma()
		}
		d.c1('[')
		d.decimalConstant(i, &btrfsStats)
		d.s("]=")
		d.udec(f.u64())
	}
	if n > known {
		d.s(", ...")
	}
	d.c1(']')
}

var btrfsScrubbed = layout{pad(32), group("progress", layoutOf(u64, "data_extents_scrubbed", "tree_extents_scrubbed",
	"data_bytes_scrubbed", "tree_bytes_scrubbed", "read_errors", "csum_errors", "verify_errors", "no_csum", "csum_discards",
	"super_errors", "malloc_errors", "uncorrectable_errors", "corrected_errors", "last_physical", "unverified_errors")...)}

// btrfsSpace is how much room is asked for, and what space is used for.
func (d *Decoder) btrfsSpace(addr uint64) {
	const header, info = 16, 24
	f, ok := d.fetchBothWays(addr, header)
	if !ok {
		return
	}
	d.c.saved[0] = 1
	slots := f.u64()
	if !d.exiting {
		d.s("{space_slots=")
		d.udec(slots)
		d.c1('}')
		return
	}
	total := f.u64()
	d.s("{total_spaces=")
	if d.udec(total); slots != 0 || total == 0 {
		d.listAfter("spaces", addr+header, total, info, func(d *Decoder, f *fields) {
			d.structure(f, layout{flag64("flags", &btrfsSpaces), u64("total_bytes"), u64("used_bytes")})
		})
	}
	d.c1('}')
}

var btrfsSpaces = names{"BTRFS_SPACE_INFO_???", btrfsProfiles.list}
