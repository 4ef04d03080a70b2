package stack_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/utrace/utrace/host/hosttest"
	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/internal/testprogram"
	"github.com/utrace/utrace/stack"
	"github.com/utrace/utrace/unwind"
)

// walker has gdb print the program counters of all frames of all threads. What
// the compiler put into its callers has no frame of its own, and what ended by a
// jump to another function has none any more.
const walker = `
import gdb
gdb.execute("set backtrace past-main on")
gdb.execute("set backtrace past-entry on")
gdb.execute("set backtrace limit 1000")
for t in gdb.selected_inferior().threads():
    t.switch()
    f = gdb.newest_frame()
    pcs = []
    while f is not None:
        if f.type() not in (gdb.INLINE_FRAME, gdb.TAILCALL_FRAME):
            pcs.append("%x" % f.pc())
        f = f.older()
    print("THREAD %d %s" % (t.ptid[1] or t.ptid[0], " ".join(pcs)))
`

// asGDB are the stacks as gdb has them.
func asGDB(t *testing.T, pid int) map[int][]string {
	t.Helper()
	script := filepath.Join(t.TempDir(), "walk.py")
	if err := os.WriteFile(script, []byte(walker), 0o666); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("gdb", "-nx", "-batch", "-iex", "set debuginfod enabled off", "-iex", "set auto-load off",
		"-p", fmt.Sprint(pid), "-x", script).CombinedOutput()
	if err != nil {
		t.Fatalf("gdb: %v\n%s", err, out)
	}
	threads := make(map[int][]string)
	for line := range strings.Lines(string(out)) {
		var tid int
		if n, _ := fmt.Sscanf(line, "THREAD %d", &tid); n == 1 {
			threads[tid] = slices.DeleteFunc(strings.Fields(line)[2:], func(pc string) bool {
				return pc == "0" // on powerpc gdb sees a caller of the outermost
			})
		}
	}
	if len(threads) == 0 {
		t.Fatalf("gdb has found no thread:\n%s", out)
	}
	return threads
}

