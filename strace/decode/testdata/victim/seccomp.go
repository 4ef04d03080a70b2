package main

import (
	"syscall"
	"unsafe"
)

const (
	prSetNoNewPrivs  = 38
	setModeFilter    = 1
	flagNewListener  = 1 << 3
	retUserNotif     = 0x7fc00000
	retAllow         = 0x7fff0000
	notifRecv        = 0xc0502100
	notifSend        = 0xc0182101
	offsetOfIP       = 8
	sizeOfFake       = 256
	bpfLoadWord      = 0x20
	bpfJumpIfGreater = 0x25
	bpfJumpIfAtLeast = 0x35
	bpfReturn        = 0x06
)

type notif struct {
	id         uint64
	pid, flags uint32
	data       [64]byte
}

type notifResp struct {
	id    uint64
	val   int64
	errno int32
	flags uint32
}

// installFilter makes the calls of fake, and no others, wait for an answer on
// the descriptor that it returns.
func installFilter() (int, error) {
	start := uint32(fakeAddr())
	code := []syscall.SockFilter{
		{Code: bpfLoadWord, K: offsetOfIP},
		{Code: bpfJumpIfAtLeast, Jt: 0, Jf: 2, K: start},
		{Code: bpfJumpIfGreater, Jt: 1, Jf: 0, K: start + sizeOfFake},
		{Code: bpfReturn, K: retUserNotif},
		{Code: bpfReturn, K: retAllow},
	}
	prog := syscall.SockFprog{Len: uint16(len(code)), Filter: &code[0]}
	if _, _, e := syscall.RawSyscall6(syscall.SYS_PRCTL, prSetNoNewPrivs, 1, 0, 0, 0, 0); e != 0 {
		return -1, e
	}
	fd, _, e := syscall.RawSyscall(seccompNumber, setModeFilter, flagNewListener, uintptr(unsafe.Pointer(&prog)))
	if e != 0 {
		return -1, e
	}
	return int(fd), nil
}

// answer ends the calls of fake with the calls' results, in their order.
func answer(listener int, calls []*testCase) {
	arena := arena()
	for _, c := range calls {
		var n notif
		if _, _, e := syscall.Syscall(syscall.SYS_IOCTL, uintptr(listener), notifRecv, uintptr(unsafe.Pointer(&n))); e != 0 {
			fail("SECCOMP_IOCTL_NOTIF_RECV", e)
		}
		apply(arena, c.exit)
		r := notifResp{id: n.id, val: c.result}
		if c.result < 0 && c.result > -4096 {
			r.val, r.errno = 0, int32(c.result)
		}
		if _, _, e := syscall.Syscall(syscall.SYS_IOCTL, uintptr(listener), notifSend, uintptr(unsafe.Pointer(&r))); e != 0 {
			fail("SECCOMP_IOCTL_NOTIF_SEND", e)
		}
	}
}
