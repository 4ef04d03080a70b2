package ptrace

import "syscall"

// watchNote is regset.NotePPCWatch. The others are requests of asm/ptrace.h, and the
// size of struct ppc_hw_breakpoint.
const (
	watchNote         = 0x75740002
	requestSetHWDebug = 0x88
	requestDelHWDebug = 0x87
	sizeofWatch       = 40
)

// setWatches puts these in the place of all watchpoints.
func setWatches(tid int, all []byte) (int, error) {
	clearWatches(tid)
	for at := 0; at+sizeofWatch <= len(all); at += sizeofWatch {
		if _, err := Block(requestSetHWDebug, tid, 0, all[at:at+sizeofWatch]); err != nil {
			clearWatches(tid)
			return 0, err
		}
	}
	return len(all), nil
}

// clearWatches: they are numbered from 1 on, and the kernel says EINVAL to numbers
// that the machine has not. One that has matched is off, and still there
// (ptrace_triggered in arch/powerpc/kernel/ptrace/ptrace.c).
func clearWatches(tid int) {
	for i := uintptr(1); ; i++ {
		if err := raw(requestDelHWDebug, tid, 0, i); err != nil && err != syscall.ENOENT {
			return
		}
	}
}
