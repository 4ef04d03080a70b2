package waitloop

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The test program is also every program that the tests run: roleVariable tells
// it what to be.
const roleVariable = "WAITLOOP_TEST_ROLE"

var roles = map[string]func(){
	// Makes system calls without end.
	"caller": func() {
		for {
			syscall.RawSyscall(unix.SYS_GETPPID, 0, 0, 0)
		}
	},
	// Answers each byte from descriptor 3 with one to descriptor 4.
	"echo": func() {
		b := make([]byte, 1)
		for {
			if n, err := syscall.Read(3, b); n != 1 || err != nil {
				os.Exit(0)
			}
			syscall.Write(4, b)
		}
	},
	"exit": func() { os.Exit(7) },
	// Sleeps on a loop with no tracee until it is killed.
	"sleeper": func() {
		l, err := New(Options{Mechanism: Doorbell})
		if err != nil {
			panic(err)
		}
		fmt.Println(l.sleeper.(*doorbell).pid)
		l.Wait(true)
	},
}

func TestMain(m *testing.M) {
	if role := roles[os.Getenv(roleVariable)]; role != nil {
		runtime.LockOSThread()
		role()
		os.Exit(0)
	}
	before := openDescriptors()
	code := m.Run()
	if after := openDescriptors(); code == 0 && after > before {
		fmt.Fprintf(os.Stderr, "%d descriptors before the tests, %d after\n", before, after)
		code = 1
	}
	if left := children(); code == 0 && left != "" {
		fmt.Fprintln(os.Stderr, "children left by the tests:", left)
		code = 1
	}
	os.Exit(code)
}

// openDescriptors counts the descriptors of the test, less what the Go runtime
// opens once for its poller.
func openDescriptors() (n int) {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		panic(err)
	}
	for _, e := range entries {
		switch target, _ := os.Readlink("/proc/self/fd/" + e.Name()); {
		case target == "anon_inode:[eventpoll]", target == "anon_inode:[eventfd]":
		default:
			n++
		}
	}
	return n
}

// children lists the children of all threads of the test.
func children() string {
	var all []string
	tasks, _ := os.ReadDir("/proc/self/task")
	for _, task := range tasks {
		list, _ := os.ReadFile("/proc/self/task/" + task.Name() + "/children")
		all = append(all, strings.Fields(string(list))...)
	}
	return strings.Join(all, " ")
}

// onThread runs f on a thread of its own, which ends with it.
func onThread(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()              // and never unlock: the thread ends with the goroutine
		if unix.Gettid() == unix.Getpid() { // but for the first, which Go keeps
			defer runtime.UnlockOSThread()
			onThread(f)
			return
		}
		f()
	}()
	<-done
}

// eachMechanism runs a subtest with a loop of each kind, on a fresh thread.
func eachMechanism(t *testing.T, f func(t *testing.T, l *Loop)) {
	for _, m := range []Mechanism{Auto, Doorbell, Uring} {
		for _, spin := range []time.Duration{-1, 0} {
			t.Run(fmt.Sprintf("%v/spin=%d", m, spin), func(t *testing.T) {
				onThread(func() {
					l := newLoop(t, Options{Mechanism: m, Spin: spin})
					f(t, l)
					if err := l.Close(); err != nil {
						t.Error(err)
					}
				})
			})
		}
	}
}

