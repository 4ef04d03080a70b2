package launch

import "golang.org/x/sys/unix"

const (
	auditArch = unix.AUDIT_ARCH_AARCH64
	mkdir     = unix.SYS_MKDIRAT // the only one
)
