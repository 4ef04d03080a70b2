package regset

import "encoding/binary"

// ppcWatchSlots are the watchpoints of POWER10; POWER8 has one, and POWER9 none
// (its kernel leaves them off). The kernel refuses what is too many.
const ppcWatchSlots = 2

// ppcGranule: a watchpoint reaches up to 512 bytes, but the emulated POWER10 of
// qemu, which this was tried on, compares the first doubleword alone.
const ppcGranule = 8

// What struct ppc_hw_breakpoint has (asm/ptrace.h).
const (
	ppcVersion = 1
	ppcRead    = 2
	ppcWrite   = 4
	ppcRange   = 1 // in spite of its name without the last address
)

func (*ppcCalls) WatchSlots() int { return ppcWatchSlots }

// SplitWatch: there are none for execution.
func (*ppcCalls) SplitWatch(w Watch) ([]Watch, error) {
	if w.Kind != WatchWrite && w.Kind != WatchAccess {
		return nil, &Error{"watch", w.String(), ErrNoWatch}
	}
	return splitWatch(w, ppcGranule, ppcWatchSlots)
}

func (a *ppcCalls) SetWatches(t Transport, slots []Watch) error {
	var set []byte
	for _, w := range slots {
		if w.Len == 0 {
			continue
		}
		trigger := uint32(ppcWrite)
		if w.Kind == WatchAccess {
			trigger |= ppcRead
		}
		for _, v := range []uint32{ppcVersion, trigger, ppcRange, 0} {
			set = binary.LittleEndian.AppendUint32(set, v)
		}
		for _, v := range []uint64{w.Addr, w.Addr + uint64(w.Len), 0} {
			set = binary.LittleEndian.AppendUint64(set, v)
		}
	}
	return translate(t.WriteRegset(NotePPCWatch, set))
}

// WatchHits: the processor compares doublewords, and gives the first address of the
// access that is in one of them.
func (*ppcCalls) WatchHits(slots []Watch, addr, _ uint64, insn []byte) (hits uint) {
	n := ppcWidth(insn)
	for i, w := range slots {
		if w.Len != 0 && addr < w.Addr+uint64(w.Len) && w.Addr < addr+n {
			hits |= 1 << i
		}
	}
	return hits
}

// ppcWidths are how many bytes instructions access, by their primary opcodes from
// 32 on, and by the extended opcodes of 31; 0 is not known.
var (
	ppcWidths  = [32]uint8{4, 4, 1, 1, 4, 4, 1, 1, 2, 2, 2, 2, 2, 2, 0, 0, 4, 4, 8, 8, 4, 4, 8, 8, 0, 0, 8, 0, 0, 0, 8, 0}
	ppcIndexed = map[uint32]uint8{
		52: 1, 87: 1, 119: 1, 215: 1, 247: 1, 694: 1,
		116: 2, 279: 2, 311: 2, 343: 2, 375: 2, 407: 2, 439: 2, 726: 2, 790: 2, 918: 2,
		20: 4, 23: 4, 55: 4, 150: 4, 151: 4, 183: 4, 341: 4, 373: 4, 534: 4, 535: 4, 567: 4, 662: 4, 663: 4, 695: 4,
		21: 8, 53: 8, 84: 8, 149: 8, 181: 8, 214: 8, 532: 8, 599: 8, 631: 8, 660: 8, 727: 8, 759: 8,
	}
)

// ppcWidth takes instructions that it does not know for such as reach far.
func ppcWidth(insn []byte) uint64 {
	width := uint8(0)
	if len(insn) >= 4 {
		word := binary.LittleEndian.Uint32(insn)
		if op := word >> 26; op >= 32 {
			width = ppcWidths[op-32]
		} else if op == 31 {
			width = ppcIndexed[word>>1&0x3ff]
		}
	}
	if width == 0 {
		return 64
	}
	return uint64(width)
}

func (*ppcCalls) HoldsWatches(uintptr) bool { return false }

func (*ppcCalls) HoldsWatchesIn(note Note) bool { return note == NotePPCWatch }

var _ EarlyWatcher = (*ppcCalls)(nil)
