//go:build linux && (arm64 || ppc64le)

package regset_test

import (
	"errors"
	"os"
	"testing"

	"github.com/utrace/utrace/internal/ptrace"
	"github.com/utrace/utrace/internal/testtracee"
	"github.com/utrace/utrace/regset"
	"github.com/utrace/utrace/tracehook"
)

// RG5: each kind and length, in each slot and place around the eight bytes that an
// instruction writes, matches if and only if it overlaps. The thread is before the
// instruction then, and has executed it otherwise, or when the watches are off.
func TestRG5_WatchEarly(t *testing.T) {
	layout := loadProgram(t, regset.NativeABI())
	p := testtracee.StartFile(t, layout.path)
	w, abi := regset.NativeABI().(regset.EarlyWatcher), regset.NativeABI()
	target, first := layout.symbols["area"]+64, layout.symbols["store"]
	gpr := make([]byte, abi.GeneralSize())
	if _, err := p.ReadRegset(regset.NotePRStatus, gpr); err != nil {
		t.Fatal(err)
	}
	abi.SetSP(gpr, target)
	again := func() {
		t.Helper()
		abi.SetPC(gpr, first)
		if err := p.WriteRegset(regset.NotePRStatus, gpr); err != nil {
			t.Fatal(err)
		}
	}
	insn := make([]byte, 4)
	p.ReadMemory(first, insn)
	// step returns what matched.
	step := func(slots []regset.Watch) (hits uint, stays bool) {
		t.Helper()
		if err := w.SetWatches(p, slots); err != nil {
			t.Fatalf("%v: %v", slots, err)
		}
		again()
		p.Step()
		now := make([]byte, len(gpr))
		if _, err := p.ReadRegset(regset.NotePRStatus, now); err != nil {
			t.Fatal(err)
		}
		stays = abi.PC(now) == first
		var info tracehook.Siginfo
		if err := ptrace.GetSiginfo(p.TID, (*ptrace.Siginfo)(&info)); err != nil {
			t.Fatal(err)
		}
		const trapHwbkpt = 4
		if info.Code() != trapHwbkpt {
			return 0, stays
		}
		return w.WatchHits(slots, info.Addr(), now, insn), stays
	}
	// Not every machine has all that the kind of machine may have.
	count := 0
	for n := w.WatchSlots(); n > 0 && count == 0; n-- {
		slots := make([]regset.Watch, n)
		for i := range slots {
			slots[i] = regset.Watch{Kind: regset.WatchWrite, Addr: target, Len: 8}
		}
		switch err := w.SetWatches(p, slots); {
		case err == nil:
			count = n
		case errors.Is(err, regset.ErrAbsent):
			if os.Getenv("UTRACE_GUEST") != "" {
				t.Fatal(err) // the guests have them
			}
			t.Skip("this processor has no watchpoints: ", err)
		}
	}
	t.Logf("%d watchpoints", count)
	tried := 0
	for _, kind := range []regset.WatchKind{regset.WatchWrite, regset.WatchAccess} {
		for n := 1; n <= 8; n++ {
			for at := target - 8; at < target+16; at++ {
				watch := regset.Watch{Kind: kind, Addr: at, Len: n}
				if pieces, err := w.SplitWatch(watch); err != nil || len(pieces) != 1 {
					continue
				}
				slots := make([]regset.Watch, count)
				slot := tried % count
				slots[slot] = watch
				tried++
				want := uint(0)
				if at < target+8 && target < at+uint64(n) {
					want = 1 << slot
				}
				hits, stays := step(slots)
				if hits != want || want != 0 && !stays {
					t.Errorf("slot %d: %v of %#x: hits %#b, before the instruction: %v, want %#b", slot, watch, target, hits, stays, want)
				}
			}
		}
	}
	if tried < 2*3*(8+7+6+5+4+3+2+1) {
		t.Errorf("tried %d only", tried)
	}
	if hits, stays := step(nil); hits != 0 || stays {
		t.Errorf("without watches: hits %#b, before the instruction: %v", hits, stays)
	}
}
