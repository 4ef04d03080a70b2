package linux

import "golang.org/x/sys/unix"

const (
	auditArch    = 0xc00000b7
	auditArchARM = 0x40000028
)

var moreFragile = []uint64{unix.SYS_ACCEPT, unix.SYS_SEMOP}

// 32-bit programs, in the order of restart_x86.go.
func init() {
	fragile[auditArchARM] = numbers(
		3, 4, 145, 146, // read, write, readv, writev
		283, 285, 289, 290, 291, 292, 296, 297, 365, 366, 374, 417, // connect, accept, send, sendto, recv, recvfrom, sendmsg, recvmsg, recvmmsg, accept4, sendmmsg, recvmmsg_time64
		252, 346, 441, // epoll_wait, epoll_pwait, epoll_pwait2
		298, 312, 420, // semop, semtimedop, semtimedop_time64
		177, 421, // rt_sigtimedwait, rt_sigtimedwait_time64
		245, 399, 416, 426, // io_getevents, io_pgetevents, io_pgetevents_time64, io_uring_enter
	)
}
