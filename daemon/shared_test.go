package daemon_test

import (
	"context"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	lib "github.com/utrace/utrace"
	"github.com/utrace/utrace/breakpoint"
	"github.com/utrace/utrace/daemon"
	"github.com/utrace/utrace/host"
)

// addressOf is where a name is in a running program.
func addressOf(t *testing.T, p *process, file, name string) uint64 {
	t.Helper()
	f, err := elf.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	symbols, err := f.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	var base uint64
	until(t, "the program's text", func() bool { // it may be in its exec still
		maps, err := os.ReadFile("/proc/" + p.pid() + "/maps")
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(maps)) {
			if base == 0 && strings.HasSuffix(strings.TrimSpace(line), file) {
				fmt.Sscanf(line, "%x", &base)
			}
		}
		return base != 0
	})
	for _, s := range symbols {
		if s.Name == name && f.Machine == elf.EM_PPC64 { // where the program itself enters (64-Bit ELF V2 ABI)
			return base + s.Value + 1<<(s.Other>>5)>>2<<2
		}
		if s.Name == name {
			return base + s.Value
		}
	}
	t.Fatalf("no symbol %s", name)
	return 0
}

// gdb makes the command line of a debugger that stops n times at a point and then
// leaves.
func gdb(p *process, point string, n int) []string {
	args := []string{utrace, "run", "gdb", "-nx", "-batch", "-p", p.pid(), "-ex", "set pagination off", "-ex", point}
	for range n {
		args = append(args, "-ex", "continue", "-ex", `printf "stop %d\n", n`)
	}
	return append(args, "-ex", "delete", "-ex", "detach")
}

// RG6, MD5: two debuggers watch one variable, and a third one another way: each
// stops for every write, and for none twice.
func TestRG6_GdbsWatch(t *testing.T) {
	p := ticker(t)
	var all []*process
	for _, point := range []string{"watch n", "watch n", "awatch n"} {
		all = append(all, start(t, gdb(p, point, 10)...))
	}
	for i, g := range all {
		g.wait()
		var stops []int
		for line := range strings.Lines(g.out.String()) {
			var n int
			if _, err := fmt.Sscanf(line, "stop %d", &n); err == nil {
				stops = append(stops, n)
			}
		}
		if len(stops) != 10 || strings.Count(g.out.String(), "ardware ") < 11 {
			t.Errorf("debugger %d was stopped %d times, want 10:\n%s", i, len(stops), g.out.String())
		}
		for j := 1; j < len(stops); j++ {
			if stops[j] != stops[j-1]+1 {
				t.Errorf("debugger %d: %d came after %d", i, stops[j], stops[j-1])
			}
		}
	}
	untraced(t, p)
}

// engine is an owner with an engine of its own: this test program once more,
// because an owner must not be the parent of what it traces with os/exec.
type engine struct {
	*process
	in io.Writer
	// log is the file that it writes to, read while it does.
	log string
}

func (e *engine) says() string {
	b, err := os.ReadFile(e.log)
	if err != nil {
		e.t.Fatal(err)
	}
	return string(b)
}

// engineVariable says that this process is one, and where it listens.
const engineVariable = "UTRACE_TEST_ENGINE"

// owned starts an engine on a program, which watches all of the variable n or,
// if it is to count, its writes and the calls of tick. Tracers join it from here
// on.
func owned(t *testing.T, p *process, count bool) *engine {
	t.Helper()
	path := filepath.Join(t.TempDir(), "run", "owner")
	t.Setenv("UTRACE_SOCKET", path)
	e := &engine{process: &process{t: t, cmd: exec.Command(os.Args[0]), done: make(chan error, 1)}}
	e.cmd.Env = append(os.Environ(), engineVariable+"="+path)
	in, err := e.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	e.in, e.log = in, filepath.Join(t.TempDir(), "log")
	log, err := os.Create(e.log)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	e.begin(log)
	fmt.Fprintf(in, "%s %d %d %v\n", p.pid(), addressOf(t, p, tick, "tick"), addressOf(t, p, tick, "n"), count)
	until(t, "the engine", func() bool { return strings.Contains(e.says(), "ready\n") })
	return e
}

// leave has the engine leave the program, and returns its hits.
func (e *engine) leave(p *process) (hits []int) {
	e.t.Helper()
	fmt.Fprintln(e.in, "leave")
	until(e.t, "the engine to leave", func() bool { return strings.Contains(e.says(), "left\n") })
	untraced(e.t, p)
	fmt.Fprintln(e.in, "end")
	if state := e.wait(); state.ExitCode() != 0 {
		e.t.Errorf("the engine ended with %v", state)
	}
	for line := range strings.Lines(e.says()) {
		n := 0
		if _, err := fmt.Sscanf(line, "hits %d", &n); err == nil {
			hits = append(hits, n)
		} else if !strings.HasPrefix(line, "ready") && !strings.HasPrefix(line, "left") {
			e.t.Error("the engine says: ", line)
		}
	}
	return hits
}

// consecutive makes a hit that tells when a value is not the one after the last.
func consecutive(what string, value func(*lib.Report, *breakpoint.Breakpoint) uint64) func(*lib.Report, *breakpoint.Breakpoint) lib.Action {
	last := uint64(0)
	return func(r *lib.Report, b *breakpoint.Breakpoint) lib.Action {
		v := value(r, b)
		if last != 0 && v != last+1 {
			fmt.Printf("%s: %d came after %d\n", what, v, last)
		}
		last = v
		return lib.Resume
	}
}

