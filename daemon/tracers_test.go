package daemon_test

import (
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// changing matches what differs from run to run in strace's output.
var changing = regexp.MustCompile(`0x[0-9a-f]+|\b[0-9]{3,}\b|\\x[0-9a-f]{2}|si_[us]time=[0-9]+( /\* [0-9.]+ s \*/)?`)

// padding brings results into one column, behind numbers of any length.
var padding = regexp.MustCompile(` += `)

// traces reads the logs that strace -ff has written, with what changes masked,
// sorted.
func traces(t *testing.T, prefix string) []string {
	t.Helper()
	files, err := filepath.Glob(prefix + ".*")
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(b)) {
			// Whether SIGCHLD interrupts a call is a matter of time, natively too.
			if !strings.HasPrefix(line, "rt_sigreturn") && !strings.Contains(line, "ERESTART") {
				all = append(all, padding.ReplaceAllString(changing.ReplaceAllString(line, "X"), " = "))
			}
		}
	}
	slices.Sort(all)
	return all
}

// TestMD5_StraceLikeNative traces a shell that forks and waits.
func TestMD5_StraceLikeNative(t *testing.T) {
	dir := t.TempDir()
	const script = "for i in 1 2 3; do cat /dev/null; (echo $i); done; /bin/true; kill -USR1 $$"
	args := func(log string) []string {
		return []string{"strace", "-ff", "-e", "trace=!access", "-o", log, "sh", "-c", "trap : USR1; " + script}
	}
	native, nativeState := run(t, args(dir+"/native")...)
	virtual, state := run(t, append([]string{utrace, "run"}, args(dir+"/virtual")...)...)
	if virtual != native || state.ExitCode() != nativeState.ExitCode() {
		t.Errorf("virtually %q, %v; natively %q, %v", virtual, state, native, nativeState)
	}
	want, got := traces(t, dir+"/native"), traces(t, dir+"/virtual")
	if len(want) < 150 {
		t.Fatalf("strace has written %d lines only", len(want))
	}
	for _, line := range want {
		if i, ok := slices.BinarySearch(got, line); ok {
			got = slices.Delete(got, i, i+1)
		} else {
			t.Errorf("virtually there is no %s", line)
		}
	}
	for _, line := range got {
		t.Errorf("natively there is no %s", line)
	}
}

// TestTransparent: the tracer is the process that was started.
func TestTransparent(t *testing.T) {
	p := start(t, utrace, "run", "sh", "-c", "echo $$; exit 7")
	state := p.wait()
	if got := strings.TrimSpace(p.out.String()); got != p.pid() || state.ExitCode() != 7 {
		t.Errorf("process %s printed its id as %s and ended with %v, want 7", p.pid(), got, state)
	}
	_, state = run(t, utrace, "run", utrace, "run", "sh", "-c", "kill -TERM $$")
	if ws := state.Sys().(syscall.WaitStatus); ws.Signal() != syscall.SIGTERM {
		t.Errorf("a nested run ended with %v, want SIGTERM", state)
	}
	_, state = run(t, utrace, "run", "/nonexistent")
	if state.ExitCode() != 127 {
		t.Errorf("a command that is not there: %v, want exit status 127", state)
	}
}

// TestMD5_GdbLikeNative has gdb start a program with two threads, and stop at a
// breakpoint.
func TestMD5_GdbLikeNative(t *testing.T) {
	args := []string{
		"gdb", "-nx", "-batch", "-ex", "break tick", "-ex", "run 5 >/dev/null", "-ex", "bt", "-ex", "next", "-ex", "print n",
		"-ex", "continue", "-ex", "info breakpoints", "-ex", "delete", "-ex", "continue", tick,
	}
	masked := regexp.MustCompile(`0x[0-9a-f]+|(LWP|process) [0-9]+`)
	native, _ := run(t, args...)
	virtual, _ := run(t, append([]string{utrace, "run"}, args...)...)
	want, got := masked.ReplaceAllString(native, "X"), masked.ReplaceAllString(virtual, "X")
	if !strings.Contains(want, "exited with code 03") {
		t.Fatalf("gdb cannot do it natively:\n%s", native)
	}
	// When gdb hears of threads that begin and end depends on time, natively too.
	order := func(s string) []string {
		return slices.DeleteFunc(strings.Split(s, "\n"), func(l string) bool { return strings.HasPrefix(l, "[") && !strings.HasPrefix(l, "[Inferior") })
	}
	if w, g := order(want), order(got); !slices.Equal(w, g) {
		t.Errorf("virtually:\n%s\nnatively:\n%s", virtual, native)
	}
}

