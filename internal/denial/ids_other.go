//go:build !386

package denial

import "golang.org/x/sys/unix"

const (
	setfsuid = unix.SYS_SETFSUID
	setfsgid = unix.SYS_SETFSGID
)
