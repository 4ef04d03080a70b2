package regset

import "encoding/binary"

// Atomic is an [ABI] of a machine where an operation is atomic by several
// instructions: a load that reserves the memory, and a store that fails if the
// thread has been interrupted since. A thread that is stepped through them never gets
// out; it has to execute all of them at once.
type Atomic interface {
	// AtomicEnds are the addresses where a thread comes out of such a sequence that
	// begins at pc: behind the store, and where branches in it lead to. code is what
	// there is from pc on, of which [AtomicBytes] suffice. None: no sequence begins
	// there, or one that is longer, or that nobody can tell the ends of.
	AtomicEnds(code []byte, pc uint64) (ends []uint64)
}

// AtomicBytes is the length of the longest sequence that is recognised.
const AtomicBytes = 64

// atomicPart is what an instruction is to a sequence.
type atomicPart uint8

const (
	atomicInside atomicPart = iota // it may be anywhere
	atomicLoad
	atomicStore
	atomicBranch
	atomicLeaves // for somewhere that the code does not tell
)

// atomicEnds is AtomicEnds of machines with instructions of four bytes in little
// endian order. decode says where a branch leads to, relative to itself.
func atomicEnds(code []byte, pc uint64, decode func(insn uint32) (part atomicPart, offset int64)) (ends []uint64) {
	for at := 0; at+4 <= len(code); at += 4 {
		part, offset := decode(binary.LittleEndian.Uint32(code[at:]))
		if (part == atomicLoad) != (at == 0) {
			return nil
		}
		switch part {
		case atomicBranch:
			ends = append(ends, pc+uint64(at)+uint64(offset))
		case atomicStore:
			return outside(append(ends, pc+uint64(at)+4), pc, pc+uint64(at))
		case atomicLeaves:
			return nil
		}
	}
	return nil
}

// outside leaves out what is between two addresses.
func outside(addrs []uint64, first, last uint64) (out []uint64) {
	for _, addr := range addrs {
		if addr < first || addr > last {
			out = append(out, addr)
		}
	}
	return out
}

// signed is a field of an instruction that counts words, as bytes.
func signed(insn uint32, low, bits int) int64 {
	return int64(int32(insn<<(32-low-bits))>>(32-bits)) * 4
}

// AtomicEnds knows lwarx and stwcx., and their relatives of other widths.
func (*ppcCalls) AtomicEnds(code []byte, pc uint64) []uint64 {
	return atomicEnds(code, pc, func(insn uint32) (atomicPart, int64) {
		const absoluteOrLink, bcctr, bclr, sc = 3, 528, 16, 17
		extended := insn >> 1 & 0x3ff
		switch op := insn >> 26; {
		case op == 31:
			switch extended {
			case 20, 84, 52, 116, 276: // lwarx, ldarx, lbarx, lharx, lqarx
				return atomicLoad, 0
			case 150, 214, 694, 726, 182: // stwcx., stdcx., stbcx., sthcx., stqcx.
				return atomicStore, 0
			}
		case op == 16 && insn&absoluteOrLink == 0:
			return atomicBranch, signed(insn, 2, 14)
		case op == 18 && insn&absoluteOrLink == 0:
			return atomicBranch, signed(insn, 2, 24)
		case op == 16 || op == sc || op == 18, op == 19 && (extended == bclr || extended == bcctr):
			return atomicLeaves, 0
		}
		return atomicInside, 0
	})
}

// AtomicEnds knows the exclusive loads and stores, of which processors without LSE
// make their atomic operations.
func (*arm64Calls) AtomicEnds(code []byte, pc uint64) []uint64 {
	return atomicEnds(code, pc, func(insn uint32) (atomicPart, int64) {
		switch {
		case insn&0x3fe00000 == 0x08400000, insn&0xbfe00000 == 0x88600000: // ldxr, ldxp
			return atomicLoad, 0
		case insn&0x3fe00000 == 0x08000000, insn&0xbfe00000 == 0x88200000: // stxr, stxp
			return atomicStore, 0
		case insn&0xff000000 == 0x54000000, insn&0x7e000000 == 0x34000000: // b.cond, cbz, cbnz
			return atomicBranch, signed(insn, 5, 19)
		case insn&0x7e000000 == 0x36000000: // tbz, tbnz
			return atomicBranch, signed(insn, 5, 14)
		case insn&0xfc000000 == 0x14000000: // b
			return atomicBranch, signed(insn, 0, 26)
		case insn&0x7c000000 == 0x14000000, insn>>25 == 0x6b, insn>>24 == 0xd4: // bl, br, svc
			return atomicLeaves, 0
		}
		return atomicInside, 0
	})
}

var (
	_ Atomic = (*ppcCalls)(nil)
	_ Atomic = (*arm64Calls)(nil)
)
