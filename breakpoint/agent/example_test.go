package agent_test

import (
	"fmt"
	"os"

	"github.com/utrace/utrace/breakpoint/agent"
)

// registers is a Machine without memory.
type registers map[int]uint64

func (r registers) ReadRegister(number int) (uint64, error) {
	v, ok := r[number]
	if !ok {
		return 0, agent.ErrRegister
	}
	return v, nil
}

func (r registers) ReadMemory(uint64, []byte) (int, error) { return 0, agent.ErrMemory }

// $rdi == 42, as gdb compiles it, and a dprintf of the register.
func Example() {
	condition, err := agent.Parse([]byte{0x26, 0, 5, 0x22, 42, 0x13, 0x27})
	if err != nil {
		fmt.Println(err)
		return
	}
	command, err := agent.Parse([]byte{0x26, 0, 5, 0x22, 0, 0x22, 0, 0x34, 1, 0, 10, 'r', 'd', 'i', ' ', 'i', 's', ' ', '%', 'd', 0, 0x27})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, rdi := range []uint64{41, 42} {
		thread := registers{5: rdi}
		if v, err := condition.Eval(thread, nil); v != 0 && err == nil {
			command.Eval(thread, os.Stdout)
		}
	}
	_, err = agent.Parse([]byte{0x0c, 0x27})
	fmt.Println()
	fmt.Println(err)
	// Output:
	// rdi is 42
	// agent expression: trace at 0: not evaluated: it belongs to tracepoints
}
