//go:build linux && (amd64 || 386)

package regset_test

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/utrace/utrace/internal/testtracee"
	"github.com/utrace/utrace/regset"
)

// watcher is the ABI of programs of so many bits.
func watcher(t *testing.T, bits int) regset.LateWatcher {
	for _, abi := range regset.ABIs() {
		if abi.WordSize()*8 == bits && abi.View() == view(bits) {
			return abi.(regset.LateWatcher)
		}
	}
	t.Fatalf("no ABI of %d bits", bits)
	return nil
}

// RG5: each kind and length, in each slot and place around the range that the
// program writes, matches if and only if it overlaps.
func TestRG5_WatchEverything(t *testing.T) {
	eachMode(t, func(t *testing.T, p *testtracee.Tracee, v *regset.View) {
		w := watcher(t, p.Bits)
		stored := uint64(p.Bits / 8)
		tried := 0
		for _, kind := range []regset.WatchKind{regset.WatchWrite, regset.WatchAccess} {
			for n := 1; n <= 8; n *= 2 {
				for at := p.Target - 16; at < p.Target+24; at += uint64(n) {
					watch := regset.Watch{Kind: kind, Addr: at, Len: n}
					if pieces, err := w.SplitWatch(watch); err != nil || len(pieces) != 1 {
						continue // 8 bytes for a 32-bit tracer
					}
					slots := make([]regset.Watch, w.WatchSlots())
					slot := tried % len(slots)
					slots[slot] = watch
					tried++
					if err := w.SetWatches(p, slots); err != nil {
						t.Fatalf("slot %d: %v: %v", slot, watch, err)
					}
					body(t, v, p)
					want := uint(0)
					if at < p.Target+stored && p.Target < at+uint64(n) {
						want = 1 << slot
					}
					if want != 0 && os.Getenv("UTRACE_GUEST") != "" {
						p.Run() // see TestRG5_StepOntoWatchpoint
					} else {
						p.Step()
					}
					if hits, err := w.TakeWatchHits(p); hits != want || err != nil {
						t.Errorf("slot %d: %v: hits %#b, %v, want %#b", slot, watch, hits, err, want)
					}
					if hits, _ := w.TakeWatchHits(p); hits != 0 {
						t.Errorf("slot %d: %v: still hits %#b", slot, watch, hits)
					}
				}
			}
		}
		if tried < 2*(40+20+10) {
			t.Errorf("tried %d only", tried)
		}
	})
}

// RG5: an instruction that is watched for is not executed when its watch
// matches, and is when it is told to pass.
func TestRG5_WatchExecution(t *testing.T) {
	eachMode(t, func(t *testing.T, p *testtracee.Tracee, v *regset.View) {
		w := watcher(t, p.Bits)
		write(t, v, p, gprNames[p.Bits][4], testtracee.StackTop)
		for slot := range w.WatchSlots() {
			slots := make([]regset.Watch, w.WatchSlots())
			slots[slot] = regset.Watch{Kind: regset.WatchExecute, Addr: p.Second, Len: 1}
			if err := w.SetWatches(p, slots); err != nil {
				t.Fatal(err)
			}
			body(t, v, p)
			p.Run()
			if pc := read(t, v, p, pcName[p.Bits]); pc != p.Second {
				t.Fatalf("slot %d: stopped at %#x, want %#x", slot, pc, p.Second)
			}
			if hits, err := w.TakeWatchHits(p); hits != 1<<slot || err != nil {
				t.Errorf("slot %d: hits %#b, %v", slot, hits, err)
			}
			p.Run() // the kernel has set the resume flag: on to the program's trap
			if pc := read(t, v, p, pcName[p.Bits]); pc <= p.Second {
				t.Errorf("slot %d: stopped at %#x again", slot, pc)
			}
			write(t, v, p, pcName[p.Bits], p.Second)
			gpr := make([]byte, w.(regset.ABI).GeneralSize())
			if _, err := p.ReadRegset(regset.NotePRStatus, gpr); err != nil {
				t.Fatal(err)
			}
			w.PassWatch(gpr)
			if err := p.WriteRegset(regset.NotePRStatus, gpr); err != nil {
				t.Fatal(err)
			}
			p.Run()
			if hits, err := w.TakeWatchHits(p); hits != 0 || err != nil {
				t.Errorf("slot %d: told to pass, hits %#b, %v", slot, hits, err)
			}
		}
	})
}

