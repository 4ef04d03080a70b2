package linux

import (
	"github.com/utrace/utrace/internal/ptrace"
	"github.com/utrace/utrace/tracehook"
)

const wantCalls = tracehook.WantSyscalls | tracehook.WantFiltered

// wantedOptions are the ptrace options that the interest needs.
//
// OptSeccomp stays once it was set: a thread that runs under a filter with
// RET_TRACE gets ENOSYS from each filtered call when its tracer has not got
// the option (seccomp(2)).
func (t *task) wantedOptions() uintptr {
	o := uintptr(ptrace.OptSyscallGood | ptrace.OptExec)
	if t.want&tracehook.WantClones != 0 {
		o |= ptrace.OptFork | ptrace.OptVfork | ptrace.OptClone
	}
	if t.want&tracehook.WantVforkDone != 0 {
		o |= ptrace.OptVforkDone
	}
	if t.want&tracehook.WantExit != 0 {
		o |= ptrace.OptExit
	}
	if t.filtered || t.want&tracehook.WantVerdicts != 0 {
		o |= ptrace.OptSeccomp
	}
	if t.l.exitKill {
		o |= ptrace.OptExitKill
	}
	if t.want&tracehook.WithoutFilters != 0 {
		o |= ptrace.OptSuspendSeccomp
	}
	return o
}

// SetInterest says which optional events are wanted. The kernel takes options
// and the mode of system call stops from a stopped thread only, so more
// interest in a running one needs a stop. Less does not: what still comes is
// swallowed, and that stop is the opportunity.
func (t *task) SetInterest(want tracehook.Interest) (needsStop bool) {
	t.want = want
	if want&tracehook.WantFiltered != 0 {
		t.filtered = true
	}
	switch t.state {
	case running, listening:
	default:
		return false
	}
	missing := t.wantedOptions() &^ t.options
	return missing != 0 || want&tracehook.WantSyscalls != 0 && t.last != reqSyscall
}

// wants reports whether any of the events is wanted.
func (t *task) wants(i tracehook.Interest) bool { return t.want&i != 0 }
