package symbol

import (
	"bytes"
	"cmp"
	"debug/elf"
	"slices"
	"strings"
)

// Symbol is a named piece of a file.
type Symbol struct {
	// Name is as the compiler made it; see Demangle.
	Name string
	// Addr is where it was linked to. Size is 0 if the file does not say.
	Addr, Size uint64
	// Function: it is code. Otherwise it is data.
	Function bool
	// Indirect: the code at Addr chooses, when the program is loaded, which
	// other function is meant (STT_GNU_IFUNC).
	Indirect bool
}

// table is a symbol table, sorted by address. A program can have a million
// symbols, so their names stay where they are.
type table struct {
	names   []byte
	symbols []entry
}

type entry struct {
	addr, size uint64
	name       uint32
	rank       uint8 // among those of one address: the higher the better
	typ        elf.SymType
}

func (t *table) name(e *entry) []byte {
	name := t.names[min(uint64(e.name), uint64(len(t.names))):]
	if end := bytes.IndexByte(name, 0); end >= 0 {
		name = name[:end]
	}
	return name
}

func (t *table) symbol(e *entry) Symbol {
	return Symbol{Name: string(unversioned(t.name(e))), Addr: e.addr, Size: e.size,
		Function: e.typ != elf.STT_OBJECT, Indirect: e.typ == elf.STT_GNU_IFUNC}
}

// unversioned is a name without the version that linkers put behind it in tables
// for themselves: memcpy@@GLIBC_2.14.
func unversioned(name []byte) []byte {
	if i := bytes.IndexByte(name, '@'); i > 0 {
		return name[:i]
	}
	return name
}

// load reads the symbol tables: of the file or its debug file, or, if it was
// stripped, what the dynamic linker needs, and the functions that the Go runtime
// knows.
func (f *File) load() []*table {
	f.tablesOnce.Do(func() {
		t := f.read(elf.SHT_SYMTAB)
		if d := f.debug(); t == nil && d != nil {
			t = d.read(elf.SHT_SYMTAB)
		}
		if t == nil {
			t = f.read(elf.SHT_DYNSYM)
			if g := f.goSymbols(); g != nil {
				f.tables = append(f.tables, g)
			}
		}
		if t != nil {
			f.tables = append(f.tables, t)
		}
	})
	return f.tables
}

// read reads one table. The section's own size bounds it.
func (f *File) read(typ elf.SectionType) *table {
	i := slices.IndexFunc(f.elf.Sections, func(s *elf.Section) bool { return s.Type == typ })
	if i < 0 || f.elf.Sections[i].Link == 0 || int(f.elf.Sections[i].Link) >= len(f.elf.Sections) {
		return nil
	}
	data, err := sectionData(f.elf.Sections[i])
	if err != nil {
		return nil
	}
	names, err := sectionData(f.elf.Sections[f.elf.Sections[i].Link])
	if err != nil {
		return nil
	}
	t := &table{names: names}
	size := 24
	if f.elf.Class == elf.ELFCLASS32 {
		size = 16
	}
	for ; len(data) >= size; data = data[size:] {
		if e, ok := f.decode(data); ok {
			e.rank |= plainness(t.name(&e))
			t.symbols = append(t.symbols, e)
		}
	}
	if len(t.symbols) == 0 {
		return nil
	}
	t.sort()
	return t
}

func (t *table) sort() {
	slices.SortStableFunc(t.symbols, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.addr, b.addr), cmp.Compare(a.rank, b.rank))
	})
}

// decode reads an Elf32_Sym or Elf64_Sym, if it names code or data of this file.
func (f *File) decode(data []byte) (e entry, ok bool) {
	var info byte
	var section elf.SectionIndex
	order := f.elf.ByteOrder
	e.name = order.Uint32(data)
	if f.elf.Class == elf.ELFCLASS32 {
		e.addr, e.size = uint64(order.Uint32(data[4:])), uint64(order.Uint32(data[8:]))
		info, section = data[12], elf.SectionIndex(order.Uint16(data[14:]))
	} else {
		info, section = data[4], elf.SectionIndex(order.Uint16(data[6:]))
		e.addr, e.size = order.Uint64(data[8:]), order.Uint64(data[16:])
	}
	e.typ = elf.ST_TYPE(info)
	if section == elf.SHN_UNDEF || section == elf.SHN_ABS || e.name == 0 {
		return e, false
	}
	switch e.typ {
	case elf.STT_FUNC, elf.STT_GNU_IFUNC:
		e.rank = 2 << 4
	case elf.STT_OBJECT:
	case elf.STT_NOTYPE: // what was written in assembly language often is
		if !f.executable(e.addr) {
			return e, false
		}
	default:
		return e, false
	}
	if elf.ST_BIND(info) != elf.STB_LOCAL {
		e.rank |= 1 << 4
	}
	return e, true
}

// plainness ranks the names of one address: write is better than __write, and
// that better than __GI___write.
func plainness(name []byte) uint8 {
	underscores := 0
	for underscores < len(name) && underscores < 7 && name[underscores] == '_' {
		underscores++
	}
	if bytes.HasPrefix(name, []byte("__GI_")) {
		underscores = 15
	}
	return uint8(15 - underscores)
}

// at is the code symbol that an address belongs to: the last before it, unless
// that has ended and does not cover the address.
func (t *table) at(addr uint64) *entry {
	i, _ := slices.BinarySearchFunc(t.symbols, addr, func(e entry, addr uint64) int {
		if e.addr <= addr {
			return -1
		}
		return 1
	})
	// Symbols of assembly language have no size, and some lie inside others.
	// A few steps back is far enough.
	var unsized *entry
	for n := 0; i > 0 && n < 64; n++ {
		i--
		e := &t.symbols[i]
		switch {
		case e.typ == elf.STT_OBJECT:
		case addr-e.addr < e.size:
			return e
		case e.size == 0 && unsized == nil:
			unsized = e
		case e.size != 0 && unsized == nil:
			return nil // between two functions
		}
	}
	return unsized
}

// Lookup finds the function that contains an address.
func (f *File) Lookup(addr uint64) (Symbol, bool) {
	if !f.executable(addr) {
		return Symbol{}, false
	}
	for _, t := range f.load() {
		if e := t.at(addr); e != nil {
			return t.symbol(e), true
		}
	}
	return Symbol{}, false
}

// Find returns the symbols of a name: all of them, for several source files can
// have a static function of the same name. The name may be demangled, with or
// without the types of its parameters.
func (f *File) Find(name string) []Symbol {
	var found []Symbol
	add := func(t *table, e *entry) {
		s := t.symbol(e)
		if !slices.ContainsFunc(found, func(x Symbol) bool { return x.Addr == s.Addr }) {
			found = append(found, s)
		}
	}
	for _, t := range f.load() {
		for i := range t.symbols {
			if string(unversioned(t.name(&t.symbols[i]))) == name {
				add(t, &t.symbols[i])
			}
		}
	}
	if len(found) == 0 && strings.ContainsAny(name, ":(<~ ") || len(found) == 0 && f.hasMangled(name) {
		for _, addr := range f.demangled()[name] {
			for _, t := range f.load() {
				if e := t.at(addr); e != nil && e.addr == addr {
					add(t, e)
				}
			}
		}
	}
	return found
}
