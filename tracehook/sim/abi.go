package sim

import (
	"debug/elf"

	"github.com/utrace/utrace/regset"
)

// machineABI is the ABI of the simulated processor: x86_64, whatever machine the
// simulation runs on.
var machineABI = regset.ABIOf(elf.EM_X86_64, elf.ELFCLASS64)

// debugOffset is where the debug registers begin in struct user, and debugWord
// how far they are apart: as the tracer sees them, which may be a 32-bit program.
var debugOffset, debugWord = func() (first, word uintptr) {
	holds := machineABI.(regset.Watcher).HoldsWatches
	for !holds(first) {
		first++
	}
	for word = 1; !holds(first + word); {
		word++
	}
	return first, word
}()
