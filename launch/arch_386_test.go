package launch

import "golang.org/x/sys/unix"

const (
	auditArch = unix.AUDIT_ARCH_I386
	mkdir     = unix.SYS_MKDIR
)