// newLoop is New. A machine without io_uring cannot run half of the tests: that
// is a failure, unless the machine is known to be one.
func newLoop(t testing.TB, o Options) *Loop {
	l, err := New(o)
	if err != nil && o.Mechanism == Uring && os.Getenv("WAITLOOP_NO_URING") != "" {
		t.Skip("WAITLOOP_NO_URING is set:", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// startRole starts the test program in a role as a child of this very thread.
func startRole(t testing.TB, role string, files ...uintptr) (pid int) {
	pid, err := syscall.ForkExec("/proc/self/exe", []string{role}, &syscall.ProcAttr{
		Env:   []string{roleVariable + "=" + role, "GODEBUG=asyncpreemptoff=1"},
		Files: append([]uintptr{0, 1, 2}, files...),
		Sys:   &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL},
	})
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// trace starts a caller, seizes its main thread and runs it from one system call
// stop to the next.
func trace(t testing.TB, l *Loop) (pid int) {
	pid = startRole(t, "caller")
	awaitRole(t, pid)
	mustPtrace(t, unix.PTRACE_SEIZE, pid, unix.PTRACE_O_TRACESYSGOOD|unix.PTRACE_O_EXITKILL)
	mustPtrace(t, unix.PTRACE_INTERRUPT, pid, 0)
	for {
		tid, status, ok, err := l.Wait(true)
		if err != nil {
			t.Fatal(err)
		}
		if ok && tid == pid && status.StopSignal() == syscall.SIGTRAP {
			break
		}
		if ok {
			resume(t, tid, status)
		}
	}
	mustPtrace(t, unix.PTRACE_SYSCALL, pid, 0)
	return pid
}

// awaitRole waits until the program has left the Go runtime's start behind, by
// the processor time that it uses.
func awaitRole(t testing.TB, pid int) {
	for range 10000 {
		call, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/schedstat")
		if err != nil {
			t.Fatal(err)
		}
		if ran, _ := strconv.Atoi(strings.Fields(string(call))[0]); ran > 20e6 {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatal("the caller does not start")
}

func ptrace(request int, pid int, data uintptr) syscall.Errno {
	_, _, e := syscall.RawSyscall6(unix.SYS_PTRACE, uintptr(request), uintptr(pid), 0, data, 0, 0)
	return e
}

func mustPtrace(t testing.TB, request, pid int, data uintptr) {
	if e := ptrace(request, pid, data); e != 0 {
		t.Fatalf("ptrace request %#x of %d: %v", request, pid, e)
	}
}

// resume lets a stopped tracee run to its next system call stop, with its signal.
func resume(t testing.TB, tid int, status syscall.WaitStatus) {
	signal := uintptr(0)
	if s := status.StopSignal(); status.Stopped() && s != syscall.SIGTRAP|0x80 && status>>16 == 0 {
		signal = uintptr(s)
	}
	if e := ptrace(unix.PTRACE_SYSCALL, tid, signal); e != 0 && e != unix.ESRCH {
		t.Fatalf("PTRACE_SYSCALL of %d: %v", tid, e)
	}
}

// awaitStop waits until a tracee has a stop to report, and leaves it to the loop.
func awaitStop(t testing.TB, tid int) {
	for {
		err := unix.Waitid(unix.P_PID, tid, nil, unix.WSTOPPED|unix.WNOWAIT|unix.WALL, nil)
		if err == nil {
			return
		}
		if err != unix.EINTR {
			t.Fatalf("waitid of %d: %v", tid, err)
		}
	}
}

// killAll kills processes and waits for their deaths through the loop.
func killAll(t testing.TB, l *Loop, pids ...int) {
	for _, pid := range pids {
		unix.Kill(pid, unix.SIGKILL)
	}
	for left := len(pids); left > 0; {
		tid, status, ok, err := l.Wait(true)
		if err != nil {
			t.Fatal(err)
		}
		if ok && (status.Exited() || status.Signaled()) {
			for _, pid := range pids {
				if tid == pid {
					left--
				}
			}
		} else if ok {
			ptrace(unix.PTRACE_SYSCALL, tid, 0)
		}
	}
}

// setFilter installs a seccomp filter for the calling thread.
func setFilter(program *unix.SockFprog) error {
	_, _, e := syscall.RawSyscall6(unix.SYS_PRCTL, unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER,
		uintptr(unsafe.Pointer(program)), 0, 0, 0)
	if e != 0 {
		return e
	}
	return nil
}