// stacks takes the stacks of a process, which is let go.
func stacks(t *testing.T, pid int) *stack.Process {
	t.Helper()
	core := hosttest.Open(t)
	p, err := stack.Take(t.Context(), core, pid, stack.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	if err := core.Close(); err != nil {
		t.Fatal(err)
	}
	return p
}

// compare compares the stacks of a process with gdb's. least is how many frames
// the first thread has to have.
func compare(t *testing.T, pid, least int) {
	t.Helper()
	p := stacks(t, pid)
	want := asGDB(t, pid)
	if len(p.Threads) != len(want) {
		t.Errorf("%d threads; gdb has %d", len(p.Threads), len(want))
	}
	for i := range p.Threads {
		x := &p.Threads[i]
		var pcs, told []string
		frames := p.Frames(x, 1000)
		for _, f := range frames {
			pcs = append(pcs, fmt.Sprintf("%x", f.PC))
			told = append(told, fmt.Sprintf("%#x %v (%v)", f.PC, p.Space.Locate(f.Lookup()), f.Caller))
		}
		if strings.Join(pcs, " ") != strings.Join(want[x.ID], " ") {
			t.Errorf("thread %d: %v\n  %s\ngdb:\n  %s", x.ID, x.Err, strings.Join(told, "\n  "), strings.Join(want[x.ID], "\n  "))
		}
		if x.ID == pid && len(frames) < least {
			t.Errorf("thread %d has %d frames; want %d", x.ID, len(frames), least)
		}
		if len(frames) != 0 && frames[len(frames)-1].Caller != unwind.Outermost {
			t.Errorf("thread %d: the last frame is not the outermost: %v", x.ID, frames[len(frames)-1].Caller)
		}
	}
}

// deep has threads that sleep at different depths, some of them in a signal
// handler, on its thread's stack or on one of its own.
const deep = `
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int ready[2];

static void rest(void)
{
	if (write(ready[1], "x", 1) != 1)
		abort();
	for (;;)
		pause();
}

__attribute__((noinline)) int down(int n, int (*then)(int))
{
	volatile char room[64];
	memset((char *)room, n, sizeof room);
	int v = n ? down(n - 1, then) : then(room[1]);
	return v + room[0];
}

static int sleeps(int x) { rest(); return x; }

static void handler(int sig) { down(2, sleeps); }

static int signals(int x) { raise(SIGUSR1); return x; }

static int faults(int x) { *(volatile int *)4 = x; return x; }

static void *thread(void *how)
{
	static char other[1 << 16];
	stack_t s = {.ss_sp = other, .ss_size = sizeof other};
	switch ((long)how) {
	case 0:
		down(20, sleeps);
	case 1:
		down(3, signals);
	case 2:
		sigaltstack(&s, NULL);
		down(4, faults);
	}
	return NULL;
}

int main(void)
{
	char c;
	pthread_t t;
	struct sigaction here = {.sa_handler = handler}, there = {.sa_handler = handler, .sa_flags = SA_ONSTACK | SA_SIGINFO};
	sigaction(SIGUSR1, &here, NULL);
	sigaction(SIGSEGV, &there, NULL);
	if (pipe(ready))
		return 1;
	for (long i = 0; i < 3; i++) {
		pthread_create(&t, NULL, thread, (void *)i);
		if (read(ready[0], &c, 1) != 1)
			return 1;
	}
	puts("ready");
	fflush(stdout);
	down(5, (int (*)(int))getchar);
	return 0;
}
`

// TestC: threads in calls, in signal handlers and on other stacks, however the
// program was compiled and linked.
func TestC(t *testing.T) {
	for name, flags := range map[string][]string{
		"plain":                {"-O0"},
		"optimized":            {"-O2"},
		"static":               {"-O2", "-static"},
		"stripped":             {"-O2", "-s"},
		"static-pie, stripped": {"-O2", "-static-pie", "-s"},
		"32 bits":              {"-O2", "-m32"},
		"no .eh_frame":         {"-O2", "-g", "-fno-asynchronous-unwind-tables", "-fno-exceptions"},
		"no header":            {"-O2", "-Wl,--no-eh-frame-hdr"},
		"frame pointers only":  {"-O1", "-fno-omit-frame-pointer", "-fno-asynchronous-unwind-tables"},
	} {
		t.Run(name, func(t *testing.T) {
			if strings.HasPrefix(name, "static-pie") && runtime.GOARCH == "ppc64le" {
				t.Skip("its C library has no rcrt1.o")
			}
			t.Parallel()
			p := start(t, testprogram.Build(t, "c", deep, append(flags, "-pthread")...))
			compare(t, p.Pid, 10)
		})
	}
}

const inCC = `
#include <cstdio>
#include <cstdlib>
#include <vector>
#include <algorithm>
struct base {
	virtual ~base() {}
	virtual int run(int n) = 0;
};
struct waits : base {
	~waits() { puts("ready"); fflush(stdout); getchar(); }
	int run(int n) override {
		std::vector<int> v{3, 1, 2};
		std::sort(v.begin(), v.end(), [&](int a, int b) {
			if (n == 0) { waits w; throw 5; }
			if (n > 0) run(--n);
			return a < b;
		});
		return v[0];
	}
};
int main()
{
	try {
		base *b = new waits;
		return b->run(4);
	} catch (int e) {
		return e;
	}
}
`

// TestCPlusPlus: in a destructor that an exception has called.
func TestCPlusPlus(t *testing.T) {
	p := start(t, testprogram.Build(t, "cc", inCC, "-O1"))
	compare(t, p.Pid, 12)
}

// TestPrograms: programs that everybody has.
func TestPrograms(t *testing.T) {
	if guest := os.Getenv("UTRACE_GUEST"); guest != "" {
		t.Skip("in guest " + guest + " they are one program, about whose stack gdb knows nothing")
	}
	for _, args := range [][]string{
		{"cat"}, {"sh", "-c", "echo ready; read x"}, {"sort"},
	} {
		path, err := exec.LookPath(args[0])
		if err != nil {
			t.Fatal(err)
		}
		p := testprogram.Start(t, path, args[1:]...)
		awaitSleep(t, p.Pid, path)
		compare(t, p.Pid, 5)
	}
}

// TestPython: an interpreter, whose stack has many frames of one function.
func TestPython(t *testing.T) {
	// What is called python3 may be a script that finds the true one.
	path, err := exec.Command("python3", "-c", "import sys; print(sys.executable)").Output()
	if err != nil {
		t.Skipf("there is no python3: %v", err)
	}
	p := testprogram.Start(t, strings.TrimSpace(string(path)), "-c", `
import os
def deep(n):
	if n:
		return list(map(deep, [n - 1]))
	os.read(0, 1)
deep(10)
`)
	awaitSleep(t, p.Pid, strings.TrimSpace(string(path)))
	compare(t, p.Pid, 40)
}

// awaitSleep waits until a thread of a process that runs a program reads from its
// input.
func awaitSleep(t *testing.T, pid int, path string) {
	t.Helper()
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
		exe, _ := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
		threads, _ := procfs.Threads(pid)
		if exe == path && slices.ContainsFunc(threads, func(tid int) bool { return testprogram.Reads(pid, tid) }) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s does not read its input, but is %s", path, exe)
		}
	}
}

// start starts a program and waits until it has said something and reads.
func start(t *testing.T, path string) *testprogram.Process {
	t.Helper()
	p := testprogram.Start(t, path)
	p.Line(t)
	awaitSleep(t, p.Pid, path)
	return p
}
