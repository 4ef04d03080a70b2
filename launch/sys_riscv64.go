package launch

import "golang.org/x/sys/unix"

const (
	sysSetgroups = unix.SYS_SETGROUPS
	sysSetgid    = unix.SYS_SETGID
	sysSetuid    = unix.SYS_SETUID
)

// cloneArgs puts the arguments of clone(2) into this architecture's order.
func cloneArgs(flags, parentTID, childTID uintptr) [5]uintptr {
	return [5]uintptr{flags, 0, parentTID, 0, childTID}
}
