package decode

import "bytes"

// bpfCommands are the commands of bpf(2) by their numbers.
var bpfCommands = func() map[uint64]bpfCommand {
	fd, key, next := fd32("map_fd"), pointer64("key"), pointer64("next_key")
	value, mapFlags := pointer64("value"), flag64("flags", &bpfLookupFlags)
	attachType := enum32("attach_type", &bpfAttachTypes)
	fileFlags := flag32("open_flags", &bpfFileFlags)
	lookup := bpfCommand{size: 32, in: layout{fd, key, value, newer(8), mapFlags}}
	object := bpfCommand{size: 16, fd: true, in: layout{path64("pathname"), fd32("bpf_fd"), newer(4),
		flag32("file_flags", &bpfFileFlags)}}
	nextID := bpfCommand{size: 12, in: layout{u32("start_id"), kept("next_id")},
		out: layout{became(4), newer(4), fileFlags}}
	batch := func(in ...member) bpfCommand {
		return bpfCommand{size: 56, group: "batch", in: in, after: bpfBatchCount}
	}
	count, elemFlags, keys, values := kept("count"), flag64("elem_flags", &bpfLookupFlags), pointer64("keys"), pointer64("values")
	return map[uint64]bpfCommand{
		0:  {size: 72, fd: true, in: bpfMapAttributes},
		1:  lookup,
		2:  {size: 32, in: layout{fd, key, value, enum64("flags", &bpfUpdateFlags)}},
		3:  {size: 16, in: layout{fd, key}},
		4:  {size: 24, in: layout{fd, key, next}},
		5:  {size: 128, fd: true, in: bpfProgramAttributes},
		6:  object,
		7:  object,
		8:  {size: 20, in: layout{fd32("target_fd"), fd32("attach_bpf_fd"), attachType, flag32("attach_flags", &bpfAttachFlags), newer(4), fd32("replace_bpf_fd")}},
		9:  {size: 12, in: layout{fd32("target_fd"), pad(4), attachType}},
		10: {size: 76, group: "test", in: bpfTestAttributes},
		11: nextID,
		12: nextID,
		13: {size: 12, fd: true, in: layout{u32("prog_id"), u32("next_id"), newer(4), fileFlags}},
		14: {size: 12, fd: true, in: layout{u32("map_id"), u32("next_id"), newer(4), fileFlags}},
		15: {size: 16, group: "info", in: layout{fd32("bpf_fd"), kept("info_len"), {"", (*Decoder).bpfInfoAsked}},
			out: layout{became(4), {"info", (*Decoder).bpfInfo}}},
		16: {size: 28, group: "query", in: layout{fd32("target_fd"), attachType, flag32("query_flags", &bpfQueryFlags),
			flag32("attach_flags", &bpfAttachFlags), {"prog_ids", func(d *Decoder, f *fields) { d.c.saved[0] = f.peekAt(8) }}},
			out: layout{{"", (*Decoder).bpfPrograms}}},
		17: {size: 12, group: "raw_tracepoint", fd: false, in: layout{
			{"name", func(d *Decoder, f *fields) { d.bounded(f.u64(), 128) }}, fd32("prog_fd")}},
		18: {size: 28, fd: true, in: layout{{"btf", func(d *Decoder, f *fields) { d.data(f.u64(), f.peekAt(8), 0) }},
			pointer64("btf_log_buf"), u32("btf_size"), u32("btf_log_size"), u32("btf_log_level")}},
		19: {size: 4, fd: true, in: layout{u32("btf_id")}},
		20: {size: 48, group: "task_fd_query", in: layout{pid32("pid"), fd32("fd"), u32("flags"), kept("buf_len")},
			out: layout{{"", (*Decoder).bpfDescription}}},
		21: lookup,
		22: {size: 4, in: layout{fd}},
		23: nextID,
		24: batch(pointer64("in_batch"), pointer64("out_batch"), keys, values, count, fd, elemFlags, x64("flags")),
		25: batch(pointer64("in_batch"), pointer64("out_batch"), keys, values, count, fd, elemFlags, x64("flags")),
		26: batch(pad(16), keys, values, count, fd, elemFlags, x64("flags")),
		27: batch(pad(16), keys, pad(8), count, fd, elemFlags, x64("flags")),
		28: {size: 48, fd: true, whole: (*Decoder).bpfLink},
		29: {size: 16, group: "link_update", in: layout{fd32("link_fd"), fd32("new_prog_fd"), {"", (*Decoder).bpfReplacement}}},
		30: {size: 4, fd: true, in: layout{u32("link_id")}},
		31: nextID,
	}
}()

