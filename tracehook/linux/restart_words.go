//go:build arm64 || ppc64le || riscv64 || s390x

package linux

import (
	"maps"

	"golang.org/x/sys/unix"
)

// fragile has the calls that fail with EINTR on a mere stop: see restart_x86.go
// for which they are. moreFragile are those that not every architecture has.
var fragile = func() map[uint32]map[uint64]bool {
	set := numbers(
		unix.SYS_READ, unix.SYS_WRITE, unix.SYS_READV, unix.SYS_WRITEV, unix.SYS_CONNECT, unix.SYS_SENDTO, unix.SYS_RECVFROM,
		unix.SYS_SENDMSG, unix.SYS_RECVMSG, unix.SYS_ACCEPT4, unix.SYS_RECVMMSG, unix.SYS_SENDMMSG,
		unix.SYS_EPOLL_PWAIT, unix.SYS_EPOLL_PWAIT2,
		unix.SYS_SEMTIMEDOP,
		unix.SYS_RT_SIGTIMEDWAIT,
		unix.SYS_IO_GETEVENTS, unix.SYS_IO_PGETEVENTS, unix.SYS_IO_URING_ENTER,
	)
	maps.Copy(set, numbers(moreFragile...))
	return map[uint32]map[uint64]bool{auditArch: set}
}()
