package stack_test

import (
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/host/hosttest"
	"github.com/utrace/utrace/internal/testprogram"
	"github.com/utrace/utrace/stack"
	"github.com/utrace/utrace/unwind"
)

// TestMadeCode: code that a program makes while it runs has neither a name nor
// tables; its callers are found behind its frame pointer.
func TestMadeCode(t *testing.T) {
	for mode, code := range map[string]string{
		"-m64": `"\x55\x48\x89\xe5\xff\xd7\x5d\xc3"`,             // push %rbp; mov %rsp,%rbp; call *%rdi; pop %rbp; ret
		"-m32": `"\x55\x89\xe5\x83\xec\x08\xff\x55\x08\xc9\xc3"`, // push %ebp; mov %esp,%ebp; sub $8,%esp; call *8(%ebp); leave; ret
	} {
		x := start(t, testprogram.Build(t, "c", `
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
__attribute__((noinline)) int inside(void) { return getchar() + 1; }
int main(void)
{
	static const char code[] = `+code+`;
	int (*made)(int (*)(void)) = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memcpy((void *)made, code, sizeof code);
	puts("ready");
	fflush(stdout);
	return made(inside) + 1;
}
`, mode, "-O1"))
		p := stacks(t, x.Pid)
		list, frames := functions(p, &p.Threads[0]), p.Frames(&p.Threads[0], 0)
		at := slices.Index(list, "inside")
		if at < 0 || !slices.Equal(list[at:at+3], []string{"inside", "", "main"}) || frames[len(frames)-1].Caller != unwind.Outermost {
			t.Errorf("%s: it is in %q", mode, list)
		}
		var text strings.Builder
		if err := (&stack.Printer{Process: p}).Text(&text); err != nil || !strings.Contains(text.String(), fmt.Sprintf("#%-2d 0x%016x ??\n", at+1, frames[at+1].PC)) {
			t.Errorf("%s: %v\n%s", mode, err, text.String())
		}
	}
}

// TestOverwritten: where a program has overwritten its stack that is said; what it
// was in last is there.
func TestOverwritten(t *testing.T) {
	for _, mode := range []string{"-m64", "-m32"} {
		x := start(t, testprogram.Build(t, "c", `
#include <stdio.h>
#include <string.h>
#include <unistd.h>
__attribute__((noinline)) void smash(char *p, int n)
{
	memset(p, 'A', n);
	for (;;)
		if (read(0, p, 1) != 1)
			_exit(7);
}
int main(void)
{
	volatile char small[64];
	puts("ready");
	fflush(stdout);
	smash((char *)small, 1024);
	return 0;
}
`, mode, "-O1", "-fno-stack-protector", "-w"))
		p := stacks(t, x.Pid)
		list, frames := functions(p, &p.Threads[0]), p.Frames(&p.Threads[0], 0)
		if last := frames[len(frames)-1]; !contains(list, "read", "smash") || last.Caller != unwind.Lost {
			t.Errorf("%s: it is in %q, and the last frame's caller is %v", mode, list, last.Caller)
		}
	}
}

// TestRecursion: a stack of 100,000 frames has as many as are wanted.
func TestRecursion(t *testing.T) {
	x := start(t, testprogram.Build(t, "c", `
#include <stdio.h>
__attribute__((noinline)) int deep(int n) { return n ? deep(n - 1) + 1 : getchar(); }
int main(void)
{
	puts("ready");
	fflush(stdout);
	return deep(100000);
}
`, "-O1"))
	p := stacks(t, x.Pid)
	for limit, want := range map[int]unwind.Method{0: unwind.Truncated, 200000: unwind.Outermost} {
		frames := p.Frames(&p.Threads[0], limit)
		if last := frames[len(frames)-1]; last.Caller != want || limit == 0 && len(frames) != unwind.DefaultFrames || limit != 0 && len(frames) < 100000 {
			t.Errorf("with limit %d there are %d frames, and the last one's caller is %v", limit, len(frames), last.Caller)
		}
	}
}

// TestElsewhere: the program is in a file system of its own, which nobody else sees.
func TestElsewhere(t *testing.T) {
	path := testprogram.Build(t, "c", deep, "-pthread")
	x := testprogram.Start(t, "unshare", "-rm", "sh", "-c", `dir=$(mktemp -d) && mount -t tmpfs none $dir && cp "$0" $dir/inside && rmdir $dir 2>/dev/null; exec $dir/inside`, path)
	x.Line(t)
	for !testprogram.Reads(x.Pid, x.Pid) {
	}
	p := stacks(t, x.Pid)
	if list := functions(p, &p.Threads[0]); !contains(list, "getchar", "down", "main") {
		t.Errorf("it is in %q", list)
	}
}

// TestGoSignals: a thread that is led through the signal handler of Go's runtime,
// which has a stack of its own, has a whole stack at each instruction; so have the
// others, that run goroutines or wait.
func TestGoSignals(t *testing.T) {
	x := testprogram.Start(t, testprogram.Build(t, "go", `package main

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

//go:noinline
func spin(n *int) { *n++ }

func main() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGUSR1)
	for range 2 {
		go func() {
			n := 0
			for {
				spin(&n)
			}
		}()
	}
	fmt.Println("ready")
	os.Stdin.Read(make([]byte, 1))
	os.Exit(7)
}
`))
	x.Line(t)
	core, arrived := hosttest.Open(t), make(chan bool, 1)
	e, err := core.Attach(t.Context(), x.Pid, &utrace.Funcs{
		Signal: func(_ *utrace.Report, s *utrace.Signal) utrace.SignalAnswer {
			if info, err := s.Info(); err == nil && info.Signo() == int(syscall.SIGUSR1) {
				return utrace.SignalAnswer{Action: utrace.SingleStep}
			}
			return utrace.SignalAnswer{}
		},
		Trap: func(*utrace.Report, *utrace.Trap) utrace.Action {
			arrived <- true
			return utrace.Stop
		},
	}, utrace.WithEvents(utrace.EventSignal|utrace.EventTrap))
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Tgkill(x.Pid, x.Pid, unix.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	for step := range 150 {
		<-arrived
		p, err := stack.Take(t.Context(), core, x.Pid, stack.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for i := range p.Threads {
			list, frames := functions(p, &p.Threads[i]), p.Frames(&p.Threads[i], 0)
			if len(frames) == 0 || frames[len(frames)-1].Caller != unwind.Outermost || i == 0 && !slices.Contains(list, "<signal handler called>") {
				t.Errorf("after %d steps thread %d is in %q: %v", step, i, list, frames)
			}
		}
		p.Close()
		if err := e.Control(t.Context(), utrace.SingleStep); err != nil {
			t.Fatal(err)
		}
	}
	if err := core.Close(); err != nil {
		t.Fatal(err)
	}
	if status := x.End(t); status != 7 {
		t.Errorf("status %d", status)
	}
}
