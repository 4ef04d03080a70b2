package denial

import "golang.org/x/sys/unix"

// The calls without 32 in their names are those of the time when ids had 16 bits.
const (
	setfsuid = unix.SYS_SETFSUID32
	setfsgid = unix.SYS_SETFSGID32
)
