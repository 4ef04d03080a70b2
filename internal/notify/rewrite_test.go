package notify

import (
	"bytes"
	"testing"

	"golang.org/x/sys/unix"
)

// TestTraced: what goes to the listener goes to the tracer, everything else is as
// it was, and a computed answer is looked at.
func TestTraced(t *testing.T) {
	ret := func(k uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: k}
	}
	code := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS},
		ret(unix.SECCOMP_RET_USER_NOTIF | 3), ret(unix.SECCOMP_RET_ALLOW), ret(unix.SECCOMP_RET_ERRNO | 5),
	}
	want := append([]unix.SockFilter{}, code...)
	want[1].K = unix.SECCOMP_RET_TRACE | 0x77
	if got := Traced(encode(code), 0x77); !bytes.Equal(got, encode(want)) {
		t.Errorf("% x\nwant\n% x", got, encode(want))
	}
	code = append(code, unix.SockFilter{Code: unix.BPF_RET | unix.BPF_A})
	got := Traced(encode(code), 0x77)
	want = append(want, unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JA})
	if n := len(want) * insnSize; !bytes.Equal(got[:n], encode(want)) || len(got) <= n {
		t.Errorf("% x\nwant, and more:\n% x", got, encode(want))
	}
}
