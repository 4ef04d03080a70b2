package unwind

import (
	"cmp"
	"debug/elf"
	"slices"
	"sort"

	"github.com/utrace/utrace/symbol"
)

// table is the call frame information of a file.
type table struct {
	word   uint64
	frames section // .eh_frame, or .debug_frame
	// header is .eh_frame_hdr's table, with pairs of 32-bit offsets from its
	// address: of a function, and of its description.
	header     []byte
	headerAddr uint64
	// index is made where there is no such table.
	index []described
}

// section is .eh_frame or .debug_frame.
type section struct {
	data []byte
	addr uint64
	eh   bool
}

// described says where a function's description is in the section.
type described struct {
	low, high uint64
	offset    uint64
}

// cie is what several descriptions have in common.
type cie struct {
	code         uint64
	data         int64
	returns      int    // the register that has the return address
	column       uint64 // its number in the table
	encoding     byte
	augmented    bool
	signal       bool // frames of signal handlers
	instructions []byte
}

// fde describes a function.
type fde struct {
	*cie
	low, high    uint64
	instructions []byte
}

// newTables reads the sections of a file. A file can have both: what is in
// neither is found by no table.
func newTables(f *symbol.File) (list []*table) {
	word := uint64(8)
	if f.Class() == elf.ELFCLASS32 {
		word = 4
	}
	if addr, data, ok := f.Section(".eh_frame"); ok {
		t := &table{word: word, frames: section{data, addr, true}}
		if !t.readHeader(f) {
			t.scan()
		}
		list = append(list, t)
	}
	if _, data, ok := f.Section(".debug_frame"); ok {
		t := &table{word: word, frames: section{data, 0, false}}
		t.scan()
		list = append(list, t)
	}
	return list
}

// readHeader reads .eh_frame_hdr if it has the table that all linkers make.
func (t *table) readHeader(f *symbol.File) bool {
	addr, data, ok := f.Section(".eh_frame_hdr")
	if !ok {
		return false
	}
	c := &cursor{data: data, addr: addr, word: t.word}
	version, frame, count, entries := c.u8(), c.u8(), c.u8(), c.u8()
	if version != 1 || entries != encodedDataRelative|0xb || count == encodedOmitted {
		return false
	}
	c.pointer(frame, addr)
	n := c.pointer(count, addr)
	if c.bad || n > uint64(len(c.data)/8) {
		return false
	}
	t.header, t.headerAddr = c.data[:8*n], addr
	return true
}

// scan makes the index of all descriptions.
func (t *table) scan() {
	cies := make(map[uint64]*cie)
	for offset := uint64(0); offset < uint64(len(t.frames.data)); {
		d, next, ok := t.read(offset, cies)
		if next <= offset {
			break
		}
		if ok && d.high > d.low {
			t.index = append(t.index, described{d.low, d.high, offset})
		}
		offset = next
	}
	slices.SortFunc(t.index, func(a, b described) int { return cmp.Compare(a.low, b.low) })
}

// find returns the description of the function that an address is in.
func (t *table) find(addr uint64) (d fde, ok bool) {
	offset := uint64(0)
	if t.header != nil {
		at := func(i int) uint64 { // sign-extended, and relative to the header
			v := t.headerAddr + uint64(int64(int32(number(t.header[4*i:][:4]))))
			if t.word == 4 {
				v = uint64(uint32(v))
			}
			return v
		}
		i := sort.Search(len(t.header)/8, func(i int) bool { return at(2*i) > addr })
		if i == 0 {
			return d, false
		}
		offset = at(2*i-1) - t.frames.addr
	} else {
		i := sort.Search(len(t.index), func(i int) bool { return t.index[i].low > addr })
		if i == 0 {
			return d, false
		}
		offset = t.index[i-1].offset
	}
	d, _, ok = t.read(offset, nil)
	return d, ok && addr >= d.low && addr < d.high
}

// read reads the entry at an offset. ok is false for one that is no description
// of a function, or makes no sense; next is where the next one begins, 0 if
// there is none. The CIEs that were read are kept in known, unless it is nil.
func (t *table) read(offset uint64, known map[uint64]*cie) (d fde, next uint64, ok bool) {
	c, idAt, id, next := t.entry(offset)
	if c == nil || t.isCIE(id) {
		return d, next, false
	}
	at := id
	if t.frames.eh {
		at = idAt - id // it counts backwards from itself
	}
	if d.cie = known[at]; d.cie == nil {
		if d.cie = t.readCIE(at); d.cie == nil {
			return d, next, false
		}
		if known != nil {
			known[at] = d.cie
		}
	}
	d.low = c.pointer(d.encoding, 0)
	d.high = d.low + c.value(d.encoding)
	if d.augmented {
		c.block()
	}
	d.instructions = c.data
	return d, next, !c.bad
}

// entry reads the length and the id of an entry, and returns a cursor on the
// rest, with the offset of the id.
func (t *table) entry(offset uint64) (c *cursor, idAt, id, next uint64) {
	if offset >= uint64(len(t.frames.data)) {
		return nil, 0, 0, 0
	}
	c = &cursor{data: t.frames.data[offset:], addr: t.frames.addr + offset, word: t.word}
	length, size := c.fixed(4), uint64(4)
	if length == 0xffffffff {
		length = c.fixed(8)
		size = 8
	}
	if c.bad || length > uint64(len(c.data)) || length == 0 {
		return nil, 0, 0, 0 // a length of zero ends .eh_frame
	}
	idAt = c.addr - t.frames.addr
	next = idAt + length
	c.data = c.data[:length]
	if t.frames.eh {
		size = 4
	}
	id = c.fixed(size)
	if c.bad {
		return nil, 0, 0, next
	}
	return c, idAt, id, next
}

func (t *table) isCIE(id uint64) bool {
	return t.frames.eh && id == 0 || !t.frames.eh && (id == 0xffffffff || id == ^uint64(0))
}

// readCIE reads the CIE at an offset; nil if there is none.
func (t *table) readCIE(offset uint64) *cie {
	c, _, id, _ := t.entry(offset)
	if c == nil || !t.isCIE(id) {
		return nil
	}
	x := &cie{}
	version, augmentation := c.u8(), c.text()
	if version != 1 && version != 3 && version != 4 {
		return nil
	}
	if version == 4 && (uint64(c.u8()) != t.word || c.u8() != 0) { // sizes of address and segment
		return nil
	}
	x.code, x.data = c.uleb(), c.sleb()
	if version == 1 {
		x.column = uint64(c.u8())
	} else {
		x.column = c.uleb()
	}
	x.returns = int(min(x.column, farReturn))
	if !x.augment(c, augmentation) {
		return nil
	}
	x.instructions = c.data
	return x
}

// augment reads what the letters of the augmentation say.
func (x *cie) augment(c *cursor, letters string) bool {
	if letters == "" {
		return !c.bad
	}
	if letters[0] != 'z' {
		return false // of unknown length
	}
	x.augmented = true
	rest := &cursor{addr: c.addr, word: c.word}
	size := c.uleb()
	rest.addr = c.addr
	rest.data = c.take(size)
	for _, letter := range letters[1:] {
		switch letter {
		case 'R':
			x.encoding = rest.u8()
		case 'P':
			rest.value(rest.u8())
		case 'L':
			rest.u8()
		case 'S':
			x.signal = true
		default: // 'B' of arm64, and what comes: the length says where it ends
		}
	}
	return !c.bad && !rest.bad
}
