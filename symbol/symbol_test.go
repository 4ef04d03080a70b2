package symbol_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/utrace/utrace/internal/leak"
	"github.com/utrace/utrace/internal/testprogram"
	"github.com/utrace/utrace/symbol"
)

func TestMain(m *testing.M) { leak.Main(m) }

// inC says where things of it are.
const inC = `
#include <stdio.h>

static int twice(int x)
{
	return 2 * x;
}

int number = 3;

__attribute__((noinline)) int work(int x, int y)
{
	int z = twice(x);
	return z + y;
}

int main(void)
{
	printf("%lx %lx %lx\n", (long)work, (long)twice, (long)main);
	fflush(stdout);
	getchar();
	return work(1, 2);
}
`

// load starts a program and looks at it. It returns the addresses that the
// program prints.
func load(t *testing.T, path string) (*symbol.Space, []uint64, *testprogram.Process) {
	t.Helper()
	p := testprogram.Start(t, path)
	var addrs []uint64
	for _, word := range strings.Fields(p.Line(t)) {
		addr, err := strconv.ParseUint(word, 16, 64)
		if err != nil {
			t.Fatal(err)
		}
		addrs = append(addrs, addr)
	}
	s, err := symbol.Load(p.Pid, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, addrs, p
}

// one resolves to exactly one place.
func one(t *testing.T, s *symbol.Space, text string, body bool) symbol.Place {
	t.Helper()
	spec, err := symbol.ParseSpec(text)
	if err != nil {
		t.Fatal(err)
	}
	places := s.Resolve(spec, body)
	if len(places) != 1 {
		t.Fatalf("%s is %d places: %v", text, len(places), places)
	}
	return places[0]
}

// TestAgainstProgram: what is found is where the program itself says that it is,
// however it was linked.
func TestAgainstProgram(t *testing.T) {
	for name, flags := range map[string][]string{
		"pie":          {"-g", "-pie", "-fPIE"},
		"fixed":        {"-g", "-no-pie"},
		"static":       {"-g", "-static"},
		"static pie":   {"-g", "-static-pie"},
		"32 bits":      {"-g", "-m32"},
		"DWARF 4":      {"-gdwarf-4"},
		"compressed":   {"-g", "-gz"},
		"large pages":  {"-g", "-Wl,-z,max-page-size=0x200000"},
		"one segment":  {"-g", "-Wl,-z,noseparate-code"},
		"other linker": {"-g", "-fuse-ld=gold"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, addrs, _ := load(t, testprogram.Build(t, "c", inC, flags...))
			for i, name := range []string{"work", "twice", "main"} {
				for _, text := range []string{name, "prog:" + name, "*" + fmt.Sprint(addrs[i])} {
					if at := one(t, s, text, false); at.Addr != addrs[i] || at.String() != name {
						t.Errorf("%s is %v at %#x; the program says %#x", text, at, at.Addr, addrs[i])
					}
				}
				inside := s.Locate(addrs[i] + 3)
				if inside.String() != name+"+0x3" {
					t.Errorf("%#x is %v", inside.Addr, inside)
				}
			}
			if at := one(t, s, "prog.c:11", false); at.Addr != addrs[0] {
				t.Errorf("line 11 is at %#x, %v", at.Addr, at)
			}
			at := one(t, s, "prog.c:13", false)
			file, line, ok := at.Line()
			if !ok || line != 13 || filepath.Base(file) != "prog.c" || at.Symbol.Name != "work" {
				t.Errorf("line 13 is %v, %s:%d", at, file, line)
			}
			// A comment has no code: the next line with code is taken.
			if at := one(t, s, "prog.c:16", false); at.Addr != addrs[2] {
				t.Errorf("line 16 is %v", at)
			}
		})
	}
}

