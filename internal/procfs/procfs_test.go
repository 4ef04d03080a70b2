package procfs

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

func TestSelf(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	tid, pid := unix.Gettid(), unix.Getpid()

	status, err := ReadStatus(tid)
	if err != nil {
		t.Fatal(err)
	}
	if status.TID != tid || status.Group != pid || status.Parent != unix.Getppid() || status.State != 'R' ||
		status.UIDs[1] != unix.Geteuid() || status.Threads < 2 || status.Kernel || status.Tracer != 0 {
		t.Errorf("status of this thread: %+v", status)
	}
	if len(status.Namespace) == 0 || status.Namespace[0] != tid {
		t.Errorf("ids in namespaces: %v", status.Namespace)
	}
	stat, err := ReadStat(tid)
	if err != nil {
		t.Fatal(err)
	}
	if stat.TID != tid || stat.Name != status.Name || stat.Parent != status.Parent || stat.Start == 0 || stat.Kernel() {
		t.Errorf("stat of this thread: %+v", stat)
	}
	if tid != pid && stat.ExitSignal != -1 {
		t.Errorf("exit signal of a thread is %d", stat.ExitSignal)
	}
	if leader, err := ReadStat(pid); err != nil || leader.ExitSignal != int(unix.SIGCHLD) {
		t.Errorf("exit signal of the leader is %d, %v", leader.ExitSignal, err)
	}
	call, err := ReadSyscall(tid)
	// It reads the file: it is running, or so the kernel says.
	if err != nil || !call.Running && call.Number < 0 {
		t.Errorf("syscall of this thread: %+v, %v", call, err)
	}
	threads, err := Threads(tid)
	if err != nil || !slices.Contains(threads, tid) || !slices.Contains(threads, pid) {
		t.Errorf("threads %v, %v", threads, err)
	}
	exe, err := Exe(tid)
	if want, _ := os.Executable(); err != nil || exe != want {
		t.Errorf("exe %q, %v, want %q", exe, err, want)
	}
	args, err := Cmdline(tid)
	if err != nil || !slices.Equal(args, os.Args) {
		t.Errorf("cmdline %q, %v", args, err)
	}
	if ns, err := UserNamespace(tid); err != nil || !strings.HasPrefix(ns, "user:[") {
		t.Errorf("user namespace %q, %v", ns, err)
	}
	file, err := os.Open("/dev/null")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if name, err := FD(tid, int(file.Fd())); err != nil || name != "/dev/null" {
		t.Errorf("descriptor is %q, %v", name, err)
	}
}

func TestAuxvAndMaps(t *testing.T) {
	pid := unix.Getpid()
	vector, err := Auxv(pid, int(unsafe.Sizeof(uintptr(0))))
	if err != nil {
		t.Fatal(err)
	}
	page := slices.IndexFunc(vector, func(a Aux) bool { return a.Type == 6 }) // AT_PAGESZ
	if page < 0 || vector[page].Value != uint64(os.Getpagesize()) {
		t.Errorf("auxv %v has not the page size", vector)
	}
	pc := uint64(**(**uintptr)(unsafe.Pointer(&[]func(*testing.T){TestAuxvAndMaps}[0])))
	found := false
	last := uint64(0)
	err = Maps(pid, func(m Mapping) bool {
		if m.Start < last {
			t.Errorf("mapping at %#x after %#x", m.Start, last)
		}
		last = m.End
		if pc >= m.Start && pc < m.End {
			found = true
			if !m.Read || m.Write || !m.Exec || m.Shared || m.Path == "" || m.Inode == 0 {
				t.Errorf("text is %+v", m)
			}
		}
		return true
	})
	if err != nil || !found {
		t.Errorf("text is not mapped (%v)", err)
	}
	n := 0
	if err := Maps(pid, func(Mapping) bool { n++; return false }); err != nil || n != 1 {
		t.Errorf("the iteration did not stop: %d, %v", n, err)
	}
}

func TestChildren(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	command := exec.Command("cat")
	stdin, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	children, err := Children(unix.Gettid())
	if err != nil || !slices.Contains(children, command.Process.Pid) {
		t.Errorf("children %v, %v, want %d among them", children, err, command.Process.Pid)
	}
	stdin.Close()
	if err := command.Wait(); err != nil {
		t.Error(err)
	}
	for _, check := range []func(int) error{
		func(tid int) error { _, err := ReadStatus(tid); return err },
		func(tid int) error { _, err := ReadStat(tid); return err },
		func(tid int) error { _, err := ReadSyscall(tid); return err },
		func(tid int) error { _, err := Threads(tid); return err },
		func(tid int) error { _, err := Exe(tid); return err },
		func(tid int) error { _, err := OpenMem(tid); return err },
		func(tid int) error { return Maps(tid, func(Mapping) bool { return true }) },
	} {
		for _, tid := range []int{command.Process.Pid, 0, -1} {
			if err := check(tid); !errors.Is(err, syscall.ESRCH) {
				t.Errorf("thread %d that is gone: %v, want ESRCH", tid, err)
			}
		}
	}
}

