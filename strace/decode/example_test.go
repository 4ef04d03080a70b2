package decode_test

import (
	"fmt"

	"github.com/utrace/utrace/strace/decode"
	"github.com/utrace/utrace/syscalls"
)

func ExampleDecoder() {
	memory := make(fixedMemory, 4096) // a page at 0x1000
	copy(memory, "/etc/passwd")

	d := decode.New(decode.Options{})
	call := &decode.Call{
		ABI:  syscalls.X86_64,
		Nr:   257,
		Args: [6]uint64{0xffffff9c, 0x1000, 0x80000},
		Mem:  memory,
	}
	line := d.Entry(nil, call)
	// ... the thread's call runs ...
	call.Result, call.IsError = 2, true
	line = d.Exit(line, call)
	line = append(line, " = "...)
	line = d.Result(line, call)
	fmt.Println(string(line))
	// Output:
	// openat(AT_FDCWD, "/etc/passwd", O_RDONLY|O_CLOEXEC) = -1 ENOENT (No such file or directory)
}
