package ptrace

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// probeMachine answers the questions that need no tracee.
func probeMachine(f *[featureCount]Feature) {
	f[SeccompUserNotify].outcomeOf(probeUserNotify())
	f[UringWaitid].outcomeOf(probeUring())
	f[ForeignAttach].outcomeOf(probeYama())
}

// outcomeOf takes the results of a probe function.
func (f *Feature) outcomeOf(detail string, err error) {
	if err != nil {
		f.missing(err, detail)
		return
	}
	f.found(detail)
}

func probeUserNotify() (string, error) {
	const getNotifSizes = 3 // SECCOMP_GET_NOTIF_SIZES
	var sizes struct{ notif, resp, data uint16 }
	_, _, e := syscall.RawSyscall(unix.SYS_SECCOMP, getNotifSizes, 0, uintptr(unsafe.Pointer(&sizes)))
	if e != 0 {
		return e.Error(), e
	}
	return fmt.Sprintf("struct sizes %d, %d, %d", sizes.notif, sizes.resp, sizes.data), nil
}

// probeUring asks a ring for the operations that it knows.
func probeUring() (string, error) {
	const (
		registerProbe = 8  // IORING_REGISTER_PROBE
		opWaitid      = 50 // IORING_OP_WAITID
		opSupported   = 1  // IO_URING_OP_SUPPORTED
	)
	var params [120]byte // struct io_uring_params, all zero
	fd, _, e := syscall.Syscall(unix.SYS_IO_URING_SETUP, 1, uintptr(unsafe.Pointer(&params)), 0)
	if e != 0 {
		return "io_uring_setup: " + e.Error() + " (see sysctl kernel.io_uring_disabled)", e
	}
	defer unix.Close(int(fd))
	var probe struct { // struct io_uring_probe
		lastOp, opsLen uint8
		_              [14]byte
		ops            [64]struct {
			op, _ uint8
			flags uint16
			_     uint32
		}
	}
	_, _, e = syscall.Syscall6(unix.SYS_IO_URING_REGISTER, fd, registerProbe,
		uintptr(unsafe.Pointer(&probe)), uintptr(len(probe.ops)), 0, 0)
	if e != 0 {
		return "io_uring_register: " + e.Error(), e
	}
	if probe.ops[opWaitid].flags&opSupported == 0 {
		return fmt.Sprintf("the last operation known is %d, waitid would be %d", probe.lastOp, opWaitid), syscall.EINVAL
	}
	return "", nil
}

// probeYama reads how far the Yama security module restricts attaching; see
// ptrace(2), "/proc/sys/kernel/yama/ptrace_scope".
func probeYama() (string, error) {
	text, err := os.ReadFile("/proc/sys/kernel/yama/ptrace_scope")
	if err != nil {
		return "no Yama in this kernel", nil
	}
	switch scope := strings.TrimSpace(string(text)); scope {
	case "0":
		return "Yama ptrace_scope 0", nil
	case "1":
		return "Yama ptrace_scope 1: descendants only, unless with CAP_SYS_PTRACE or a PR_SET_PTRACER of the target", syscall.EPERM
	case "2":
		return "Yama ptrace_scope 2: only with CAP_SYS_PTRACE", syscall.EPERM
	default:
		return "Yama ptrace_scope " + scope + ": nobody, until the next boot", syscall.EPERM
	}
}
