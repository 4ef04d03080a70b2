package regset_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"

	"github.com/utrace/utrace/internal/testtracee"
	"github.com/utrace/utrace/regset"
)

// TestRG4_Vectors writes vector registers, which the kernel has for a thread that has
// used them (riscv_vr_set in arch/riscv/kernel/ptrace.c).
func TestRG4_Vectors(t *testing.T) {
	abi := regset.NativeABI()
	file := loadProgram(t, abi)
	p := testtracee.StartFile(t, file.path)
	set := abi.View().Set(regset.NoteRISCVVector)
	if _, err := set.Size(p); !errors.Is(err, regset.ErrNoSuchSet) {
		t.Errorf("the vectors of a thread that has used none: %v", err)
	}
	file.send(t, p, abi, file.symbols["use_vectors"])
	p.Run()
	size, err := set.Size(p)
	if err != nil {
		t.Fatal(err)
	}
	const vectors = 5 * 8 // behind vstart, vl, vtype, vcsr and vlenb
	content := make([]byte, size)
	if _, err := set.Get(p, 0, content); err != nil {
		t.Fatal(err)
	}
	if length := binary.LittleEndian.Uint64(content[4*8:]); uint64(size) != vectors+32*length {
		t.Fatalf("%d bytes, with vectors of %d", size, length)
	}
	content[1*8], content[3*8] = 17, 5 // vl, vcsr
	for i := range content[vectors:] {
		content[vectors+i] = byte(i * 7)
	}
	if err := set.Put(p, 0, content); err != nil {
		t.Fatal(err)
	}
	file.send(t, p, abi, file.symbols["vectors"])
	p.Run()
	for at, want := range map[int][]byte{0: content[8:32], 64: content[vectors:]} {
		seen := make([]byte, len(want))
		p.ReadMemory(file.symbols["area"]+uint64(at), seen)
		if !bytes.Equal(seen, want) {
			t.Errorf("the program stores % x at %d, where % x was written", seen, at, want)
		}
	}
}
