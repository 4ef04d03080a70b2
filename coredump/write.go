package coredump

import (
	"bytes"
	"context"
	"debug/elf"
	"encoding/binary"
	"io"

	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/regset"
)

// dump is a core that is being written.
type dump struct {
	ctx        context.Context
	memory     memory
	threads    []*thread
	abi        regset.ABI
	word       int
	mappings   []procfs.Mapping
	sizes      []uint64 // how much of each mapping is written
	notes      []byte
	out        *output
	unreadable uint64
}

// header finds out whether the first page of a mapping, if only that is wanted,
// is the header of an ELF file.
func (d *dump) header(m *procfs.Mapping, size uint64) uint64 {
	if size != wholePage || m.End-m.Start == wholePage {
		return size
	}
	var magic [4]byte
	if _, err := d.memory.read(m, m.Start, magic[:]); err != nil || string(magic[:]) != elf.ELFMAG {
		return 0
	}
	return size
}

// write writes headers, notes and memory. read is called when all memory has been
// read, in any case.
func (d *dump) write(a *ahead, read func()) (Result, error) {
	a.out, a.head = d.out, d.headers()
	err := d.readAll(a)
	// Killed processes have no memory, or some other's.
	if moved := d.memory.close(); err == nil {
		err = moved
	}
	read()
	if err = a.finish(err); err == nil {
		err = d.out.finish()
	}
	return Result{Threads: len(d.threads), Size: d.out.size, Unreadable: d.unreadable}, err
}

// manySegments stands in e_phnum for a number that is in the first section
// header (PN_XNUM in elf(5)).
const manySegments = 0xffff

// headers makes what comes before the memory: the ELF header, program headers,
// notes, and what fills the page.
func (d *dump) headers() []byte {
	sizes := struct{ file, segment, section uint64 }{64, 56, 64}
	if d.word == 4 {
		sizes.file, sizes.segment, sizes.section = 52, 32, 40
	}
	count := uint64(len(d.mappings) + 1)
	sections := uint64(0)
	if count >= manySegments {
		sections = 1
	}
	notesAt := sizes.file + count*sizes.segment + sections*sizes.section
	at := (notesAt + uint64(len(d.notes)) + wholePage - 1) &^ (wholePage - 1)

	var b bytes.Buffer
	d.fileHeader(&b, count, sections, sizes.file+count*sizes.segment)
	d.segment(&b, elf.ProgHeader{Type: elf.PT_NOTE, Off: notesAt, Filesz: uint64(len(d.notes)), Align: 4})
	for i := range d.mappings {
		m := &d.mappings[i]
		d.segment(&b, elf.ProgHeader{Type: elf.PT_LOAD, Flags: flags(m), Off: at, Vaddr: m.Start,
			Filesz: d.sizes[i], Memsz: m.End - m.Start, Align: wholePage})
		at += d.sizes[i]
	}
	if sections == 1 && d.word == 4 {
		binary.Write(&b, order, elf.Section32{Info: uint32(count), Size: 1})
	} else if sections == 1 {
		binary.Write(&b, order, elf.Section64{Info: uint32(count), Size: 1})
	}
	b.Write(d.notes)
	b.Write(make([]byte, -b.Len()&int(wholePage-1)))
	return b.Bytes()
}

func flags(m *procfs.Mapping) (f elf.ProgFlag) {
	if m.Read {
		f |= elf.PF_R
	}
	if m.Write {
		f |= elf.PF_W
	}
	if m.Exec {
		f |= elf.PF_X
	}
	return f
}

