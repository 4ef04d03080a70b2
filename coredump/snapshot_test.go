package coredump_test

import (
	"context"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/coredump"
	"github.com/utrace/utrace/host/hosttest"
	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/internal/testprogram"
)

// childless checks that the process has no child, not even a zombie.
func childless(t *testing.T, pid int) {
	t.Helper()
	if list := children(t, pid); len(list) != 0 {
		t.Errorf("process %d has the children %v", pid, list)
	}
}

func children(t *testing.T, pid int) (list []int) {
	t.Helper()
	ids, err := procfs.Threads(pid)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		more, err := procfs.Children(id)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, more...)
	}
	return list
}

// word reads a word of the memory that is in a core.
func word(t *testing.T, file string, addr uint64) uint64 {
	t.Helper()
	f := elfOf(t, file)
	for _, s := range f.Progs {
		if s.Type == elf.PT_LOAD && s.Vaddr <= addr && addr+8 <= s.Vaddr+s.Filesz {
			var b [8]byte
			if _, err := s.ReadAt(b[:], int64(addr-s.Vaddr)); err != nil {
				t.Fatal(err)
			}
			return binary.LittleEndian.Uint64(b[:])
		}
	}
	t.Fatalf("%#x is not in the core", addr)
	return 0
}

// addresses reads a line of hexadecimal numbers.
func addresses(t *testing.T, line string) (list []uint64) {
	t.Helper()
	for _, x := range strings.Fields(line) {
		n, err := strconv.ParseUint(x, 0, 64)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, n)
	}
	return list
}

// TestOneMoment: while the core is written the process goes on writing, the first
// word before the last; what children do not get is there, too.
func TestOneMoment(t *testing.T) {
	p := testprogram.Start(t, testprogram.Build(t, "c", `
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#define SIZE (64 << 20)
static volatile uint64_t *memory;
static void *writes(void *p)
{
	for (uint64_t n = 1;; n++) {
		memory[0] = n;
		memory[SIZE / 8 - 1] = n;
	}
	return p;
}
static volatile uint64_t *other(int advice)
{
	uint64_t *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	*p = advice;
	if (madvise(p, 4096, advice))
		abort();
	return p;
}
int main(void)
{
	pthread_t t;
	memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (int i = 0; i < SIZE / 8; i += 512)
		memory[i] = i;
	pthread_create(&t, NULL, writes, NULL);
	printf("%p %p %p %p\n", (void *)memory, (void *)(memory + SIZE / 8 - 1),
	       (void *)other(MADV_DONTFORK), (void *)other(MADV_WIPEONFORK));
	fflush(stdout);
	getchar();
	return 7;
}
`, "-pthread"))
	at := addresses(t, p.Line(t))
	file, r := dumpTo(t, p.Pid, coredump.Options{Snapshot: true})
	first, last := word(t, file, at[0]), word(t, file, at[1])
	if first-last > 1 {
		t.Errorf("the first word is %d and the last %d", first, last)
	}
	if a, b := word(t, file, at[2]), word(t, file, at[3]); a != 10 || b != 18 { // MADV_DONTFORK, MADV_WIPEONFORK
		t.Errorf("what children do not get is %d and %d", a, b)
	}
	if r.Unreadable != 0 || r.Zombie != 0 {
		t.Errorf("%+v", r)
	}
	childless(t, p.Pid)
	if status := p.End(t); status != 7 {
		t.Errorf("status %d", status)
	}
}

// registers waits in a system call with values in registers that a frame has to
// bring back, and says whether they are still there.
const registers = `
#include <stdio.h>
#include <string.h>
#include <unistd.h>
int main(void)
{
	char in[16] = "fifteen letters", out[16], b;
	long n, kept;
	puts("ready");
	fflush(stdout);
#ifdef __x86_64__
	asm volatile("movups %4, %%xmm9; mov $0x1234567, %%r12; xor %%eax, %%eax; xor %%edi, %%edi; syscall;"
		     "movups %%xmm9, %1; mov %%r12, %2"
		     : "=&a"(n), "=m"(out), "=&r"(kept) : "S"(&b), "m"(in), "d"(1L)
		     : "rdi", "rcx", "r11", "r12", "xmm9", "memory");
#else
	asm volatile("movups %4, %%xmm3; mov $0x1234567, %%esi; mov $3, %%eax; push %%ebx; xor %%ebx, %%ebx; int $0x80; pop %%ebx;"
		     "movups %%xmm3, %1; mov %%esi, %2"
		     : "=&a"(n), "=m"(out), "=&r"(kept) : "c"(&b), "m"(in), "d"(1L)
		     : "esi", "xmm3", "memory");
#endif
	printf("read %ld %d %#lx\n", n, memcmp(in, out, 16), kept);
	return 7;
}
`

