//go:build amd64 || 386

package linux

// The calls that fail with EINTR on a mere stop, by AUDIT_ARCH_* and number. In
// the order of the lists: reading and writing with a socket time limit
// (SO_RCVTIMEO, SO_SNDTIMEO), epoll, semaphores, signals waited for, old and
// new asynchronous input. A call that must not be made twice (close) is not
// here, even where it can give EINTR.
var fragile = map[uint32]map[uint64]bool{
	0xc000003e: numbers(
		0, 1, 19, 20, 42, 43, 44, 45, 46, 47, 288, 299, 307, // read, write, readv, writev, connect, accept, sendto, recvfrom, sendmsg, recvmsg, accept4, recvmmsg, sendmmsg
		232, 281, 441, // epoll_wait, epoll_pwait, epoll_pwait2
		65, 220, // semop, semtimedop
		128,           // rt_sigtimedwait
		208, 333, 426, // io_getevents, io_pgetevents, io_uring_enter
	),
	0x40000003: numbers(
		3, 4, 145, 146, 102, 337, 345, 362, 364, 369, 370, 371, 372, 417, // read, write, readv, writev, socketcall, recvmmsg, sendmmsg, connect, accept4, sendto, sendmsg, recvfrom, recvmsg, recvmmsg_time64
		256, 319, 441, // epoll_wait, epoll_pwait, epoll_pwait2
		117, 420, // ipc, semtimedop_time64
		177, 421, // rt_sigtimedwait, rt_sigtimedwait_time64
		247, 385, 416, 426, // io_getevents, io_pgetevents, io_pgetevents_time64, io_uring_enter
	),
}
