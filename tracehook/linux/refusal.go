package linux

import (
	"errors"
	"syscall"

	"github.com/utrace/utrace/internal/denial"
	"github.com/utrace/utrace/tracehook"
)

// refusal is the error of an attach that the kernel has refused. It reads like
// its cause, which names the rule and the remedy, and it is one of the
// conditions of the contract, too.
type refusal struct {
	cause     error
	condition error
}

func (r *refusal) Error() string   { return r.cause.Error() }
func (r *refusal) Unwrap() []error { return []error{r.cause, r.condition} }

// explainAttach finds out why a thread cannot be attached. A zombie is refused
// with EPERM, but what is the case is that it is dead; it may even be gone by the
// time that we ask.
func explainAttach(id int, err error) error {
	cause := denial.Explain(id, err)
	condition := tracehook.ErrNotPermitted
	var why *denial.Error
	if err == syscall.ESRCH || errors.As(cause, &why) && (why.Rule == denial.Zombie || why.Rule == denial.NoThread) {
		condition = tracehook.ErrGone
	}
	return &refusal{cause, condition}
}
