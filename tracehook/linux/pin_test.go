package linux

import (
	"testing"

	"golang.org/x/sys/unix"
)

// pin puts the calling thread and a process on the same processor. Undo is for
// the thread, which goes on to serve others.
func pin(tb testing.TB, pid int) (undo func()) {
	var before, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		tb.Error(err)
	}
	one.Set(0)
	for _, id := range []int{0, pid} {
		if err := unix.SchedSetaffinity(id, &one); err != nil {
			tb.Error(err)
		}
	}
	return func() {
		if err := unix.SchedSetaffinity(0, &before); err != nil {
			tb.Error(err)
		}
	}
}
