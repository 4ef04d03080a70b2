package probe

import (
	"debug/elf"
	"fmt"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/breakpoint/displace"
	"github.com/utrace/utrace/symbol"
)

// furthest bounds how far into a function instructions are looked at.
const furthest = 1 << 20

// whole checks that an offset in a function leads to the beginning of an
// instruction: a breakpoint inside of one would make another instruction of it.
// Who names an address of memory is believed to know.
func whole(spec symbol.Spec, place symbol.Place) error {
	if spec.Offset == 0 || spec.Offset > furthest || place.Module == nil || place.Addr != place.Symbol.Addr+spec.Offset {
		return nil
	}
	file := place.Module.File
	mode := displace.X86_64
	switch file.Machine() {
	case elf.EM_X86_64:
	case elf.EM_386:
		mode = displace.I386
	case elf.EM_AARCH64, elf.EM_PPC64:
		return wholeWord(spec, place)
	default:
		return nil
	}
	code := make([]byte, spec.Offset+displace.MaxLen)
	if file.ReadAt(place.Symbol.Addr-place.Module.Bias, code) != nil {
		return nil // at the end of the code, or the file has none
	}
	for at := uint64(0); at < spec.Offset; {
		insn, err := displace.Decode(code[at:], mode)
		if err != nil {
			return nil // data among the code, or news
		}
		if at+uint64(insn.Len) > spec.Offset {
			return fmt.Errorf("it is inside the instruction of %d bytes at %s+%#x; if that is meant, say *%#x: %w",
				insn.Len, spec.Function, at, place.Addr, utrace.ErrInvalid)
		}
		at += uint64(insn.Len)
	}
	return nil
}

// wholeWord is whole where all instructions have one size.
func wholeWord(spec symbol.Spec, place symbol.Place) error {
	const size = 4
	if inside := spec.Offset % size; inside != 0 {
		return fmt.Errorf("it is inside the instruction of %d bytes at %s+%#x; if that is meant, say *%#x: %w",
			size, spec.Function, spec.Offset-inside, place.Addr, utrace.ErrInvalid)
	}
	return nil
}
