package probe_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/host"
	"github.com/utrace/utrace/host/hosttest"
	"github.com/utrace/utrace/internal/scale"
	"github.com/utrace/utrace/internal/testprogram"
	"github.com/utrace/utrace/launch"
	"github.com/utrace/utrace/probe"
	"github.com/utrace/utrace/symbol"
)

// patience is how long a program may take.
const patience = 30 * time.Second

// program calls functions as often as its arguments say.
const program = `
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct thing { char name[8]; int number; short half; };

__attribute__((noinline)) int work(int i, struct thing *t, int a, int b, int c, int d, int seventh)
{
	return i + t->number + seventh;
}

__attribute__((noinline)) int other(int i) { return i * 2; }

int main(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 1, sum = 0;
	const char *how = argc > 2 ? argv[2] : "";
	if (!strcmp(how, "wait")) {
		puts("ready");
		fflush(stdout);
		getchar();
	}
	for (int i = 0; i < n; i++) {
		struct thing t = {"abc", i % 10, -i};
		sum += work(i, &t, 1, 2, 3, 4, 100 + i);
	}
	if (!strcmp(how, "fork")) {
		if (!fork()) {
			if (other(n) == 12345)
				return 5;
			execl(argv[0], argv[0], "2", NULL);
		}
		wait(NULL);
	}
	if (!strcmp(how, "dlopen")) {
		for (int i = 0; i < 2; i++) {
			void *lib = dlopen("./late.so", RTLD_NOW);
			int (*late)(int) = lib ? dlsym(lib, "late") : NULL;
			if (!late)
				return 9;
			sum += late(i);
			dlclose(lib);
		}
	}
	if (!strcmp(how, "wait"))
		getchar();
	if (sum == 12345) /* so that the compiler leaves nothing out */
		return 4;
	return 3;
}
`

func places(t *testing.T, texts ...string) (list []symbol.Spec) {
	t.Helper()
	for _, text := range texts {
		spec, err := symbol.ParseSpec(text)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, spec)
	}
	return list
}

