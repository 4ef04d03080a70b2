package symbol

import (
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"sync"
)

// maxSection bounds what is read of one section into memory.
const maxSection = 1 << 30

// File is an ELF file. Its addresses are those that it was linked for. Its
// methods may be called from any goroutine.
type File struct {
	path   string // for people, and for debug files that lie beside it
	roots  []string
	elf    *elf.File
	closer io.Closer

	tablesOnce sync.Once
	tables     []*table
	demangled  func() map[string][]uint64

	goOnce sync.Once
	golang *goTable

	debugOnce sync.Once
	debugFile *File

	linesOnce sync.Once
	lines     *lineTable
}

// Open reads the headers of an ELF file. The path is what it is called, and
// beside which a separate debug file may lie.
func Open(r io.ReaderAt, path string) (*File, error) {
	f := &File{path: path, roots: []string{""}}
	f.demangled = sync.OnceValue(f.demangle)
	err := guard(func() (err error) {
		f.elf, err = elf.NewFile(r)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%s: not an ELF file that can be read: %w", path, err)
	}
	return f, nil
}

// Close closes the file and its debug file, if they were opened by this package.
func (f *File) Close() error {
	f.debugOnce.Do(func() {}) // none will be opened any more
	var errs []error
	for _, c := range []*File{f, f.debugFile} {
		if c != nil && c.closer != nil {
			errs = append(errs, c.closer.Close())
		}
	}
	return errors.Join(errs...)
}

// Path is what the file was called when it was opened.
func (f *File) Path() string { return f.path }

// Machine is the processor that the file is for.
func (f *File) Machine() elf.Machine { return f.elf.Machine }

// Class says whether it is a 64-bit or a 32-bit file.
func (f *File) Class() elf.Class { return f.elf.Class }

// Section returns the address and the content of a section, uncompressed. ok is
// false if there is none, or none with content.
func (f *File) Section(name string) (addr uint64, data []byte, ok bool) {
	s := f.elf.Section(name)
	if s == nil || s.Type == elf.SHT_NOBITS {
		return 0, nil, false
	}
	data, err := sectionData(s)
	return s.Addr, data, err == nil
}

// sectionData reads a section that is not larger than can be.
func sectionData(s *elf.Section) (data []byte, err error) {
	if s.Size > maxSection || s.FileSize > maxSection {
		return nil, fmt.Errorf("section %s has %d bytes: too many", s.Name, s.Size)
	}
	err = guard(func() error {
		data, err = s.Data()
		return err
	})
	return data, err
}

// ReadAt copies what the file has at an address that it was linked for.
func (f *File) ReadAt(addr uint64, p []byte) error {
	for _, s := range f.elf.Progs {
		if s.Type != elf.PT_LOAD || addr < s.Vaddr || addr-s.Vaddr >= s.Filesz || s.Filesz-(addr-s.Vaddr) < uint64(len(p)) {
			continue
		}
		_, err := s.ReadAt(p, int64(addr-s.Vaddr))
		return err
	}
	return fmt.Errorf("%s has nothing at %#x", f.path, addr)
}

// bias is by how much the addresses of a mapping differ from those that the
// file was linked for, given the mapping's place in memory and in the file. ok
// is false if no segment of the file could be mapped like this.
func (f *File) bias(start, offset uint64) (bias uint64, ok bool) {
	const page = 4096 // no system has smaller ones; larger ones are multiples
	for _, s := range f.elf.Progs {
		if s.Type != elf.PT_LOAD || s.Filesz == 0 {
			continue
		}
		if begin := s.Off &^ (page - 1); offset >= begin && offset < s.Off+s.Filesz {
			return start - offset + s.Off - s.Vaddr, true
		}
	}
	return 0, false
}

// extent is the range of addresses of all segments.
func (f *File) extent() (low, high uint64) {
	low = ^uint64(0)
	for _, s := range f.elf.Progs {
		if s.Type == elf.PT_LOAD && s.Vaddr+s.Memsz >= s.Vaddr {
			low, high = min(low, s.Vaddr), max(high, s.Vaddr+s.Memsz)
		}
	}
	return min(low, high), high
}

// executable reports whether there is code at the address.
func (f *File) executable(addr uint64) bool {
	for _, s := range f.elf.Progs {
		if s.Type == elf.PT_LOAD && s.Flags&elf.PF_X != 0 && addr >= s.Vaddr && addr-s.Vaddr < s.Memsz {
			return true
		}
	}
	return false
}

// guard turns a panic into an error: the readers of the standard library are
// not written for files that want to do harm (see the documentation of
// debug/elf).
func guard(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("its data make no sense (%v)", p)
		}
	}()
	return f()
}
