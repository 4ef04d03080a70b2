// Package entry remembers the state in which the kernel started this program,
// before the Go runtime changed it.
//
// On its way to main the runtime installs handlers over ignored signals,
// unblocks some signals, opens /dev/null on standard descriptors that are
// closed, and package syscall raises the soft limit of open files. None of
// that can be read back later, and a program started from here must see what
// this one was given. So the package has an entry point of its own, to be
// linked in place of the runtime's:
//
//	go build -ldflags=-E=_utrace_start ./cmd/...
//
// It makes 69 system calls that only read, and jumps to the runtime's entry
// point with the stack as it found it. It needs the internal
// linker (CGO_ENABLED=0): with an external one the C library's start code is
// the entry point, and -E is not honoured.
//
// In a program linked without the flag the same reading is done when the
// package is initialised. The package imports nothing that imports package
// syscall, so that it is initialised before that is; what the runtime did until
// then is lost, and Early reports false.
package entry

import (
	"unsafe"

	"github.com/utrace/utrace/internal/spawn"
)

// wordsPerAction spaces the records of rt_sigaction(2) 32 bytes apart on every
// architecture. The kernel's structure has at most that size, and begins with
// the handler on all architectures that this package has an entry point for.
const wordsPerAction = 32 / (4 << (^uintptr(0) >> 63))

// These are written by record, with no runtime to help: they are plain memory without
// pointers.
var (
	early   uint32 // 1 if the entry point ran
	mask    uint64
	actions [65][wordsPerAction]uintptr
	flags   [3]uintptr // what fcntl(F_GETFD) returned, for descriptors 0 to 2
	nofile  [2]uint64  // soft, hard
)

// record reads the state of the calling thread and its process. There may be no
// goroutine, and so no stack that could be checked and grown.
//
//go:nosplit
func record() {
	const getFD, limitNoFile = 1, 7 // F_GETFD, RLIMIT_NOFILE
	ask(sysRtSigprocmask, 0, 0, uintptr(unsafe.Pointer(&mask)), unsafe.Sizeof(mask))
	for signal := uintptr(1); signal < uintptr(len(actions)); signal++ {
		ask(sysRtSigaction, signal, 0, uintptr(unsafe.Pointer(&actions[signal])), unsafe.Sizeof(mask))
	}
	for fd := range flags {
		flags[fd] = ask(sysFcntl, uintptr(fd), getFD, 0, 0)
	}
	ask(sysPrlimit64, 0, limitNoFile, 0, uintptr(unsafe.Pointer(&nofile)))
}

// ask makes a system call.
//
//go:nosplit
func ask(nr, a, b, c, d uintptr) uintptr {
	return spawn.Make(&spawn.Call{NR: nr, Args: [5]uintptr{a, b, c, d}})
}

func init() {
	if early == 0 {
		record()
	}
}

// Early reports whether the state is that before the runtime's start.
func Early() bool { return early != 0 }

// Mask is the set of blocked signals, bit n-1 for signal n. Without the entry
// point those are missing which the runtime unblocks.
func Mask() uint64 { return mask }

// Ignored reports whether the signal was ignored. Without the entry point
// that is known only of signals for which the runtime has no handler, or
// respects SIG_IGN.
func Ignored(signal int) bool {
	const sigIgn = 1
	return signal > 0 && signal < len(actions) && actions[signal][0] == sigIgn
}

// Closed reports whether one of the descriptors 0 to 2 was closed. Without
// the entry point none ever is.
func Closed(fd int) bool {
	return fd >= 0 && fd < len(flags) && int(flags[fd]) < 0
}

// NoFile is the limit RLIMIT_NOFILE, exact with and without the entry point.
func NoFile() (soft, hard uint64) { return nofile[0], nofile[1] }
