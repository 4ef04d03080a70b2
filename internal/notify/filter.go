package notify

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Any is the argument number of a rule that picks every call of its number.
const Any = -1

// Rule picks system calls: those with this number of this architecture whose
// argument Arg, looked at as 32 bits, is Value or, if Last is not 0, from Value
// to Last. There may be several rules for one number.
type Rule struct {
	Arch        uint32 // AUDIT_ARCH_*
	Number      uint32
	Arg         int // or Any
	Value, Last uint32
	// Mask, if it is not 0, is what of the argument is looked at.
	Mask uint32
}

// Offsets in struct seccomp_data.
const (
	offsetNumber = 0
	offsetArch   = 4
	offsetArgs   = 16
)

// compile makes a program that answers the calls of the rules with one action, as
// those that go to the listener, and all others with another. Of a call that no rule names it looks at the number only,
// so that the kernel can answer that from its cache (Linux 5.11).
func compile(rules []Rule, picked, others uint32) []unix.SockFilter {
	load := func(offset uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: offset}
	}
	unless := func(op uint16, k uint32, skip uint8) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_K | op, K: k, Jf: skip}
	}
	answer := func(k uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: k}
	}
	tell := answer(picked)
	var code []unix.SockFilter
	for _, r := range rules {
		var block []unix.SockFilter
		argument := load(offsetArgs + 8*uint32(max(r.Arg, 0)))
		switch {
		case r.Arg == Any:
			block = append(block, tell)
		case r.Mask != 0:
			masked := unix.SockFilter{Code: unix.BPF_ALU | unix.BPF_AND | unix.BPF_K, K: r.Mask}
			block = append(block, argument, masked, unless(unix.BPF_JEQ, r.Value, 1), tell)
		case r.Last == 0:
			block = append(block, argument, unless(unix.BPF_JEQ, r.Value, 1), tell)
		default:
			above := unless(unix.BPF_JGT, r.Last, 0)
			above.Jt = 1
			block = append(block, argument, unless(unix.BPF_JGE, r.Value, 2), above, tell)
		}
		code = append(code, load(offsetArch), unless(unix.BPF_JEQ, r.Arch, uint8(len(block)+2)),
			load(offsetNumber), unless(unix.BPF_JEQ, r.Number, uint8(len(block))))
		code = append(code, block...)
	}
	return append(code, answer(others))
}

// Program is the filter of these rules as the kernel shows it to tracers
// (PTRACE_SECCOMP_GET_FILTER).
func Program(rules []Rule) []byte {
	return encode(marked(rules))
}

// mark is behind the end of the filters that Install makes, for Ours.
var mark = unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: 0x75747261}

func marked(rules []Rule) []unix.SockFilter {
	return append(compile(rules, unix.SECCOMP_RET_USER_NOTIF, unix.SECCOMP_RET_ALLOW), mark)
}

// Ours reports whether a filter, as it is in memory, has been made by Install, in
// whatever version.
func Ours(filter []byte) bool { return bytes.HasSuffix(filter, encode([]unix.SockFilter{mark})) }

// encode is the program as it is in memory.
func encode(code []unix.SockFilter) (b []byte) {
	for _, f := range code {
		b = binary.NativeEndian.AppendUint16(b, f.Code)
		b = append(b, f.Jt, f.Jf)
		b = binary.NativeEndian.AppendUint32(b, f.K)
	}
	return b
}

// ErrNested is returned by Install for a thread that has a filter with a
// listener already: the kernel allows one.
var ErrNested = errors.New("this thread's system calls have a listener already")

// Install puts the filter on the calling thread, which must be locked, and on
// whatever descends from it, for good. It returns the listener's descriptor,
// which is close-on-exec. A thread without CAP_SYS_ADMIN also gets no_new_privs,
// which the kernel demands: set-user-id programs that it execs stay without
// their privileges.
func Install(rules []Rule) (int, error) {
	if runtime.GOARCH == "386" { // which cannot look into 64-bit callers
		return -1, fmt.Errorf("seccomp listener on %s: %w", runtime.GOARCH, syscall.EOPNOTSUPP)
	}
	code := marked(rules)
	prog := unix.SockFprog{Len: uint16(len(code)), Filter: &code[0]}
	install := func() (int, syscall.Errno) {
		fd, _, e := syscall.RawSyscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER,
			unix.SECCOMP_FILTER_FLAG_NEW_LISTENER|unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW, uintptr(unsafe.Pointer(&prog)))
		return int(fd), e
	}
	fd, e := install()
	if e == syscall.EACCES {
		if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
			return -1, fmt.Errorf("no_new_privs: %w", err)
		}
		fd, e = install()
	}
	runtime.KeepAlive(code)
	switch e {
	case 0:
		return fd, nil
	case syscall.EBUSY:
		return -1, ErrNested
	}
	return -1, fmt.Errorf("install a filter with a listener: %w", e)
}