// TestKilled: whenever we are killed in the middle of the call that forks the
// process, while the snapshot exists, or while the process stands still, it goes on
// as if nothing had been, and the snapshot ends.
func TestKilled(t *testing.T) {
	if at := os.Getenv("UTRACE_TEST_DIE"); at != "" {
		dieAt(t, at)
	}
	for _, mode := range []string{"-m64", "-m32"} {
		path := testprogram.Build(t, "c", registers, mode, "-msse")
		for _, at := range []string{"entry", "clone", "exit", "write", "stopped"} {
			t.Run(mode+" "+at, func(t *testing.T) {
				p := testprogram.Start(t, path)
				p.Line(t)
				awaitRead(t, p.Pid)
				cmd := exec.Command(os.Args[0], "-test.run=^TestKilled$")
				cmd.Env = append(os.Environ(), "UTRACE_TEST_DIE="+at, fmt.Sprint("UTRACE_TEST_PID=", p.Pid))
				out, err := cmd.CombinedOutput()
				if status, ok := errors.AsType[*exec.ExitError](err); !ok || !status.Sys().(syscall.WaitStatus).Signaled() {
					t.Fatalf("it was not killed: %v\n%s", err, out)
				}
				for _, id := range children(t, p.Pid) {
					awaitState(t, id, 'Z')
				}
				p.Tell(t, "")
				if got := p.Line(t); got != "read 1 0 0x1234567" {
					t.Errorf("after the call the program has %q", got)
				}
				if status := p.End(t); status != 7 {
					t.Errorf("status %d", status)
				}
			})
		}
	}
}

// awaitRead waits until a process reads from its input.
func awaitRead(t *testing.T, pid int) {
	t.Helper()
	for !testprogram.Reads(pid, pid) {
		if _, err := procfs.ReadStat(pid); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Millisecond)
	}
}

// awaitState waits until a process is in a state of proc(5), or gone.
func awaitState(t *testing.T, pid int, state byte) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		stat, err := procfs.ReadStat(pid)
		if err != nil || stat.State == state {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("process %d is in state %c, not %c", pid, stat.State, state)
		}
	}
}

// dieAt takes a snapshot, and kills this process in the middle.
func dieAt(t *testing.T, at string) {
	pid, err := strconv.Atoi(os.Getenv("UTRACE_TEST_PID"))
	if err != nil {
		t.Fatal(err)
	}
	die := func() { syscall.Kill(os.Getpid(), syscall.SIGKILL); select {} }
	core := hosttest.Open(t)
	spy := &utrace.Funcs{}
	var w io.Writer = io.Discard
	events := utrace.Events(0)
	switch at {
	case "entry":
		events = utrace.EventSyscallEntry
		spy.SyscallEntry = func(_ *utrace.Report, s *utrace.Syscall) utrace.SyscallAnswer { die(); return utrace.SyscallAnswer{} }
	case "clone":
		events = utrace.EventClone
		spy.Clone = func(*utrace.Report, *utrace.Clone) utrace.Action { die(); return utrace.Resume }
	case "exit":
		events = utrace.EventSyscallExit
		spy.SyscallExit = func(*utrace.Report, *utrace.Syscall) utrace.Action { die(); return utrace.Resume }
	case "write", "stopped":
		w = writer(die)
	}
	if events != 0 {
		if _, err := core.Attach(context.Background(), pid, spy, utrace.WithEvents(events), utrace.WithLayer(-1)); err != nil {
			t.Fatal(err)
		}
	}
	if at == "stopped" {
		_, err = coredump.Write(context.Background(), pid, []*utrace.Engine{stopped(t, core, pid)}, w, coredump.Options{})
	} else {
		_, err = coredump.Dump(context.Background(), core, pid, w, coredump.Options{Snapshot: true})
	}
	t.Fatal("it was not killed: ", err)
}

type writer func()

func (w writer) Write(p []byte) (int, error) { w(); return len(p), nil }

// TestRefused: where there cannot be a snapshot the error says why, and the
// process goes on.
func TestRefused(t *testing.T) {
	for name, c := range map[string]struct {
		source string
		want   error
	}{
		"no more processes": {`
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>
int main(void)
{
	struct rlimit none = {0, 0};
	setrlimit(RLIMIT_NPROC, &none);
	if (setuid(54321))
		return 1;
	puts("ready");
	fflush(stdout);
	getchar();
	return 7;
}
`, syscall.EAGAIN},
		"userfaultfd": {`
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(void)
{
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);
	struct uffdio_api api = {.api = UFFD_API};
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct uffdio_register r = {.range = {(unsigned long)p, 4096}, .mode = UFFDIO_REGISTER_MODE_MISSING};
	if (ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &r))
		return 1;
	puts("ready");
	fflush(stdout);
	getchar();
	return 7;
}
`, syscall.EOPNOTSUPP},
		"no instructions": {`
static long call(long nr, long a, long b, long c)
{
	asm volatile("syscall; nop" : "+a"(nr) : "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
	return nr;
}
void _start(void)
{
	char c;
	call(1, 1, (long)"ready\n", 6);
	call(0, 0, (long)&c, 1);
	call(231, 7, 0, 0);
}
`, syscall.EOPNOTSUPP},
	} {
		t.Run(name, func(t *testing.T) {
			var flags []string
			if name == "no instructions" {
				flags = []string{"-nostdlib", "-static"}
			}
			if os.Getuid() != 0 && name == "no more processes" {
				t.Skip("only root can give up its rights to become a user that has too many processes")
			}
			p := testprogram.Start(t, testprogram.Build(t, "c", c.source, flags...))
			p.Line(t)
			_, err := coredump.Dump(t.Context(), hosttest.Open(t), p.Pid, io.Discard, coredump.Options{Snapshot: true})
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), "no snapshot: ") {
				t.Errorf("%v; want %v", err, c.want)
			}
			childless(t, p.Pid)
			if status := p.End(t); status != 7 {
				t.Errorf("status %d", status)
			}
		})
	}
}

