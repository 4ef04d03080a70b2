package ptrace

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Options of Seize and SetOptions, under the names of ptrace(2).
const (
	OptSyscallGood    = unix.PTRACE_O_TRACESYSGOOD
	OptFork           = unix.PTRACE_O_TRACEFORK
	OptVfork          = unix.PTRACE_O_TRACEVFORK
	OptClone          = unix.PTRACE_O_TRACECLONE
	OptExec           = unix.PTRACE_O_TRACEEXEC
	OptVforkDone      = unix.PTRACE_O_TRACEVFORKDONE
	OptExit           = unix.PTRACE_O_TRACEEXIT
	OptSeccomp        = unix.PTRACE_O_TRACESECCOMP
	OptExitKill       = unix.PTRACE_O_EXITKILL
	OptSuspendSeccomp = unix.PTRACE_O_SUSPEND_SECCOMP
)

// Events in bits 16 to 23 of a wait status.
const (
	EventFork      = unix.PTRACE_EVENT_FORK
	EventVfork     = unix.PTRACE_EVENT_VFORK
	EventClone     = unix.PTRACE_EVENT_CLONE
	EventExec      = unix.PTRACE_EVENT_EXEC
	EventVforkDone = unix.PTRACE_EVENT_VFORK_DONE
	EventExit      = unix.PTRACE_EVENT_EXIT
	EventSeccomp   = unix.PTRACE_EVENT_SECCOMP
	EventStop      = unix.PTRACE_EVENT_STOP
)

// raw makes a request that takes numbers only and cannot sleep.
func raw(request, tid int, addr, data uintptr) error {
	_, _, e := syscall.RawSyscall6(unix.SYS_PTRACE, uintptr(request), uintptr(tid), addr, data, 0, 0)
	if e != 0 {
		return e
	}
	return nil
}

// Seize attaches the calling OS thread to tid as its tracer without stopping
// it.
//
// It is the one request that can sleep for long: the kernel takes the target's
// cred_guard_mutex, which an execve holds until all other threads of that
// process are gone, and such a thread may be waiting for this very tracer in
// an exit stop. A signal to the calling thread ends the wait with
// ERESTARTNOINTR, that is, it is made anew.
func Seize(tid int, options uintptr) error {
	_, _, e := syscall.Syscall6(unix.SYS_PTRACE, unix.PTRACE_SEIZE, uintptr(tid), 0, options, 0, 0)
	if e != 0 {
		return e
	}
	return nil
}

// Interrupt makes a running tracee stop with EventStop. If it is stopped, the
// request is kept and the stop follows when it is restarted.
func Interrupt(tid int) error { return raw(unix.PTRACE_INTERRUPT, tid, 0, 0) }

// Listen restarts a tracee in a group-stop without letting it run: it reports
// when the group-stop ends. Meanwhile only Interrupt works on it.
func Listen(tid int) error { return raw(unix.PTRACE_LISTEN, tid, 0, 0) }

// Cont restarts the tracee, with a signal if it is not 0 and the stop is a
// signal-delivery-stop.
func Cont(tid, sig int) error { return raw(unix.PTRACE_CONT, tid, 0, uintptr(sig)) }

// Syscall is Cont with a stop at the next system call entry or exit.
func Syscall(tid, sig int) error { return raw(unix.PTRACE_SYSCALL, tid, 0, uintptr(sig)) }

// SingleStep is Cont for one instruction.
func SingleStep(tid, sig int) error { return raw(unix.PTRACE_SINGLESTEP, tid, 0, uintptr(sig)) }

// SingleBlock is Cont to the next taken branch. Many virtual machines accept
// it and stop after one instruction: see [BlockStep].
func SingleBlock(tid, sig int) error { return raw(requestSingleBlock, tid, 0, uintptr(sig)) }

// Sysemu is Cont to the next system call entry; the call of the stop after it
// is not made, and there is no exit stop.
func Sysemu(tid, sig int) error { return raw(requestSysemu, tid, 0, uintptr(sig)) }

// Detach ends tracing. The tracee must be stopped; sig is delivered to it only
// if that is a signal-delivery-stop.
func Detach(tid, sig int) error { return raw(unix.PTRACE_DETACH, tid, 0, uintptr(sig)) }

// SetOptions replaces the options of the tracee.
func SetOptions(tid int, options uintptr) error {
	return raw(unix.PTRACE_SETOPTIONS, tid, 0, options)
}

// GetEventMsg returns the number that belongs to the current event: the id of
// the newborn, the former id after an exec, the wait status at an exit, the
// data of a seccomp filter.
func GetEventMsg(tid int) (uint64, error) {
	var msg uintptr // unsigned long of the kernel that runs the tracer
	_, _, e := syscall.RawSyscall6(unix.SYS_PTRACE, unix.PTRACE_GETEVENTMSG, uintptr(tid), 0,
		uintptr(unsafe.Pointer(&msg)), 0, 0)
	if e != 0 {
		return 0, e
	}
	return uint64(msg), nil
}
