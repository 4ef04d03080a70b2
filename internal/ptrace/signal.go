package ptrace

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Siginfo is a raw siginfo_t. Its layout depends on the architecture of the
// tracer, not of the tracee: the kernel converts.
type Siginfo [128]byte

// GetSiginfo reads the siginfo of the current stop. EINVAL tells a group-stop
// (which has none) from a signal-delivery-stop.
func GetSiginfo(tid int, info *Siginfo) error {
	return pointer(unix.PTRACE_GETSIGINFO, tid, 0, unsafe.Pointer(info))
}

// SetSiginfo replaces the siginfo of the signal that is about to be delivered.
// Unlike rt_sigqueueinfo(2) it can forge every si_code.
func SetSiginfo(tid int, info *Siginfo) error {
	return pointer(unix.PTRACE_SETSIGINFO, tid, 0, unsafe.Pointer(info))
}

// Queue is one of the two queues of pending signals.
type Queue uint32

// The queues of PeekSiginfo.
const (
	ThreadQueue  Queue = 0
	ProcessQueue Queue = unix.PTRACE_PEEKSIGINFO_SHARED
)

// PeekSiginfo copies pending signals, beginning with number first of the
// queue, without taking them off, and returns how many it copied.
func PeekSiginfo(tid int, queue Queue, first uint64, infos []Siginfo) (int, error) {
	args := struct {
		off   uint64
		flags uint32
		nr    int32
	}{first, uint32(queue), int32(min(len(infos), 1<<20))}
	n, _, e := syscall.RawSyscall6(unix.SYS_PTRACE, unix.PTRACE_PEEKSIGINFO, uintptr(tid),
		uintptr(unsafe.Pointer(&args)), uintptr(unsafe.Pointer(unsafe.SliceData(infos))), 0, 0)
	if e != 0 {
		return 0, e
	}
	return int(n), nil
}

// sigsetSize is sizeof(sigset_t) in the kernel: 64 signals on all
// architectures that Go knows but MIPS.
const sigsetSize = 8

// GetSigMask reads the set of blocked signals, bit n-1 for signal n. Within a
// call such as ppoll or sigsuspend, which blocks other signals while it lasts,
// it is the mask that comes back afterwards (the kernel's saved_sigmask).
func GetSigMask(tid int) (uint64, error) {
	var set uint64
	err := pointer(unix.PTRACE_GETSIGMASK, tid, sigsetSize, unsafe.Pointer(&set))
	return set, err
}

// SetSigMask replaces the set of blocked signals. The kernel never blocks
// SIGKILL and SIGSTOP, whatever their bits say.
func SetSigMask(tid int, set uint64) error {
	return pointer(unix.PTRACE_SETSIGMASK, tid, sigsetSize, unsafe.Pointer(&set))
}

// pointer makes a request whose data is the address of something.
func pointer(request, tid int, addr uintptr, data unsafe.Pointer) error {
	_, _, e := syscall.RawSyscall6(unix.SYS_PTRACE, uintptr(request), uintptr(tid), addr, uintptr(data), 0, 0)
	if e != 0 {
		return e
	}
	return nil
}
