package bpf

import (
	"errors"
	"fmt"
	"syscall"

	"github.com/utrace/utrace/internal/denial"
	"github.com/utrace/utrace/tracehook"
)

// gone is the error about a thread that cannot be observed because it has ended:
// it says so of one that waits to be reaped.
type gone struct{ why *denial.Error }

func (g gone) Error() string   { return g.why.Error() }
func (g gone) Unwrap() []error { return []error{g.why, tracehook.ErrGone} }

// notFound is the error about a thread that the kernel's side has not found: it has
// ended, or it may not be seen.
func notFound(id int) error {
	var why *denial.Error
	if errors.As(denial.Explain(id, syscall.EPERM), &why) && why.Rule != denial.NoThread && why.Rule != denial.Zombie {
		return why
	}
	return isGone(id)
}

// isGone makes the error. A thread that has ended is judged like one that may not
// be attached.
func isGone(id int) error {
	var why *denial.Error
	if errors.As(denial.Explain(id, syscall.EPERM), &why) && (why.Rule == denial.NoThread || why.Rule == denial.Zombie) {
		if why.Rule == denial.NoThread {
			why.Errno = syscall.ESRCH
		}
		return gone{why}
	}
	return fmt.Errorf("observe thread %d: %w", id, tracehook.ErrGone)
}
