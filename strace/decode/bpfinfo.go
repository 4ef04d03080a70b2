package decode

import "time"

// What the kernel says of a map or a program (BPF_OBJ_GET_INFO_BY_FD), which is printed in
// full only (-v). The structures have grown with the kernel.

// bpfMost is how large they may be: a page.
const bpfMost = 4096

// The kinds of objects, in saved[1].
const (
	bpfMapKind = iota + 1
	bpfProgramKind
)

// bpfInfoAsked keeps what is asked about, and the structure that the kernel will change.
func (d *Decoder) bpfInfoAsked(f *fields) {
	if !d.full || d.opts.Anonymous == nil {
		return
	}
	addr, part := f.u64(), d.fields(f.buf)
	switch d.opts.Anonymous(d.c.TID, int32(part.u32())) {
	case "bpf-map":
		d.c.saved[1] = bpfMapKind
	case "bpf-prog":
		d.c.saved[1] = bpfProgramKind
	default:
		return
	}
	d.c.was = make([]byte, bpfProgramInfoSize)
	d.readPart(addr, d.c.was[:min(d.c.saved[0], bpfProgramInfoSize)])
}

func (d *Decoder) bpfInfo(f *fields) {
	f.off = 4
	size, addr := f.u32(), f.u64()
	kind := d.c.saved[1]
	if kind == 0 || size == 0 || size > bpfMost {
		d.addr(addr)
		return
	}
	known, l := uint64(bpfMapInfoSize), bpfMapInfo
	if kind == bpfProgramKind {
		known, l = bpfProgramInfoSize, bpfProgramInfo
	}
	info := make([]byte, known)
	part := info[:min(size, known)]
	if !d.read(addr, part) {
		d.addr(addr)
		return
	}
	i := d.fields(info)
	i.align8 = 8
	i.given = len(part)
	d.c1('{')
	if d.members(&i, l); !i.ended {
		d.bpfMore(addr, known, size)
	}
	d.c1('}')
}

const (
	bpfMapInfoSize     = 88
	bpfProgramInfoSize = 220
)

var bpfMapInfo = layout{
	enum32("type", &bpfMapTypes), u32("id"), u32("key_size"), u32("value_size"), u32("max_entries"),
	flag32("map_flags", &bpfMapFlags), newer(4), str("name", 16), newer(4), ifindex("ifindex"),
	u32("btf_vmlinux_value_type_id"), device64("netns_dev"), u64("netns_ino"), newer(4), u32("btf_id"), u32("btf_key_type_id"),
	u32("btf_value_type_id"),
}

var bpfProgramInfo = layout{
	enum32("type", &bpfProgramTypes), u32("id"), hexBytes("tag", 8), changed32("jited_prog_len"),
	at(24), {"jited_prog_insns", func(d *Decoder, f *fields) {
		n := d.fields(f.buf)
		n.off = 16
		d.data(f.u64(), n.u32(), quoteForceHex)
	}},
	at(20), changed32("xlated_prog_len"),
	at(20), changedLater(32, "xlated_prog_insns", func(d *Decoder, f *fields, n uint64) { d.bpfInstructions(f.u64(), n/8) }),
	at(40), newer(8), {"load_time", func(d *Decoder, f *fields) {
		after := f.u64()
		d.udec(after)
		if !d.opts.Boot.IsZero() && d.opts.Xlat != XlatRaw {
			d.date(d.opts.Boot.Add(time.Duration(after)).Unix(), 0, 0)
		}
	}},
	uid32("created_by_uid"), changed32("nr_map_ids"),
	at(52), changedLater(56, "map_ids", func(d *Decoder, f *fields, n uint64) { d.array(f.u64(), n, 4, (*Decoder).arrayUint) }),
	at(64), str("name", 16), newer(4), ifindex("ifindex"),
	{"gpl_compatible", func(d *Decoder, f *fields) { d.udec(f.u32() & 1) }}, device64("netns_dev"), u64("netns_ino"),
	newer(4), changed32("nr_jited_ksyms"), changed32("nr_jited_func_lens"), changedPointer("jited_ksyms"),
	changedPointer("jited_func_lens"), newer(4), u32("btf_id"), changed32("func_info_rec_size"), pointer64("func_info"),
	changed32("nr_func_info"), changed32("nr_line_info"), pointer64("line_info"), changedPointer("jited_line_info"),
	changed32("nr_jited_line_info"), changed32("line_info_rec_size"), changed32("jited_line_info_rec_size"),
	changed32("nr_prog_tags"), pointer64("prog_tags"), newer(8), u64("run_time_ns"), u64("run_cnt"),
	newer(8), most64("recursion_misses"), newer(4), u32("verified_insns"),
}

// before is the structure as it was, at the same place.
func (d *Decoder) before(f *fields) fields {
	b := d.fields(d.c.was)
	b.align8 = 8
	b.off = f.off
	return b
}

// changed32 is a number that the kernel may have changed: 1 => 2. changedPointer is an
// address of that kind.
func changed32(name string) member      { return changed(name, (*fields).u32, (*Decoder).udec) }
func changedPointer(name string) member { return changed(name, (*fields).u64, (*Decoder).addr) }

func changed(name string, read func(*fields) uint64, show func(*Decoder, uint64)) member {
	return member{name, func(d *Decoder, f *fields) {
		b := d.before(f)
		was, is := read(&b), read(f)
		if was != is {
			show(d, was)
			d.s(" => ")
		}
		show(d, is)
	}}
}

// changedLater is a list at offset; the number here is how long it is, of which there was
// room for as many as it said before.
func changedLater(offset int, name string, show func(d *Decoder, f *fields, n uint64)) member {
	return member{"", func(d *Decoder, f *fields) {
		b := d.before(f)
		n := min(b.u32(), f.u32())
		f.off = offset
		d.key(name)
		show(d, f, n)
	}}
}
