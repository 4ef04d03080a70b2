package symbol

import (
	"bytes"
	"cmp"
	"debug/elf"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/utrace/utrace/internal/procfs"
)

// Space is what is mapped into a process, as it was at one moment. It does not
// change; after a dlopen(3) or an exec load another one.
type Space struct {
	// Modules are sorted by address.
	Modules []*Module
	files   *Files
	own     bool
}

// Module is an ELF file in the memory of a process.
type Module struct {
	// Path is what the process calls the file.
	Path string
	// Start and End are where its segments are.
	Start, End uint64
	// Bias is what has to be added to the addresses of the file.
	Bias uint64
	File *File
}

// Name is the last element of the path.
func (m *Module) Name() string { return path.Base(strings.TrimSuffix(m.Path, " (deleted)")) }

// maxVDSO bounds what is read of a process's memory.
const maxVDSO = 1 << 20

// Load finds out what is mapped into a process, and reads the headers of the
// files. The process need not be stopped. Files that cannot be read are left
// out: memory can be mapped from anything. With files, they stay open there;
// with nil the Space opens files of its own, which Close closes.
//
// The error is that of reading the list of mappings: ESRCH if there is no such
// process, EACCES without the right to trace it.
func Load(pid int, files *Files) (*Space, error) {
	s := &Space{files: files}
	if files == nil {
		s.files, s.own = &Files{}, true
	}
	err := procfs.Maps(pid, func(m procfs.Mapping) bool {
		switch {
		case !m.Exec || s.At(m.Start) != nil:
		case m.Path == "[vdso]":
			s.addVDSO(pid, &m)
		case m.Inode != 0:
			s.add(pid, &m)
		}
		return true
	})
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Close closes the files, if they are the Space's own.
func (s *Space) Close() error {
	if s.own {
		return s.files.Close()
	}
	return nil
}

// add makes a module of a mapping with code.
func (s *Space) add(pid int, m *procfs.Mapping) {
	f, err := s.files.mapped(pid, m)
	if err != nil {
		return
	}
	if bias, ok := f.bias(m.Start, m.Offset); ok {
		s.insert(m, f, bias)
	}
}

// insert keeps the modules sorted, and apart.
func (s *Space) insert(m *procfs.Mapping, f *File, bias uint64) {
	low, high := f.extent()
	x := &Module{Path: m.Path, Start: low + bias, End: high + bias, Bias: bias, File: f}
	// A file that lies about its segments gets no more than its mapping.
	if x.Start > m.Start || x.End < m.End-4095 || x.End < x.Start {
		x.Start, x.End = m.Start, m.End
	}
	i, _ := slices.BinarySearchFunc(s.Modules, x, func(a, b *Module) int { return cmp.Compare(a.Start, b.Start) })
	if i > 0 && s.Modules[i-1].End > x.Start || i < len(s.Modules) && s.Modules[i].Start < x.End {
		x.Start, x.End = m.Start, m.End
	}
	s.Modules = slices.Insert(s.Modules, i, x)
}

// addVDSO reads the object that the kernel maps, which is no file.
func (s *Space) addVDSO(pid int, m *procfs.Mapping) {
	memory, err := procfs.OpenMem(pid)
	if err != nil {
		return
	}
	defer memory.Close()
	image := make([]byte, min(m.End-m.Start, maxVDSO))
	if n, _ := memory.Read(m.Start, image); n < len(image) {
		return
	}
	f, err := Open(bytes.NewReader(image), m.Path)
	if err != nil {
		return
	}
	if low, _ := f.extent(); low <= m.Start {
		s.insert(m, f, m.Start-low)
	}
}

// At is the module that an address belongs to, or nil.
func (s *Space) At(addr uint64) *Module {
	i, _ := slices.BinarySearchFunc(s.Modules, addr, func(m *Module, addr uint64) int {
		if m.Start <= addr {
			return -1
		}
		return 1
	})
	if i == 0 || addr >= s.Modules[i-1].End {
		return nil
	}
	return s.Modules[i-1]
}

// Dynamic reports whether the program has a dynamic linker (PT_INTERP), which can
// load more files.
func (s *Space) Dynamic() bool {
	return slices.ContainsFunc(s.Modules, func(m *Module) bool {
		return slices.ContainsFunc(m.File.elf.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP })
	})
}

// Place is an address and what is known about it.
type Place struct {
	Addr uint64
	// Module is nil for an address outside of all files.
	Module *Module
	// Symbol is the function that the address is in; its own address is that
	// in memory. Without a name none is known.
	Symbol Symbol
}

// Locate says what an address is part of.
func (s *Space) Locate(addr uint64) Place {
	p := Place{Addr: addr, Module: s.At(addr)}
	if p.Module != nil {
		if x, ok := p.Module.File.Lookup(addr - p.Module.Bias); ok {
			x.Addr += p.Module.Bias
			p.Symbol = x
		}
	}
	return p
}

// Line is the source line of the place.
func (p Place) Line() (file string, line int, ok bool) {
	if p.Module == nil {
		return "", 0, false
	}
	return p.Module.File.Line(p.Addr - p.Module.Bias)
}

// Function is the function's name for people, or "".
func (p Place) Function() string { return Demangle(p.Symbol.Name) }

// Signature is as Function, with the types of the parameters.
func (p Place) Signature() string { return Signature(p.Symbol.Name) }

// String is function+offset, or module+offset, or just the address. The offset
// is left out if it is 0.
func (p Place) String() string {
	name, base := p.Function(), p.Symbol.Addr
	if name == "" && p.Module != nil {
		name, base = p.Module.Name(), p.Module.Bias
	}
	switch {
	case name == "":
		return fmt.Sprintf("%#x", p.Addr)
	case p.Addr == base:
		return name
	}
	return fmt.Sprintf("%s+%#x", name, p.Addr-base)
}

// Machine is the processor of the program: that of its first module.
func (s *Space) Machine() (m elf.Machine, class elf.Class) {
	for _, x := range s.Modules {
		if x.Path != "[vdso]" {
			return x.File.Machine(), x.File.Class()
		}
	}
	return elf.EM_NONE, elf.ELFCLASSNONE
}
