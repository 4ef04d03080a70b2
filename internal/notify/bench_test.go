package notify

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const auditArchX8664 = 0xc000003e

// TestMain makes this program the filtered one when it is told to: it passes its
// listener on and then calls ptrace(2) in a tight loop.
func TestMain(m *testing.M) {
	if n, err := strconv.Atoi(os.Getenv("NOTIFY_TEST_CALLS")); err == nil {
		call(n)
		return
	}
	os.Exit(m.Run())
}

func call(n int) {
	runtime.LockOSThread()
	fd, err := Install([]Rule{{Arch: auditArchX8664, Number: unix.SYS_PTRACE, Arg: Any}})
	if err != nil {
		panic(err)
	}
	// The parent copies the descriptor out of this process.
	fmt.Println(fd)
	var b [1]byte
	if _, err := os.Stdin.Read(b[:]); err != nil {
		panic(err)
	}
	begin := time.Now()
	for i := range n {
		r, _, e := syscall.RawSyscall(unix.SYS_PTRACE, 0x1234, uintptr(i), 0)
		if int(r) != i+1 || e != 0 {
			panic(fmt.Sprint("wrong answer ", r, e))
		}
	}
	fmt.Println(time.Since(begin).Nanoseconds())
	_, _, e := syscall.RawSyscall(unix.SYS_PTRACE, 0x1234, ^uintptr(0), 0)
	if e != unix.EXDEV {
		panic(fmt.Sprint("expected EXDEV: ", e))
	}
}

// caller starts the filtered program and returns its listener.
func caller(t testing.TB, n int) (*Listener, *exec.Cmd, func() int64) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprint("NOTIFY_TEST_CALLS=", n))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var remote int
	if _, err := fmt.Fscan(out, &remote); err != nil {
		t.Fatal(err)
	}
	pidfd, err := unix.PidfdOpen(cmd.Process.Pid, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(pidfd)
	fd, err := unix.PidfdGetfd(pidfd, remote, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := in.Write([]byte{0}); err != nil {
		t.Fatal(err)
	}
	return NewListener(fd), cmd, func() (ns int64) {
		if _, err := fmt.Fscan(out, &ns); err != nil {
			t.Error(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
		return ns
	}
}

// serve answers calls with their argument plus one, and -1 with EXDEV, until
// there is nobody left to call.
func serve(t testing.TB, l *Listener, timeout int) {
	var c Call
	fds := []unix.PollFd{{Fd: int32(l.FD()), Events: unix.POLLIN}}
	for {
		if n, err := unix.Poll(fds, timeout); err == unix.EINTR || err == nil && n == 0 {
			continue
		}
		if err := l.Receive(&c); err != nil {
			if l.Dead() {
				return
			}
			continue
		}
		value, errno := int64(c.Args[1])+1, syscall.Errno(0)
		if value == 0 {
			errno = unix.EXDEV
		}
		// ENOENT: a signal of the caller's runtime came in between, and the
		// kernel makes the call anew.
		if err := l.Return(c.ID, value, errno); err != nil && err != unix.ENOENT {
			t.Fatal(err)
		}
	}
}

func TestAnswers(t *testing.T) {
	l, _, end := caller(t, 100)
	defer l.Close()
	serve(t, l, -1)
	end()
	if !l.Dead() {
		t.Error("the listener of an ended program is not dead")
	}
}

// BenchmarkRoundTrip is the floor of all virtual requests: a loop that polls,
// receives and answers; sleeping between calls, or spinning. The kernel's hint
// that the answerer is about to sleep is good for the one and bad for the other.
func BenchmarkRoundTrip(b *testing.B) {
	for _, c := range []struct {
		name    string
		timeout int
		sync    bool
	}{{"sleep", -1, false}, {"sleep-sync", -1, true}, {"spin", 0, false}, {"spin-sync", 0, true}} {
		b.Run(c.name, func(b *testing.B) {
			l, _, end := caller(b, b.N)
			defer l.Close()
			l.SleepsAfterAnswers(c.sync)
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			b.ReportAllocs()
			serve(b, l, c.timeout)
			b.StopTimer()
			b.ReportMetric(float64(end())/float64(b.N), "ns/call")
		})
	}
}
