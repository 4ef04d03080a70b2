package host

import (
	"bytes"
	"debug/elf"
	"encoding/binary"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/internal/procfs"
)

// Room implements utrace.Stepper. Files are mapped in whole pages: behind the
// end of the code of the one that addr is in, the last page has nothing. If
// there is no such file, or no room in it, the kernel's own library, the vDSO,
// is in every process. Pages that are written to are copied first, so no other
// process sees the change.
func (stepper) Room(r *utrace.Report, addr uint64) (start uint64, size int) {
	var header, first, home, vdso procfs.Mapping
	_ = procfs.Maps(r.Thread().ID(), func(m procfs.Mapping) bool {
		if m.Offset == 0 {
			first = m
		}
		switch {
		case m.Path == "[vdso]":
			vdso = m
		case addr >= m.Start && addr < m.End:
			header, home = first, m
		}
		return true
	})
	if home.Inode != 0 && home.Inode == header.Inode && home.Exec && !home.Write && !home.Shared {
		if start, size = tail(r, header.Start, home); size != 0 {
			return start, size
		}
	}
	return tail(r, vdso.Start, vdso)
}

// page is the size of a page on the machines that displace knows.
const page = 4096

// tail is what follows the end of an ELF file's code, and of its table of
// sections, in the mapping m. The beginning of the file is at header.
func tail(r *utrace.Report, header uint64, m procfs.Mapping) (start uint64, size int) {
	var beginning [page]byte // has the headers of all segments, whatever the linker
	n, _ := r.ReadMemory(header, beginning[:])
	end, ok := codeEnd(beginning[:n], m.Offset)
	if !ok {
		return 0, 0
	}
	const line = 64 // of the cache: the code's neighbours are left alone
	end = (m.Start + end - m.Offset + line - 1) &^ (line - 1)
	if end >= m.End || m.End-end >= page {
		return 0, 0
	}
	rest := make([]byte, m.End-end)
	if n, _ := r.ReadMemory(end, rest); n != len(rest) || len(bytes.Trim(rest, "\x00")) != 0 {
		return 0, 0
	}
	return end, len(rest)
}

// codeEnd is the offset in an ELF file (elf(5)) where the segment of code that
// is mapped from an offset on ends, and the table of sections if that follows.
func codeEnd(file []byte, mapped uint64) (end uint64, ok bool) {
	in := bytes.NewReader(file)
	var ident [elf.EI_NIDENT]byte
	if copy(ident[:], file) < len(ident) || string(ident[:4]) != elf.ELFMAG {
		return 0, false
	}
	var sections uint64
	switch elf.Class(ident[elf.EI_CLASS]) {
	case elf.ELFCLASS64:
		var h elf.Header64
		if binary.Read(in, binary.LittleEndian, &h) != nil {
			return 0, false
		}
		sections = h.Shoff + uint64(h.Shentsize)*uint64(h.Shnum)
		for i := range uint64(h.Phnum) {
			var p elf.Prog64
			if _, err := binary.Decode(from(file, h.Phoff+i*uint64(h.Phentsize)), binary.LittleEndian, &p); err != nil {
				return 0, false
			}
			if isCode(p.Type, p.Flags, p.Off, mapped) && p.Filesz == p.Memsz {
				end, ok = p.Off+p.Filesz, true
			}
		}
	case elf.ELFCLASS32:
		var h elf.Header32
		if binary.Read(in, binary.LittleEndian, &h) != nil {
			return 0, false
		}
		sections = uint64(h.Shoff) + uint64(h.Shentsize)*uint64(h.Shnum)
		for i := range uint64(h.Phnum) {
			var p elf.Prog32
			if _, err := binary.Decode(from(file, uint64(h.Phoff)+i*uint64(h.Phentsize)), binary.LittleEndian, &p); err != nil {
				return 0, false
			}
			if isCode(p.Type, p.Flags, uint64(p.Off), mapped) && p.Filesz == p.Memsz {
				end, ok = uint64(p.Off)+uint64(p.Filesz), true
			}
		}
	}
	if sections > end && sections-end < page {
		end = sections
	}
	return end, ok
}

// isCode reports whether a segment is the code that is mapped from an offset on.
func isCode(kind, flags uint32, off, mapped uint64) bool {
	return elf.ProgType(kind) == elf.PT_LOAD && elf.ProgFlag(flags)&elf.PF_X != 0 && off&^(page-1) == mapped
}

// from is the rest of a file.
func from(file []byte, off uint64) []byte { return file[min(off, uint64(len(file))):] }
