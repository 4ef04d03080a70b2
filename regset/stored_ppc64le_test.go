package regset_test

import (
	"testing"

	"github.com/utrace/utrace/regset"
)

// TestRG4_Branches writes the registers of event-based branches. Of a thread that has
// used them the kernel shows them, and of one that has not it takes them (ebb_get and
// ebb_set in arch/powerpc/kernel/ptrace/ptrace-view.c), so it is all of them or none.
func TestRG4_Branches(t *testing.T) {
	v := newVisit(t)
	// EBBRR, EBBHR, and BESCR with no branch enabled
	content := []byte("\x10return.\x10handle.\x01\x00\x00\x00\x00\x00\x00\x00")
	if err := v.Set(regset.NotePPCEBB).Put(v, 0, content); err != nil {
		t.Fatal(err)
	}
	v.run("store")
	v.finds(352, content)
}