// engineMain is the main program of an engine.
func engineMain(path string) error {
	core, err := host.Open(lib.Options{OnFault: func(thread int, err error) { fmt.Printf("fault on thread %d: %v\n", thread, err) }})
	if err != nil {
		return err
	}
	defer core.Close()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	served := make(chan error, 1)
	go func() { served <- daemon.Serve(ctx, daemon.Options{Path: path, Core: core}) }()

	var pid int
	var at, n uint64
	var count bool
	if _, err := fmt.Scan(&pid, &at, &n, &count); err != nil {
		return err
	}
	m, err := breakpoint.Open(ctx, core, pid, lib.Process, lib.WithName("the engine"))
	if err != nil {
		return err
	}
	specs := []breakpoint.Spec{
		{Addr: at, Hit: consecutive("calls", func(r *lib.Report, _ *breakpoint.Breakpoint) uint64 {
			first := map[string]string{"x86_64": "rdi", "arm64": "x0", "ppc64le": "r3"}
			i, err := r.ABI().View().ReadUint(r, first[r.ABI().Name()])
			if err != nil {
				fmt.Println(err)
			}
			return i
		})},
		{Kind: breakpoint.Write, Addr: n, Len: 4, Hit: consecutive("writes", func(_ *lib.Report, b *breakpoint.Breakpoint) uint64 {
			_, now := b.Values()
			return uint64(binary.LittleEndian.Uint32(now))
		})},
	}
	if !count {
		specs = nil
		for i := range uint64(4) {
			specs = append(specs, breakpoint.Spec{Kind: breakpoint.Access, Addr: n + i, Len: 1})
		}
	}
	var points []*breakpoint.Breakpoint
	for _, s := range specs {
		b, err := m.Set(ctx, s)
		if err != nil {
			return err
		}
		points = append(points, b)
	}
	fmt.Println("ready")
	var word string
	fmt.Scan(&word)
	for _, b := range points { // more hits, now that the others have left; the test waits, but not for ever
		for before := b.Hits(); b.Hits() < before+10; time.Sleep(time.Millisecond) {
		}
	}
	if err := m.Close(); err != nil && !errors.Is(err, lib.ErrInProgress) {
		return err
	}
	for _, b := range points {
		fmt.Println("hits", b.Hits())
	}
	fmt.Println("left")
	fmt.Scan(&word)
	stop()
	return <-served
}

// MD5: debuggers and a native engine in the owner have a breakpoint at the same
// address and watch the same variable. The engine misses nothing, and each
// debugger stops as if it were alone.
func TestMD5_GdbsAndNativeEngine(t *testing.T) {
	p := ticker(t)
	points := []string{"break tick", "break tick"}
	// gdb 13 does not find the debug registers of every virtual machine, natively
	// either, and would watch by single steps.
	if out, _ := run(t, "gdb", "-nx", "-batch", "-p", p.pid(), "-ex", "watch n", "-ex", "hbreak tick"); strings.Contains(out, "Hardware watchpoint") {
		points = append(points, "watch n")
		if !strings.Contains(out, "No hardware breakpoint support") { // as on powerpc
			points = append(points, "hbreak tick")
		}
	} else if os.Getenv("UTRACE_GUEST") == "" {
		t.Errorf("gdb finds no debug registers natively:\n%s", out)
	}
	e := owned(t, p, true)
	var all []*process
	for _, point := range points {
		all = append(all, start(t, gdb(p, point, 10)...))
	}
	for i, g := range all {
		g.wait()
		if stops := strings.Count(g.out.String(), "\nstop "); stops != 10 {
			t.Errorf("debugger %d was stopped %d times, want 10:\n%s", i, stops, g.out.String())
		}
	}
	hits := e.leave(p)
	if len(hits) != 2 || min(hits[0], hits[1]) < 40 {
		t.Errorf("%v calls and writes", hits)
	}
}

// RG6: when a native engine has all debug registers, a debugger is told what the
// kernel would tell it, and the engine keeps them.
func TestRG6_GdbFindsNoSlot(t *testing.T) {
	p := ticker(t)
	e := owned(t, p, false)
	out, _ := run(t, utrace, "run", "gdb", "-nx", "-batch", "-p", p.pid(), "-ex", "watch n", "-ex", "continue")
	if !strings.Contains(out, "No space left on device") {
		t.Errorf("gdb says:\n%s", out)
	}
	hits := e.leave(p)
	if len(hits) != 4 || slices.Min(hits) < 10 {
		t.Errorf("%v hits", hits)
	}
}

// RG6: SIGKILL of a debugger that watches leaves no debug register behind, which
// would kill the program; one that watches the same goes on.
func TestRG6_KilledGdbWatches(t *testing.T) {
	p := ticker(t)
	other := start(t, gdb(p, "watch n", 40)...)
	armed := filepath.Join(t.TempDir(), "armed")
	g := start(t, utrace, "run", "gdb", "-nx", "-q", "-batch", "-p", p.pid(), "-ex", "set pagination off",
		"-ex", "watch n", "-ex", "awatch n", "-ex", "continue", "-ex", "shell touch "+armed,
		"-ex", "python\nwhile True: gdb.execute('continue')")
	until(t, "a hit", func() bool { _, err := os.Stat(armed); return err == nil })
	g.cmd.Process.Kill()
	g.wait()
	other.wait()
	if stops := strings.Count(other.out.String(), "\nstop "); stops != 40 {
		t.Errorf("the other debugger was stopped %d times, want 40:\n%s", stops, other.out.String())
	}
	untraced(t, p)
}
