package coredump

import "github.com/utrace/utrace/regset"

// Processors choose where components of extended state lie. Debuggers take Intel's
// places for granted, unless they are new (gdb 14) and know a processor by the size
// of the area, or newer still and read NT_X86_XSAVE_LAYOUT: of a core with AMD's
// places they show no extended registers at all. So what differs is moved to
// Intel's places, and the layout says so.

// place is where a component lies (Intel 64 and IA-32 Architectures Software
// Developer's Manual, volume 1, 13.5).
type place struct{ offset, size uint32 }

var usualPlaces = map[uint32]place{
	2: {576, 256}, 3: {960, 64}, 4: {1024, 64}, // AVX, MPX
	5: {1088, 64}, 6: {1152, 512}, 7: {1664, 1024}, // AVX-512
	9: {2688, 8}, 17: {2752, 64}, 18: {2816, 8192}, // PKRU, AMX
}

// usual moves the components of an NT_X86_XSTATE to their usual places. If there is
// one that it does not know, everything stays where it is.
func usual(content []byte) ([]byte, []regset.XStateComponent) {
	components := regset.XStateComponents(content)
	moved := make([]regset.XStateComponent, len(components))
	size, same := uint32(featuresAt+64), true
	for i, c := range components {
		p, known := usualPlaces[c.Number]
		if !known || p.size != c.Size || int(c.Offset+c.Size) > len(content) {
			return content, components
		}
		same = same && p.offset == c.Offset
		size = max(size, p.offset+p.size)
		moved[i] = c
		moved[i].Offset = p.offset
	}
	if same {
		return content, components
	}
	b := make([]byte, size)
	copy(b, content[:featuresAt+64])
	for i, c := range components {
		copy(b[moved[i].Offset:], content[c.Offset:c.Offset+c.Size])
	}
	return b, moved
}
