package waitloop

import (
	"encoding/binary"
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/utrace/utrace/internal/spawn"
)

// chime is what the helper of a [doorbell] does. It lies in memory that the garbage
// collector does not know: when a thread has ended without closing its doorbell, the
// helper lives on for a moment.
type chime struct {
	program spawn.Program
	calls   [4]spawn.Call
	all     uint64 // signals
	before  uint64
	event   [16]byte // where epoll_pwait writes; nobody reads it
}

func newChime() (*chime, error) {
	memory, err := unix.MmapPtr(-1, 0, nil, unsafe.Sizeof(chime{}), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	return (*chime)(memory), err
}

// free is for when the helper is dead.
func (c *chime) free() { _ = unix.MunmapPtr(unsafe.Pointer(c), unsafe.Sizeof(*c)) }

// start makes the helper, which is a process that shares our memory, descriptors (it
// sleeps on our epoll set, and keeps nothing open that we close) and working directory.
// CLONE_UNTRACED lets us be its tracer even while somebody traces us with
// PTRACE_O_TRACECLONE. A Go signal handler must not run in it, which is no Go thread: it
// starts with all signals blocked.
func (c *chime) start(epfd int) (pid int, err error) {
	const flags = unix.CLONE_VM | unix.CLONE_FS | unix.CLONE_FILES | unix.CLONE_UNTRACED | unix.CLONE_CHILD_SETTID
	address := func(p unsafe.Pointer) uintptr { return uintptr(p) }
	setMask := func(set, old *uint64) spawn.Call {
		return spawn.Call{NR: unix.SYS_RT_SIGPROCMASK, Args: [5]uintptr{
			unix.SIG_SETMASK, address(unsafe.Pointer(set)), address(unsafe.Pointer(old)), unsafe.Sizeof(*set)}}
	}
	c.all = ^uint64(0)
	c.calls = [...]spawn.Call{
		{NR: unix.SYS_PRCTL, Args: [5]uintptr{unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL)}},
		// If it has another parent by now, we died before it could ask for the signal.
		{NR: unix.SYS_GETPPID, Check: spawn.AllBut(uintptr(unix.Getpid()))},
		{NR: unix.SYS_EPOLL_PWAIT, Args: [5]uintptr{uintptr(epfd), address(unsafe.Pointer(&c.event)), 1, ^uintptr(0)}},
		{NR: unix.SYS_KILL, Args: [5]uintptr{1: uintptr(unix.SIGSTOP)}, Back: 2 * unsafe.Sizeof(spawn.Call{})},
	}
	exit := spawn.Call{NR: unix.SYS_EXIT}
	c.program = spawn.Program{
		Block:   setMask(&c.all, &c.before),
		Clone:   spawn.Call{NR: unix.SYS_CLONE, Args: spawn.CloneArgs(flags, 0, address(low32(&c.calls[3].Args[0])))},
		Unblock: setMask(&c.before, nil),
		First:   &c.calls[0],
		Fail:    exit,
		Exit:    exit,
	}
	if pid = int(spawn.Start(&c.program)); pid < 0 {
		return 0, fmt.Errorf("clone the doorbell: %w", syscall.Errno(-pid))
	}
	return pid, nil
}

// low32 is where the kernel writes a pid_t that is to be this argument, whose other
// half is zero.
func low32(arg *uintptr) unsafe.Pointer {
	if binary.NativeEndian.Uint16([]byte{0, 1}) == 1 {
		return unsafe.Add(unsafe.Pointer(arg), unsafe.Sizeof(*arg)-4)
	}
	return unsafe.Pointer(arg)
}
