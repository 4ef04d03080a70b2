package spawn_test

import (
	"os"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/utrace/utrace/internal/spawn"
)

func TestMake(t *testing.T) {
	if pid := spawn.Make(&spawn.Call{NR: unix.SYS_GETPID}); int(pid) != os.Getpid() {
		t.Errorf("getpid is %d, want %d", pid, os.Getpid())
	}
	if r := spawn.Make(&spawn.Call{NR: unix.SYS_CLOSE, Args: [5]uintptr{^uintptr(0)}}); -int(r) != int(unix.EBADF) {
		t.Errorf("close(-1) is %d, want -EBADF", int(r))
	}
}

// TestStart: the child fails at the call whose check its result meets, and at none before.
func TestStart(t *testing.T) {
	self := uintptr(os.Getpid())
	parent := spawn.Call{NR: unix.SYS_GETPPID}
	with := func(c spawn.Call, check spawn.Check) spawn.Call {
		c.Check = check
		return c
	}
	bad := spawn.Call{NR: unix.SYS_CLOSE, Args: [5]uintptr{^uintptr(0)}}
	zero := spawn.Call{NR: unix.SYS_UMASK} // of the second, the result is what the first has set
	for _, c := range []struct {
		name   string
		calls  []spawn.Call
		fails  int
		result int
	}{
		{"errors", []spawn.Call{bad, with(parent, spawn.Errors), with(bad, spawn.Errors)}, 2, -int(unix.EBADF)},
		{"zero", []spawn.Call{zero, with(zero, spawn.Errors), with(zero, spawn.ErrorsOr0)}, 2, 0},
		{"all but", []spawn.Call{with(parent, spawn.AllBut(self)), with(parent, spawn.AllBut(self-1))}, 1, int(self)},
		{"back", []spawn.Call{
			// Once more until there is nothing to be read.
			{NR: unix.SYS_READ, Args: [5]uintptr{0, 0, 1}, Check: spawn.ErrorsOr0, Back: unsafe.Sizeof(spawn.Call{})}}, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			report := start(t, c.calls)
			at := int(report.At-uintptr(unsafe.Pointer(&c.calls[0]))) / int(unsafe.Sizeof(c.calls[0]))
			if at != c.fails || int(report.Result) != c.result {
				t.Errorf("call %d fails with %d, want %d with %d", at, int(report.Result), c.fails, c.result)
			}
		})
	}
}

// shared does not move, as a stack may.
var shared struct {
	all, old, buf uint64
	program       spawn.Program
}

// start runs a child that ends with status 3, and returns what it says of its failure. A
// call that reads gets three bytes before the end of file.
func start(t *testing.T, calls []spawn.Call) (report spawn.Failure) {
	t.Helper()
	var in, out [2]int
	for _, p := range []*[2]int{&in, &out} {
		if err := unix.Pipe2(p[:], unix.O_CLOEXEC); err != nil {
			t.Fatal(err)
		}
	}
	defer unix.Close(out[0])
	unix.Write(in[1], []byte("abc"))
	unix.Close(in[1])
	shared.all = ^uint64(0)
	mask := func(set, old *uint64) spawn.Call {
		return spawn.Call{NR: unix.SYS_RT_SIGPROCMASK, Args: [5]uintptr{unix.SIG_SETMASK, uintptr(unsafe.Pointer(set)), uintptr(unsafe.Pointer(old)), 8}}
	}
	for i := range calls {
		if calls[i].NR == unix.SYS_READ {
			calls[i].Args = [5]uintptr{uintptr(in[0]), uintptr(unsafe.Pointer(&shared.buf)), 1}
		}
	}
	p := &shared.program
	*p = spawn.Program{Block: mask(&shared.all, &shared.old), Unblock: mask(&shared.old, nil), First: &calls[0],
		Clone: spawn.Call{NR: unix.SYS_CLONE, Args: spawn.CloneArgs(uintptr(unix.SIGCHLD), 0, 0)},
		Exit:  spawn.Call{NR: unix.SYS_EXIT_GROUP, Args: [5]uintptr{3}}}
	p.Fail = spawn.Call{NR: unix.SYS_WRITE, Args: [5]uintptr{uintptr(out[1]), uintptr(unsafe.Pointer(&p.Failure)), unsafe.Sizeof(p.Failure)}}
	pid := int(spawn.Start(p))
	unix.Close(in[0])
	unix.Close(out[1])
	if pid < 0 {
		t.Fatal(syscall.Errno(-pid))
	}
	n, err := unix.Read(out[0], unsafe.Slice((*byte)(unsafe.Pointer(&report)), unsafe.Sizeof(report)))
	var status unix.WaitStatus
	if _, werr := unix.Wait4(pid, &status, 0, nil); werr != nil || status.ExitStatus() != 3 {
		t.Errorf("the child: %v, status %#x", werr, status)
	}
	if n != int(unsafe.Sizeof(report)) {
		t.Fatalf("the child reports %d bytes, %v", n, err)
	}
	return report
}
