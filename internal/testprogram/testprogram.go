// Package testprogram compiles programs for tests and runs them, until they
// stand where a test wants to look at them.
package testprogram

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Build compiles a source text and returns the program's path. The language is
// the ending of the file: "c", "cc" or "go". The flags are the compiler's. The
// source file's name is prog with that ending.
func Build(t testing.TB, language, source string, flags ...string) string {
	t.Helper()
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

// Process is a running program. It is killed when the test ends.
type Process struct {
	*os.Process
	cmd *exec.Cmd
	in  *os.File
	out *bufio.Reader
}

// Start starts a program. It dies with the test.
func Start(t testing.TB, path string, args ...string) *Process {
	t.Helper()
	cmd := exec.Command(path, args...)
	cmd.Stderr = os.Stderr
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdin = r
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	r.Close()
	if err != nil {
		w.Close()
		t.Fatal(err)
	}
	p := &Process{Process: cmd.Process, cmd: cmd, in: w, out: bufio.NewReader(out)}
	t.Cleanup(func() {
		w.Close()
		p.Kill()
		cmd.Wait()
	})
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

// End closes the program's input and waits for its end.
func (p *Process) End(t testing.TB) syscall.WaitStatus {
	t.Helper()
	p.in.Close()
	p.cmd.Wait()
	return p.cmd.ProcessState.Sys().(syscall.WaitStatus)
}
