package strace

import "github.com/utrace/utrace/syscalls"

// life is how far a thread has come that was perhaps launched by us.
type life struct {
	t *Tracee
	// hidden: a launched program begins with its exec; what the process did
	// before is ours.
	hidden bool
	// execed: it has begun.
	execed bool
}

// begins reports whether a call is the exec that a launched program begins
// with.
func (x *life) begins(abi *syscalls.ABI, nr uint64) bool {
	call, ok := abi.Lookup(nr)
	if !ok || call.Name != "execve" {
		return false
	}
	x.hidden = false
	return true
}

// returned is told that a call has ended: perhaps the exec has failed.
func (x *life) returned() { x.hidden = x.t.Origin == Launched && !x.execed }

// exec is told of an exec, and reports whether a launched program begins with
// it.
func (x *life) exec() (first bool) {
	first = x.t.Origin == Launched && !x.execed
	x.hidden, x.execed = false, true
	return first
}
