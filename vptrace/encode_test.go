package vptrace

import (
	"encoding/binary"
	"testing"
)

// TestWaitSiginfo: what waitid(2) says of each kind of wait status.
func TestWaitSiginfo(t *testing.T) {
	for _, c := range []struct {
		name        string
		status      int
		code, value uint32
	}{
		{"exit", 3 << 8, cldExited, 3},
		{"signal", sigkill, cldKilled, sigkill},
		{"core dump", 11 | 0x80, cldDumped, 11},
		{"signal stop", sigtrap<<8 | 0x7f, cldTrapped, sigtrap},
		{"event", (sigtrap|eventExec<<8)<<8 | 0x7f, cldTrapped, sigtrap | eventExec<<8},
	} {
		b := waitSiginfo(1, c.status)
		code, value := binary.NativeEndian.Uint32(b[8:]), binary.NativeEndian.Uint32(b[24:])
		if code != c.code || value != c.value {
			t.Errorf("%s: si_code %d and si_status %#x, want %d and %#x", c.name, code, value, c.code, c.value)
		}
		if signo, pid := binary.NativeEndian.Uint32(b[0:]), binary.NativeEndian.Uint32(b[16:]); signo != sigchld || pid != 1 {
			t.Errorf("%s: si_signo %d and si_pid %d, want %d and 1", c.name, signo, pid, sigchld)
		}
	}
}

// TestSelects: which threads a wait is for.
func TestSelects(t *testing.T) {
	for _, c := range []struct {
		which, tid, pgid int
		want             bool
	}{
		{-1, 5, 9, true},
		{5, 5, 9, true},
		{6, 5, 9, false},
		{-9, 5, 9, true},
		{-5, 5, 9, false},
	} {
		w := waitCall{which: c.which}
		if got := w.selects(c.tid, c.pgid); got != c.want {
			t.Errorf("wait for %d: thread %d of group %d: %v, want %v", c.which, c.tid, c.pgid, got, c.want)
		}
	}
}

// TestSyscallInfo: the sizes are what PTRACE_GET_SYSCALL_INFO returns.
func TestSyscallInfo(t *testing.T) {
	var b [syscallSize]byte
	m := callMirror{op: infoEntry, nr: 7, args: [6]uint64{5: 9}}
	if n := m.encode(&b); n != 80 || binary.NativeEndian.Uint64(b[24:]) != 7 || binary.NativeEndian.Uint64(b[72:]) != 9 {
		t.Errorf("entry: %d bytes %x", n, b)
	}
	m = callMirror{op: infoExit, result: -2, failed: true}
	if n := m.encode(&b); n != 33 || int64(binary.NativeEndian.Uint64(b[24:])) != -2 || b[32] != 1 {
		t.Errorf("exit: %d bytes %x", n, b)
	}
	m = callMirror{}
	if n := m.encode(&b); n != 24 {
		t.Errorf("no call: %d bytes, want 24", n)
	}
}
