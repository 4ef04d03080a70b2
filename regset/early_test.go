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

// armAt are general registers with this program counter.
func armAt(pc uint64) []byte {
	gpr := make([]byte, 34*8)
	early().(regset.ABI).SetPC(gpr, pc)
	return gpr
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
		if got := early().WatchHits(slots, addr, armAt(pc), nil); got != want {
			t.Errorf("address %#x: slots %b, want %b", addr, got, want)
		}
	}
	if got := early().WatchHits(slots[2:], 0x1000, armAt(pc), nil); got != 0 {
		t.Errorf("no watch for accesses: slots %b", got)
	}
	// The instruction tells how far it reaches, and whether it is a load.
	gpr := armAt(pc)
	binary.LittleEndian.PutUint64(gpr[8:], 0xffc)
	binary.LittleEndian.PutUint64(gpr[16:], 6)
	const nearest = 1
	for insn, want := range map[uint32]uint{
		0xb9000420: 3,       // str w0, [x1, #4]
		0x39001020: 1,       // strb w0, [x1, #4]
		0x39001820: 3,       // strb w0, [x1, #6]
		0xf9000020: 3,       // str x0, [x1]
		0xf8006020: 3,       // stur x0, [x1, #6]
		0xf8002020: 3,       // stur x0, [x1, #2]
		0xf9400020: 2,       // ldr x0, [x1]
		0xf9400420: nearest, // ldr x0, [x1, #8]
		0x39401820: 2,       // ldrb w0, [x1, #6]
		0x3d800020: 3,       // str q0, [x1]
		0xa9000820: 3,       // stp x0, x2, [x1]
		0xa9bf0820: nearest, // stp x0, x2, [x1, #-16]!
		0xa8810820: 3,       // stp x0, x2, [x1], #16
		0x6d000820: 3,       // stp d0, d2, [x1]
		0xa9400820: 2,       // ldp x0, x2, [x1]
		0xf8600020: 3,       // ldadd x0, x0, [x1]
		0x38226820: 3,       // strb w0, [x1, x2]
		0x3822c820: 3,       // strb w0, [x1, w2, sxtw]
		0x78627820: nearest, // ldrh w0, [x1, x2, lsl #1]
	} {
		if got := early().WatchHits(slots, 0x1000, gpr, binary.LittleEndian.AppendUint32(nil, insn)); got != want {
			t.Errorf("instruction %#x: slots %b, want %b", insn, got, want)
		}
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

// power is the ABI of a machine that compares doublewords, and says where the access
// has begun.
var power = regset.ABIOf(elf.EM_PPC64, elf.ELFCLASS64).(regset.EarlyWatcher)

func TestPower_SplitWatch(t *testing.T) {
	const write, access = regset.WatchWrite, regset.WatchAccess
	for _, c := range []struct {
		w    regset.Watch
		want []regset.Watch
		err  error
	}{
		{regset.Watch{Kind: write, Addr: 0x1003, Len: 3}, []regset.Watch{{Kind: write, Addr: 0x1003, Len: 3}}, nil},
		{regset.Watch{Kind: access, Addr: 0x1004, Len: 8}, []regset.Watch{{Kind: access, Addr: 0x1004, Len: 4}, {Kind: access, Addr: 0x1008, Len: 4}}, nil},
		{regset.Watch{Kind: regset.WatchExecute, Addr: 0x1000, Len: 1}, nil, regset.ErrNoWatch},
		{regset.Watch{Kind: access, Addr: 0x1000, Len: 17}, nil, regset.ErrNoWatch},
		{regset.Watch{Kind: write, Addr: 0x1000}, nil, regset.ErrValue},
	} {
		if got, err := power.SplitWatch(c.w); !slices.Equal(got, c.want) || !errors.Is(err, c.err) {
			t.Errorf("%v: %v, %v, want %v, %v", c.w, got, err, c.want, c.err)
		}
	}
}

// An access of the same doubleword that does not reach what is watched is no hit, and
// neither is one that the kernel makes.
func TestPower_WatchHits(t *testing.T) {
	slots := []regset.Watch{{Kind: regset.WatchWrite, Addr: 0x1002, Len: 2}, {Kind: regset.WatchAccess, Addr: 0x1004, Len: 4}}
	gpr := make([]byte, 48*8)
	binary.LittleEndian.PutUint64(gpr[8*3:], 0x1000)
	binary.LittleEndian.PutUint64(gpr[8*4:], 6)
	const far = 0x0ffb // what the processor gives may be below
	for _, c := range []struct {
		insn uint32
		want uint
	}{
		{38<<26 | 3<<16, 0},                      // stb r0, 0(r3)
		{38<<26 | 3<<16 | 2, 1},                  // stb r0, 2(r3)
		{36<<26 | 3<<16, 1},                      // stw
		{62<<26 | 3<<16, 3},                      // std
		{62<<26 | 3<<16 | 0xfff8, 0},             // std r0, -8(r3)
		{62<<26 | 3<<16 | 0xfff8 | 1, 0},         // stdu
		{44<<26 | 3<<16 | 1, 1},                  // sth, unaligned
		{32<<26 | 3<<16, 0},                      // lwz
		{32<<26 | 3<<16 | 3, 2},                  // lwz, unaligned
		{31<<26 | 3<<16 | 4<<11 | 215<<1, 2},     // stbx r0, r3, r4
		{31<<26 | 3<<16 | 4<<11 | 149<<1, 2},     // stdx
		{31<<26 | 3<<16 | 4<<11 | 21<<1, 2},      // ldx
		{31<<26 | 4<<11 | 149<<1, 0},             // stdx r0, 0, r4
		{31<<26 | 3<<16 | 231<<1, 3},             // stvx, which is not known
		{61<<26 | 3<<16 | 5, 3},                  // stxv, which is not known
		{31<<26 | 19<<1, 0}, {19<<26 | 16<<1, 0}, // mfcr and blr, behind a system call
	} {
		if got := power.WatchHits(slots, far, gpr, binary.LittleEndian.AppendUint32(nil, c.insn)); got != c.want {
			t.Errorf("instruction %#x: slots %b, want %b", c.insn, got, c.want)
		}
	}
	if got := power.WatchHits(slots, far, gpr, nil); got != 3 {
		t.Errorf("an instruction that cannot be read: slots %b", got)
	}
}

// powerKernel keeps what it was told to watch for, and has not got more than some.
type powerKernel struct {
	armKernel
	watches int
	set     []byte
}

func (k *powerKernel) WriteRegset(note regset.Note, p []byte) error {
	if note != regset.NotePPCWatch {
		return syscall.EINVAL
	}
	if k.set = nil; len(p) > 40*k.watches {
		return syscall.ENODEV
	}
	k.set = slices.Clone(p)
	return nil
}

func TestPower_SetWatches(t *testing.T) {
	k := &powerKernel{watches: 2}
	slots := []regset.Watch{{}, {Kind: regset.WatchWrite, Addr: 0x1002, Len: 2}}
	if err := power.SetWatches(k, slots); err != nil || len(k.set) != 40 {
		t.Fatalf("%v, set % x", err, k.set)
	}
	// struct ppc_hw_breakpoint: version, trigger, mode of addresses and of
	// conditions, two addresses, the condition.
	want := []byte{1, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0x10, 0, 0, 0, 0, 0, 0, 4, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	if !bytes.Equal(k.set, want) {
		t.Errorf("set % x, want % x", k.set, want)
	}
	if err := power.SetWatches(k, nil); err != nil || len(k.set) != 0 {
		t.Errorf("off: %v, set % x", err, k.set)
	}
	if err := power.SetWatches(&powerKernel{}, slots); !errors.Is(err, regset.ErrAbsent) {
		t.Errorf("on a machine without: %v", err)
	}
}
