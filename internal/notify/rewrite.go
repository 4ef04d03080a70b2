package notify

import (
	"encoding/binary"
	"slices"

	"golang.org/x/sys/unix"
)

// The kernel allows one listener, and no strict mode under a filter. What a program
// under our filter wants of these is done by filters that send the calls in
// question to the thread's tracer (SECCOMP_RET_TRACE), which is us.

// Only is a filter that allows the calls of the rules, and sends all others to the
// tracer, with this in the message.
func Only(rules []Rule, message uint16) []byte {
	return encode(compile(rules, unix.SECCOMP_RET_ALLOW, unix.SECCOMP_RET_TRACE|uint32(message)))
}

// insnSize is the size of struct sock_filter.
const insnSize = 8

// Traced is a program's filter, as it is in memory, with calls that it would send
// to its listener sent to the tracer.
func Traced(filter []byte, message uint16) []byte {
	trace := unix.SECCOMP_RET_TRACE | uint32(message)
	b := slices.Clone(filter)
	n := len(b) / insnSize
	tail := encode([]unix.SockFilter{
		{Code: unix.BPF_MISC | unix.BPF_TAX},
		{Code: unix.BPF_ALU | unix.BPF_AND | unix.BPF_K, K: unix.SECCOMP_RET_ACTION_FULL},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.SECCOMP_RET_USER_NOTIF, Jf: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: trace},
		{Code: unix.BPF_MISC | unix.BPF_TXA},
		{Code: unix.BPF_RET | unix.BPF_A},
	})
	computed := false
	for i := range n {
		insn := b[i*insnSize:]
		k := binary.NativeEndian.Uint32(insn[4:])
		switch binary.NativeEndian.Uint16(insn) {
		case unix.BPF_RET | unix.BPF_K:
			if k&unix.SECCOMP_RET_ACTION_FULL == unix.SECCOMP_RET_USER_NOTIF {
				binary.NativeEndian.PutUint32(insn[4:], trace)
			}
		case unix.BPF_RET | unix.BPF_A:
			// To where the accumulator is looked at.
			computed = true
			binary.NativeEndian.PutUint16(insn, unix.BPF_JMP|unix.BPF_JA)
			insn[2], insn[3] = 0, 0
			binary.NativeEndian.PutUint32(insn[4:], uint32(n-i-1))
		}
	}
	if computed {
		b = append(b, tail...)
	}
	return b
}
