package ptrace

import (
	"bytes"
	"encoding/binary"
	"errors"
	"runtime"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// tracee gives a stopped probe child to a test.
func tracee(t testing.TB) probeChild {
	t.Helper()
	runtime.LockOSThread()
	t.Cleanup(runtime.UnlockOSThread)
	c, err := startProbeChild(0)
	if err != nil {
		t.Fatalf("fork and seize: %v", err)
	}
	t.Cleanup(c.end)
	if err := c.interrupt(); err != nil {
		t.Fatalf("interrupt: %v", err)
	}
	return c
}

func TestFeatures(t *testing.T) {
	seen := map[string]bool{}
	for i, f := range Features() {
		t.Log(f)
		if f.ID != FeatureID(i) || f.Name == "" || seen[f.Name] {
			t.Errorf("entry %d is %+v", i, f)
		}
		seen[f.Name] = true
		if f.Available == (f.Err != nil) {
			t.Errorf("%s: available %v, but error %v", f.Name, f.Available, f.Err)
		}
		if !f.Available && f.Detail == "" {
			t.Errorf("%s is missing without saying why", f.Name)
		}
		if Has(f.ID) != f.Available {
			t.Errorf("Has(%s) differs from the list", f.Name)
		}
	}
	// No kernel that this module supports is without these.
	for _, id := range []FeatureID{SyscallInfoGet, RegisterSets, InstructionStep, ProcessPidfd} {
		if !Has(id) && !(id == InstructionStep && runtime.GOARCH == "riscv64") {
			t.Errorf("%s is missing", featureNames[id])
		}
	}
	if Has(featureCount) {
		t.Error("an unknown feature is there")
	}
}

func TestProbeLeavesNoChild(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	c, err := startProbeChild(0)
	if err != nil {
		t.Fatal(err)
	}
	c.end()
	var status unix.WaitStatus
	if _, err := Poll(c.pid, &status, WaitAll); err != syscall.ECHILD {
		t.Errorf("wait after the end: %v, want ECHILD", err)
	}
}

func TestSyscallStops(t *testing.T) {
	c := tracee(t)
	if err := c.getSyscallInfo(); err != nil {
		t.Fatal(err)
	}
	var info SyscallInfo
	if err := c.restart(Syscall); err != nil {
		t.Fatal(err)
	}
	n, err := GetSyscallInfo(c.pid, &info)
	if err != nil || n < 33 {
		t.Fatalf("exit: %d bytes, %v", n, err)
	}
	if info.Op != SyscallExit || info.Result() != int64(unix.Getpid()) || info.Failed() {
		t.Errorf("getppid ended with op %d result %d failed %v", info.Op, info.Result(), info.Failed())
	}
}

func TestSyscallResult(t *testing.T) {
	var info SyscallInfo
	info.SetResult(-int64(syscall.EPERM), true)
	if info.Result() != -1 || !info.Failed() {
		t.Errorf("got %d %v", info.Result(), info.Failed())
	}
	info.SetResult(-1, false)
	if info.Result() != -1 || info.Failed() {
		t.Errorf("got %d %v", info.Result(), info.Failed())
	}
	if unsafe.Sizeof(info) != 88 {
		t.Errorf("struct ptrace_syscall_info has %d bytes, not 88", unsafe.Sizeof(info))
	}
}

func TestSignalRequests(t *testing.T) {
	c := tracee(t)
	mask, err := GetSigMask(c.pid)
	if err != nil || mask != ^uint64(1<<(unix.SIGKILL-1)|1<<(unix.SIGSTOP-1)) {
		t.Errorf("mask %#x, %v", mask, err)
	}
	if err := SetSigMask(c.pid, 1<<(unix.SIGUSR1-1)); err != nil {
		t.Fatal(err)
	}
	if mask, err = GetSigMask(c.pid); mask != 1<<(unix.SIGUSR1-1) || err != nil {
		t.Errorf("mask %#x, %v after setting it", mask, err)
	}
	// One signal to the process and one to the thread, of which the first is
	// blocked and stays in its queue.
	unix.Kill(c.pid, unix.SIGUSR1)
	unix.Tgkill(c.pid, c.pid, unix.SIGUSR2)
	var infos [4]Siginfo
	for _, q := range []struct {
		queue Queue
		sig   unix.Signal
	}{{ProcessQueue, unix.SIGUSR1}, {ThreadQueue, unix.SIGUSR2}} {
		n, err := PeekSiginfo(c.pid, q.queue, 0, infos[:])
		if err != nil || n != 1 || signo(&infos[0]) != q.sig {
			t.Errorf("queue %d: %d signals, first %v, %v", q.queue, n, signo(&infos[0]), err)
		}
	}
	if err := c.restart(Cont); err != nil {
		t.Fatal(err)
	}
	var info Siginfo
	if err := GetSiginfo(c.pid, &info); err != nil || signo(&info) != unix.SIGUSR2 {
		t.Fatalf("stopped for %v, %v", signo(&info), err)
	}
	binary.NativeEndian.PutUint32(info[8:], 0x80) // si_code SI_KERNEL
	if err := SetSiginfo(c.pid, &info); err != nil {
		t.Fatal(err)
	}
	var again Siginfo
	if err := GetSiginfo(c.pid, &again); err != nil || again != info {
		t.Errorf("siginfo differs from what was set: %v", err)
	}
}

func signo(info *Siginfo) unix.Signal {
	return unix.Signal(binary.NativeEndian.Uint32(info[:]))
}

func TestEventMessageAndStop(t *testing.T) {
	c := tracee(t)
	if err := SetOptions(c.pid, OptExit|OptExitKill); err != nil {
		t.Fatal(err)
	}
	unix.Kill(c.pid, unix.SIGKILL)
	var status unix.WaitStatus
	if _, err := Wait(c.pid, &status, WaitAll); err != nil || Event(status) != EventExit {
		t.Fatalf("status %#x, %v, want an exit event", status, err)
	}
	if msg, err := GetEventMsg(c.pid); err != nil || msg != uint64(unix.SIGKILL) {
		t.Errorf("exit event says %#x, %v", msg, err)
	}
	if Event(0) != 0 {
		t.Error("a status of exit has an event")
	}
}

func TestListenDetach(t *testing.T) {
	c := tracee(t)
	unix.Kill(c.pid, unix.SIGSTOP)
	if err := c.restart(Cont); err != nil { // the signal
		t.Fatal(err)
	}
	if err := Cont(c.pid, int(unix.SIGSTOP)); err != nil {
		t.Fatal(err)
	}
	var status unix.WaitStatus
	if _, err := Wait(c.pid, &status, WaitAll); err != nil {
		t.Fatal(err)
	}
	if Event(status) != EventStop || status.StopSignal() != unix.SIGSTOP {
		t.Fatalf("status %#x is not a group-stop", status)
	}
	if err := Listen(c.pid); err != nil {
		t.Fatal(err)
	}
	if _, err := GetEventMsg(c.pid); err != syscall.ESRCH {
		t.Errorf("request under listen: %v, want ESRCH", err)
	}
	if err := c.interrupt(); err != nil {
		t.Fatal(err)
	}
	if err := Detach(c.pid, 0); err != nil {
		t.Fatal(err)
	}
	if err := Detach(c.pid, 0); err != syscall.ESRCH {
		t.Errorf("second detach: %v, want ESRCH", err)
	}
}

func TestMemory(t *testing.T) {
	c := tracee(t)
	// Static data is in the child at the same address.
	src := []byte(featureNames[BlockStep])
	static := unsafe.StringData(featureNames[BlockStep])
	a, b := make([]byte, 3), make([]byte, len(src)-3)
	local := []unix.Iovec{{Base: &a[0]}, {Base: &b[0]}}
	local[0].SetLen(len(a))
	local[1].SetLen(len(b))
	remote := []unix.RemoteIovec{{Base: uintptr(unsafe.Pointer(static)), Len: len(src)}}
	n, err := ReadV(c.pid, local, remote)
	if err != nil || n != len(src) || !bytes.Equal(append(a, b...), src) {
		t.Errorf("read %d bytes %q%q, %v", n, a, b, err)
	}
	if n, err := Read(c.pid, 0, a); err != syscall.EFAULT {
		t.Errorf("read at 0: %d, %v, want EFAULT", n, err)
	}
	if _, err := WriteV(c.pid, local, remote); err != syscall.EFAULT {
		t.Errorf("write to read-only data: %v, want EFAULT", err)
	}
	if n, err := ReadV(c.pid, nil, nil); n != 0 || err != nil {
		t.Errorf("empty read: %d, %v", n, err)
	}
}

func TestErrors(t *testing.T) {
	c := tracee(t)
	var buf [8]byte
	if _, err := GetRegset(c.pid, 0x7fff0000, buf[:]); err != syscall.EINVAL {
		t.Errorf("unknown note: %v, want EINVAL", err)
	}
	if n, err := GetRegset(c.pid, 1, nil); n != 0 || err != nil {
		t.Errorf("empty regset read: %d, %v", n, err)
	}
	if err := Seize(c.pid, 0); err != syscall.EPERM {
		t.Errorf("second seize: %v, want EPERM", err)
	}
	if err := SetOptions(c.pid, ^uintptr(0)); err != syscall.EINVAL {
		t.Errorf("bad options: %v, want EINVAL", err)
	}
	var rseq Rseq
	if err := GetRseq(c.pid, &rseq); err != nil && err != syscall.EIO {
		t.Errorf("rseq: %v", err)
	}
	// Another thread of the same process is not the tracer.
	other := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		other <- Interrupt(c.pid)
	}()
	if err := <-other; !errors.Is(err, syscall.ESRCH) {
		t.Errorf("interrupt from another thread: %v, want ESRCH", err)
	}
}

