// Package testprogram compiles programs for tests and runs them, until they
// stand where a test wants to look at them.
package testprogram

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/utrace/utrace/syscalls"
)

// Build compiles a source text and returns the program's path. The language is
// the ending of the file: "c", "cc" or "go". The flags are the compiler's. The
// source file's name is prog with that ending. "-m32" and "-m64" are those of
// x86: elsewhere there is one size only, and the test is skipped for another.
func Build(t testing.TB, language, source string, flags ...string) string {
	t.Helper()
	if runtime.GOARCH != "amd64" && runtime.GOARCH != "386" {
		if slices.Contains(flags, "-m32") {
			t.Skip("no 32-bit programs are built for this machine")
		}
		flags = slices.DeleteFunc(slices.Clone(flags), func(f string) bool { return f == "-m64" })
	}
	if guest := os.Getenv("UTRACE_GUEST"); guest != "" && language == "go" {
		t.Skip("guest " + guest + " has no Go compiler")
	}
	dir := t.TempDir()
	file, out := filepath.Join(dir, "prog."+language), filepath.Join(dir, "prog")
	if err := os.WriteFile(file, []byte(source), 0o666); err != nil {
		t.Fatal(err)
	}
	compiler := map[string][]string{"c": {"cc"}, "cc": {"c++"}, "go": {"go", "build"}}[language]
	args := append(append(compiler[1:len(compiler):len(compiler)], flags...), "-o", out, file)
	cmd := exec.Command(compiler[0], args...)
	cmd.Dir = dir
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", compiler[0], err, text)
	}
	return out
}

// Process is a running program. It is killed when the test ends. It is a child
// of a shell, not of the test: the parent of a tracee that is its tracer, too,
// cannot wait for it as usual (ptrace(2), "Death under ptrace").
type Process struct {
	Pid   int
	shell *exec.Cmd
	in    *os.File
	out   *bufio.Reader
	ended bool
}

// script runs the program in the background, which says who it is before it
// begins, and reports how it ended. A shell closes the input of what it puts
// into the background, so that comes from descriptor 3.
const script = `sh -c 'echo $$; exec "$@"' sh "$@" <&3 3<&- & exec 3<&-
{ wait $!; } 2>/dev/null; echo "ended $?"`

// Start starts a program. Its standard input is what Tell writes. When Start
// returns the program may not have begun; wait for a line of it.
func Start(t testing.TB, path string, args ...string) *Process {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	shell := exec.Command("sh", append([]string{"-c", script, "sh", path}, args...)...)
	shell.Stderr = os.Stderr
	shell.ExtraFiles = []*os.File{r}
	out, err := shell.StdoutPipe()
	if err == nil {
		err = shell.Start()
	}
	r.Close()
	if err != nil {
		w.Close()
		t.Fatal(err)
	}
	p := &Process{shell: shell, in: w, out: bufio.NewReader(out)}
	t.Cleanup(func() {
		w.Close()
		if p.Pid != 0 && !p.ended {
			syscall.Kill(p.Pid, syscall.SIGKILL)
		}
		p.shell.Wait()
	})
	if p.Pid, err = strconv.Atoi(p.Line(t)); err != nil {
		t.Fatal(err)
	}
	return p
}

// Line reads a line that the program prints.
func (p *Process) Line(t testing.TB) string {
	t.Helper()
	line, err := p.out.ReadString('\n')
	if err != nil {
		t.Fatalf("the program printed no line: %v", err)
	}
	return strings.TrimSuffix(line, "\n")
}

// Tell writes a line for the program to read.
func (p *Process) Tell(t testing.TB, line string) {
	t.Helper()
	if _, err := p.in.WriteString(line + "\n"); err != nil {
		t.Fatal(err)
	}
}

// End closes the program's input, waits for its end, and returns the status as
// shells have it: 128 more than the number for a signal.
func (p *Process) End(t testing.TB) int {
	t.Helper()
	p.in.Close()
	for {
		if status, ok := strings.CutPrefix(p.Line(t), "ended "); ok {
			n, err := strconv.Atoi(status)
			if err != nil {
				t.Fatal(err)
			}
			p.ended = true
			return n
		}
	}
}

// Reads reports whether a thread sleeps in a read(2) from its standard input.
func Reads(pid, tid int) bool {
	state, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/syscall", pid, tid))
	for _, abi := range syscalls.Native() {
		call, ok := abi.ByName("read")
		if ok && strings.HasPrefix(string(state), fmt.Sprintf("%d 0x0 ", call.Number)) {
			return true
		}
	}
	return false
}
