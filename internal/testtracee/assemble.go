//go:build amd64 || 386

package testtracee

import "encoding/binary"

// assembler emits the few instructions of x86 that the program consists of.
// All memory operands are absolute addresses below 2 GiB.
type assembler struct {
	code []byte
	bits int
}

func (a *assembler) emit(b ...byte) { a.code = append(a.code, b...) }

// memory emits ModRM (and in 64-bit mode a SIB byte without base, for there
// the short form is relative to the program counter) and the address.
func (a *assembler) memory(reg int, addr uint32) {
	if a.bits == 64 {
		a.emit(byte(reg&7)<<3|4, 0x25)
	} else {
		a.emit(byte(reg&7)<<3 | 5)
	}
	a.code = binary.LittleEndian.AppendUint32(a.code, addr)
}

// storeGPR is mov %reg, addr; registers in the order of the encoding.
func (a *assembler) storeGPR(reg int, addr uint32) {
	if a.bits == 64 {
		a.emit(0x48 | byte(reg>>3)<<2) // REX.W, REX.R
	}
	a.emit(0x89)
	a.memory(reg, addr)
}

// storeFX is fxsave addr.
func (a *assembler) storeFX(addr uint32) {
	a.emit(0x0f, 0xae)
	a.memory(0, addr)
}

// storeZMM is vmovups %zmm, addr.
func (a *assembler) storeZMM(reg int, addr uint32) {
	r, r1 := byte(^reg>>3&1), byte(^reg>>4&1)
	a.emit(0x62, r<<7|1<<6|1<<5|r1<<4|1, 0x7c, 0x48, 0x11)
	a.memory(reg, addr)
}

// storeYMM is vmovups %ymm, addr.
func (a *assembler) storeYMM(reg int, addr uint32) {
	a.emit(0xc5, byte(^reg>>3&1)<<7|0x7c, 0x11)
	a.memory(reg, addr)
}

// storeMask is kmovq %k, addr.
func (a *assembler) storeMask(reg int, addr uint32) {
	a.emit(0xc4, 0xe1, 0xf8, 0x91)
	a.memory(reg, addr)
}

// storeBases puts the bases of fs and gs into two words, by rdfsbase and
// rdgsbase of rax.
func (a *assembler) storeBases(fs, gs uint32) {
	a.emit(0xf3, 0x48, 0x0f, 0xae, 0xc0)
	a.storeGPR(0, fs)
	a.emit(0xf3, 0x48, 0x0f, 0xae, 0xc8)
	a.storeGPR(0, gs)
}

// storeFlags is pushf; pop of the accumulator; mov.
func (a *assembler) storeFlags(addr uint32) {
	a.emit(0x9c, 0x58)
	a.storeGPR(0, addr)
}

func (a *assembler) trap() { a.emit(0xcc) }

// spin jumps to itself.
func (a *assembler) spin() { a.emit(0xeb, 0xfe) }