// TestBodyAsGDB: behind the prologue is where gdb puts its breakpoints.
func TestBodyAsGDB(t *testing.T) {
	variants := map[string][]string{"plain": {"-g", "-no-pie"}}
	if runtime.GOARCH == "amd64" || runtime.GOARCH == "386" { // whose code we know, too
		variants["endbr"] = []string{"-g", "-no-pie", "-fcf-protection=full"}
		variants["32 bits"] = []string{"-g", "-no-pie", "-m32"}
		variants["no line"] = []string{"-no-pie"}
	}
	for name, flags := range variants {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := testprogram.Build(t, "c", inC, flags...)
			out, err := exec.Command("gdb", "-nx", "-batch", "-ex", "break work", "-ex", "break main", "-ex", "break twice", path).CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			s, _, _ := load(t, path)
			_, text, _ := strings.Cut(string(out), "Breakpoint 1") // there may be a warning
			lines := strings.Split(text, "\n")
			for i, name := range []string{"work", "main", "twice"} {
				at := one(t, s, name, true)
				if want := fmt.Sprintf("at %#x", at.Addr); !strings.Contains(lines[i], want) {
					t.Errorf("%s: %s; gdb: %s", name, want, lines[i])
				}
			}
		})
	}
}

const inCC = `
#include <cstdio>
namespace shapes {
template <class T> struct Circle {
	T r;
	__attribute__((noinline)) T area(int n) { return r * r * n; }
	__attribute__((noinline)) bool operator+(T x) { return x > r; }
};
}
namespace { __attribute__((noinline)) int hidden(int x) { return x + 1; } }
int main()
{
	shapes::Circle<int> c{2};
	int (shapes::Circle<int>::*f)(int) = &shapes::Circle<int>::area;
	printf("%lx %lx\n", (long)(void *&)f, (long)hidden);
	fflush(stdout);
	getchar();
	return c.area(3) + (c + 1) + hidden(2);
}
`

// TestCPlusPlus: names are given and understood as people write them.
func TestCPlusPlus(t *testing.T) {
	s, addrs, _ := load(t, testprogram.Build(t, "cc", inCC, "-g"))
	for _, text := range []string{"shapes::Circle<int>::area", "shapes::Circle<int>::area(int)", "_ZN6shapes6CircleIiE4areaEi"} {
		if at := one(t, s, text, false); at.Addr != addrs[0] || at.String() != "shapes::Circle<int>::area" {
			t.Errorf("%s is %v at %#x, not %#x", text, at, at.Addr, addrs[0])
		} else if s := at.Signature(); s != "shapes::Circle<int>::area(int)" {
			t.Errorf("%s is %s", text, s)
		}
	}
	if at := one(t, s, "hidden", false); at.Addr != addrs[1] {
		t.Errorf("hidden is %v", at)
	}
	if at := one(t, s, "shapes::Circle<int>::operator+", false); at.Symbol.Name != "_ZN6shapes6CircleIiEplEi" {
		t.Errorf("the operator is %v", at)
	}
}

const inGo = `package main

import (
	"bufio"
	"fmt"
	"os"
	"reflect"
)

//go:noinline
func work(x int) int {
	return 2 * x
}

func main() {
	fmt.Printf("%x\n", reflect.ValueOf(work).Pointer())
	bufio.NewReader(os.Stdin).ReadByte()
	fmt.Println(work(len(os.Args)))
}
`

// TestGo: also a stripped program of Go has names and lines.
func TestGo(t *testing.T) {
	for name, flags := range map[string][]string{
		"plain": nil, "stripped": {"-ldflags=-s -w"}, "stripped pie": {"-ldflags=-s -w", "-buildmode=pie"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, addrs, _ := load(t, testprogram.Build(t, "go", inGo, flags...))
			if at := one(t, s, "main.work", false); at.Addr != addrs[0] {
				t.Errorf("main.work is at %#x; the program says %#x", at.Addr, addrs[0])
			}
			at := one(t, s, "prog.go:12", false)
			if _, line, ok := at.Line(); !ok || line != 12 || at.Function() != "main.work" {
				t.Errorf("line 12 is %v, line %d", at, line)
			}
		})
	}
}

