package displace_test

import (
	"fmt"

	"github.com/utrace/utrace/breakpoint/displace"
)

// A jump is planned: in a slot that is far away it takes its target from behind
// itself. A thread that executes it need not be stepped.
func ExamplePlan() {
	code := []byte{0xe9, 0x00, 0x02, 0x00, 0x00} // jmp 0x401205
	step, err := displace.Plan(code, displace.X86_64, 0x401000, 0x7f0000000000)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%v of %d bytes: % x, free: %v\n", step.Form(), step.Insn().Len, step.Code()[:14], step.Free())

	_, err = displace.Plan([]byte{0xcf}, displace.I386, 0x8048000, 0xf7000000)
	fmt.Println(err)
	// Output:
	// jump of 5 bytes: ff 25 00 00 00 00 05 12 40 00 00 00 00 00, free: true
	// instruction at 0x8048000: instruction cannot be displaced: it changes the code segment
}