func TestNoAllocation(t *testing.T) {
	c := tracee(t)
	var (
		buf    [512]byte
		sys    SyscallInfo
		info   Siginfo
		status unix.WaitStatus
	)
	n := testing.AllocsPerRun(100, func() {
		GetRegset(c.pid, 1, buf[:216])
		GetSyscallInfo(c.pid, &sys)
		GetSiginfo(c.pid, &info)
		GetSigMask(c.pid)
		GetEventMsg(c.pid)
		PeekUser(c.pid, 0)
		Read(c.pid, uintptr(sys.PC), buf[:8])
		Poll(c.pid, &status, WaitAll)
	})
	if n != 0 {
		t.Errorf("%v allocations for one stop's requests", n)
	}
}

func BenchmarkSyscallStop(b *testing.B) {
	c := tracee(b)
	b.ReportAllocs()
	var info SyscallInfo
	for b.Loop() {
		if err := c.restart(Syscall); err != nil {
			b.Fatal(err)
		}
		if _, err := GetSyscallInfo(c.pid, &info); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkGetRegset(b *testing.B) {
	c := tracee(b)
	b.ReportAllocs()
	var buf [216]byte
	for b.Loop() {
		if _, err := GetRegset(c.pid, 1, buf[:]); err != nil {
			b.Fatal(err)
		}
	}
}
