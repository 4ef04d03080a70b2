package linux

import "github.com/utrace/utrace/syscalls"

// fragile are the calls that fail with EINTR on a mere stop, whatever their numbers:
// reading and writing with a socket time limit (SO_RCVTIMEO, SO_SNDTIMEO), epoll,
// semaphores, signals waited for, old and new asynchronous input. A call that must not
// be made twice (close) is not here, even where it can give EINTR.
var fragile = map[string]bool{
	"read": true, "write": true, "readv": true, "writev": true,
	"connect": true, "accept": true, "accept4": true,
	"send": true, "sendto": true, "sendmsg": true, "sendmmsg": true,
	"recv": true, "recvfrom": true, "recvmsg": true, "recvmmsg": true, "recvmmsg_time64": true,
	"socketcall": true, // is several of these
	"epoll_wait": true, "epoll_pwait": true, "epoll_pwait2": true,
	"semop": true, "semtimedop": true, "semtimedop_time64": true, "ipc": true,
	"rt_sigtimedwait": true, "rt_sigtimedwait_time64": true,
	"io_getevents": true, "io_pgetevents": true, "io_pgetevents_time64": true, "io_uring_enter": true,
}

// isFragile reports whether a call fails with EINTR where others are restarted.
func isFragile(arch uint32, nr uint64) bool {
	abi := syscalls.ByAuditArch(arch)
	if abi == nil {
		return false
	}
	call, ok := abi.ForNumber(nr).Lookup(nr)
	return ok && fragile[call.Name]
}
