package coredump

import (
	"debug/elf"
	"encoding/binary"
	"testing"

	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/regset"
)

// FuzzTraits: a program can give mappings any name.
func FuzzTraits(f *testing.F) {
	f.Add([]byte("7f00-8000 rw-p 00000000 00:00 0 [anon: VmFlags: dd]\nAnonymous: 4 kB\nVmFlags: rd wr dc wf um ht\n"))
	f.Add([]byte("Anonymous:\nVmFlags\n:::\n\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, x := range parseTraits(text) {
			m := &procfs.Mapping{Start: page, End: 3 * page, Read: true}
			if n := dumped(m, x, usualFilter); n > 2*page {
				t.Errorf("%d bytes of %d", n, 2*page)
			}
		}
	})
}

// FuzzNotes: whatever names and contents are, what is written can be read.
func FuzzNotes(f *testing.F) {
	f.Add("prog", "/a file\nwith a line", uint64(0x1000), true)
	f.Fuzz(func(t *testing.T, name, path string, at uint64, wide bool) {
		word := 4
		if wide {
			word = 8
		}
		b := appendNote(nil, name, 1, files([]procfs.Mapping{{Start: at, End: at + page, Inode: 1, Path: path}}, word))
		size, content, typ := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:]), binary.LittleEndian.Uint32(b[8:])
		if int(size) != len(name)+1 || typ != 1 || len(b) != 12+int(size+3)&^3+int(content+3)&^3 {
			t.Errorf("%x", b)
		}
	})
}

// FuzzExtended: what is moved to its usual place is the same there.
func FuzzExtended(f *testing.F) {
	f.Add(make([]byte, 2432), uint64(0xe7))
	f.Fuzz(func(t *testing.T, content []byte, enabled uint64) {
		if len(content) >= featuresAt {
			binary.LittleEndian.PutUint64(content[softwareAt:], enabled)
		}
		before := regset.XStateComponents(content)
		moved, after := usual(content)
		for i, c := range after {
			if int(c.Offset+c.Size) > len(moved) {
				continue // there was less than the processor says
			}
			if string(moved[c.Offset:c.Offset+c.Size]) != string(content[before[i].Offset:before[i].Offset+before[i].Size]) {
				t.Errorf("component %d has changed", c.Number)
			}
		}
	})
}

// TestManySegments: more segments than the ELF header can count.
func TestManySegments(t *testing.T) {
	d := &dump{abi: regset.NativeABI(), word: regset.NativeABI().WordSize(), notes: make([]byte, 20)}
	d.mappings = make([]procfs.Mapping, 70000)
	d.sizes = make([]uint64, len(d.mappings))
	head := d.headers()
	if n := binary.LittleEndian.Uint16(head[56:]); d.word == 8 && n != manySegments {
		t.Errorf("e_phnum is %#x", n)
	}
	if d.word == 8 {
		at := binary.LittleEndian.Uint64(head[40:])
		if n := binary.LittleEndian.Uint32(head[at+44:]); n != 70001 {
			t.Errorf("the first section header counts %d segments", n)
		}
	}
	if elf.ELFMAG != string(head[:4]) {
		t.Error("no ELF header")
	}
}
