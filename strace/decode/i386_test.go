package decode_test

import (
	"encoding/binary"
	"testing"

	"github.com/utrace/utrace/strace/decode"
	"github.com/utrace/utrace/syscalls"
)

// TestI386: what programs of i386 do otherwise than others.
func TestI386(t *testing.T) {
	memory := make(fixedMemory, 4096) // a page at 0x1000
	words := func(at int, list ...uint32) {
		for i, v := range list {
			binary.LittleEndian.PutUint32(memory[at+4*i:], v)
		}
	}
	words(0x10, 0)                              // union semun
	words(0x20, 0x1100, 7)                      // struct ipc_kludge
	words(0x100, 7, 0x6f6c6c68)                 // a message of 4 bytes
	words(0x30, 0x2000, 4096, 1, 2, 0xfffffff7) // struct mmap_arg_struct32
	words(0x200, 1, 0, 0, 0, 186, 0xc000003e)   // struct seccomp_notif: x86_64
	words(0x300, 1, 0, 0, 0, 224, 0x40000003)   // i386
	const ipc, fcntl, mmap, ioctl = 117, 55, 90, 54
	const sem, receive, version = 3, 12, 1 << 16
	for _, c := range []struct {
		nr     uint64
		args   [6]uint64
		failed bool
		want   string
	}{
		{ipc, [6]uint64{sem, 1, 0, 0x100, 0x1010}, false, "semctl(1, 0, IPC_64|IPC_RMID, [NULL])"},
		{ipc, [6]uint64{sem, 1, 0, 0x100, 0x5000}, true, "semctl(1, 0, IPC_64|IPC_RMID, 0x5000)"},
		{ipc, [6]uint64{receive, 1, 4, 0, 0x1020}, false, `msgrcv(1, {mtype=7, mtext="hllo"}, 4, 7, 0)`},
		{ipc, [6]uint64{version | receive, 1, 4, 0, 0x1100, 9}, false, `msgrcv(1, {mtype=7, mtext="hllo"}, 4, 9, 0)`},
		{ipc, [6]uint64{receive, 1, 4, 0, 0x5000}, false, `msgrcv(1, 0x5000, 4, 0)`},
		{fcntl, [6]uint64{3, 13, 0x1000}, true, "fcntl(3, F_SETLK64, 0x1000)"},
		{mmap, [6]uint64{0x1030}, true, "mmap(0x2000, 4096, PROT_READ, MAP_PRIVATE, -9, 0)"},
		{ioctl, [6]uint64{3, 0x302, 0}, true, "ioctl(3, HDIO_GET_UNMASKINTR, 0)"},
		{ioctl, [6]uint64{3, 0x80805659, 0}, true, "ioctl(3, VIDIOC_DQEVENT, 0)"},
		{ioctl, [6]uint64{3, 0xc0502100, 0x1200}, true, "ioctl(3, SECCOMP_IOCTL_NOTIF_RECV, {id=0x1, pid=0, flags=0, " +
			"data={nr=186 /* gettid */, arch=AUDIT_ARCH_X86_64, instruction_pointer=NULL, args=[0, 0, 0, 0, 0, 0]}} => 0x1200)"},
		{ioctl, [6]uint64{3, 0xc0502100, 0x1300}, true, "ioctl(3, SECCOMP_IOCTL_NOTIF_RECV, {id=0x1, pid=0, flags=0, " +
			"data={nr=__NR_gettid, arch=AUDIT_ARCH_I386, instruction_pointer=NULL, args=[0, 0, 0, 0, 0, 0]}} => 0x1300)"},
	} {
		d := decode.New(decode.Options{})
		call := &decode.Call{ABI: syscalls.I386, Nr: c.nr, Args: c.args, Mem: memory, IsError: c.failed}
		if line := string(d.Exit(d.Entry(nil, call), call)); line != c.want {
			t.Errorf("%s, want\n%s", line, c.want)
		}
	}
}
