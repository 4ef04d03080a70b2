package regset

import "encoding/binary"

// ppcWatchSlots are the watchpoints of POWER10; POWER8 has one, and POWER9 none
// (its kernel leaves them off). The kernel refuses what is too many.
const ppcWatchSlots = 2

// ppcGranule: a watchpoint reaches up to 512 bytes, but the emulated POWER10 of
// qemu, which this was tried on, compares the first doubleword alone.
const ppcGranule = 8

func (*ppcCalls) WatchSlots() int { return ppcWatchSlots }

// SplitWatch: there are none for execution.
func (*ppcCalls) SplitWatch(w Watch) ([]Watch, error) {
	if w.Kind != WatchWrite && w.Kind != WatchAccess {
		return nil, &Error{"watch", w.String(), ErrNoWatch}
	}
	return splitWatch(w, ppcGranule, ppcWatchSlots)
}

// SetWatches writes structs ppc_hw_breakpoint (asm/ptrace.h): version and kinds of
// accesses, a range, from here, to behind this, and no condition.
func (*ppcCalls) SetWatches(t Transport, slots []Watch) error {
	const version, read, write, inRange = 1, 2 << 32, 4 << 32, 1
	var set []byte
	for _, w := range slots {
		kind := uint64(version | write)
		if w.Kind == WatchAccess {
			kind |= read
		}
		for _, v := range []uint64{kind, inRange, w.Addr, w.Addr + uint64(w.Len), 0} {
			if w.Len != 0 {
				set = binary.LittleEndian.AppendUint64(set, v)
			}
		}
	}
	return translate(t.WriteRegset(NotePPCWatch, set))
}

// WatchHits: the processor compares doublewords, and the kernel's accesses on the
// program's behalf match as well. So it is the instruction that says what the program
// accesses; where we do not know it, it is taken for one that reaches far.
func (a *ppcCalls) WatchHits(slots []Watch, addr uint64, gpr, insn []byte) (hits uint) {
	if len(insn) < 4 {
		return memoryAccess{ppcFar, true}.matching(slots, addr)
	}
	word := binary.LittleEndian.Uint32(insn)
	op, extended, base, index := word>>26, word>>1&0x3ff, uint64(0), uint64(int16(word))
	if ra := word >> 16 & 31; ra != 0 {
		base = a.get(gpr, int(ra))
	}
	if op == 31 {
		index = a.get(gpr, int(word>>11&31))
		switch extended & 31 {
		case 23: // in the order of the opcodes without an index
			op = 32 + extended>>5
		case 21: // ldx and stdx
			op = 58 | extended>>5&4
		}
	} else if op == 58 || op == 62 {
		index &^= 3 // says which one of several it is
	}
	switch {
	case op >= 32 && ppcWidths[op-32] != 0:
		return memoryAccess{uint64(ppcWidths[op-32]), op&4 != 0}.matching(slots, base+index)
	case op >= 32, op == 1, op == 31 && ppcMemory>>(extended&31)&1 != 0:
		return memoryAccess{ppcFar, true}.matching(slots, addr)
	}
	return 0
}

// ppcFar is more than any instruction accesses but those that clear cache lines.
const ppcFar = 64

// ppcWidths are how many bytes the instructions access whose primary opcodes are 32
// and more; 0 is not known. Bit 2 of the opcode is that of stores.
var ppcWidths = [32]uint8{4, 4, 1, 1, 4, 4, 1, 1, 2, 2, 2, 2, 2, 2, 0, 0, 4, 4, 8, 8, 4, 4, 8, 8, 0, 0, 8, 0, 0, 0, 8, 0}

// ppcMemory are the last five bits that the extended opcodes of loads and stores have.
const ppcMemory = 1<<6 | 1<<7 | 1<<12 | 1<<13 | 1<<14 | 1<<20 | 1<<21 | 1<<22 | 1<<23

func (*ppcCalls) HoldsWatches(uintptr) bool { return false }

func (*ppcCalls) HoldsWatchesIn(note Note) bool { return note == NotePPCWatch }

var _ EarlyWatcher = (*ppcCalls)(nil)