// TestFilter: a filter that kills whoever forks does not hinder root, and nobody
// else tries.
func TestFilter(t *testing.T) {
	p := testprogram.Start(t, testprogram.Build(t, "c", `
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
int main(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {4, code};
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		return 1;
	puts("ready");
	fflush(stdout);
	getchar();
	return 7;
}
`))
	p.Line(t)
	_, err := coredump.Dump(t.Context(), hosttest.Open(t), p.Pid, io.Discard, coredump.Options{Snapshot: true})
	if os.Getuid() == 0 && err != nil || os.Getuid() != 0 && !errors.Is(err, syscall.EPERM) {
		t.Error(err)
	}
	childless(t, p.Pid)
	if status := p.End(t); status != 7 {
		t.Errorf("status %d", status)
	}
}

// TestSnapshotOfStopped: a process that job control has stopped is forked, and
// stays stopped.
func TestSnapshotOfStopped(t *testing.T) {
	p := testprogram.Start(t, testprogram.Build(t, "c", registers, "-msse"))
	p.Line(t)
	awaitRead(t, p.Pid)
	if err := syscall.Kill(p.Pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	awaitState(t, p.Pid, 'T')
	dumpTo(t, p.Pid, coredump.Options{Snapshot: true})
	childless(t, p.Pid)
	awaitState(t, p.Pid, 'T')
	if err := syscall.Kill(p.Pid, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	p.Tell(t, "")
	if got := p.Line(t); got != "read 1 0 0x1234567" {
		t.Errorf("after the call the program has %q", got)
	}
}

// TestSnapshotInNamespace: a process that has other numbers for its children waits
// for the right one; and is not forked if its children begin a namespace.
func TestSnapshotInNamespace(t *testing.T) {
	path := testprogram.Build(t, "c", registers, "-msse")
	t.Run("of its own", func(t *testing.T) {
		outer := testprogram.Start(t, "unshare", "-Urpf", path)
		outer.Line(t)
		inner := children(t, outer.Pid)
		if len(inner) != 1 {
			t.Fatalf("unshare has the children %v", inner)
		}
		awaitRead(t, inner[0])
		if _, r := dumpTo(t, inner[0], coredump.Options{Snapshot: true}); r.Zombie != 0 {
			t.Errorf("%+v", r)
		}
		childless(t, inner[0])
		outer.Tell(t, "")
		if got := outer.Line(t); got != "read 1 0 0x1234567" {
			t.Errorf("after the call the program has %q", got)
		}
	})
	t.Run("of its children", func(t *testing.T) {
		p := testprogram.Start(t, "unshare", "-Urp", path)
		p.Line(t)
		awaitRead(t, p.Pid)
		_, err := coredump.Dump(t.Context(), hosttest.Open(t), p.Pid, io.Discard, coredump.Options{Snapshot: true})
		if !errors.Is(err, syscall.EOPNOTSUPP) || !strings.Contains(err.Error(), "another PID namespace") {
			t.Error(err)
		}
		childless(t, p.Pid)
		if status := p.End(t); status != 7 {
			t.Errorf("status %d", status)
		}
	})
}

// TestSnapshotInGo: the stacks of goroutines are left alone.
func TestSnapshotInGo(t *testing.T) {
	p := testprogram.Start(t, testprogram.Build(t, "go", `package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"time"
)

func main() {
	fmt.Println("ready")
	end := make(chan bool)
	go func() { os.Stdin.Read(make([]byte, 1)); close(end) }()
	for n := 0; ; n++ {
		select {
		case <-end:
			os.Exit(7)
		default:
		}
		go func() { time.Sleep(time.Millisecond); runtime.GC() }()
		if err := exec.Command("true").Run(); err != nil {
			panic(err)
		}
	}
}
`))
	p.Line(t)
	core := hosttest.Open(t)
	for range 5 {
		if _, err := coredump.Dump(t.Context(), core, p.Pid, io.Discard, coredump.Options{Snapshot: true}); err != nil {
			t.Error(err)
		}
	}
	core.Close()
	if status := p.End(t); status != 7 {
		t.Errorf("status %d", status)
	}
}
