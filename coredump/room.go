package coredump

import (
	"bytes"
	"fmt"

	"github.com/utrace/utrace"
)

// Frames need memory that nobody uses. Below the stack pointer of a C function
// there is plenty, but the stack of a goroutine ends where other objects begin.
// The process's first stack is a mapping of its own, which the kernel has made
// larger than anybody needed so far: its lower end is free.

// redZone is what functions use below their stack pointer (System V ABI, AMD64
// supplement); margin is for good measure.
const (
	redZone = 128
	margin  = 32 << 10
)

var errNoRoom = fmt.Errorf("there is no room on its stack: %w", utrace.ErrNotSupported)

// findRoom finds size bytes in the process's first stack. sp is the stack pointer
// of the thread that it belongs to, which may be elsewhere, on a stack that the
// program has made. Who is alone, while others run, uses no stack but its own.
func (x *caller) findRoom(r *utrace.Report, sp uint64, size int, alone bool) (uint64, error) {
	stack := x.site.stack
	onStack := stack.Start <= sp && sp < stack.End
	if onStack && sp-stack.Start >= uint64(size)+redZone+margin {
		return (sp - redZone - margin - uint64(size)) &^ (page - 1), nil
	}
	if alone {
		return 0, errNoRoom
	}
	// Nobody knows how deep it was; but what was used is not zero.
	b := make([]byte, size)
	if n, err := r.ReadMemory(stack.Start, b); n != len(b) {
		return 0, fmt.Errorf("its stack: %w", err)
	}
	if !bytes.Equal(b, make([]byte, size)) {
		return 0, errNoRoom
	}
	return stack.Start, nil
}
