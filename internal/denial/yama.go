package denial

import (
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/utrace/utrace/internal/procfs"
)

// Yama's first scope lets a process without privileges trace its descendants, what
// has named it by PR_SET_PTRACER, and what it traces already
// (yama_ptrace_access_check in security/yama/yama_lsm.c). An owner process is
// nobody's ancestor. So who wants to be served names it, and the owner traces all
// that descends from there, from its birth on: the naming is not inherited, but
// the children of a traced process are traced before anybody is asked.

// scope is kernel.yama.ptrace_scope, -1 where there is no Yama.
func scope() int {
	text, err := os.ReadFile("/proc/sys/kernel/yama/ptrace_scope")
	if err != nil {
		return -1
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return -1
	}
	return n
}

// Relational reports whether tracing without privileges takes a relation.
func Relational() bool { return scope() == 1 }

// Invite lets another process trace this one, where that takes a relation. It names
// one: who was named before is not any more.
func Invite(tracer int) error {
	return unix.Prctl(unix.PR_SET_PTRACER, uintptr(tracer), 0, 0, 0)
}

// Restricted reports whether this process may trace only what has invited it, or
// descends from that and is traced since its birth. An error is why it may trace
// nobody.
func Restricted() (bool, error) {
	pid := os.Getpid()
	own, err := procfs.ReadStatus(pid)
	if err != nil {
		return false, err
	}
	return restricted(scope(), own.Effective&capSysPtrace != 0)
}

// restricted is the answer by the facts.
func restricted(scope int, capable bool) (bool, error) {
	switch {
	case scope < 1, scope < 3 && capable:
		return false, nil
	case scope == 1:
		return true, nil
	}
	e := &Error{Rule: Yama, Errno: syscall.EPERM,
		Reason: "Yama lets the owner process trace nobody (kernel.yama.ptrace_scope is " + strconv.Itoa(scope) + ")",
		Remedy: "use an owner for the whole system (utrace-system.socket), or give the program the capability (setcap cap_sys_ptrace+ep)",
	}
	if scope >= 3 {
		e.Remedy = "it can be changed only by a reboot"
	}
	return false, e
}

// related is what remains to be asked for a client with our own rights: the kernel
// knows our relation to what we trace already, not the client's.
func related(client, tid int, own procfs.Status) error {
	if restricts, err := restricted(scope(), own.Effective&capSysPtrace != 0); !restricts || err != nil {
		return nil // it is the kernel who refuses
	}
	f := lookAs(client, tid)
	if f.target.Tracer != own.Group {
		return nil
	}
	return f.refusal(tid, f.judge())
}
