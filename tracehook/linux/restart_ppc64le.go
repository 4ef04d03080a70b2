package linux

import "golang.org/x/sys/unix"

const auditArch = 0xc0000015

var moreFragile = []uint64{unix.SYS_ACCEPT, unix.SYS_SOCKETCALL, unix.SYS_EPOLL_WAIT, unix.SYS_IPC}
