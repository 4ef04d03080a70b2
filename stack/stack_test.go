package stack_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/pprof/profile"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/host/hosttest"
	"github.com/utrace/utrace/internal/testprogram"
	"github.com/utrace/utrace/stack"
	"github.com/utrace/utrace/unwind"
)

// functions are the names of a thread's frames, innermost first.
func functions(p *stack.Process, x *stack.Thread) (list []string) {
	for _, f := range p.Frames(x, 0) {
		name := p.Space.Locate(f.Lookup()).Function()
		if f.Signal {
			name = "<signal handler called>"
		}
		list = append(list, strings.TrimSuffix(name, ".abi0"))
	}
	return list
}

// contains reports whether the names are all in the list, in this order.
func contains(list []string, names ...string) bool {
	for _, s := range list {
		if len(names) != 0 && s == names[0] {
			names = names[1:]
		}
	}
	return len(names) == 0
}

const inGo = `package main

import (
	"bufio"
	"fmt"
	"os"
)

//go:noinline
func outer(n int) byte {
	if n > 0 {
		return outer(n-1) + 1
	}
	return inner()
}

//go:noinline
func inner() byte {
	fmt.Println("ready")
	b, _ := bufio.NewReader(os.Stdin).ReadByte()
	return b
}

func main() {
	fmt.Println(outer(3))
}
`

// TestGo: a goroutine in a system call, up to the runtime's outermost function,
// also if the program was stripped of everything.
func TestGo(t *testing.T) {
	for _, flags := range [][]string{nil, {"-ldflags=-s -w"}, {"-buildmode=pie"}} {
		x := start(t, testprogram.Build(t, "go", inGo, flags...))
		p := stacks(t, x.Pid)
		found := false
		for i := range p.Threads {
			list := functions(p, &p.Threads[i])
			if contains(list, "syscall.read", "main.inner", "main.outer", "main.outer", "main.outer", "main.outer", "main.main", "runtime.main", "runtime.goexit") {
				found = true
			}
			if list[0] == "runtime.clone" {
				continue // a newborn, on a stack without frames
			}
			frames := p.Frames(&p.Threads[i], 0)
			if last := frames[len(frames)-1]; last.Caller != unwind.Outermost {
				t.Errorf("%v: the last frame of %v is %v", flags, list, last.Caller)
			}
		}
		if !found {
			for i := range p.Threads {
				t.Log(functions(p, &p.Threads[i]))
			}
			t.Errorf("%v: nobody is in main.inner", flags)
		}
	}
}

// TestRunning: threads that run all the time are stopped, shortly, and go on.
func TestRunning(t *testing.T) {
	x := testprogram.Start(t, testprogram.Build(t, "c", `
#include <pthread.h>
#include <stdio.h>
#include <time.h>
static volatile long n;
static _Atomic int here;
__attribute__((noinline)) void spin(void) { n++; }
static void *forever(void *p) { for (here++;;) spin(); return p; }
static void *clocks(void *p) { struct timespec t; for (here++;;) clock_gettime(CLOCK_MONOTONIC, &t); return p; }
int main(void)
{
	pthread_t t;
	for (int i = 0; i < 4; i++)
		pthread_create(&t, NULL, i & 1 ? clocks : forever, NULL);
	while (here < 4)
		;
	puts("ready");
	fflush(stdout);
	getchar();
	return 7;
}
`, "-pthread", "-O1"))
	x.Line(t)
	for range 20 {
		p := stacks(t, x.Pid)
		if len(p.Threads) != 5 {
			t.Fatalf("%d threads", len(p.Threads))
		}
		for i := range p.Threads {
			list := functions(p, &p.Threads[i])
			if i > 0 && !contains(list, "forever") && !contains(list, "clocks") {
				t.Errorf("thread %d is in %q", i, list)
			}
		}
	}
	if status := x.End(t); status != 7 {
		t.Errorf("status %d", status)
	}
}

