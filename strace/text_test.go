package strace

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func check(t *testing.T, got []byte, want string) {
	t.Helper()
	want = strings.TrimPrefix(want, "\n")
	if string(got) != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func exited(code int) syscall.WaitStatus           { return syscall.WaitStatus(code << 8) }
func killed(sig syscall.Signal) syscall.WaitStatus { return syscall.WaitStatus(sig) }

const dumped = syscall.WaitStatus(0x80)

// One thread: no prefix, results in column 40, "= ?" for what does not return.
func TestTextOneThread(t *testing.T) {
	l, out := start(t, "-e", "raw=all")
	p := attach(t, l, 100, Launched)
	enter(l, p, 0, "getpid")
	leave(l, p, 1, 100)
	enter(l, p, 2, "close", 0xffffffff)
	leave(l, p, 3, -9)
	enter(l, p, 4, "mmap", 0, 8192, 3, 0x22, 0xffffffff, 0)
	leave(l, p, 5, 0x7fff0000)
	l.Signal(p, 10, pattern(10, 0, false), at(6))
	l.GroupStop(p, 20, at(7))
	enter(l, p, 8, "exit_group", 3)
	l.Death(p, exited(3), at(9))
	l.Flush()
	check(t, out.text, `
getpid()                                = 0x64
close(0xffffffff)                       = -1 EBADF (Bad file descriptor)
mmap(0, 0x2000, 0x3, 0x22, 0xffffffff, 0) = 0x7fff0000
--- SIGUSR1 {si_signo=SIGUSR1, si_code=SI_USER, si_pid=260, si_uid=261} ---
--- stopped by SIGTSTP ---
exit_group(0x3)                         = ?
+++ exited with 3 +++
`)
	if got := l.Outcome(); got != (Outcome{Code: 3}) {
		t.Errorf("outcome %+v", got)
	}
}

// Threads that interrupt each other.
func TestTextUnfinishedResumed(t *testing.T) {
	l, out := start(t, "-f", "-e", "raw=all")
	a := attach(t, l, 100, Launched)
	enter(l, a, 0, "getpid")
	b := attach(t, l, 101, Followed)
	leave(l, a, 1, 100)
	enter(l, a, 2, "pause")
	enter(l, b, 3, "gettid")
	leave(l, b, 4, 101)
	enter(l, b, 5, "exit", 0)
	leave(l, a, 6, -514)
	l.Death(b, exited(0), at(7))
	l.Death(a, killed(syscall.SIGSEGV)|dumped, at(8))
	l.Flush()
	check(t, out.text, `
getpid( <unfinished ...>
strace: Process 101 attached
[pid   100] <... getpid resumed>)       = 0x64
[pid   100] pause( <unfinished ...>
[pid   101] gettid()                    = 0x65
[pid   101] exit(0 <unfinished ...>
[pid   100] <... pause resumed>)        = ? ERESTARTNOHAND (To be restarted if no handler)
[pid   101] <... exit resumed>)         = ?
[pid   101] +++ exited with 0 +++
+++ killed by SIGSEGV (core dumped) +++
`)
	if got := l.Outcome(); got != (Outcome{Signal: syscall.SIGSEGV}) {
		t.Errorf("outcome %+v", got)
	}
}

// A call that had not been printed in full when its thread died.
func TestTextKilledInCall(t *testing.T) {
	l, out := start(t, "-f", "-e", "raw=all")
	a := attach(t, l, 100, Launched)
	b := attach(t, l, 101, Followed)
	enter(l, a, 0, "read", 3, 0x1000, 1)
	enter(l, b, 1, "read", 3, 0x1000, 1)
	a.complete, b.complete = false, false // as with a buffer that the kernel was to fill
	l.Dying(a, at(2))
	l.Dying(b, at(2))
	l.Death(b, killed(9), at(3))
	l.Death(a, killed(9), at(3))
	l.Flush()
	check(t, out.text, `
strace: Process 101 attached
[pid   100] read(0x3, 0x1000, 0x1 <unfinished ...>
[pid   101] read(0x3, 0x1000, 0x1 <unfinished ...>
[pid   100] <... read resumed> <unfinished ...>) = ?
[pid   101] <... read resumed> <unfinished ...>) = ?
[pid   101] +++ killed by SIGKILL +++
+++ killed by SIGKILL +++
`)
}

func TestTextThreadExec(t *testing.T) {
	l, out := start(t, "-f", "-e", "raw=all")
	leader := attach(t, l, 100, Launched)
	b := attach(t, l, 101, Followed)
	enter(l, leader, 0, "pause")
	enter(l, b, 1, "execve", 1, 2, 3)
	l.ThreadExec(leader, b, at(2))
	leave(l, b, 3, 0)
	l.Death(b, exited(0), at(4))
	l.Flush()
	check(t, out.text, `
strace: Process 101 attached
[pid   100] pause( <unfinished ...>
[pid   101] execve(0x1, 0x2, 0x3 <unfinished ...>
[pid   100] <... pause resumed>)        = ?
+++ superseded by execve in pid 101 +++
<... execve resumed>)                   = 0
+++ exited with 0 +++
`)
	if got := l.Outcome(); got != (Outcome{Code: 0}) {
		t.Errorf("outcome %+v", got)
	}
}

func TestTextTimes(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"-t", "07:08:09 getpid()                       = 0x64"},
		{"-tt", "07:08:09.123456 getpid()                = 0x64"},
		{"-ttt", "1714979289.123456 getpid()              = 0x64"},
		{"--absolute-timestamps=unix,ns", "1714979289.123456789 getpid()           = 0x64"},
		{"--absolute-timestamps=precision:ms,format:time", "07:08:09.123 getpid()                   = 0x64"},
		{"-r", "     0.000000 getpid()                  = 0x64"},
		{"-t -r", "07:08:09 (+     0.000000) getpid()      = 0x64"},
		{"--relative-timestamps=s", "     0 getpid()                         = 0x64"},
		{"-T", "getpid()                                = 0x64 <0.002000>"},
		{"--syscall-times=ns", "getpid()                                = 0x64 <0.002000000>"},
		{"--syscall-times=s", "getpid()                                = 0x64 <0>"},
		{"-n", "[  39] getpid()                         = 0x64"},
		{"-i", "[00007fe7f4fd5409] getpid()             = 0x64"},
		{"-n -i -tt", "07:08:09.123456 [  39] [00007fe7f4fd5409] getpid() = 0x64"},
		{"-a 0", "getpid() = 0x64"},
		{"-a 10", "getpid()  = 0x64"},
		{"-a 300", "getpid()" + strings.Repeat(" ", 292) + "= 0x64"},
	} {
		l, out := start(t, append(strings.Fields(c.args), "-e", "raw=all")...)
		p := attach(t, l, 100, Launched)
		p.IP = 0x7fe7f4fd5409
		enter(l, p, 0, "getpid")
		leave(l, p, 2, 100)
		check(t, out.text, c.want+"\n")
	}
}

