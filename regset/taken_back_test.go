//go:build linux && (ppc64le || s390x)

package regset_test

import (
	"encoding/binary"
	"runtime"
	"testing"

	"github.com/utrace/utrace/internal/testtracee"
	"github.com/utrace/utrace/regset"
)

// takenBack says how registers tell that a thread is in a call which was interrupted
// and is to be made again: the kernel takes it back by one instruction, with the first
// argument where it was.
var takenBack = map[string]struct {
	registers map[string]uint64
	argument  string // keeps the first argument
	seen      int    // where the program stores the register that it comes to
	insn      uint64 // the length of the instruction
	order     binary.ByteOrder
}{
	// check_syscall_restart in arch/powerpc/kernel/signal.c
	"ppc64le": {map[string]uint64{"trap": 0xc00, "r3": 512, "cr": 1 << 28}, "orig_r3", 3 * 8, 4, binary.LittleEndian},
	// arch_do_signal_or_restart in arch/s390/kernel/signal.c: an instruction of six
	// bytes has made call 1.
	"s390x": {map[string]uint64{"system_call": 6<<16 | 1, "r2": 1<<64 - 512}, "orig_r2", 2 * 8, 6, binary.BigEndian},
}

// TestRG4_CallTakenBack writes what only the kernel looks at. The program sees what it
// does: it begins an instruction earlier, and finds the argument.
func TestRG4_CallTakenBack(t *testing.T) {
	c, abi := takenBack[runtime.GOARCH], regset.NativeABI()
	file := loadProgram(t, abi)
	p := testtracee.StartFile(t, file.path)
	v := regset.Native()
	file.send(t, p, abi, file.symbols["store"]+c.insn)
	const argument, other = 0x123456789abcdef0, 0x0fedcba987654321
	c.registers[c.argument], c.registers["r0"] = argument, other
	for name, value := range c.registers {
		if err := v.WriteUint(p, name, value); err != nil {
			t.Fatal(err)
		}
	}
	p.Run()
	// The first instruction stores r0.
	for at, want := range map[int]uint64{c.seen: argument, 0: other} {
		seen := make([]byte, 8)
		p.ReadMemory(file.symbols["area"]+uint64(at), seen)
		if got := c.order.Uint64(seen); got != want {
			t.Errorf("the program stores %#x at %d, where %#x was written", got, at, want)
		}
	}
}
