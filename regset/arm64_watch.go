package regset

import (
	"encoding/binary"
	"math/bits"
	"syscall"
)

// armWatchSlots are the debug registers of either kind, breakpoints and
// watchpoints, that are used: slot i is number i of its kind. A machine may have 2
// to 16 of each (ID_AA64DFR0_EL1); if it has less, the kernel refuses the others.
const armWatchSlots = 4

// The control word of a debug register, as ptrace has it (struct
// arch_hw_breakpoint_ctrl in asm/hw_breakpoint.h): enabled, the privilege that
// it is for, what for, and which bytes of the doubleword at the address.
const (
	armEnable  = 1
	armUser    = 2 << 1
	armLoad    = 1 << 3
	armStore   = 2 << 3
	armByte    = 5 // where the bits of the bytes begin
	armInsn    = 0xf << armByte
	armGranule = 8
	armSlot    = 16 // bytes of a slot in the set; before the first come 8
)

func (*arm64Calls) WatchSlots() int { return armWatchSlots }

// SplitWatch: one register watches any bytes within a doubleword that stand
// together.
func (*arm64Calls) SplitWatch(w Watch) ([]Watch, error) {
	switch {
	case w.Kind > WatchAccess:
		return nil, &Error{"watch", w.String(), ErrNoWatch}
	case w.Kind == WatchExecute && (w.Len != 1 || w.Addr%4 != 0):
		return nil, &Error{"watch", w.String(), ErrValue}
	}
	return splitWatch(w, armGranule, armWatchSlots)
}

// SetWatches switches all off before addresses change: the kernel checks an
// address together with the control word that is there (ptrace_hbp_set_addr).
func (*arm64Calls) SetWatches(t Transport, slots []Watch) error {
	for _, note := range []Note{NoteARMHWBreak, NoteARMHWWatch} {
		wanted, some := armWatched(note, slots)
		var buf [8 + armSlot*16]byte
		n, err := armDebug{plain{note}}.load(t, buf[:])
		if err != nil {
			return err
		}
		used := (armDebug{}).used(nil, buf[:n]) != 0
		if !used && !some {
			continue
		}
		off := buf[:min(n, len(wanted))]
		clear(off)
		if err := t.WriteRegset(note, off); err != nil {
			return err
		}
		if !some {
			continue
		}
		if err = syscall.ENOSPC; len(off) == len(wanted) {
			err = t.WriteRegset(note, wanted[:])
		}
		if err != nil {
			_ = t.WriteRegset(note, off)
			return err
		}
	}
	return nil
}

// armWatched is the content of a set with the watches of its kind.
func armWatched(note Note, slots []Watch) (content [8 + armSlot*armWatchSlots]byte, some bool) {
	for i, w := range slots {
		if w.Len == 0 || (w.Kind == WatchExecute) != (note == NoteARMHWBreak) {
			continue
		}
		some = true
		control, first := uint32(armEnable|armUser), w.Addr%armGranule
		switch w.Kind {
		case WatchExecute:
			control, first = control|armInsn, 0
		case WatchAccess:
			control |= armLoad
			fallthrough
		case WatchWrite:
			control |= armStore | (1<<w.Len-1)<<(first+armByte)
		}
		binary.LittleEndian.PutUint64(content[8+armSlot*i:], w.Addr-first)
		binary.LittleEndian.PutUint32(content[16+armSlot*i:], control)
	}
	return content, some
}

// WatchesIn is armWatched the other way round.
func (*arm64Calls) WatchesIn(note Note, content []byte) (list []Watch, err error) {
	for ; len(content) >= armSlot; content = content[armSlot:] {
		addr, control := binary.LittleEndian.Uint64(content), binary.LittleEndian.Uint32(content[8:])
		if control&armEnable == 0 {
			continue
		}
		w := Watch{WatchExecute, addr, 1}
		if note == NoteARMHWWatch {
			of := uint8(control >> armByte)
			first := bits.TrailingZeros8(of)
			w = Watch{WatchWrite, addr + uint64(first), bits.OnesCount8(of)}
			if control&armLoad != 0 {
				w.Kind = WatchAccess
			}
			if of>>first != 1<<w.Len-1 || of == 0 {
				return nil, &Error{"watch", w.String(), ErrValue}
			}
		}
		list = append(list, w)
	}
	return list, nil
}

// WatchHits: the address is the program counter, or the lowest that the instruction
// accesses. The processor may give a higher one, and the kernel takes the nearest
// watch if it has to (watchpoint_handler in arch/arm64/kernel/hw_breakpoint.c).
func (a *arm64Calls) WatchHits(slots []Watch, addr uint64, gpr, insn []byte) (hits uint) {
	pc := a.PC(gpr)
	for i, w := range slots {
		if w.Kind == WatchExecute && w.Len != 0 && w.Addr == pc && addr == pc {
			return 1 << i
		}
	}
	if access, from, known := a.access(gpr, insn); known {
		if hits = access.matching(slots, from); hits != 0 {
			return hits
		}
	}
	nearest := ^uint64(0)
	for i, w := range slots {
		if w.Len == 0 || w.Kind == WatchExecute {
			continue
		}
		distance := max(w.Addr, addr) - min(w.Addr+uint64(w.Len)-1, addr)
		switch {
		case distance < nearest:
			nearest, hits = distance, 1<<i
		case distance == nearest:
			hits |= 1 << i
		}
	}
	return hits
}

// access knows loads and stores of one register and of two; by class, see "Loads and stores" in the index of encodings of the Arm
// Architecture Reference Manual.
func (a *arm64Calls) access(gpr, insn []byte) (m memoryAccess, from uint64, known bool) {
	if len(insn) < 4 {
		return m, 0, false
	}
	word := binary.LittleEndian.Uint32(insn)
	size, vector, store := word>>30, word>>26&1 != 0, word>>22&1 == 0
	from = a.get(gpr, int(word>>5&31)) // 31 is the stack pointer, which follows x30
	switch word >> 27 & 7 {
	case 7:
		if m = (memoryAccess{1 << size, store && word>>23&1 == 0}); vector {
			m = memoryAccess{1 << (size | word>>23&1<<2), store} // up to 16 bytes
		}
		switch {
		case word>>24&1 != 0:
			from += uint64(word>>10&0xfff) * m.width
		case word>>21&1 != 0 && word>>10&3 == 0: // atomic
			m.writes = true
		case word>>21&1 != 0:
			from += armIndex(word, a.get(gpr, int(word>>16&31)), m.width)
		case word>>10&3 != 1: // not after the access
			from += uint64(int64(int32(word<<11) >> 23))
		}
	case 5:
		if m = (memoryAccess{8 << (size >> 1), store}); vector {
			m = memoryAccess{8 << size, store}
		}
		if word>>23&3 != 1 {
			from += uint64(int64(int32(word<<10)>>25)) * m.width / 2
		}
	}
	return m, from, m.width != 0
}

// armIndex is what an index register adds: as it is or the half of it, extended, and
// maybe in units of what is accessed.
func armIndex(word uint32, index, width uint64) uint64 {
	switch word >> 13 & 5 {
	case 0:
		index = uint64(uint32(index))
	case 4:
		index = uint64(int64(int32(index)))
	}
	if word>>12&1 != 0 {
		index *= width
	}
	return index
}

func (*arm64Calls) HoldsWatches(uintptr) bool { return false }

func (*arm64Calls) HoldsWatchesIn(note Note) bool {
	return note == NoteARMHWBreak || note == NoteARMHWWatch
}

var (
	_ EarlyWatcher = (*arm64Calls)(nil)
	_ WatchReader  = (*arm64Calls)(nil)
)
