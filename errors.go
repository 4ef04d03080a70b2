package utrace

import (
	"syscall"

	"github.com/utrace/utrace/tracehook"
)

// The conditions that calls of this package report. Each matches the errno of
// the original interface with errors.Is.
var (
	// ErrGone (ESRCH): the thread died, or the engine is detached. Normal:
	// threads die at any moment.
	ErrGone = tracehook.ErrGone
	// ErrRunning (ESRCH): the thread is not stopped.
	ErrRunning = tracehook.ErrRunning
	// ErrNotPermitted (EPERM): the kernel refused; the wrapping error says
	// which rule did.
	ErrNotPermitted = tracehook.ErrNotPermitted
	// ErrNotSupported (EOPNOTSUPP): this machine or back end cannot.
	ErrNotSupported = tracehook.ErrNotSupported
	// ErrInvalid (EINVAL): the request makes no sense.
	ErrInvalid = tracehook.ErrInvalid
	// ErrClosed (ESHUTDOWN): the core has been closed.
	ErrClosed = tracehook.ErrClosed

	// ErrInProgress (EINPROGRESS): from Control(Stop): not stopped yet, a
	// report follows. From Detach and SetEvents: a callback of this engine is
	// running right now; Barrier waits for its end.
	ErrInProgress = tracehook.NewError(syscall.EINPROGRESS, "in progress")
	// ErrAlready (EALREADY): the thread's death is being reported; it is too
	// late for this.
	ErrAlready = tracehook.NewError(syscall.EALREADY, "thread is already dying")
	// ErrNotFound (ENOENT): no engine matches.
	ErrNotFound = tracehook.NewError(syscall.ENOENT, "no such engine")
	// ErrExists (EEXIST): an engine that excludes this one is attached.
	ErrExists = tracehook.NewError(syscall.EEXIST, "a matching engine is attached already")
	// ErrNoSlot (ENOSPC): all debug registers are in use.
	ErrNoSlot = tracehook.NewError(syscall.ENOSPC, "no debug register is free")
	// ErrKept (EBUSY): the core keeps the debug registers for all engines, and
	// PlantWatch is the way to them.
	ErrKept = tracehook.NewError(syscall.EBUSY, "the debug registers are kept for all engines")
	// ErrAgain (EAGAIN): the thread ran or died while it was examined; what
	// was read must be discarded.
	ErrAgain = tracehook.NewError(syscall.EAGAIN, "thread did not stay stopped")
	// ErrDeadlock (EDEADLK): the call would wait, inside a callback, for the
	// very loop that runs the callback.
	ErrDeadlock = tracehook.NewError(syscall.EDEADLK, "waiting inside a callback")
	// ErrTooLate (ETIMEDOUT): a stream's event was answered by default before
	// this answer came.
	ErrTooLate = tracehook.NewError(syscall.ETIMEDOUT, "answered by default already")
)
