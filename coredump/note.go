package coredump

import (
	"debug/elf"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/regset"
)

// Types of notes that are no register sets (elf.h).
const (
	notePRPSInfo = 3
	noteAuxv     = 6
	noteFile     = 0x46494c45
	noteSiginfo  = 0x53494749
	// noteXSaveLayout is NT_X86_XSAVE_LAYOUT, which kernels write since 6.12.
	noteXSaveLayout = 0x205
)

// order is that of all that a core says: it is of a program of this machine.
var order = binary.NativeEndian

// appendNote adds a note: three words, the name, the content, each padded to
// four bytes.
func appendNote(b []byte, name string, typ uint32, content []byte) []byte {
	b = order.AppendUint32(b, uint32(len(name)+1))
	b = order.AppendUint32(b, uint32(len(content)))
	b = order.AppendUint32(b, typ)
	b = pad(append(append(b, name...), 0))
	return pad(append(b, content...))
}

func pad(b []byte) []byte {
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

// structure writes the C structures of notes, whose longs have the size of the
// program's words.
type structure struct {
	b    []byte
	word int
}

func (s *structure) align(n int) {
	for len(s.b)%n != 0 {
		s.b = append(s.b, 0)
	}
}

func (s *structure) long(v uint64) {
	s.align(s.word)
	s.b = appendWord(s.b, v, s.word)
}

func (s *structure) int(v int) {
	s.align(4)
	s.b = order.AppendUint32(s.b, uint32(v))
}

func (s *structure) short(v int) { s.b = order.AppendUint16(s.b, uint16(v)) }

// text is an array of n characters that ends with a zero.
func (s *structure) text(v string, n int) {
	b := make([]byte, n)
	copy(b[:n-1], v)
	s.b = append(s.b, b...)
}

func appendWord(b []byte, v uint64, word int) []byte {
	if word == 4 {
		return order.AppendUint32(b, uint32(v))
	}
	return order.AppendUint64(b, v)
}

// thread is what a thread's notes are made of.
type thread struct {
	id   int
	abi  regset.ABI
	sets []set // the general registers first
	// extended is where the components of its extended state are.
	extended []regset.XStateComponent
	// usable: it could be given other registers for a while; see caller.
	usable bool
}

type set struct {
	note    regset.Note
	content []byte
}

// alwaysWritten are the sets whose content does not matter to the kernel
// (fill_thread_core_info in fs/binfmt_elf.c): extended state of x86, those of arm64,
// the performance monitor of powerpc.
func alwaysWritten(n regset.Note) bool {
	return n == regset.NoteXState || n == regset.NotePPCPMU || n>>8 == 4
}

// armDebugSize is the size of struct user_hwdebug_state, of which we are given as
// much as the machine has registers.
const armDebugSize = 8 + 16*16

// readThread reads all register sets that belong into a core. The thread is
// stopped.
func readThread(id int, abi regset.ABI, from regset.Transport) (*thread, error) {
	t := &thread{id: id, abi: abi}
	for i, s := range abi.View().Sets {
		if !s.InCore() {
			continue
		}
		// Some sets the kernel always writes, used or not.
		if n, err := s.Active(from); i > 0 && (err != nil || n == 0 && !alwaysWritten(s.Note)) {
			continue // this machine or this thread has none
		}
		size, err := s.Size(from)
		content := make([]byte, size)
		if err == nil {
			size, err = s.Get(from, 0, content)
		}
		if err != nil && i == 0 {
			return nil, fmt.Errorf("registers of thread %d: %w", id, err)
		} else if err != nil {
			continue
		}
		content = content[:size]
		switch s.Note {
		case regset.NoteXState:
			content, t.extended = usual(content)
		case regset.NoteARMSVE, regset.NoteARMSSVE, regset.NoteARMZA:
			// The kernel's own form is shorter than that of the view, and begins with
			// its size.
			if size, err = from.ReadRegset(s.Note, content); err != nil || size < 4 {
				continue
			}
			content = content[:min(uint32(size), order.Uint32(content))]
		case regset.NoteARMHWBreak, regset.NoteARMHWWatch:
			content = append(content, make([]byte, max(0, armDebugSize-len(content)))...)
		}
		t.sets = append(t.sets, set{s.Note, content})
	}
	return t, nil
}

// status is NT_PRSTATUS: struct elf_prstatus of linux/elfcore.h. The times that
// the thread has used are left 0.
func (t *thread) status(signal int) []byte {
	stat, _ := procfs.ReadStat(t.id)
	status, _ := procfs.ReadStatus(t.id)
	s := &structure{word: t.abi.WordSize()}
	s.int(signal)
	s.int(0)
	s.int(0)
	s.short(signal)
	s.long(status.Pending)
	s.long(status.Blocked)
	for _, id := range []int{t.id, stat.Parent, stat.Group, stat.Session} {
		s.int(id)
	}
	for range 8 { // four times, of seconds and microseconds
		s.long(0)
	}
	s.b = append(s.b, t.sets[0].content...)
	valid := 0
	if slices.ContainsFunc(t.sets, func(x set) bool { return x.note == regset.NotePRFPReg }) {
		valid = 1
	}
	s.int(valid)
	s.align(s.word)
	return s.b
}

// registers adds the notes of the other register sets.
func (t *thread) registers(b []byte) []byte {
	for _, x := range t.sets[1:] {
		name := "LINUX"
		if x.note == regset.NotePRFPReg {
			name = "CORE"
		}
		b = appendNote(b, name, uint32(x.note), x.content)
	}
	return b
}

// processInfo is NT_PRPSINFO: struct elf_prpsinfo of linux/elfcore.h.
func processInfo(pid, living int, abi regset.ABI) []byte {
	stat, _ := procfs.ReadStat(pid)
	status, _ := procfs.ReadStatus(pid)
	args, _ := procfs.Cmdline(living)
	s := &structure{word: abi.WordSize()}
	// State, its letter, zombie, nice. It ran, whatever we did to it.
	s.b = append(s.b, 0, 'R', 0, 0)
	s.long(stat.Flags)
	if abi.WordSize() == 4 {
		s.short(status.UIDs[0])
		s.short(status.GIDs[0])
	} else {
		s.int(status.UIDs[0])
		s.int(status.GIDs[0])
	}
	for _, id := range []int{pid, stat.Parent, stat.Group, stat.Session} {
		s.int(id)
	}
	s.text(stat.Name, 16)
	s.text(strings.Join(args, " ")+" ", 80) // a space for each zero (fill_psinfo)
	s.align(4)
	return s.b
}

// files is NT_FILE: which files are mapped where.
func files(mappings []procfs.Mapping, word int) []byte {
	var b, names []byte
	n := 0
	for i := range mappings {
		m := &mappings[i]
		if m.Inode == 0 {
			continue
		}
		n++
		b = appendWord(appendWord(appendWord(b, m.Start, word), m.End, word), m.Offset/wholePage, word)
		names = append(append(names, m.Path...), 0)
	}
	head := appendWord(appendWord(nil, uint64(n), word), wholePage, word)
	return slices.Concat(head, b, names)
}

// notes makes all notes, in the order of the kernel (write_note_info in
// fs/binfmt_elf.c).
func notes(pid, living int, threads []*thread, mappings []procfs.Mapping, info *utrace.Siginfo) []byte {
	signal := 0
	if info != nil {
		signal = info.Signo()
	}
	first := threads[0]
	word := first.abi.WordSize()
	b := appendNote(nil, "CORE", uint32(elf.NT_PRSTATUS), first.status(signal))
	b = appendNote(b, "CORE", notePRPSInfo, processInfo(pid, living, first.abi))
	if info != nil {
		form := *info
		if word == 4 {
			form = info.Narrow()
		}
		b = appendNote(b, "CORE", noteSiginfo, form[:])
	}
	if aux, err := procfs.Auxv(living, word); err == nil {
		var v []byte
		for _, a := range append(aux, procfs.Aux{}) {
			v = appendWord(appendWord(v, a.Type, word), a.Value, word)
		}
		b = appendNote(b, "CORE", noteAuxv, v)
	}
	b = appendNote(b, "CORE", noteFile, files(mappings, word))
	b = first.registers(b)
	for _, t := range threads[1:] {
		b = appendNote(b, "CORE", uint32(elf.NT_PRSTATUS), t.status(signal))
		b = t.registers(b)
	}
	if layout := first.layout(); layout != nil {
		b = appendNote(b, "LINUX", noteXSaveLayout, layout)
	}
	return b
}

// layout is where in the extended state things are, if the thread has one: an array
// of struct x86_xfeat_component (asm/elf.h).
func (t *thread) layout() (b []byte) {
	for _, c := range t.extended {
		for _, v := range []uint32{c.Number, c.Size, c.Offset, c.Flags} {
			b = order.AppendUint32(b, v)
		}
	}
	return b
}