// TestStripped: a stripped program has its names from a debug file, found by the
// link beside it or by the build ID. The file may be deleted meanwhile.
func TestStripped(t *testing.T) {
	path := testprogram.Build(t, "c", inC, "-g")
	for _, args := range [][]string{
		{"objcopy", "--only-keep-debug", path, path + ".debug"},
		{"strip", path},
		{"objcopy", "--add-gnu-debuglink=" + path + ".debug", path},
	} {
		if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
	s, addrs, p := load(t, path)
	if at := one(t, s, "twice", false); at.Addr != addrs[1] {
		t.Errorf("twice is %v", at)
	}
	if at := one(t, s, "prog.c:13", false); at.Symbol.Name != "work" {
		t.Errorf("line 13 is %v", at)
	}
	// A debug file of another program is none.
	if err := os.WriteFile(path+".debug", []byte("something else"), 0o666); err != nil {
		t.Fatal(err)
	}
	os.Remove(path)
	other, err := symbol.Load(p.Pid, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if at := other.Locate(addrs[1]); at.Module == nil || at.Symbol.Name != "" || at.Module.Name() != "prog" {
		t.Errorf("twice is %v in %+v", at, at.Module)
	}
}

// TestLibraries: names of one library, of all, and of the kernel's.
func TestLibraries(t *testing.T) {
	s, _, _ := load(t, testprogram.Build(t, "c", inC))
	a, b := one(t, s, "libc.so.6:malloc", false), one(t, s, "libc.so:malloc", false)
	if a != b || a.Module.Name() != "libc.so.6" || a.String() != "malloc" {
		t.Errorf("%v and %v", a, b)
	}
	name := "__vdso_clock_gettime"
	if runtime.GOARCH != "amd64" && runtime.GOARCH != "386" {
		name = "__kernel_clock_gettime" // vdso(7)
	}
	if at := one(t, s, name, false); at.Module.Path != "[vdso]" {
		t.Errorf("%v is in %s", at, at.Module.Path)
	}
	if at := one(t, s, fmt.Sprintf("libc.so:%#x", a.Addr-a.Module.Bias), false); at != a {
		t.Errorf("%v is not %v", at, a)
	}
	if at := one(t, s, "malloc+4", false); at.Addr != a.Addr+4 {
		t.Errorf("%v is not behind %v", at, a)
	}
	spec, err := symbol.ParseSpec("prog:number+2")
	if err != nil {
		t.Fatal(err)
	}
	if v := s.Variables(spec); len(v) != 1 || v[0].Addr != v[0].Symbol.Addr+2 || v[0].Symbol.Size != 4 {
		t.Errorf("%v is %+v", spec, v)
	}
	if spec, _ := symbol.ParseSpec("no_such_function"); len(s.Resolve(spec, false)) != 0 {
		t.Error("no_such_function is somewhere")
	}
}

// TestSpec: what can be written, and what cannot.
func TestSpec(t *testing.T) {
	for text, want := range map[string]symbol.Spec{
		"main":                    {Function: "main"},
		"main+0x10":               {Function: "main", Offset: 16},
		"libc.so.6:malloc":        {Module: "libc.so.6", Function: "malloc"},
		"/lib/libc.so.6:malloc+4": {Module: "/lib/libc.so.6", Function: "malloc", Offset: 4},
		"*0x401136":               {Absolute: true, Addr: 0x401136},
		"prog:0x1136":             {Module: "prog", Absolute: true, Addr: 0x1136},
		"src/a.c:12":              {File: "src/a.c", Line: 12},
		"ns::f":                   {Function: "ns::f"},
		"ns::f(int, a:b)":         {Function: "ns::f(int, a:b)"},
		"lib.so:ns::f":            {Module: "lib.so", Function: "ns::f"},
		"operator+":               {Function: "operator+"},
	} {
		s, err := symbol.ParseSpec(text)
		if err != nil || s != want {
			t.Errorf("%s: %+v, %v", text, s, err)
		}
		if again, err := symbol.ParseSpec(s.String()); err != nil || again != s {
			t.Errorf("%s becomes %s and then %+v, %v", text, s, again, err)
		}
	}
	for _, text := range []string{"", "*", "*x", ":f", "a.c:", "a.c:0", "0xfffffffffffffffff", "f+0x"} {
		if s, err := symbol.ParseSpec(text); err == nil {
			t.Errorf("%q is %+v", text, s)
		}
	}
}

// TestNobody: errors are clear.
func TestNobody(t *testing.T) {
	if _, err := symbol.Load(4194999, nil); err == nil || !strings.Contains(err.Error(), "4194999") {
		t.Errorf("a process that is not there: %v", err)
	}
}
