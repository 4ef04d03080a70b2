package tracehook

import "syscall"

// Error is a fixed error condition. It matches the errno that the kernel uses
// for the same condition, so that both errors.Is(err, ErrGone) and
// errors.Is(err, syscall.ESRCH) hold.
type Error struct {
	// Errno is the kernel's number for the condition.
	Errno syscall.Errno
	text  string
}

// NewError makes a sentinel for errno with a text of its own.
func NewError(errno syscall.Errno, text string) *Error { return &Error{errno, text} }

// Error returns the text of the condition.
func (e *Error) Error() string { return e.text }

// Is reports whether target is the same errno.
func (e *Error) Is(target error) bool {
	errno, ok := target.(syscall.Errno)
	return ok && errno == e.Errno
}

// The conditions that back ends report. All but ErrGone and ErrRunning say
// that the caller asked for something that cannot be.
var (
	// ErrGone: the thread died, was detached, or never was.
	ErrGone = NewError(syscall.ESRCH, "thread is gone")
	// ErrRunning: the request needs a stopped thread. The kernel does not
	// distinguish this from ErrGone (ptrace(2), ESRCH); a back end does.
	ErrRunning = NewError(syscall.ESRCH, "thread is not stopped")
	// ErrNotPermitted: the kernel refused the attachment. The wrapping error
	// says which rule refused.
	ErrNotPermitted = NewError(syscall.EPERM, "not permitted to trace")
	// ErrNotSupported: this kernel, machine or back end cannot do it.
	ErrNotSupported = NewError(syscall.EOPNOTSUPP, "not supported here")
	// ErrInvalid: an argument is out of range.
	ErrInvalid = NewError(syscall.EINVAL, "invalid argument")
	// ErrClosed: the loop has ended.
	ErrClosed = NewError(syscall.ESHUTDOWN, "tracing loop is closed")
)
