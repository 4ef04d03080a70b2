package regset

import (
	"errors"
	"fmt"
	"syscall"
)

// sentinel is an error that is also an errno.
type sentinel struct {
	text  string
	errno syscall.Errno
}

func (s *sentinel) Error() string { return s.text }
func (s *sentinel) Unwrap() error { return s.errno }

// What can be wrong with a set or a register. All of them satisfy errors.Is
// with the errno in parentheses, too, and come wrapped in an *Error.
var (
	// ErrNoSuchSet: the kernel or the view does not know this set (EINVAL).
	ErrNoSuchSet error = &sentinel{"no such register set", syscall.EINVAL}
	// ErrNoSuchRegister: the view has no register of this name (EINVAL).
	ErrNoSuchRegister error = &sentinel{"no such register", syscall.EINVAL}
	// ErrAbsent: this machine or this thread has no such thing (ENODEV).
	ErrAbsent error = &sentinel{"not there on this machine or in this thread", syscall.ENODEV}
	// ErrReadOnly: the set cannot be written (EOPNOTSUPP).
	ErrReadOnly error = &sentinel{"read-only", syscall.EOPNOTSUPP}
	// ErrUnaligned: position or length is not a multiple of the slot size
	// (EINVAL).
	ErrUnaligned error = &sentinel{"not a multiple of the slot size", syscall.EINVAL}
	// ErrRange: the range goes beyond the end of the set (EIO).
	ErrRange error = &sentinel{"beyond the end of the set", syscall.EIO}
	// ErrNoWatch: the debug registers cannot watch for this (EOPNOTSUPP).
	ErrNoWatch error = &sentinel{"not within the means of the debug registers", syscall.EOPNOTSUPP}
	// ErrValue: the register or the thread cannot hold the value (EIO).
	ErrValue error = &sentinel{"the value does not fit", syscall.EIO}
)

// Error is a failed access to a set or a register.
type Error struct {
	Op   string // "read" or "write"
	Name string // "register set general" or "register rax"
	Err  error
}

func (e *Error) Error() string { return fmt.Sprintf("%s %s: %v", e.Op, e.Name, e.Err) }
func (e *Error) Unwrap() error { return e.Err }

// translate gives the kernel's errno for a request that was well-formed its
// meaning.
func translate(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.EINVAL) && !errors.Is(err, ErrUnaligned):
		return fmt.Errorf("%w (%w)", ErrNoSuchSet, err)
	case errors.Is(err, syscall.ENODEV), errors.Is(err, syscall.ENXIO):
		return fmt.Errorf("%w (%w)", ErrAbsent, err)
	}
	return err
}
