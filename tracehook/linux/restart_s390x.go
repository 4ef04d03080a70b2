package linux

import "golang.org/x/sys/unix"

const auditArch = auditArchS390X

var moreFragile = []uint64{unix.SYS_SOCKETCALL, unix.SYS_EPOLL_WAIT, unix.SYS_IPC}
