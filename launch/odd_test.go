package launch

import (
	"io"
	"os"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/utrace/utrace/internal/spawn"
)

// odd is a state that a process can be started in.
type odd struct {
	ignored  []int
	blocked  uint64
	closed   []int
	open     []int // copies of /dev/zero
	nofile   uint64
	umask    int
	nice     int
	noRandom bool // a personality
	dir      string
	env      []string // nil: a short one
}

func sigset(signals ...int) uint64 {
	var set uint64
	for _, s := range signals {
		set |= 1 << (s - 1)
	}
	return set
}

// run starts a program in this state, with nothing between fork and exec but
// system calls, and returns what it writes to descriptor 9, and its status.
func (o odd) run(t *testing.T, path string, args ...string) (string, unix.WaitStatus) {
	t.Helper()
	fd, err := unix.MemfdCreate("out", unix.MFD_CLOEXEC) // its name is always the same
	if err != nil {
		t.Fatal(err)
	}
	out := os.NewFile(uintptr(fd), "out")
	defer out.Close()
	zero, err := os.Open("/dev/zero")
	if err != nil {
		t.Fatal(err)
	}
	defer zero.Close()

	var mine temporary // beyond all targets
	defer mine.close()
	from, err := mine.dup(fd, 800)
	if err != nil {
		t.Fatal(err)
	}
	zeros, err := mine.dup(int(zero.Fd()), 800)
	if err != nil {
		t.Fatal(err)
	}
	var s script
	defer s.free()
	o.write(&s, uintptr(from), uintptr(zeros))
	env := o.env
	if env == nil {
		env = []string{"PATH=/usr/bin:/bin"}
	}
	s.add(opExec, path, spawn.Errors, unix.SYS_EXECVE, s.text(path), s.texts(append([]string{path}, args...)), s.texts(env))

	set := new(uint64)
	prog := &spawn.Program{
		Block:   spawn.Call{NR: unix.SYS_RT_SIGPROCMASK, Args: [5]uintptr{unix.SIG_SETMASK, address(&s, &[]uint64{^uint64(0)}[0]), address(&s, set), sigsetSize}},
		Unblock: spawn.Call{NR: unix.SYS_RT_SIGPROCMASK, Args: [5]uintptr{unix.SIG_SETMASK, address(&s, set), 0, sigsetSize}},
		Clone:   spawn.Call{NR: unix.SYS_CLONE, Args: spawn.CloneArgs(uintptr(unix.SIGCHLD), 0, 0)},
		First:   &s.calls[0],
		Fail:    spawn.Call{NR: unix.SYS_GETPID},
		Exit:    spawn.Call{NR: unix.SYS_EXIT_GROUP, Args: [5]uintptr{99}},
	}
	address(&s, prog)
	address(&s, prog.First)
	pid := int(spawn.Start(prog))
	if pid < 0 {
		t.Fatal(unix.Errno(-pid))
	}
	var status unix.WaitStatus
	for {
		if _, err := unix.Wait4(pid, &status, 0, nil); err != unix.EINTR {
			break
		}
	}
	if _, err := out.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(out)
	if err != nil {
		t.Fatal(err)
	}
	return string(text), status
}

func (o odd) write(s *script, out, zero uintptr) {
	def, ign := &[4]uint64{}, &[4]uint64{}
	*(*uintptr)(unsafe.Pointer(ign)) = 1
	for sig := 1; sig <= 64; sig++ {
		s.add("sigaction", "", spawn.Check{}, unix.SYS_RT_SIGACTION, uintptr(sig), address(s, def), 0, sigsetSize)
	}
	for _, sig := range o.ignored {
		s.add("sigaction", "", spawn.Errors, unix.SYS_RT_SIGACTION, uintptr(sig), address(s, ign), 0, sigsetSize)
	}
	s.add("dup", "", spawn.Errors, unix.SYS_DUP3, out, 9, 0)
	for _, fd := range o.open {
		s.add("dup", "", spawn.Errors, unix.SYS_DUP3, zero, uintptr(fd), 0)
	}
	for _, fd := range o.closed {
		s.add("close", "", spawn.Errors, unix.SYS_CLOSE, uintptr(fd))
	}
	var now unix.Rlimit
	unix.Prlimit(0, unix.RLIMIT_NOFILE, nil, &now)
	if o.nofile == 0 {
		o.nofile = now.Max / 2
	}
	s.add("setrlimit", "", spawn.Errors, unix.SYS_PRLIMIT64, 0, unix.RLIMIT_NOFILE, address(s, &unix.Rlimit{Cur: o.nofile, Max: now.Max}))
	s.add("umask", "", spawn.Errors, unix.SYS_UMASK, uintptr(o.umask))
	s.add("setpriority", "", spawn.Errors, unix.SYS_SETPRIORITY, unix.PRIO_PROCESS, 0, uintptr(o.nice))
	if o.noRandom {
		const addrNoRandomize = 0x0040000
		s.add("personality", "", spawn.Errors, unix.SYS_PERSONALITY, addrNoRandomize)
	}
	if o.dir != "" {
		s.add("chdir", o.dir, spawn.Errors, unix.SYS_CHDIR, s.text(o.dir))
	}
	s.add("sigprocmask", "", spawn.Errors, unix.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK, address(s, &[]uint64{o.blocked}[0]), 0, sigsetSize)
}