// TestStopped: a process that is stopped by job control has stacks, and stays
// stopped.
func TestStopped(t *testing.T) {
	x := start(t, testprogram.Build(t, "c", deep, "-pthread"))
	if err := syscall.Kill(x.Pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	awaitState(t, x.Pid, "T (stopped)")
	p := stacks(t, x.Pid)
	if list := functions(p, &p.Threads[0]); !contains(list, "getchar", "down", "down", "main") {
		t.Errorf("it is in %q", list)
	}
	awaitState(t, x.Pid, "T (stopped)")
}

func awaitState(t *testing.T, pid int, want string) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), want) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("it is not in state %s:\n%s", want, text)
		}
	}
}

// TestHeld: a thread that another engine holds has a stack, too.
func TestHeld(t *testing.T) {
	x := start(t, testprogram.Build(t, "c", deep, "-pthread"))
	core := hosttest.Open(t)
	holder, err := core.Attach(t.Context(), x.Pid, &utrace.Funcs{Reap: func(*utrace.Report, utrace.Status) {}})
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Control(t.Context(), utrace.Stop); err != nil && err != error(utrace.ErrInProgress) {
		t.Fatal(err)
	}
	if err := holder.WaitStopped(t.Context()); err != nil {
		t.Fatal(err)
	}
	p, err := stack.Take(t.Context(), core, x.Pid, stack.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if list := functions(p, &p.Threads[0]); !contains(list, "getchar", "down", "main") {
		t.Errorf("it is in %q", list)
	}
}

// TestDeepStack: of a stack that is deeper than what is copied the rest is read
// from the process.
func TestDeepStack(t *testing.T) {
	x := start(t, testprogram.Build(t, "c", deep, "-pthread"))
	p, err := stack.Take(t.Context(), hosttest.Open(t), x.Pid, stack.Options{Copy: 128})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for i := range p.Threads {
		if size := len(p.Threads[i].Snapshot.Stack); size > 128 {
			t.Errorf("%d bytes were copied", size)
		}
	}
	if list := functions(p, &p.Threads[0]); !contains(list, "getchar", "down", "down", "down", "main") {
		t.Errorf("it is in %q", list)
	}
}

// TestOutput: text, JSON and profile say the same.
func TestOutput(t *testing.T) {
	x := start(t, testprogram.Build(t, "c", deep, "-pthread", "-g"))
	printer := &stack.Printer{Process: stacks(t, x.Pid), Source: true, Frames: 8}
	var text, lines, pb bytes.Buffer
	var pprof stack.Profile
	for _, err := range []error{printer.Text(&text), printer.JSON(&lines), pprof.Add(printer), pprof.Write(&pb)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, part := range []string{fmt.Sprintf("PID %d\nTID %[1]d (prog):\n#0  0x", x.Pid), "down+0x", " in prog at /", "prog.c:23\n", "<signal handler called>", "(more frames are not shown)"} {
		if !strings.Contains(text.String(), part) {
			t.Errorf("%q is missing in\n%s", part, text.String())
		}
	}
	parsed, err := profile.Parse(&pb)
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(&lines)
	for i := range printer.Process.Threads {
		var got struct {
			TID    int
			Frames []struct {
				Function string
				Signal   bool
			}
		}
		if err := d.Decode(&got); err != nil {
			t.Fatal(err)
		}
		want := functions(printer.Process, &printer.Process.Threads[i])[:8]
		var inJSON, inProfile []string
		for _, f := range got.Frames {
			if f.Signal {
				f.Function = "<signal handler called>"
			}
			inJSON = append(inJSON, f.Function)
		}
		for _, l := range parsed.Sample[i].Location {
			inProfile = append(inProfile, l.Line[0].Function.Name)
		}
		if got.TID != printer.Process.Threads[i].ID || !slices.Equal(inJSON, want) || !slices.Equal(inProfile, want) {
			t.Errorf("thread %d: JSON %q, profile %q; want %q", got.TID, inJSON, inProfile, want)
		}
	}
}

// TestDeleted: the program's file is gone, and there are names nevertheless.
func TestDeleted(t *testing.T) {
	path := testprogram.Build(t, "c", deep, "-pthread")
	x := start(t, path)
	if err := os.Rename(path, filepath.Join(t.TempDir(), "x")); err != nil {
		t.Fatal(err)
	}
	p := stacks(t, x.Pid)
	if list := functions(p, &p.Threads[0]); !contains(list, "getchar", "down", "main") {
		t.Errorf("it is in %q", list)
	}
}

// manyThreads has 1,000 threads that sleep.
const manyThreads = `
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>
static void *sleeper(void *p) { for (;;) pause(); return p; }
int main(void)
{
	pthread_attr_t small;
	pthread_t t;
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 1 << 16);
	for (int i = 1; i < 1000; i++)
		if (pthread_create(&t, &small, sleeper, NULL))
			return 1;
	puts("ready");
	fflush(stdout);
	getchar();
	return 7;
}
`

// TestManyThreads: each of 1,000 threads has its whole stack.
func TestManyThreads(t *testing.T) {
	x := start(t, testprogram.Build(t, "c", manyThreads, "-pthread"))
	p := stacks(t, x.Pid)
	if len(p.Threads) != 1000 {
		t.Errorf("%d threads", len(p.Threads))
	}
	for i := range p.Threads {
		list, frames := functions(p, &p.Threads[i]), p.Frames(&p.Threads[i], 0)
		if p.Threads[i].ID != x.Pid && !contains(list, "pause", "sleeper") || len(frames) == 0 || frames[len(frames)-1].Caller != unwind.Outermost {
			t.Fatalf("thread %d is in %q, %v", p.Threads[i].ID, list, p.Threads[i].Err)
		}
	}
	if status := x.End(t); status != 7 {
		t.Errorf("status %d", status)
	}
}

// TestKernelPage: a thread in the code that the kernel puts into every process.
func TestKernelPage(t *testing.T) {
	for _, mode := range []string{"-m64", "-m32"} {
		x := testprogram.Start(t, testprogram.Build(t, "c", `
#include <stdio.h>
#include <time.h>
__attribute__((noinline)) void clocks(void)
{
	struct timespec t;
	for (;;)
		clock_gettime(CLOCK_MONOTONIC, &t);
}
int main(void) { puts("ready"); fflush(stdout); clocks(); }
`, mode, "-O1"))
		x.Line(t)
		seen := false
		for range 500 {
			p := stacks(t, x.Pid)
			list, frames := functions(p, &p.Threads[0]), p.Frames(&p.Threads[0], 0)
			if last := frames[len(frames)-1]; last.Caller != unwind.Outermost {
				t.Fatalf("%s: the last frame of %q is %v", mode, list, last.Caller)
			}
			if contains(list, "clocks", "main") && p.Space.At(frames[0].Lookup()).Path == "[vdso]" {
				seen = true
				break
			}
			p.Close()
		}
		if !seen {
			t.Errorf("%s: it is never in [vdso]", mode)
		}
	}
}

// BenchmarkTake takes the stacks of threads that sleep, and tells for how long they
// were stopped: half of them, and the one that was the longest.
func BenchmarkTake(b *testing.B) {
	for name, source := range map[string]string{"4 threads": deep, "1000 threads": manyThreads} {
		b.Run(name, func(b *testing.B) {
			x := testprogram.Start(b, testprogram.Build(b, "c", source, "-pthread"))
			x.Line(b)
			core := hosttest.Open(b)
			var longest, medians time.Duration
			for b.Loop() {
				p, err := stack.Take(b.Context(), core, x.Pid, stack.Options{})
				if err != nil {
					b.Fatal(err)
				}
				longest, medians = max(longest, p.Longest()), medians+p.Median()
				p.Close()
			}
			b.ReportMetric(float64(longest.Microseconds()), "max-µs-stopped")
			b.ReportMetric(float64(medians.Microseconds())/float64(b.N), "µs-stopped")
		})
	}
}