// What does not fit a debug register is split, and what does not fit all of them
// is refused.
func TestSplitWatch(t *testing.T) {
	w := watcher(t, 64)
	for _, c := range []struct {
		addr uint64
		n    int
		want string
	}{
		{0x1001, 1, "[1001 1]"},
		{0x1001, 8, "[1001 1] [1002 2] [1004 4] [1008 1]"},
		{0x1003, 2, "[1003 1] [1004 1]"},
		{0x1004, 6, "[1004 4] [1008 2]"},
		{0x1006, 3, "[1006 2] [1008 1]"},
		{0x1000, 8, "[1000 8]"},
		{0x1004, 12, "[1004 4] [1008 8]"},
		{0x1000, 32, "[1000 8] [1008 8] [1010 8] [1018 8]"},
	} {
		if strings.Contains(c.want, " 8]") && strconv.IntSize == 32 {
			continue // a 32-bit kernel has no 8 bytes
		}
		pieces, err := w.SplitWatch(regset.Watch{Kind: regset.WatchWrite, Addr: c.addr, Len: c.n})
		got := ""
		for _, p := range pieces {
			got += fmt.Sprintf(" [%x %d]", p.Addr, p.Len)
		}
		if err != nil || got != " "+c.want {
			t.Errorf("%d bytes at %#x:%s, %v, want %s", c.n, c.addr, got, err, c.want)
		}
	}
	for _, c := range []struct {
		w    regset.Watch
		want error
	}{
		{regset.Watch{Kind: regset.WatchWrite, Addr: 0x1000, Len: 33}, regset.ErrNoWatch},
		{regset.Watch{Kind: regset.WatchAccess, Addr: 0x1001, Len: 25}, regset.ErrNoWatch},
		{regset.Watch{Kind: 7, Addr: 0x1000, Len: 1}, regset.ErrNoWatch},
		{regset.Watch{Kind: regset.WatchWrite, Addr: 0x1000}, regset.ErrValue},
		{regset.Watch{Kind: regset.WatchWrite, Addr: ^uint64(0), Len: 2}, regset.ErrValue},
		{regset.Watch{Kind: regset.WatchExecute, Addr: 0x1000, Len: 2}, regset.ErrValue},
	} {
		if pieces, err := w.SplitWatch(c.w); !errors.Is(err, c.want) {
			t.Errorf("%v: %v, %v, want %v", c.w, pieces, err, c.want)
		}
	}
}

// What the kernel refuses leaves nothing behind.
func TestRG5_WatchRefused(t *testing.T) {
	eachMode(t, func(t *testing.T, p *testtracee.Tracee, v *regset.View) {
		w := watcher(t, p.Bits)
		good := regset.Watch{Kind: regset.WatchWrite, Addr: p.Target, Len: 4}
		err := w.SetWatches(p, []regset.Watch{good, {Kind: regset.WatchWrite, Addr: p.Target + 1, Len: 4}})
		if !errors.Is(err, syscall.EINVAL) {
			t.Errorf("an unaligned range: %v, want EINVAL", err)
		}
		body(t, v, p)
		p.Step()
		if hits, err := w.TakeWatchHits(p); hits != 0 || err != nil {
			t.Errorf("hits %#b, %v after a refusal", hits, err)
		}
		if err := w.SetWatches(p, []regset.Watch{good}); err != nil {
			t.Error(err)
		}
	})
}