func TestMem(t *testing.T) {
	m, err := OpenMem(unix.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	page := os.Getpagesize()
	area, err := unix.Mmap(-1, 0, 2*page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Munmap(area)
	start := uint64(uintptr(unsafe.Pointer(&area[0])))
	copy(area[page-2:], "edge")
	if err := unix.Mprotect(area[:page], unix.PROT_READ); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 4)
	if n, err := m.Read(start+uint64(page)-2, got); n != 4 || err != nil || string(got) != "edge" {
		t.Errorf("over a page edge: %q, %d, %v", got, n, err)
	}
	if n, err := m.Write(start, []byte("text")); n != 4 || err != nil || string(area[:4]) != "text" {
		t.Errorf("write to a read-only mapping: %d, %v, %q", n, err, area[:4])
	}
	if err := unix.Mprotect(area[page:], unix.PROT_NONE); err != nil {
		t.Fatal(err)
	}
	if n, err := m.Read(start, make([]byte, 8)); n != 8 || err != nil {
		t.Errorf("read: %d, %v", n, err)
	}
	if n, err := m.Read(0, got); n != 0 || err != syscall.EIO {
		t.Errorf("read at 0: %d, %v, want EIO", n, err)
	}
	if n, err := m.Read(^uint64(0)-4095, got); n != 0 || err != syscall.EIO {
		t.Errorf("read at the top: %d, %v, want EIO", n, err)
	}
}

func TestParseStat(t *testing.T) {
	text := "42 (a) b\n(c)) S 1 2 3 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 7 0 12345 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 17 1 0 0 0 0 0 0 0 0 0 0 0 0 9\n"
	s, err := ParseStat([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	want := Stat{TID: 42, Name: "a) b\n(c)", State: 'S', Parent: 1, Group: 2, Session: 3, Flags: 4194304,
		Threads: 7, Start: 12345, ExitSignal: 17, ExitCode: 9}
	if s != want {
		t.Errorf("got  %+v\nwant %+v", s, want)
	}
	for _, bad := range []string{"", "1 (x", "1 x) S", "1 (x) S 1 2", "x (x) S 1", "1 )x( S"} {
		if _, err := ParseStat([]byte(bad)); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestParseStatus(t *testing.T) {
	s, err := ParseStatus([]byte("Name:\ta\\nb\\\\c\nState:\tt (tracing stop)\nTgid:\t5\nPid:\t7\nNSpid:\t7\t1\n" +
		"TracerPid:\t3\nFuture:\twhatever\nSigBlk:\t0000000000000200\nSeccomp:\t2\nUid:\t1\t2\t3\t4\n"))
	if err != nil {
		t.Fatal(err)
	}
	if s.Name != "a\nb\\c" || s.State != 't' || s.Group != 5 || s.TID != 7 || s.Tracer != 3 || s.Blocked != 0x200 ||
		s.Seccomp != 2 || s.UIDs != [4]int{1, 2, 3, 4} || !slices.Equal(s.Namespace, []int{7, 1}) {
		t.Errorf("got %+v", s)
	}
	for _, bad := range []string{"", "State:\n", "Pid:\tx\n", "State:\tR\nPid:\t1\nTgid:\t1\nUid:\t1\n", "State:\tR\nPid:\t1\nTgid:\t1\nNSpid:\tx\n"} {
		if _, err := ParseStatus([]byte(bad)); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestParseSyscall(t *testing.T) {
	for text, want := range map[string]Syscall{
		"running\n":      {Running: true},
		"-1 0x10 0x20\n": {Number: -1, SP: 0x10, PC: 0x20},
		"35 0x1 0x2 0x3 0x4 0x5 0x6 0x7ff 0x400\n": {Number: 35, Args: [6]uint64{1, 2, 3, 4, 5, 6}, SP: 0x7ff, PC: 0x400},
	} {
		if got, err := ParseSyscall([]byte(text)); err != nil || got != want {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
	for _, bad := range []string{"", "1", "x 0x1 0x2", "1 1 2", "1 0x1 0xg"} {
		if _, err := ParseSyscall([]byte(bad)); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestParseMapping(t *testing.T) {
	m, err := ParseMapping([]byte(`7f00-8000 r-xp 00001000 fd:01 99                 /a b\012c (deleted)`))
	want := Mapping{Start: 0x7f00, End: 0x8000, Read: true, Exec: true, Offset: 0x1000, DevMajor: 0xfd, DevMinor: 1, Inode: 99, Path: "/a b\nc (deleted)"}
	if err != nil || m != want {
		t.Errorf("got %+v, %v", m, err)
	}
	m, err = ParseMapping([]byte("1000-2000 rw-s 00000000 00:00 0 "))
	if err != nil || m != (Mapping{Start: 0x1000, End: 0x2000, Read: true, Write: true, Shared: true}) {
		t.Errorf("got %+v, %v", m, err)
	}
	for _, bad := range []string{"", "1-2", "2-1 r-xp 0 0:0 0", "1-2 r-x 0 0:0 0", "1-2 r-xp 0 00 0", "1-2 r-xp x 0:0 0"} {
		if _, err := ParseMapping([]byte(bad)); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestParseCmdline(t *testing.T) {
	for text, want := range map[string][]string{
		"":           nil,
		"a\x00":      {"a"},
		"a\x00\x00":  {"a", ""},
		"title only": {"title only"},
		"\x00":       {""},
	} {
		if got := ParseCmdline([]byte(text)); !slices.Equal(got, want) {
			t.Errorf("%q: %q", text, got)
		}
	}
}

func BenchmarkReadStat(b *testing.B) {
	b.ReportAllocs()
	pid := unix.Getpid()
	for b.Loop() {
		if _, err := ReadStat(pid); err != nil {
			b.Fatal(err)
		}
	}
}
