package linux

import (
	"testing"

	"golang.org/x/sys/unix"
)

// pin puts the calling thread and a process on the same processor.
func pin(tb testing.TB, pid int) {
	var set unix.CPUSet
	set.Set(0)
	for _, id := range []int{0, pid} {
		if err := unix.SchedSetaffinity(id, &set); err != nil {
			tb.Error(err)
		}
	}
}