var bpfMapAttributes = layout{
	enum32("map_type", &bpfMapTypes), u32("key_size"), u32("value_size"), u32("max_entries"), newer(4),
	{"", func(d *Decoder, f *fields) {
		d.c.saved[1] = f.peekAt(0)
		d.members(f, layout{flag32("map_flags", &bpfMapFlags), newer(4), fd32("inner_map_fd"), newer(4)})
	}},
	{"", func(d *Decoder, f *fields) {
		const numa = 1 << 2 // BPF_F_NUMA_NODE
		if d.c.saved[1]&numa == 0 {
			f.skip(4)
		} else {
			d.members(f, layout{{"numa_node", (*Decoder).numaNode}})
		}
	}},
	newer(4), bpfName("map_name"), newer(4), ifindex("map_ifindex"), newer(4), fd32("btf_fd"), u32("btf_key_type_id"),
	u32("btf_value_type_id"), newer(4), u32("btf_vmlinux_value_type_id"), newer(8), u64("map_extra"),
}

var bpfProgramAttributes = layout{
	enum32("prog_type", &bpfProgramTypes), {"insn_cnt", func(d *Decoder, f *fields) {
		d.c.saved[0] = f.u32()
		d.udec(d.c.saved[0])
	}},
	{"insns", func(d *Decoder, f *fields) { d.bpfInstructions(f.u64(), d.c.saved[0]) }},
	{"license", func(d *Decoder, f *fields) { d.cstring(f.u64()) }},
	newer(4), u32("log_level"), {"log_size", func(d *Decoder, f *fields) {
		d.c.saved[0] = f.u32()
		d.udec(d.c.saved[0])
	}},
	{"log_buf", func(d *Decoder, f *fields) { d.bounded(f.u64(), d.c.saved[0]) }},
	newer(4), {"kern_version", (*Decoder).kernelVersion}, newer(4), flag32("prog_flags", &bpfProgramFlags), newer(4),
	bpfName("prog_name"), newer(4), ifindex("prog_ifindex"), newer(4), enum32("expected_attach_type", &bpfAttachTypes),
	newer(4), fd32("prog_btf_fd"), u32("func_info_rec_size"), pointer64("func_info"), u32("func_info_cnt"),
	u32("line_info_rec_size"), pointer64("line_info"), u32("line_info_cnt"), newer(4), u32("attach_btf_id"),
	newer(4), fd32("attach_prog_fd"), newer(8), pointer64("fd_array"),
}

var bpfTestAttributes = layout{
	fd32("prog_fd"), u32("retval"), u32("data_size_in"), u32("data_size_out"), pointer64("data_in"), pointer64("data_out"),
	u32("repeat"), u32("duration"), newer(4), u32("ctx_size_in"), u32("ctx_size_out"), pointer64("ctx_in"),
	pointer64("ctx_out"), newer(4), flag32("flags", &bpfTestFlags), u32("cpu"), newer(4), u32("batch_size"),
}

