//go:build amd64 || 386

package regset

import "sync"

// cpuid executes the CPUID instruction.
func cpuid(leaf, subleaf uint32) (eax, ebx, ecx, edx uint32)

// xstateLayout asks the processor where it puts the components of extended
// state: leaf 0xD has a subleaf for each, with its size and offset.
var xstateLayout = sync.OnceValue(func() *[64]place {
	var layout [64]place
	if last, _, _, _ := cpuid(0, 0); last < 0xd {
		return &layout
	}
	for i := 2; i < 63; i++ {
		size, offset, flags, _ := cpuid(0xd, uint32(i))
		const supervisor = 1 // not in the areas of user space
		if flags&supervisor == 0 {
			layout[i] = place{int(offset), int(size), flags}
		}
	}
	return &layout
})
