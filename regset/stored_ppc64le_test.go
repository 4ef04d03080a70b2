package regset_test

import (
	"bytes"
	"testing"

	"github.com/utrace/utrace/internal/testtracee"
	"github.com/utrace/utrace/regset"
)

// TestRG4_Branches writes the registers of event-based branches. Of a thread that has
// used them the kernel shows them, and of one that has not it takes them (ebb_get and
// ebb_set in arch/powerpc/kernel/ptrace/ptrace-view.c), so it is all of them or none.
func TestRG4_Branches(t *testing.T) {
	abi := regset.NativeABI()
	file := loadProgram(t, abi)
	p := testtracee.StartFile(t, file.path)
	set := regset.Native().Set(regset.NotePPCEBB)
	// EBBRR, EBBHR, and BESCR with no branch enabled
	content := []byte("\x10return.\x10handle.\x01\x00\x00\x00\x00\x00\x00\x00")
	if err := set.Put(p, 0, content); err != nil {
		t.Fatal(err)
	}
	file.send(t, p, abi, file.symbols["store"])
	p.Run()
	seen := make([]byte, 24)
	p.ReadMemory(file.symbols["area"]+352, seen)
	if !bytes.Equal(seen, content) {
		t.Errorf("the program finds %q, where %q was written", seen, content)
	}
}