// TestTwoStraces: both see all; the death of one is none of the other's business.
func TestTwoStraces(t *testing.T) {
	dir := t.TempDir()
	p := ticker(t)
	first := start(t, utrace, "run", "strace", "-f", "-o", dir+"/1", "-p", p.pid())
	grows(t, dir+"/1", "write(1")
	second := start(t, utrace, "run", "strace", "-f", "-o", dir+"/2", "-p", p.pid())
	grows(t, dir+"/2", "write(1")
	grows(t, dir+"/1", "write(1")
	second.cmd.Process.Kill()
	second.wait()
	grows(t, dir+"/1", "write(1")
	first.cmd.Process.Signal(syscall.SIGINT)
	first.wait()
	untraced(t, p)
	if n := lines(dir+"/1", "SIGSTOP") + lines(dir+"/1", "SIGTRAP"); n != 0 {
		t.Errorf("the first one has seen %d signals of the other", n)
	}
}

// hits makes gdb's commands: so many stops at a breakpoint.
func hits(n int) []string {
	args := []string{
		"gdb", "-nx", "-batch", "-ex", "set pagination off", "-ex", "break tick",
	}
	for range n {
		args = append(args, "-ex", "continue", "-ex", `printf "hit %d\n", i`)
	}
	return append(args, "-ex", "delete", "-ex", "detach")
}

// TestMD5_StraceAndGdb: gdb stops the program, strace never sees why.
func TestMD5_StraceAndGdb(t *testing.T) {
	log := t.TempDir() + "/log"
	p := ticker(t)
	s := start(t, utrace, "run", "strace", "-f", "-o", log, "-p", p.pid())
	grows(t, log, "write(1")
	out, state := run(t, append(append([]string{utrace, "run"}, hits(10)...), "-p", p.pid())...)
	if n := strings.Count(out, "\nhit "); n != 10 || state.ExitCode() != 0 {
		t.Errorf("gdb was at its breakpoint %d times, want 10, and ended with %v:\n%s", n, state, out)
	}
	grows(t, log, "write(1")
	s.cmd.Process.Signal(syscall.SIGINT)
	s.wait()
	untraced(t, p)
	if n := lines(log, "SIGTRAP") + lines(log, "SIGSTOP"); n != 0 {
		t.Errorf("strace has seen %d signals that were gdb's", n)
	}
}

// TestMD5_TwoGdbs: two debuggers have a breakpoint at the same address.
func TestMD5_TwoGdbs(t *testing.T) {
	p := ticker(t)
	args := append(append([]string{utrace, "run"}, hits(10)...), "-p", p.pid())
	first, second := start(t, args...), start(t, args...)
	for _, g := range []*process{first, second} {
		g.wait()
		if n := strings.Count(g.out.String(), "\nhit "); n != 10 {
			t.Errorf("at its breakpoint %d times, want 10:\n%s", n, g.out.String())
		}
	}
	untraced(t, p)
}

// TestKilledGdb: SIGKILL of a debugger leaves neither its breakpoints nor a
// thread in the middle of a step, and the other tracer works on.
func TestKilledGdb(t *testing.T) {
	log := t.TempDir() + "/log"
	p := ticker(t)
	s := start(t, utrace, "run", "strace", "-f", "-o", log, "-p", p.pid())
	grows(t, log, "write(1")
	for range 3 {
		g := start(t, utrace, "run", "gdb", "-nx", "-q", "-batch", "-p", p.pid(),
			"-ex", "set pagination off", "-ex", "break tick", "-ex", "shell touch "+log+".armed",
			"-ex", "python\nwhile True: gdb.execute('continue')")
		until(t, "the breakpoint", func() bool { _, err := os.Stat(log + ".armed"); return err == nil })
		os.Remove(log + ".armed")
		grows(t, log, "write(1")
		g.cmd.Process.Kill()
		g.wait()
		grows(t, log, "write(1")
	}
	s.cmd.Process.Signal(syscall.SIGINT)
	s.wait()
	untraced(t, p)
}

// TestKilledGdbBesideAnother: both debuggers have a breakpoint at the same address, and
// step over it by copies of the instruction, which they make in the same place. SIGKILL
// of one takes neither the copy nor the thread away from the other.
func TestKilledGdbBesideAnother(t *testing.T) {
	target := tick
	if runtime.GOARCH == "amd64" {
		target = tick32 // what is at gdb's place for copies does harm there
	}
	p, dir := start(t, target), t.TempDir()
	debugger := tool{name: "gdb", args: gdbLine("gdb", "break tick"), sees: "stop "}
	stays := debugger.start(t, p, dir+"/stays")
	for range 4 {
		killed := debugger.start(t, p, dir+"/killed")
		killed.works(t, "gdb")
		killed.leave(syscall.SIGKILL)
		stays.works(t, "a gdb that was killed")
	}
	stays.leave(syscall.SIGKILL)
	untraced(t, p)
}
