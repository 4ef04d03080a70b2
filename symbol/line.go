package symbol

import (
	"cmp"
	"debug/dwarf"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// maxRows bounds the line table of one compilation unit.
const maxRows = 1 << 22

// lineTable is the line information of a file: for each compilation unit the
// addresses that it covers, and its rows when somebody asks for them.
type lineTable struct {
	data   *dwarf.Data
	ranges []unitRange // sorted
	units  []*unit
}

type unitRange struct {
	low, high uint64
	unit      *unit
}

// unit is a compilation unit.
type unit struct {
	entry *dwarf.Entry
	once  sync.Once
	files []string
	rows  []row // sorted by address; a row holds up to the next
	// clang: it was made by LLVM.
	clang bool
}

type row struct {
	addr uint64
	file int32 // -1: there is no code from here on
	line int32
	stmt bool // a good place for a breakpoint
}

// Line finds the source line of an address. For the caller of a frame ask for
// the address before the one that it returns to.
func (f *File) Line(addr uint64) (file string, line int, ok bool) {
	if g := f.goTab(); g != nil {
		if file, line, ok = g.line(addr); ok {
			return file, line, true
		}
	}
	u, i := f.row(addr)
	if i < 0 {
		return "", 0, false
	}
	r := u.rows[i]
	return u.files[r.file], int(r.line), r.line > 0
}

// row finds the row of an address: -1 if there is none.
func (f *File) row(addr uint64) (*unit, int) {
	t := f.lineInfo()
	i, _ := slices.BinarySearchFunc(t.ranges, addr, func(r unitRange, addr uint64) int {
		if r.low <= addr {
			return -1
		}
		return 1
	})
	// Ranges of different units can overlap if a linker dropped functions, so
	// the nearest need not be the one.
	for n := 0; i > 0 && n < 16; n++ {
		i--
		if addr >= t.ranges[i].high {
			continue
		}
		u := t.ranges[i].unit
		t.read(u)
		j, _ := slices.BinarySearchFunc(u.rows, addr, func(r row, addr uint64) int {
			if r.addr <= addr {
				return -1
			}
			return 1
		})
		if j > 0 && u.rows[j-1].file >= 0 {
			return u, j - 1
		}
	}
	return nil, -1
}

// Addresses returns where the code of a source line begins: one address in each
// function that has code of it, in the order of addresses. If the line has no
// code, the next one of the file that has is taken, as gdb does; used says which
// line that is. The name may be a path or end of one.
func (f *File) Addresses(name string, line int) (list []uint64, used int) {
	match := func(path string) bool {
		return path == name || strings.HasSuffix(path, "/"+strings.TrimPrefix(name, "./"))
	}
	if g := f.goTab(); g != nil {
		if list = g.addresses(match, line); list != nil {
			return list, line
		}
	}
	t := f.lineInfo()
	best := int32(0)
	var found []uint64
	for _, u := range t.units {
		t.read(u)
		for i, r := range u.rows {
			switch {
			case r.file < 0 || !r.stmt || int(r.line) < line || best != 0 && r.line > best || !match(u.files[r.file]):
				continue
			case i > 0 && u.rows[i-1].file == r.file && u.rows[i-1].line == r.line:
				continue // goes on with the same line
			case r.line != best:
				best, found = r.line, nil
			}
			found = append(found, r.addr)
		}
	}
	return f.firstOfFunction(found), int(best)
}

// firstOfFunction keeps the lowest address of each function.
func (f *File) firstOfFunction(addrs []uint64) []uint64 {
	slices.Sort(addrs)
	seen := make(map[uint64]bool)
	return slices.DeleteFunc(slices.Compact(addrs), func(addr uint64) bool {
		s, ok := f.Lookup(addr)
		if !ok {
			return true // the linker dropped it
		}
		again := seen[s.Addr]
		seen[s.Addr] = true
		return again
	})
}

// lineInfo finds the compilation units. Without any the table is empty.
func (f *File) lineInfo() *lineTable {
	f.linesOnce.Do(func() {
		f.lines = &lineTable{}
		from := f.withSection(".debug_info", ".zdebug_info")
		if from == nil {
			return
		}
		// What was found before a mistake is good.
		guard(func() error { return f.lines.load(from) })
		slices.SortFunc(f.lines.ranges, func(a, b unitRange) int { return cmp.Compare(a.low, b.low) })
	})
	return f.lines
}

func (t *lineTable) load(from *File) (err error) {
	for _, s := range from.elf.Sections {
		if strings.Contains(s.Name, "debug_") && s.Size > maxSection {
			return fmt.Errorf("section %s has %d bytes: too many", s.Name, s.Size)
		}
	}
	if t.data, err = from.elf.DWARF(); err != nil {
		return err
	}
	_, info, ok := from.Section(".debug_info")
	if !ok {
		return errors.New("no .debug_info")
	}
	for _, offset := range units(info, from.elf) {
		r := t.data.Reader()
		r.Seek(offset)
		entry, err := r.Next()
		if err != nil || entry == nil || entry.Tag != dwarf.TagCompileUnit {
			continue
		}
		producer, _ := entry.Val(dwarf.AttrProducer).(string)
		u := &unit{entry: entry, clang: strings.Contains(producer, "clang")}
		t.units = append(t.units, u)
		ranges, err := t.data.Ranges(entry)
		if err != nil {
			continue
		}
		for _, x := range ranges {
			t.ranges = append(t.ranges, unitRange{x[0], x[1], u})
		}
	}
	return nil
}

// units lists the offsets of the first entries of all units: package dwarf can
// only find the next one by way of all entries between. (DWARF 5, 7.5.1)
func units(info []byte, f *elf.File) (list []dwarf.Offset) {
	for at := uint64(0); at+12 <= uint64(len(info)); {
		size, header, word := uint64(f.ByteOrder.Uint32(info[at:])), at+4, uint64(4)
		if size == 0xffffffff {
			if at+24 > uint64(len(info)) {
				return list
			}
			size, header, word = f.ByteOrder.Uint64(info[at+4:]), at+12, 8
		}
		if size < 2+word+1 || size > uint64(len(info))-header {
			return list
		}
		first := header + 2 + word + 1 // version, abbreviations, address size
		if f.ByteOrder.Uint16(info[header:]) >= 5 {
			switch first++; info[header+2] { // the unit's type
			case 4, 5: // DW_UT_skeleton, DW_UT_split_compile: and an id
				first += 8
			case 2, 6: // types: an id and an offset
				first += 8 + word
			}
		}
		list = append(list, dwarf.Offset(first))
		at = header + size
	}
	return list
}

// read reads the rows of a unit.
func (t *lineTable) read(u *unit) {
	u.once.Do(func() {
		guard(func() error { return u.load(t.data) })
		slices.SortStableFunc(u.rows, func(a, b row) int {
			// The end of one sequence is where the next may begin.
			if a.addr == b.addr && (a.file < 0) != (b.file < 0) {
				return cmp.Compare(a.file, b.file)
			}
			return cmp.Compare(a.addr, b.addr)
		})
	})
}

func (u *unit) load(data *dwarf.Data) error {
	lines, err := data.LineReader(u.entry)
	if err != nil || lines == nil {
		return err
	}
	index := make(map[*dwarf.LineFile]int32)
	var e dwarf.LineEntry
	for len(u.rows) < maxRows {
		switch err := lines.Next(&e); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if e.EndSequence || e.File == nil {
			u.rows = append(u.rows, row{addr: e.Address, file: -1})
			continue
		}
		i, ok := index[e.File]
		if !ok {
			i = int32(len(u.files))
			index[e.File] = i
			u.files = append(u.files, filepath.Clean(e.File.Name))
		}
		u.rows = append(u.rows, row{e.Address, i, int32(e.Line), e.IsStmt})
	}
	return nil
}
