package coredump_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/coredump"
	"github.com/utrace/utrace/host/hosttest"
	"github.com/utrace/utrace/internal/actor"
	"github.com/utrace/utrace/internal/leak"
	"github.com/utrace/utrace/internal/testprogram"
)

func TestMain(m *testing.M) { leak.Main(m) }

const program = `
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int number = 0x1234;
char *heap;
static int ready[2];

static void *sleeper(void *p)
{
	if (write(ready[1], "x", 1) != 1)
		abort();
	for (;;)
		pause();
	return p;
}

__attribute__((noinline)) int deeper(int n) { return n ? deeper(n - 1) + 1 : getchar(); }

int main(void)
{
	pthread_t t;
	char c;
	heap = malloc(4 << 20); /* most of it stays zero */
	strcpy(heap + (3 << 20), "hello");
	if (pipe(ready))
		return 1;
	for (int i = 0; i < 3; i++) {
		pthread_create(&t, NULL, sleeper, NULL);
		if (read(ready[0], &c, 1) != 1)
			return 1;
	}
	puts("ready");
	fflush(stdout);
	deeper(5);
	return 7;
}
`

// dump starts the program and writes its core.
func dump(t *testing.T, options coredump.Options, flags ...string) (path, file string, p *testprogram.Process, r coredump.Result) {
	t.Helper()
	path = testprogram.Build(t, "c", program, append(flags, "-g", "-pthread")...)
	p = testprogram.Start(t, path)
	p.Line(t)
	// It is about to read: gdb and we have to see it at the same place.
	awaitRead(t, p.Pid)
	file, r = dumpTo(t, p.Pid, options)
	return path, file, p, r
}

// x86: snapshots know signal frames of no other machine.
const x86 = runtime.GOARCH == "amd64" || runtime.GOARCH == "386"

// refused asks for a snapshot where there is none.
func refused(t *testing.T) {
	t.Helper()
	p := actor.Start(t, "barrier x")
	p.Expect("@x\n")
	_, err := coredump.Dump(t.Context(), hosttest.Open(t), p.PID, io.Discard, coredump.Options{Snapshot: true})
	if !errors.Is(err, utrace.ErrNotSupported) {
		t.Errorf("a snapshot on this machine: %v", err)
	}
}

// dumpTo writes the core of a process into a file.
func dumpTo(t *testing.T, pid int, options coredump.Options) (file string, r coredump.Result) {
	t.Helper()
	core := hosttest.Open(t)
	file = filepath.Join(t.TempDir(), "core")
	out, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if r, err = coredump.Dump(t.Context(), core, pid, out, options); err != nil {
		t.Fatal(err)
	}
	if err := core.Close(); err != nil {
		t.Fatal(err)
	}
	return file, r
}

// gdb asks about registers, which on x86 have one set of names in each mode, stacks
// and memory.
func gdb(t *testing.T, args ...string) string {
	t.Helper()
	args = append([]string{"-nx", "-batch", "-iex", "set debuginfod enabled off", "-iex", "set pagination off"}, args...)
	registers := map[string][2]string{
		"arm64":   {"x0 x1 x8 x19 x29 x30 sp pc cpsr", "v0 v31 fpsr tpidr"},
		"ppc64le": {"r0 r1 r2 r3 r13 r31 pc lr ctr cr", "f0 f31 vr0 vr31 vs63 vscr"},
	}[runtime.GOARCH]
	if registers[0] == "" {
		registers = [2]string{"eip esp ebp eax ebx ecx edx esi edi eflags", "rip rsp rbp rax rbx r12 r15 fs_base"}
	}
	for _, command := range []string{"thread apply all -q -ascending info registers " + registers[0],
		"thread apply all -q -ascending info registers " + registers[1], "thread apply all -q -ascending bt",
		"print number", "x/s heap + (3 << 20)", "x/4xw heap", "info auxv"} {
		args = append(args, "-ex", "echo == "+command+"\\n", "-ex", command)
	}
	out, err := exec.Command("gdb", args...).Output()
	if err != nil {
		t.Fatalf("gdb: %v\n%s", err, out)
	}
	_, answers, ok := strings.Cut(string(out), "== ")
	if !ok {
		t.Fatalf("gdb says nothing:\n%s", out)
	}
	answers, _, _ = strings.Cut(answers, "[Inferior 1")
	return answers
}

// TestRG9_AsLive: gdb sees in the core what it sees in the process.
func TestRG9_AsLive(t *testing.T) {
	for _, c := range []struct {
		name     string
		flags    []string
		snapshot bool
	}{
		{"64 bits", []string{"-m64"}, false},
		{"32 bits", []string{"-m32"}, false},
		{"64 bits, snapshot", []string{"-m64"}, true},
		{"32 bits, snapshot", []string{"-m32"}, true},
		{"static-pie, snapshot", []string{"-static-pie"}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if c.snapshot && !x86 {
				refused(t)
				return
			}
			path, file, p, r := dump(t, coredump.Options{Snapshot: c.snapshot}, c.flags...)
			childless(t, p.Pid)
			if r.Threads != 4 || r.Unreadable != 0 {
				t.Errorf("%+v", r)
			}
			live, dead := strings.Split(gdb(t, path, "-p", fmt.Sprint(p.Pid)), "\n"), strings.Split(gdb(t, path, "-c", file), "\n")
			if len(live) < 60 {
				t.Fatalf("gdb says only %q", live)
			}
			for i := range min(len(live), len(dead)) {
				if live[i] != dead[i] {
					t.Errorf("line %d: the process has\n%s\nand the core\n%s", i, live[i], dead[i])
				}
			}
			if len(live) != len(dead) {
				t.Errorf("%d and %d lines", len(live), len(dead))
			}
			if status := p.End(t); status != 7 {
				t.Errorf("status %d", status)
			}
		})
	}
}

// TestSparse: zeros take no room on the disk.
func TestSparse(t *testing.T) {
	_, file, _, r := dump(t, coredump.Options{})
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() != r.Size {
		t.Errorf("%d bytes; the result says %d", info.Size(), r.Size)
	}
	if used := info.Sys().(*syscall.Stat_t).Blocks * 512; used > r.Size/4 {
		t.Errorf("%d of %d bytes are on the disk", used, r.Size)
	}
}

// full is a disk without room.
type full struct{ left int }

func (f *full) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, syscall.ENOSPC
	}
	return len(p), nil
}

// TestFullDisk: the error is told, and the process goes on.
func TestFullDisk(t *testing.T) {
	_, _, p, _ := dump(t, coredump.Options{})
	core := hosttest.Open(t)
	for _, room := range []int{0, 5000, 200 << 10} {
		if _, err := coredump.Dump(t.Context(), core, p.Pid, &full{room}, coredump.Options{}); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("with room for %d bytes: %v", room, err)
		}
	}
	if status := p.End(t); status != 7 {
		t.Errorf("status %d", status)
	}
}
