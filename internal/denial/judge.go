package denial

import (
	"fmt"
	"os/user"
	"strconv"
)

// judge names the first rule that the facts break.
func (f facts) judge() Error {
	capable := f.self.Effective&capSysPtrace != 0 && f.sameNamespace
	switch {
	case !f.exists:
		return Error{Rule: NoThread, Reason: "there is no such thread"}
	case f.kernel:
		return Error{Rule: KernelThread, Reason: fmt.Sprintf("%s is a thread of the kernel", f.target.Name)}
	case f.target.Group == f.self.Group:
		return Error{Rule: OwnProcess, Reason: "it belongs to the tracer's own process",
			Remedy: "trace it from another process"}
	case !f.sameNamespace && !f.sameUser():
		return Error{Rule: OtherNamespace, Reason: "it lives in another user namespace",
			Remedy: "run the tracer with CAP_SYS_PTRACE in a namespace that contains the target's"}
	case !capable && !f.sameUser():
		return f.otherUser()
	case !capable && f.notDumpable:
		return Error{Rule: NotDumpable,
			Reason: "it is not dumpable: it changed its identity, runs a program that cannot be read, or asked for it (PR_SET_DUMPABLE)",
			Remedy: "run the tracer as root (CAP_SYS_PTRACE)"}
	case !capable && f.target.Permitted&^f.self.Permitted != 0:
		return Error{Rule: Capabilities, Reason: "it has capabilities that the tracer has not",
			Remedy: "run the tracer as root (CAP_SYS_PTRACE)"}
	case f.yama == 1 && !capable && !f.descendant:
		return Error{Rule: Yama, Reason: "Yama allows to trace descendants only (kernel.yama.ptrace_scope is 1)",
			Remedy: "start the program under the tracer, or sysctl kernel.yama.ptrace_scope=0, " +
				"or let it call prctl(PR_SET_PTRACER), or run the tracer as root (CAP_SYS_PTRACE)"}
	case f.yama == 2 && !capable:
		return Error{Rule: Yama, Reason: "Yama allows tracing to root only (kernel.yama.ptrace_scope is 2)",
			Remedy: "run the tracer as root (CAP_SYS_PTRACE)"}
	case f.yama >= 3:
		return Error{Rule: Yama, Reason: fmt.Sprintf("Yama forbids all tracing (kernel.yama.ptrace_scope is %d)", f.yama),
			Remedy: "it can be changed only by a reboot"}
	case f.target.State == 'Z' || f.target.State == 'X':
		return Error{Rule: Zombie, Reason: fmt.Sprintf("%s is dead and waits to be reaped by its parent, process %d",
			f.target.Name, f.target.Parent)}
	case f.target.Tracer != 0:
		return Error{Rule: Traced, Reason: "it is already traced by " + f.tracer(),
			Remedy: "end or detach that tracer first"}
	case f.tracerFiltered:
		return Error{Rule: TracerFiltered, Reason: "no rule about the target forbids it, but the tracer runs under a seccomp filter, which may",
			Remedy: "run the tracer outside of the container, or allow ptrace in its profile (docker: --cap-add SYS_PTRACE)"}
	}
	return Error{Rule: Unknown,
		Reason: "the kernel refused, and no rule known to this program says why; a security module may, or things have changed since",
		Remedy: "try again, and look for the refusal in the audit log"}
}

// otherUser says whose the target is. One that has executed a set-user-ID program is
// of two users, and one of another group of nobody else.
func (f facts) otherUser() Error {
	e := Error{Rule: OtherUser, Remedy: "run the tracer as root (CAP_SYS_PTRACE)"}
	ids, own := f.target.UIDs, f.self.UIDs[0]
	switch {
	case ids[0] != own:
		e.Reason = fmt.Sprintf("it belongs to user %s and the tracer to %s", name(ids[0]), name(own))
		e.Remedy = "run the tracer as that user or as root (CAP_SYS_PTRACE)"
	case ids[1] != own || ids[2] != own:
		e.Reason = fmt.Sprintf("it executes a set-user-ID program: user %s may act as user %s there", name(own), name(ids[2]))
	default:
		e.Reason = fmt.Sprintf("it has group %d, and the tracer group %d", f.target.GIDs[2], f.self.GIDs[0])
	}
	return e
}

// sameUser is the kernel's rule: the caller's real ids equal all three of the
// target's, for users and for groups.
func (f facts) sameUser() bool {
	for i := range 3 {
		if f.target.UIDs[i] != f.self.UIDs[0] || f.target.GIDs[i] != f.self.GIDs[0] {
			return false
		}
	}
	return true
}

func (f facts) tracer() string {
	if f.tracerName == "" {
		return "process " + strconv.Itoa(f.target.Tracer)
	}
	return fmt.Sprintf("process %d (%s)", f.target.Tracer, f.tracerName)
}

func name(uid int) string {
	if u, err := user.LookupId(strconv.Itoa(uid)); err == nil {
		return u.Username
	}
	return strconv.Itoa(uid)
}
