package scenarios_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
)

var background = context.Background()

// program is a child of the test that is not traced by it, but perhaps by
// somebody else. It is ended with the test.
type program struct {
	testing.TB
	cmd   *exec.Cmd
	stdin io.Closer
	once  sync.Once
	err   error

	mu  sync.Mutex
	out bytes.Buffer
}

func (p *program) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.Write(b)
}

func (p *program) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.String()
}

func startProgram(t testing.TB, attr *syscall.SysProcAttr, path string, args ...string) *program {
	t.Helper()
	return startCommand(t, attr, exec.Command(path, args...))
}

func startCommand(t testing.TB, attr *syscall.SysProcAttr, cmd *exec.Cmd) *program {
	t.Helper()
	return startProgramOn(t, attr, cmd, nil)
}

// startProgramOn starts a command on a terminal, or with pipes if that is nil.
func startProgramOn(t testing.TB, attr *syscall.SysProcAttr, cmd *exec.Cmd, terminal *os.File) *program {
	t.Helper()
	p := &program{TB: t, cmd: cmd}
	cmd.SysProcAttr = attr
	if terminal != nil {
		cmd.Stdin, cmd.Stdout, cmd.Stderr = terminal, terminal, terminal
		p.stdin = io.NopCloser(nil)
	} else {
		cmd.Stdout, cmd.Stderr = p, p
		stdin, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		p.stdin = stdin
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); p.end() })
	return p
}

// startApart starts a program whose parent is a shell, which says "status N" when
// it has ended: a wait by the test itself would take what a tracer in the same
// process waits for.
func startApart(t testing.TB, path string, args ...string) (p *program, pid int) {
	t.Helper()
	const script = `exec 3<&0; "$0" "$@" <&3 3<&- & echo "pid $!."; wait $!; echo "status $?"`
	p = startProgram(t, &syscall.SysProcAttr{Setpgid: true}, "sh", append([]string{"-c", script, path}, args...)...)
	t.Cleanup(func() { syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) })
	p.expect(".\n")
	_, rest, _ := strings.Cut(p.output(), "pid ")
	fmt.Sscan(rest, &pid)
	return p, pid
}

// expect waits until the program has written text.
func (p *program) expect(text string) {
	p.Helper()
	until(p, fmt.Sprintf("output %q, only %q", text, p.output()), func() bool { return strings.Contains(p.output(), text) })
}

// end closes the program's standard input and waits for its end.
func (p *program) end() error {
	p.once.Do(func() {
		p.stdin.Close()
		p.err = p.cmd.Wait()
	})
	return p.err
}

// helper makes a command that is a copy of this program in one of the roles of
// helpers.
func helper(t testing.TB, role string, args ...string) *exec.Cmd {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, args...)
	cmd.Env = append(os.Environ(), helperVariable+"="+role)
	return cmd
}

func startHelper(t testing.TB, role string, attr *syscall.SysProcAttr, args ...string) *program {
	t.Helper()
	return startCommand(t, attr, helper(t, role, args...))
}

// publicHelper is helper for another user, who finds the program in a place that
// everybody can read.
func publicHelper(t testing.TB, role string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := helper(t, role, args...)
	public := filepath.Join(publicDir(t), "helper")
	copyFile(t, cmd.Path, public, 0o755)
	cmd.Path = public
	cmd.Dir = "/"
	return cmd
}

// runHelper runs it to its end and returns what it wrote.
func runHelper(t testing.TB, role string, attr *syscall.SysProcAttr, args ...string) string {
	t.Helper()
	command := helper
	if attr != nil && attr.Credential != nil {
		command = publicHelper
	}
	cmd := command(t, role, args...)
	cmd.SysProcAttr = attr
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("helper %s: %v: %s", role, err, out)
	}
	return string(out)
}

// publicDir makes a directory that everybody can enter.
func publicDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "scenarios-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func copyFile(t testing.TB, from, to string, mode os.FileMode) {
	t.Helper()
	text, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, text, mode)
	}
	if err == nil {
		err = os.Chmod(to, mode)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// fail is the end of a helper that cannot play its role.
func fail(err error) int {
	fmt.Println("failed:", err)
	return 1
}

func awaitEOF() { io.Copy(io.Discard, os.Stdin) }

// compile builds a C program of testdata in the test's own word size. Where there
// is no compiler, in a guest, it has been built before (testdata/prebuilt).
func compile(t testing.TB, name string, flags ...string) string {
	t.Helper()
	source, err := filepath.Abs(filepath.Join("testdata", name+".c"))
	if err != nil {
		t.Fatal(err)
	}
	if built := strings.TrimSuffix(source, ".c"); os.Getenv(guest) != "" {
		return built
	}
	out := filepath.Join(t.TempDir(), name)
	args := append([]string{"-O1", "-w", "-o", out, source}, flags...)
	if runtime.GOARCH == "386" {
		args = append(args, "-m32")
	}
	if text, err := exec.Command("gcc", args...).CombinedOutput(); err != nil {
		t.Fatalf("gcc (apt-get install gcc gcc-multilib): %v\n%s", err, text)
	}
	return out
}

// guest names, in the environment, the emulated machine that the tests run in:
// vmtest.EnvGuest.
const guest = "UTRACE_GUEST"
