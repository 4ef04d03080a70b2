package launch

import "golang.org/x/sys/unix"

const (
	sysSetgroups = unix.SYS_SETGROUPS
	sysSetgid    = unix.SYS_SETGID
	sysSetuid    = unix.SYS_SETUID
)

// cloneArgs puts the arguments of clone(2) into this architecture's order.
func cloneArgs(flags, parentTID, childTID uintptr) [5]uintptr {
	return [5]uintptr{0, flags, parentTID, childTID, 0} // the stack comes first
}
