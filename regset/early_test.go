package regset_test

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"slices"
	"syscall"
	"testing"

	"github.com/utrace/utrace/regset"
)

// early is the ABI of a machine whose threads stop before what matches.
func early() regset.EarlyWatcher {
	return regset.ABIOf(elf.EM_AARCH64, elf.ELFCLASS64).(regset.EarlyWatcher)
}

func TestEarly_SplitWatch(t *testing.T) {
	const write, execute = regset.WatchWrite, regset.WatchExecute
	for _, c := range []struct {
		w    regset.Watch
		want []regset.Watch
		err  error
	}{
		{regset.Watch{Kind: write, Addr: 0x1003, Len: 3}, []regset.Watch{{Kind: write, Addr: 0x1003, Len: 3}}, nil},
		{regset.Watch{Kind: write, Addr: 0x1006, Len: 4}, []regset.Watch{{Kind: write, Addr: 0x1006, Len: 2}, {Kind: write, Addr: 0x1008, Len: 2}}, nil},
		{regset.Watch{Kind: execute, Addr: 0x1004, Len: 1}, []regset.Watch{{Kind: execute, Addr: 0x1004, Len: 1}}, nil},
		{regset.Watch{Kind: execute, Addr: 0x1002, Len: 1}, nil, regset.ErrValue},
		{regset.Watch{Kind: write, Addr: 0x1000}, nil, regset.ErrValue},
		{regset.Watch{Kind: write, Addr: ^uint64(0), Len: 2}, nil, regset.ErrValue},
		{regset.Watch{Kind: write, Addr: 0x1001, Len: 32}, nil, regset.ErrNoWatch},
		{regset.Watch{Kind: 9, Addr: 0x1000, Len: 8}, nil, regset.ErrNoWatch},
	} {
		if got, err := early().SplitWatch(c.w); !slices.Equal(got, c.want) || !errors.Is(err, c.err) {
			t.Errorf("%v: %v, %v, want %v, %v", c.w, got, err, c.want, c.err)
		}
	}
}

// A trap has one address, and the nearest watch is the one that it is about.
func TestEarly_WatchHits(t *testing.T) {
	const pc = 0x4000
	slots := []regset.Watch{
		{Kind: regset.WatchWrite, Addr: 0x1000, Len: 4}, {Kind: regset.WatchAccess, Addr: 0x1002, Len: 2},
		{Kind: regset.WatchExecute, Addr: pc, Len: 1}, {},
	}
	for addr, want := range map[uint64]uint{0x1000: 1, 0x1003: 3, 0xff8: 1, 0x1010: 3, pc: 4} {
		if got := early().WatchHits(slots, addr, pc); got != want {
			t.Errorf("address %#x: slots %b, want %b", addr, got, want)
		}
	}
	if got := early().WatchHits(slots[2:], 0x1000, pc); got != 0 {
		t.Errorf("no watch for accesses: slots %b", got)
	}
}

// armKernel has the two sets of debug registers, and takes no more of them than it
// has.
type armKernel map[regset.Note][]byte

func (k armKernel) ReadRegset(note regset.Note, p []byte) (int, error) {
	return copy(p, k[note]), nil
}

func (k armKernel) WriteRegset(note regset.Note, p []byte) error {
	if len(p) > 8+16*int(k[note][0]) {
		return syscall.ENOSPC
	}
	copy(k[note][8:], p[8:])
	return nil
}

func (armKernel) PeekUser(uintptr) (uint64, error) { return 0, syscall.EIO }
func (armKernel) PokeUser(uintptr, uint64) error   { return syscall.EIO }

func TestEarly_SetWatches(t *testing.T) {
	k := armKernel{}
	for note, slots := range map[regset.Note]byte{regset.NoteARMHWBreak: 6, regset.NoteARMHWWatch: 4} {
		k[note] = make([]byte, 8+16*16)
		k[note][0] = slots
	}
	slot := func(note regset.Note, i int) (addr uint64, control uint32) {
		return binary.LittleEndian.Uint64(k[note][8+16*i:]), binary.LittleEndian.Uint32(k[note][16+16*i:])
	}
	set := func(want error, slots ...regset.Watch) {
		t.Helper()
		if err := early().SetWatches(k, slots); !errors.Is(err, want) {
			t.Fatalf("%v: %v, want %v", slots, err, want)
		}
	}
	set(nil, regset.Watch{Kind: regset.WatchExecute, Addr: 0x4004, Len: 1}, regset.Watch{Kind: regset.WatchWrite, Addr: 0x1006, Len: 2})
	if addr, control := slot(regset.NoteARMHWBreak, 0); addr != 0x4004 || control != 1|2<<1|0xf<<5 {
		t.Errorf("breakpoint %#x, control %#x", addr, control)
	}
	if addr, control := slot(regset.NoteARMHWWatch, 1); addr != 0x1000 || control != 1|2<<1|2<<3|0xc0<<5 {
		t.Errorf("watchpoint %#x, control %#x", addr, control)
	}
	k[regset.NoteARMHWWatch][0] = 2
	four := slices.Repeat([]regset.Watch{{Kind: regset.WatchAccess, Addr: 0x1000, Len: 8}}, 4)
	set(syscall.ENOSPC, four...)
	for note, content := range k {
		if note == regset.NoteARMHWWatch && bytes.ContainsFunc(content[8:8+16*2], func(r rune) bool { return r != 0 }) {
			t.Errorf("after a refusal the registers have % x", content[8:])
		}
	}
	set(nil)
	for note := range k {
		if _, control := slot(note, 0); control != 0 {
			t.Errorf("set %#x is not off: %#x", uint32(note), control)
		}
	}
}