func TestTextRelative(t *testing.T) {
	l, out := start(t, "-r", "-e", "raw=all")
	p := attach(t, l, 100, Launched)
	enter(l, p, 0, "getpid")
	leave(l, p, 2, 100)
	enter(l, p, 1250, "getpid")
	leave(l, p, 1251, 100)
	check(t, out.text, `
     0.000000 getpid()                  = 0x64
     1.250000 getpid()                  = 0x64
`)
}

// Lines are held back when their status decides, so that none is unfinished.
func TestTextStatus(t *testing.T) {
	for arg, want := range map[string]string{
		"-z":                            "gettid()                                = 0x65\n",
		"-Z":                            "close(0x1)                              = -1 EBADF (Bad file descriptor)\n",
		"--status=unfinished":           "exit(0)                                 = ?\n",
		"--status=unavailable":          "getuid()                                = ? <unavailable>\n",
		"--status=detached,unavailable": "getuid()                                = ? <unavailable>\npause( <detached ...>\n",
	} {
		l, out := start(t, arg, "-qqq", "-f", "-e", "raw=all")
		a := attach(t, l, 100, Launched)
		l.live = 1
		enter(l, a, 0, "close", 1)
		b := attach(t, l, 101, Followed)
		l.live = 1
		enter(l, b, 1, "gettid")
		leave(l, a, 2, -9)
		leave(l, b, 3, 101)
		enter(l, a, 4, "exit", 0)
		l.Death(a, exited(0), at(5))
		l.live = 1
		enter(l, b, 6, "getuid")
		l.SyscallUnavailable(b, at(7))
		enter(l, b, 6, "pause")
		l.Detach(b, at(8))
		l.Flush()
		check(t, out.text, want)
	}
}

func TestTextAttachDetach(t *testing.T) {
	l, out := start(t, "-p", "100", "-e", "raw=all")
	p := attach(t, l, 100, Attached)
	enter(l, p, 0, "pause")
	l.Detach(p, at(1))
	l.Detach(p, at(2))
	l.Flush()
	check(t, out.text, `
strace: Process 100 attached
pause( <detached ...>
strace: Process 100 detached
`)
	l, out = start(t, "-p", "100", "-q", "-e", "raw=all")
	p = attach(t, l, 100, Attached)
	l.Detach(p, at(1))
	check(t, out.text, "")
	if got := l.Outcome(); got != (Outcome{Code: ExitOK}) {
		t.Errorf("outcome %+v", got)
	}
}

