package coredump_test

import (
	"debug/elf"
	"io"
	"testing"

	"github.com/utrace/utrace/coredump"
	"github.com/utrace/utrace/internal/actor"
	"github.com/utrace/utrace/regset"
)

// TestMachine reads a core back without any tool of the machine: it is of this one, in
// its byte order, and the thread's program counter is in the program. Elsewhere than
// on x86 a snapshot is refused.
func TestMachine(t *testing.T) {
	p := actor.Start(t, "barrier x")
	p.Expect("@x\n")
	path, _ := dumpTo(t, p.PID, coredump.Options{})
	core, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer core.Close()
	abi := regset.NativeABI()
	view := abi.View()
	if core.Type != elf.ET_CORE || core.Machine != view.Machine || core.Class != view.Class || (core.Data == elf.ELFDATA2MSB) != view.BigEndian {
		t.Errorf("header %+v", core.FileHeader)
	}
	var notes []byte
	for _, s := range core.Progs {
		if s.Type == elf.PT_NOTE {
			if notes, err = io.ReadAll(s.Open()); err != nil {
				t.Fatal(err)
			}
		}
	}
	// The first note is struct elf_prstatus, and its name "CORE".
	order := core.ByteOrder
	if len(notes) < 20 || order.Uint32(notes) != 5 || order.Uint32(notes[8:]) != uint32(elf.NT_PRSTATUS) {
		t.Fatalf("notes begin with % x", notes[:min(len(notes), 20)])
	}
	status := notes[20:][:order.Uint32(notes[4:])]
	pidAt, registersAt := 16+2*abi.WordSize(), 48+8*abi.WordSize()
	if abi.WordSize() == 4 {
		registersAt = 72
	}
	if pid := int(order.Uint32(status[pidAt:])); pid != p.PID {
		t.Errorf("process %d, want %d", pid, p.PID)
	}
	program, _ := actor.Command(t, "")
	text, err := elf.Open(program)
	if err != nil {
		t.Fatal(err)
	}
	defer text.Close()
	section := text.Section(".text")
	if pc := abi.PC(status[registersAt:]); pc < section.Addr || pc >= section.Addr+section.Size {
		t.Errorf("program counter %#x, the text is at %#x to %#x", pc, section.Addr, section.Addr+section.Size)
	}
	if !x86 {
		refused(t)
	}
}
