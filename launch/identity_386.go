package launch

import "golang.org/x/sys/unix"

// The numbers without the 32 have 16-bit IDs here.
const (
	sysSetgroups = unix.SYS_SETGROUPS32
	sysSetgid    = unix.SYS_SETGID32
	sysSetuid    = unix.SYS_SETUID32
)