// With a file every line of several processes has its number; messages go to
// standard error.
func TestTextFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "out")
	l, out := start(t, "-f", "-o", name, "-e", "raw=all", "--quiet=none")
	a := attach(t, l, 100, Launched)
	enter(l, a, 0, "getpid")
	b := attach(t, l, 12345678, Followed)
	leave(l, a, 1, 1)
	l.Death(b, exited(0), at(2))
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	check(t, data, "100   getpid()                          = 0x1\n12345678 +++ exited with 0 +++\n")
	check(t, out.text, "")
}

func TestTextSeparateFiles(t *testing.T) {
	name := filepath.Join(t.TempDir(), "out")
	if err := os.WriteFile(name+".101", []byte("before\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	l, _ := start(t, "-ff", "-A", "-o", name, "-e", "raw=all")
	a, b := attach(t, l, 100, Launched), attach(t, l, 101, Followed)
	enter(l, a, 0, "pause")
	enter(l, b, 1, "execve", 1, 2, 3)
	l.ThreadExec(a, b, at(2))
	leave(l, b, 3, 0)
	l.Death(b, exited(0), at(4))
	c := attach(t, l, 102, Followed)
	enter(l, c, 5, "pause")
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	for suffix, want := range map[string]string{
		".100": "pause()                                 = ?\n+++ superseded by execve in pid 101 +++\n" +
			"<... execve resumed>)                   = 0\n+++ exited with 0 +++\n",
		".102": "pause(",
		".101": "before\nexecve(0x1, 0x2, 0x3 <pid changed to 100 ...>\n",
	} {
		data, err := os.ReadFile(name + suffix)
		if err != nil {
			t.Fatal(err)
		}
		check(t, data, want)
	}
}

func TestTextDump(t *testing.T) {
	l, out := start(t, "-e", "raw=all", "-e", "read=3", "-e", "write=all")
	p := attach(t, l, 100, Launched)
	p.Call.Mem = memory{0x1000: "root:x:0:0:root:/root:/bin/bash\ndaemon:x"}
	enter(l, p, 0, "read", 3, 0x1000, 100)
	leave(l, p, 1, 40)
	enter(l, p, 0, "read", 4, 0x1000, 100)
	leave(l, p, 1, 40)
	enter(l, p, 0, "write", 9, 0x1020, 1<<40)
	leave(l, p, 1, -9)
	check(t, out.text, `
read(0x3, 0x1000, 0x64)                 = 0x28
 | 00000  72 6f 6f 74 3a 78 3a 30  3a 30 3a 72 6f 6f 74 3a  root:x:0:0:root: |
 | 00010  2f 72 6f 6f 74 3a 2f 62  69 6e 2f 62 61 73 68 0a  /root:/bin/bash. |
 | 00020  64 61 65 6d 6f 6e 3a 78                           daemon:x         |
read(0x4, 0x1000, 0x64)                 = 0x28
write(0x9, 0x1020, 0x10000000000)       = -1 EBADF (Bad file descriptor)
`)
}

func TestTextFilters(t *testing.T) {
	l, out := start(t, "-e", "trace=getpid,%desc", "-e", "signal=!usr1", "-e", "raw=all", "-P", "/etc/hosts")
	p := attach(t, l, 100, Launched)
	p.Call.Mem = memory{0x1000: "/etc/hosts\x00", 0x2000: "/etc/hosts2\x00"}
	enter(l, p, 0, "getpid")
	leave(l, p, 0, 1)
	enter(l, p, 0, "openat", 0xffffff9c, 0x1000, 0)
	leave(l, p, 0, 3)
	enter(l, p, 0, "openat", 0xffffff9c, 0x2000, 0)
	leave(l, p, 0, 3)
	enter(l, p, 0, "unlink", 0x1000)
	leave(l, p, 0, 3)
	l.Signal(p, 10, nil, at(0))
	l.Signal(p, 12, nil, at(0))
	check(t, out.text, `
openat(0xffffff9c, 0x1000, 0, 0)        = 0x3
--- SIGUSR2 ---
`)
}

// A line of a blocked call appears by itself, and a finished line costs one
// write.
func TestTextWrites(t *testing.T) {
	l, out := start(t, "-e", "raw=all")
	p := attach(t, l, 100, Launched)
	for range 10 {
		enter(l, p, 0, "getpid")
		leave(l, p, 0, 1)
	}
	l.mu.Lock()
	if out.writes > 10 {
		t.Errorf("%d writes for 10 lines", out.writes)
	}
	out.text = nil
	l.mu.Unlock()
	enter(l, p, 0, "pause")
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		l.mu.Lock()
		got := string(out.text)
		l.mu.Unlock()
		if got == "pause(" {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the open line did not appear: %q", got)
		}
	}
}
