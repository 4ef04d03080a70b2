package gdbserver

import (
	"debug/elf"
	"encoding/binary"
	"encoding/xml"
	"strings"
	"syscall"
	"testing"

	"github.com/utrace/utrace/regset"
)

// sets is a thread that stands, made of its register sets.
type sets map[regset.Note][]byte

func (s sets) ReadRegset(note regset.Note, p []byte) (int, error) {
	content, there := s[note]
	if !there {
		return 0, syscall.EINVAL
	}
	return copy(p, content), nil
}

func (s sets) WriteRegset(note regset.Note, p []byte) error {
	s[note] = append([]byte(nil), p...)
	return nil
}

func (sets) PeekUser(uintptr) (uint64, error) { return 0, syscall.EIO }
func (sets) PokeUser(uintptr, uint64) error   { return syscall.EIO }

// scalable is NT_ARM_SVE of a thread whose vectors have a length (struct user_sve_header).
func scalable(length int) []byte {
	end := 16 + 32*length + 17*length/8
	end = (end+15)&^15 + 16
	content := make([]byte, end)
	binary.LittleEndian.PutUint32(content[0:], uint32(end))
	binary.LittleEndian.PutUint32(content[4:], 1<<16)
	binary.LittleEndian.PutUint16(content[8:], uint16(length))
	binary.LittleEndian.PutUint16(content[10:], 256)
	content[12] = 1 // SVE_PT_REGS_SVE
	for i := 16; i < 16+32*length; i++ {
		content[i] = byte(i)
	}
	return content
}

func arm64Thread(length int) sets {
	s := sets{
		regset.NotePRStatus: make([]byte, 272), regset.NotePRFPReg: make([]byte, 528), regset.NoteARMTLS: make([]byte, 8),
		regset.NoteARMPACMask: make([]byte, 16), regset.NoteARMTaggedAddr: make([]byte, 8),
	}
	if length != 0 {
		s[regset.NoteARMSVE] = scalable(length)
	}
	return s
}

// The vectors of SVE are described at the length that they have, in place of the V
// registers; for LLDB, which does not find those in them, they are not.
func TestScalableVectors(t *testing.T) {
	abi := regset.ABIOf(elf.EM_AARCH64, elf.ELFCLASS64)
	for _, test := range []struct {
		name   string
		length int
		narrow bool
		want   []string
		not    []string
	}{
		{"SVE", 32, false, []string{`<reg name="z31" bitsize="256" type="svev"/>`, `<reg name="p15" bitsize="32" type="svep"/>`,
			`<reg name="vg" bitsize="64" type="int"/>`, `type="ieee_double" count="4"/>`, `name="fpcr"`, `name="pauth_cmask"`}, []string{"aarch64.fpu", "bfloat16"}},
		{"LLDB", 32, true, []string{`<reg name="v31" bitsize="128" type="aarch64v"/>`, `name="fpcr"`}, []string{`"z0"`}},
		{"no SVE", 0, false, []string{`<field name="bf" type="aarch64v_hbf"/>`, `<reg name="v31" bitsize="128" type="aarch64v"/>`, `name="tpidr"`, `name="tag_ctl"`}, []string{`"vg"`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := newLayout(abi, arm64Thread(test.length), false, test.narrow)
			text := l.describe()
			for _, want := range test.want {
				if !strings.Contains(string(text), want) {
					t.Errorf("no %s", want)
				}
			}
			for _, not := range test.not {
				if strings.Contains(string(text), not) {
					t.Errorf("there is %s", not)
				}
			}
			if err := xml.Unmarshal(text, new(struct{})); err != nil {
				t.Error(err)
			}
		})
	}
}

// A thread that changes the length of its vectors has those that the client was told of,
// and the length cannot be written.
func TestVectorLengthChanges(t *testing.T) {
	abi := regset.ABIOf(elf.EM_AARCH64, elf.ELFCLASS64)
	thread := arm64Thread(32)
	l := newLayout(abi, thread, false, false)
	find := func(name string) *register {
		for i := range l.registers {
			if l.registers[i].name() == name {
				return &l.registers[i]
			}
		}
		t.Fatalf("no %s", name)
		return nil
	}
	value := func(name string) []byte {
		r := find(name)
		b, err := r.bytes(nil, l.read(r.set, thread))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	z1, vg := find("z1"), find("vg")
	for _, length := range []int{32, 256, 16} {
		thread[regset.NoteARMSVE] = scalable(length)
		b := value("z1")
		if len(b) != 32 || b[0] != byte(16+length) || length == 16 && b[16] != 0 {
			t.Errorf("of vectors of %d bytes z1 is % x", length, b)
		}
		if got := binary.LittleEndian.Uint64(value("vg")); got != uint64(length/8) {
			t.Errorf("of vectors of %d bytes vg is %d", length, got)
		}
		if all := l.all(thread); all == nil {
			t.Errorf("with vectors of %d bytes there are no registers", length)
		}
		content := l.read(z1.set, thread)
		if err := z1.store(content, make([]byte, 32)); err != nil {
			t.Errorf("z1 of vectors of %d bytes: %v", length, err)
		}
		if err := vg.store(content, make([]byte, 8)); err == nil {
			t.Error("vg was written")
		}
		if err := vg.store(content, value("vg")); err != nil {
			t.Errorf("vg as it is: %v", err)
		}
	}
}
