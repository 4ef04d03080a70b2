//go:build amd64 || 386

package testtracee

import (
	"bytes"
	"debug/elf"
	"encoding/binary"

	"golang.org/x/sys/cpu"
)

// Where things are in the program's only segment.
const (
	base     = 0x10000 // not below the usual vm.mmap_min_addr
	codeAt   = base + 0x100
	resultAt = base + 0x2000
	StackTop = base + 0x3ff0
	fileSize = 0x2000
	memSize  = 0x4000
)

// Result is what the program stores about itself.
type Result struct {
	// GPR are the general registers in the order of the instruction encoding:
	// ax cx dx bx sp bp si di r8 ... r15.
	GPR            [16]uint64
	Flags          uint64
	FSBase, GSBase uint64
	_              uint64
	Masks          [8]uint64
	_              [4]uint64
	FX             [512]byte
	Vectors        [32][64]byte
}

// The offsets of Result's fields.
const (
	atFlags   = 16 * 8
	atFS      = atFlags + 8
	atGS      = atFS + 8
	atMasks   = atGS + 16
	atFX      = 256
	atVectors = atFX + 512
)

// VectorSize is how many bytes of each vector register the program stores: 64
// with AVX-512, 32 with AVX, else 0.
func VectorSize() int {
	switch {
	case cpu.X86.HasAVX512BW:
		return 64
	case cpu.X86.HasAVX:
		return 32
	}
	return 0
}

// VectorCount is the number of vector registers of a mode.
func VectorCount(bits int) int {
	switch {
	case bits == 32:
		return 8
	case VectorSize() == 64:
		return 32
	}
	return 16
}

// program is the ELF file. It begins by spinning; Body is where it stores its
// registers and traps.
func program(bits int) (file []byte, body uint64, second uint64) {
	a := assembler{bits: bits}
	a.spin()
	body = codeAt + uint64(len(a.code))
	registers := 8
	if bits == 64 {
		registers = 16
	}
	for i := range registers {
		a.storeGPR(i, resultAt+uint32(i)*8)
		if i == 0 {
			second = codeAt + uint64(len(a.code))
		}
	}
	a.storeFX(resultAt + atFX)
	for i := range VectorCount(bits) {
		switch VectorSize() {
		case 64:
			a.storeZMM(i, resultAt+atVectors+64*uint32(i))
		case 32:
			a.storeYMM(i, resultAt+atVectors+64*uint32(i))
		}
	}
	if VectorSize() == 64 && bits == 64 {
		for i := range 8 {
			a.storeMask(i, resultAt+atMasks+8*uint32(i))
		}
	}
	a.storeFlags(resultAt + atFlags)
	if bits == 64 {
		a.storeBases(resultAt+atFS, resultAt+atGS)
	}
	a.trap()
	a.spin()
	return image(bits, a.code), body, second
}

// image wraps the code into an ELF file with one segment.
func image(bits int, code []byte) []byte {
	var b bytes.Buffer
	ident := [elf.EI_NIDENT]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)}
	flags := uint32(elf.PF_R | elf.PF_W | elf.PF_X)
	if bits == 64 {
		binary.Write(&b, binary.LittleEndian, elf.Header64{Ident: ident, Type: uint16(elf.ET_EXEC), Machine: uint16(elf.EM_X86_64),
			Version: 1, Entry: codeAt, Phoff: 64, Ehsize: 64, Phentsize: 56, Phnum: 1})
		binary.Write(&b, binary.LittleEndian, elf.Prog64{Type: uint32(elf.PT_LOAD), Flags: flags, Vaddr: base, Paddr: base,
			Filesz: fileSize, Memsz: memSize, Align: 4096})
	} else {
		ident[elf.EI_CLASS] = byte(elf.ELFCLASS32)
		binary.Write(&b, binary.LittleEndian, elf.Header32{Ident: ident, Type: uint16(elf.ET_EXEC), Machine: uint16(elf.EM_386),
			Version: 1, Entry: codeAt, Phoff: 52, Ehsize: 52, Phentsize: 32, Phnum: 1})
		binary.Write(&b, binary.LittleEndian, elf.Prog32{Type: uint32(elf.PT_LOAD), Flags: flags, Vaddr: base, Paddr: base,
			Filesz: fileSize, Memsz: memSize, Align: 4096})
	}
	file := make([]byte, fileSize)
	copy(file, b.Bytes())
	copy(file[codeAt-base:], code)
	return file
}
