package symbol

import (
	"bytes"
	"debug/elf"
	"debug/gosym"
	"encoding/binary"
	"sort"
)

// goTable is what the Go runtime knows of its functions. It needs that to walk
// stacks, so it is there in stripped programs, too.
type goTable struct {
	text  uint64 // what addresses in the table count from
	data  []byte
	table *gosym.Table
}

// goTab reads the table. Nil if the file has none.
func (f *File) goTab() *goTable {
	f.goOnce.Do(func() {
		data := f.goSection()
		text := f.elf.Section(".text")
		if data == nil || text == nil {
			return
		}
		g := &goTable{text: text.Addr, data: data}
		// With cgo there is C code before Go's in the section, and the linker
		// left a symbol between them.
		if t := f.read(elf.SHT_SYMTAB); t != nil {
			for i := range t.symbols {
				if string(t.name(&t.symbols[i])) == "runtime.text" {
					g.text = t.symbols[i].addr
				}
			}
		}
		err := guard(func() (err error) {
			g.table, err = gosym.NewTable(nil, gosym.NewLineTable(data, g.text))
			return err
		})
		if err == nil && len(g.table.Funcs) != 0 {
			f.golang = g
		}
	})
	return f.golang
}

func (f *File) goSection() []byte {
	for _, name := range []string{".gopclntab", ".data.rel.ro.gopclntab"} {
		if _, data, ok := f.Section(name); ok {
			return data
		}
	}
	return nil
}

// goSymbols makes a symbol table of the functions.
func (f *File) goSymbols() *table {
	g := f.goTab()
	if g == nil {
		return nil
	}
	t := &table{}
	var names bytes.Buffer
	for i := range g.table.Funcs {
		x := &g.table.Funcs[i]
		t.symbols = append(t.symbols, entry{addr: x.Entry, size: x.End - x.Entry, name: uint32(names.Len()), typ: elf.STT_FUNC})
		names.WriteString(x.Name)
		names.WriteByte(0)
	}
	t.names = names.Bytes()
	t.sort()
	return t
}

// line finds the source line of an address.
func (g *goTable) line(addr uint64) (file string, line int, ok bool) {
	err := guard(func() error {
		var fn *gosym.Func
		file, line, fn = g.table.PCToLine(addr)
		ok = fn != nil && file != "" && line > 0
		return nil
	})
	return file, line, ok && err == nil
}

// addresses finds the code of a line of the files that match.
func (g *goTable) addresses(match func(string) bool, line int) (list []uint64) {
	guard(func() error {
		for name := range g.table.Files {
			if match(name) {
				if pc, _, err := g.table.LineToPC(name, line); err == nil {
					list = append(list, pc)
				}
			}
		}
		return nil
	})
	return list
}

// Where things are in the table: words of the header, which is eight bytes and
// then words (pcHeader in runtime/symtab.go of Go), and 32-bit fields in a
// function's entry (_func in runtime/runtime2.go).
const (
	goQuantum     = 6 // a byte: the unit of differences between addresses
	goPointerSize = 7 // a byte
	goWords       = 8

	goFunctions = 0 // their number
	goPCTables  = 6 // offset of the tables by program counter
	goFuncTable = 7 // offset of the functions

	goFuncStack = 16 // the table of stack sizes
	goFuncFlags = 41 // a byte
	goTopFrame  = 1  // outermost function of a stack
	goWritesSP  = 2  // switches stacks: its table means nothing
)

// word is a word of the header.
func (g *goTable) word(i int) uint64 {
	size := int(g.data[goPointerSize])
	if size == 4 {
		return uint64(binary.LittleEndian.Uint32(g.data[goWords+4*i:]))
	}
	return binary.LittleEndian.Uint64(g.data[goWords+8*i:])
}

// GoFrame is what the Go runtime knows of the stack of a function at one of its
// instructions.
type GoFrame struct {
	// Size is how many bytes the function has put on the stack. The return
	// address lies above them.
	Size uint64
	// Root: the function has no caller in Go. The kernel may have called it.
	Root bool
	// Switches: it changes to another stack, and Size means nothing.
	Switches bool
}

// GoFrame finds the function at an address of a Go program. It knows programs of
// Go 1.18 and later for little-endian machines.
func (f *File) GoFrame(addr uint64) (frame GoFrame, ok bool) {
	g := f.goTab()
	if g == nil {
		return frame, false
	}
	err := guard(func() error {
		frame, ok = g.frame(addr)
		return nil
	})
	return frame, ok && err == nil
}

// frame panics if the table makes no sense.
func (g *goTable) frame(addr uint64) (frame GoFrame, ok bool) {
	le := binary.LittleEndian
	if magic := le.Uint32(g.data); magic != 0xfffffff0 && magic != 0xfffffff1 || addr < g.text {
		return frame, false
	}
	// Pairs of 32-bit numbers: where a function begins, and where its entry is.
	functions := g.data[g.word(goFuncTable):]
	n := min(g.word(goFunctions), uint64(len(functions)/8))
	target := addr - g.text
	i := sort.Search(int(n), func(i int) bool { return uint64(le.Uint32(functions[8*i:])) > target })
	if i == 0 || i == int(n) && g.table.PCToFunc(addr) == nil {
		return frame, false
	}
	begin := uint64(le.Uint32(functions[8*(i-1):]))
	function := functions[le.Uint32(functions[8*(i-1)+4:]):]
	flags := function[goFuncFlags]
	frame.Root, frame.Switches = flags&goTopFrame != 0, flags&goWritesSP != 0
	if frame.Switches && !frame.Root {
		// What called it has been left, and may run on another thread by now.
		x := g.table.PCToFunc(addr)
		frame.Root = x != nil && x.Name == "runtime.mcall"
	}
	if frame.Switches {
		return frame, true
	}
	depth, ok := goValue(g.data[g.word(goPCTables):][le.Uint32(function[goFuncStack:]):], target-begin, uint64(g.data[goQuantum]))
	frame.Size = uint64(depth)
	return frame, ok && depth >= 0
}

// goValue looks up one of the tables by program counter: pairs of differences,
// of the value and of the address up to which it holds (step in
// runtime/symtab.go of Go). distance is from the beginning of the function.
func goValue(table []byte, distance, quantum uint64) (value int64, ok bool) {
	value = -1
	for end, first := uint64(0), true; ; first = false {
		v, n := binary.Varint(table) // zigzag, as here
		if n <= 0 || v == 0 && !first {
			return 0, false
		}
		step, m := binary.Uvarint(table[n:])
		if m <= 0 {
			return 0, false
		}
		table = table[n+m:]
		value += v
		if end += step * quantum; distance < end {
			return value, true
		}
	}
}