// run runs a program with probes on it to its end, checks that it ends as
// always, and returns what each probe counted.
func run(t *testing.T, dir string, args []string, list ...probe.Options) []map[string]uint64 {
	t.Helper()
	core := hosttest.Open(t)
	var probes []*probe.Probe
	for _, o := range list {
		probes = append(probes, probe.New(core, o))
	}
	toEnd(t, core, dir, args, probes...)
	var counted []map[string]uint64
	for _, p := range probes {
		counts, err := p.Counts(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		m := make(map[string]uint64)
		for _, c := range counts {
			m[c.Name] += c.Hits
		}
		counted = append(counted, m)
		p.Close()
	}
	return counted
}

// toEnd runs a program with probes on it to its end.
func toEnd(t *testing.T, core *utrace.Core, dir string, args []string, probes ...*probe.Probe) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	p, err := host.Start(ctx, core, &launch.Command{Path: args[0], Args: args, Dir: dir}, func(pid int) error {
		for _, p := range probes {
			if err := p.Attach(ctx, pid, false); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	status, err := p.Wait(ctx)
	if err != nil || status.ExitStatus() != 3 {
		t.Errorf("%v: status %#x, %v", args, status.WaitStatus, err)
	}
}

// TestConditions: many probes at one place, each with a condition of its own,
// which the program's loop makes true a known number of times.
func TestConditions(t *testing.T) {
	n := scale.Rounds(100)
	variants := map[string]map[string]uint64{
		"-m64": {
			"":                                uint64(n),
			"rdi < 10":                        uint64(min(10, n)),
			"$edi == 5 || 1":                  0, // no such register here
			"(i32)rdi % 2 == 1":               uint64(n / 2),
			"arg0 >= 0 && arg6 == arg0 + 100": uint64(n),
			"*(i16*)(rsi + 12) == -arg0":      uint64(n),
			"*(u8*)arg1 == 'a' && *(i32*)(rsi+8) == 3": uint64(n+6) / 10,
			"*(u8*)0 == 0": 0,
			"pid == tid":   uint64(n),
		},
		"-m32": {
			"arg0 < 10":                   uint64(min(10, n)),
			"*(esp + 4) < 10":             uint64(min(10, n)),
			"arg6 == arg0 + 100":          uint64(n),
			"*(i16*)(arg1 + 12) == -arg0": uint64(n),
		},
	}
	if first, other := map[string]string{"arm64": "x0", "ppc64le": "r3"}[runtime.GOARCH], runtime.GOARCH != "amd64"; other {
		variants = map[string]map[string]uint64{"-O0": {
			"":                                uint64(n),
			first + " < 10":                   uint64(min(10, n)),
			"(i32)" + first + " % 2 == 1":     uint64(n / 2),
			"pc == 5":                         0,
			"arg0 >= 0 && arg6 == arg0 + 100": uint64(n),
			"*(i16*)(arg1 + 12) == -arg0":     uint64(n),
			"*(u8*)arg1 == 'a' && *(i32*)(arg1+8) == 3": uint64(n+6) / 10,
			"*(u8*)0 == 0": 0,
			"pid == tid":   uint64(n),
		}}
	}
	for mode, conditions := range variants {
		path := testprogram.Build(t, "c", program, mode)
		var list []probe.Options
		var texts []string
		for text := range conditions {
			o := probe.Options{Places: places(t, "work")}
			if text != "" {
				c, err := probe.ParseCondition(text)
				if err != nil {
					t.Fatal(err)
				}
				o.Condition = c
			}
			list, texts = append(list, o), append(texts, text)
		}
		for i, got := range run(t, "", []string{path, fmt.Sprint(n)}, list...) {
			if got["work"] != conditions[texts[i]] {
				t.Errorf("%s %q: %d hits; want %d", mode, texts[i], got["work"], conditions[texts[i]])
			}
		}
	}
}

// TestFollow: children have their parent's breakpoints, and new programs get
// their own; without Follow only the process itself is watched.
func TestFollow(t *testing.T) {
	path := testprogram.Build(t, "c", program)
	all := places(t, "work", "other")
	got := run(t, "", []string{path, "5", "fork"}, probe.Options{Places: all, Follow: true}, probe.Options{Places: all})
	for i, want := range []map[string]uint64{{"work": 7, "other": 1}, {"work": 5, "other": 0}} {
		if !maps.Equal(got[i], want) {
			t.Errorf("probe %d: %v; want %v", i, got[i], want)
		}
	}
}

// TestLibraryLoadedLater: a place in a library that the program loads itself,
// unloads and loads again.
func TestLibraryLoadedLater(t *testing.T) {
	path := testprogram.Build(t, "c", program)
	late := testprogram.Build(t, "c", "int late(int i) { return i; }\n", "-shared", "-fPIC")
	dir := t.TempDir()
	if err := os.Rename(late, filepath.Join(dir, "late.so")); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var told []string
	o := probe.Options{Places: places(t, "late.so:late", "nowhere", "work"), Notice: func(text string) {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, text)
	}}
	if got := run(t, dir, []string{path, "1", "dlopen"}, o)[0]; got["late"] != 2 || got["work"] != 1 {
		t.Errorf("hits %v", got)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(told) != 2 || !strings.Contains(told[0], "late") || !strings.Contains(told[1], "nowhere") {
		t.Errorf("told %q", told)
	}
}

// TestSamePlace: a place that has two names is found by both, and hit once; and
// the function by which the dynamic linker tells us of new files can be one.
func TestSamePlace(t *testing.T) {
	path := testprogram.Build(t, "c", program)
	core := hosttest.Open(t)
	p := probe.New(core, probe.Options{Places: places(t, "work", filepath.Base(path)+":work", "_dl_debug_state")})
	defer p.Close()
	launched, err := host.Start(t.Context(), core, &launch.Command{Path: path, Args: []string{path, "3"}}, func(pid int) error {
		return p.Attach(t.Context(), pid, false)
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := launched.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	if missing := p.Missing(); len(missing) != 0 {
		t.Errorf("%v were not found", missing)
	}
	hits := map[string]uint64{}
	counts, err := p.Counts(t.Context())
	for _, c := range counts {
		hits[c.Name] += c.Hits
	}
	if err != nil || hits["work"] != 3 || hits["_dl_debug_state"] == 0 {
		t.Errorf("hits %v, %v", hits, err)
	}
}

// TestInside: a place inside an instruction is refused, and one between two is not.
func TestInside(t *testing.T) {
	code, inside := `mov $0x90909090, %eax\n\tnop\n\tret`, map[string]bool{"work+1": false, "work+0x4": false, "work+5": true, "work+6": true}
	switch runtime.GOARCH {
	case "arm64":
		code, inside = `nop\n\tnop\n\tret`, map[string]bool{"work+1": false, "work+6": false, "work+4": true, "work+8": true}
	case "ppc64le":
		code, inside = `nop\n\tnop\n\tblr`, map[string]bool{"work+1": false, "work+6": false, "work+4": true, "work+8": true}
	}
	path := testprogram.Build(t, "c", `
void work(void);
__asm__ (".globl work\n.type work,%function\nwork:\n\t`+code+`\n.size work,.-work");
int main(int argc, char **argv) { getchar(); work(); return 0; }
`, "-include", "stdio.h")
	for place, good := range inside {
		p := testprogram.Start(t, path) // its exec may not have ended yet
		x := probe.New(hosttest.Open(t), probe.Options{Places: places(t, place)})
		err := x.Attach(t.Context(), p.Pid, true)
		if good != (err == nil) || !good && !errors.Is(err, utrace.ErrInvalid) {
			t.Errorf("%s: %v", place, err)
		}
		x.Close()
		if status := p.End(t); status != 0 {
			t.Errorf("%s: the program ended with status %d", place, status)
		}
	}
}

// TestRunning: a probe comes and goes while the program runs and another probe
// stays; the program notices neither.
func TestRunning(t *testing.T) {
	n := scale.Rounds(2000)
	p := testprogram.Start(t, testprogram.Build(t, "c", program), fmt.Sprint(n), "wait")
	p.Line(t)
	core := hosttest.Open(t)
	ctx := t.Context()
	var passing *probe.Probe
	stays := probe.New(core, probe.Options{Places: places(t, "work")})
	defer stays.Close()
	if err := stays.Attach(ctx, p.Pid, true); err != nil {
		t.Fatal(err)
	}
	passing = probe.New(core, probe.Options{Places: places(t, "work"), Limit: 7})
	if err := passing.Attach(ctx, p.Pid, true); err != nil {
		t.Fatal(err)
	}
	p.Tell(t, "")
	<-passing.Limited()
	counts, err := passing.Counts(ctx)
	if err != nil || len(counts) != 1 || counts[0].Hits != 7 {
		t.Errorf("the limited probe counted %v, %v", counts, err)
	}
	passing.Close()
	if status := p.End(t); status != 3 {
		t.Errorf("status %d", status)
	}
	counts, err = stays.Counts(ctx)
	if err != nil || len(counts) != 1 || counts[0].Hits != uint64(n) {
		t.Errorf("the other probe counted %v, %v; want %d", counts, err, n)
	}
}

// slow is a writer that nobody reads from for a while.
type slow struct {
	bytes.Buffer
	open chan struct{}
}

func (s *slow) Write(p []byte) (int, error) {
	<-s.open
	return s.Buffer.Write(p)
}

// TestSlowReader: nothing is lost, and what waits is bounded: the program does.
func TestSlowReader(t *testing.T) {
	const n = 20000 // some 200 bytes each
	p := testprogram.Start(t, testprogram.Build(t, "c", program), fmt.Sprint(n), "wait")
	p.Line(t)
	core := hosttest.Open(t)
	out := &slow{open: make(chan struct{})}
	printer := probe.NewPrinter(out, true)
	x := probe.New(core, probe.Options{Places: places(t, "work"), Arguments: 7, Hit: printer.Hit})
	defer x.Close()
	if err := x.Attach(t.Context(), p.Pid, true); err != nil {
		t.Fatal(err)
	}
	p.Tell(t, "")
	// The program stops when the buffer is full, long before its end.
	last := uint64(0)
	for still := 0; still < 20; time.Sleep(10 * time.Millisecond) {
		counts, err := x.Counts(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if counts[0].Hits == last && last != 0 {
			still++
		} else {
			still = 0
		}
		last = counts[0].Hits
	}
	if last == 0 || last > n/2 {
		t.Errorf("it stopped at hit %d", last)
	}
	close(out.open)
	if status := p.End(t); status != 3 {
		t.Errorf("status %d", status)
	}
	x.Detach()
	if err := printer.Close(); err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(&out.Buffer)
	for i := range n {
		var hit struct {
			Number   int
			PID      int
			Function string
			Args     []string
		}
		if err := d.Decode(&hit); err != nil || hit.Number != i+1 || hit.PID != p.Pid || hit.Function != "work" ||
			len(hit.Args) != 7 || hit.Args[0] != fmt.Sprintf("%#x", i) || hit.Args[6] != fmt.Sprintf("%#x", 100+i) {
			t.Fatalf("hit %d: %+v, %v", i, hit, err)
		}
	}
}

// TestReaderGone: a writer that fails does not disturb the program.
func TestReaderGone(t *testing.T) {
	r, w := io.Pipe()
	r.Close()
	printer := probe.NewPrinter(w, false)
	path := testprogram.Build(t, "c", program)
	if got := run(t, "", []string{path, "50"}, probe.Options{Places: places(t, "work"), Hit: printer.Hit}); got[0]["work"] != 50 {
		t.Errorf("hits %v", got)
	}
	if err := printer.Close(); err == nil {
		t.Error("Close does not tell of it")
	}
}