// bounded is a string of no more than size bytes with its NUL.
func (d *Decoder) bounded(addr, size uint64) {
	switch {
	case addr == 0:
		d.addr(addr)
	case size == 0:
		d.s(`""`)
	default:
		n := min(size, uint64(d.strSize)+1)
		buf := d.buffer(int(n))
		if part, whole := d.readPart(addr, buf); whole || bytes.IndexByte(part, 0) >= 0 {
			buf = part
		} else {
			d.addr(addr)
			return
		}
		end := bytes.IndexByte(buf, 0)
		if end < 0 {
			end = len(buf)
			defer d.s("...")
		}
		d.quote(buf[:min(end, d.strSize)], 0)
	}
}

// bpfBatchCount is how many elements the kernel has found.
func bpfBatchCount(d *Decoder, f *fields) {
	if is := f.peekAt(32); is != d.c.saved[0] {
		d.s(" => {batch={count=")
		d.udec(is)
		d.s("}}")
	}
}

// bpfPrograms are the programs that were asked for.
func (d *Decoder) bpfPrograms(f *fields) {
	f.skip(16)
	list, n := f.u64(), f.u32()
	d.array(list, n, 4, (*Decoder).arrayUint)
	d.key("prog_cnt")
	d.change(n)
}

// bpfDescription is what a descriptor of somebody's stands for.
func (d *Decoder) bpfDescription(f *fields) {
	f.skip(12)
	n := f.u32()
	if n != d.c.saved[0] {
		d.s(" => ")
		d.udec(n)
	}
	d.key("buf")
	d.bounded(f.u64(), min(n, d.c.saved[0]))
	d.members(f, layout{u32("prog_id"), enum32("fd_type", &bpfTaskTypes), x64("probe_offset"), x64("probe_addr")})
}

// bpfLink is what is linked, whose last attributes depend on where.
func (d *Decoder) bpfLink(addr, size uint64, f *fields) {
	const ingress, iterator, perf, kprobes = 0, 28, 41, 42 // BPF_CGROUP_INET_INGRESS and its like
	const flagsEnd = 16
	kind := f.peekAt(8)
	d.s("{link_create={")
	d.members(f, layout{fd32("prog_fd"), fd32("target_fd"), enum32("attach_type", &bpfAttachTypes), x32("flags")})
	known := uint64(flagsEnd)
	if f.given > flagsEnd {
		switch kind {
		case ingress:
			if f.peekAt(0) != 0 {
				d.members(f, layout{u32("target_btf_id")})
			}
			known = 20
		case iterator:
			d.key("iter_info")
			list, n := f.u64(), f.u32()
			d.array(list, n, 4, func(d *Decoder, f *fields) { d.structure(f, layout{group("map", fd32("map_fd"))}) })
			d.ufield("iter_info_len", n)
			known = 28
		case perf:
			d.members(f, layout{group("perf_event", x64("bpf_cookie"))})
			known = 24
		case kprobes:
			d.members(f, layout{group("kprobe_multi", member{"", (*Decoder).bpfProbes})})
			known = 48
		}
	} else {
		known = size
	}
	d.c1('}')
	d.bpfMore(addr, known, size)
	d.c1('}')
}

// bpfProbes are functions of the kernel, by name or address.
func (d *Decoder) bpfProbes(f *fields) {
	n := f.peekAt(4)
	d.members(f, layout{flag32("flags", &bpfProbeFlags), u32("cnt")})
	hex := func(d *Decoder, f *fields) { d.hex(f.u64()) }
	d.key("syms")
	d.array(f.u64(), n, d.long(), func(d *Decoder, f *fields) { d.cstring(f.size()) })
	d.key("addrs")
	d.array(f.u64(), n, 8, hex)
	d.key("cookies")
	d.array(f.u64(), n, 8, hex)
}

// bpfReplacement is the program that is to be replaced, if one is.
func (d *Decoder) bpfReplacement(f *fields) {
	const replace = 1 << 2
	flags := f.peekAt(0)
	d.members(f, layout{flag32("flags", &bpfAttachFlags)})
	if flags&replace != 0 {
		d.members(f, layout{fd32("old_prog_fd")})
	}
}
