// Package denial explains why the kernel does not let a thread be traced.
//
// The kernel says EPERM for a dozen reasons. For each of them there is another
// remedy, so the package looks at the target and at the caller afterwards and
// names the rule, in the order in which the kernel checks (ptrace_attach and
// __ptrace_may_access in kernel/ptrace.c).
package denial

import (
	"fmt"
	"syscall"
)

// Rule is what stood in the way.
type Rule uint8

// The rules, in the order of the kernel's checks.
const (
	Unknown Rule = iota
	NoThread
	TracerFiltered // a seccomp filter of our own
	KernelThread
	OwnProcess
	OtherNamespace // the target's user namespace
	OtherUser
	NotDumpable
	Capabilities
	Yama
	Zombie
	Traced
	NoProof // of the right, by a client of the owner
)

// Error is a refused attach. It unwraps to the kernel's errno.
type Error struct {
	TID    int
	Rule   Rule
	Reason string // what is the case
	Remedy string // what can be done about it; "" if nothing
	Errno  syscall.Errno
}

func (e *Error) Error() string {
	text := e.Reason
	if e.TID != 0 {
		text = fmt.Sprintf("cannot trace thread %d: %s", e.TID, e.Reason)
	}
	if e.Remedy != "" {
		text += "; " + e.Remedy
	}
	return text
}

// Unwrap gives the errno, so that errors.Is(err, syscall.EPERM) works.
func (e *Error) Unwrap() error { return e.Errno }

// Explain turns the errno with which an attach to tid was refused into an
// *Error. Errors that are none of EPERM, EACCES and ESRCH are returned as they
// are, nil included.
//
// The state of things may have changed since the attempt; then the rule is
// Unknown and the reason says so.
func Explain(tid int, err error) error {
	errno, ok := err.(syscall.Errno)
	if !ok || errno != syscall.EPERM && errno != syscall.EACCES && errno != syscall.ESRCH {
		return err
	}
	e := look(tid).judge()
	e.TID, e.Errno = tid, errno
	if errno == syscall.ESRCH && e.Rule != NoThread {
		e.Rule, e.Reason, e.Remedy = NoThread, "there was no such thread a moment ago", "try again"
	}
	return &e
}
