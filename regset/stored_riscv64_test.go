package regset_test

import (
	"encoding/binary"
	"errors"
	"testing"

	"github.com/utrace/utrace/regset"
)

// TestRG4_Vectors writes vector registers, which the kernel has for a thread that has
// used them (riscv_vr_set in arch/riscv/kernel/ptrace.c).
func TestRG4_Vectors(t *testing.T) {
	v := newVisit(t)
	set := v.Set(regset.NoteRISCVVector)
	if _, err := set.Size(v); !errors.Is(err, regset.ErrNoSuchSet) {
		t.Errorf("the vectors of a thread that has used none: %v", err)
	}
	v.run("use_vectors")
	size, err := set.Size(v)
	if err != nil {
		t.Fatal(err)
	}
	const vectors = 5 * 8 // behind vstart, vl, vtype, vcsr and vlenb
	content := make([]byte, size)
	if _, err := set.Get(v, 0, content); err != nil {
		t.Fatal(err)
	}
	if length := binary.LittleEndian.Uint64(content[4*8:]); uint64(size) != vectors+32*length {
		t.Fatalf("%d bytes, with vectors of %d", size, length)
	}
	content[1*8], content[3*8] = 17, 5 // vl, vcsr
	for i := range content[vectors:] {
		content[vectors+i] = byte(i * 7)
	}
	if err := set.Put(v, 0, content); err != nil {
		t.Fatal(err)
	}
	v.run("vectors")
	v.finds(0, content[8:32])
	v.finds(64, content[vectors:])
}