// fileHeader writes the ELF header.
func (d *dump) fileHeader(b *bytes.Buffer, count, sections, sectionsAt uint64) {
	view := d.abi.View()
	data := elf.ELFDATA2LSB
	if view.BigEndian {
		data = elf.ELFDATA2MSB
	}
	ident := [elf.EI_NIDENT]byte{0x7f, 'E', 'L', 'F', byte(view.Class), byte(data), byte(elf.EV_CURRENT)}
	if sections == 0 {
		sectionsAt = 0
	}
	count = min(count, manySegments)
	if d.word == 4 {
		binary.Write(b, order, elf.Header32{Ident: ident, Type: uint16(elf.ET_CORE), Machine: uint16(view.Machine), Version: 1,
			Phoff: 52, Shoff: uint32(sectionsAt), Ehsize: 52, Phentsize: 32, Phnum: uint16(count), Shentsize: uint16(sections * 40), Shnum: uint16(sections)})
		return
	}
	binary.Write(b, order, elf.Header64{Ident: ident, Type: uint16(elf.ET_CORE), Machine: uint16(view.Machine), Version: 1,
		Flags: eflags(view.Machine), Phoff: 64, Shoff: sectionsAt, Ehsize: 64, Phentsize: 56, Phnum: uint16(count), Shentsize: uint16(sections * 64), Shnum: uint16(sections)})
}

// eflags is ELF_CORE_EFLAGS of the kernel: on ppc64 the version of the ABI.
func eflags(machine elf.Machine) uint32 {
	if machine == elf.EM_PPC64 {
		return 2
	}
	return 0
}

// segment writes a program header.
func (d *dump) segment(b *bytes.Buffer, p elf.ProgHeader) {
	if d.word == 4 {
		binary.Write(b, order, elf.Prog32{Type: uint32(p.Type), Off: uint32(p.Off), Vaddr: uint32(p.Vaddr),
			Filesz: uint32(p.Filesz), Memsz: uint32(p.Memsz), Flags: uint32(p.Flags), Align: uint32(p.Align)})
		return
	}
	binary.Write(b, order, elf.Prog64{Type: uint32(p.Type), Flags: uint32(p.Flags), Off: p.Off, Vaddr: p.Vaddr,
		Filesz: p.Filesz, Memsz: p.Memsz, Align: p.Align})
}

// output leaves out zeros where it can.
type output struct {
	w       io.Writer
	seeker  io.Seeker // nil: zeros are written
	size    int64
	pending int64 // zeros that were skipped
}

func newOutput(w io.Writer) *output {
	o := &output{w: w}
	// Who can seek says so; a pipe only pretends to.
	if s, ok := w.(io.Seeker); ok {
		if at, err := s.Seek(0, io.SeekCurrent); err == nil && at == 0 {
			o.seeker = s
		}
	}
	return o
}

var empty [64 << 10]byte

// write writes p, which has whole pages, in pieces, with holes for zeros.
func (o *output) write(p []byte) error {
	o.size += int64(len(p))
	for len(p) > 0 {
		n := min(len(p), len(empty))
		if o.seeker != nil && bytes.Equal(p[:n], empty[:n]) {
			o.pending += int64(n)
			p = p[n:]
			continue
		}
		// What follows up to the next hole goes out in one.
		for o.seeker != nil && n < len(p) {
			m := min(len(p)-n, len(empty))
			if bytes.Equal(p[n:n+m], empty[:m]) {
				break
			}
			n += m
		}
		if o.seeker == nil {
			n = len(p)
		}
		if err := o.skip(); err != nil {
			return err
		}
		if _, err := o.w.Write(p[:n]); err != nil {
			return err
		}
		p = p[n:]
	}
	return nil
}

// zeros writes n zeros.
func (o *output) zeros(n uint64) error {
	if o.seeker != nil {
		o.size += int64(n)
		o.pending += int64(n)
		return nil
	}
	for ; n > 0; n -= min(n, uint64(len(empty))) {
		if err := o.write(empty[:min(n, uint64(len(empty)))]); err != nil {
			return err
		}
	}
	return nil
}

// skip makes the hole.
func (o *output) skip() error {
	if o.pending == 0 {
		return nil
	}
	_, err := o.seeker.Seek(o.pending, io.SeekCurrent)
	o.pending = 0
	return err
}

// finish gives a file its length that ends with a hole.
func (o *output) finish() error {
	if o.pending == 0 {
		return nil
	}
	o.pending--
	if err := o.skip(); err != nil {
		return err
	}
	_, err := o.w.Write([]byte{0})
	return err
}
