package daemon_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/utrace/utrace/client"
	"github.com/utrace/utrace/internal/scale"
)

// utrace is the command, and the others are programs of testdata, all built here.
var utrace, tick, tick32, calls, spin, breaker string

// raced: the tests look for data races, which are the command's to make.
var raced bool

func TestMain(m *testing.M) {
	if path := os.Getenv(engineVariable); path != "" {
		if err := engineMain(path); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		return
	}
	if path := os.Getenv(thiefVariable); path != "" {
		fmt.Println(thiefMain(path))
		return
	}
	dir, err := os.MkdirTemp("", "utrace-daemon")
	if err != nil {
		panic(err)
	}
	utrace, tick = filepath.Join(dir, "utrace"), filepath.Join(dir, "tick")
	os.Setenv("UTRACE_SOCKET", filepath.Join(dir, "run", "owner"))
	if prebuilt, err := filepath.Abs("testdata/utrace"); err == nil && os.Getenv("UTRACE_GUEST") != "" {
		utrace = prebuilt // guests have no Go compiler: see testdata/prebuilt
	} else {
		flags := []string{"-ldflags=-E=_utrace_start"}
		if raced { // its runtime begins elsewhere
			flags = []string{"-race"}
		}
		build(exec.Command("go", slices.Concat([]string{"build", "-o", utrace}, flags, []string{"../cmd/utrace"})...))
	}
	tick32 = filepath.Join(dir, "tick32")
	build(exec.Command("gcc", "-g", "-O0", "-o", tick, "testdata/tick.c", "-pthread"))
	if runtime.GOARCH == "amd64" {
		build(exec.Command("gcc", "-m32", "-g", "-O0", "-o", tick32, "testdata/tick.c", "-pthread"))
	}
	for name, path := range map[string]*string{"calls": &calls, "spin": &spin, "breaker": &breaker} {
		*path = filepath.Join(dir, name)
		build(exec.Command("gcc", "-O1", "-o", *path, "testdata/"+name+".c"))
	}
	owner := exec.Command(utrace, "serve", "--idle", "0")
	owner.Stderr = os.Stderr
	if err := owner.Start(); err != nil {
		panic(err)
	}
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		if c, err := client.Dial(""); err == nil {
			c.Close()
			break
		} else if time.Now().After(end) {
			panic(err)
		}
	}
	code := m.Run()
	owner.Process.Signal(syscall.SIGTERM)
	if err := owner.Wait(); err != nil {
		fmt.Fprintln(os.Stderr, "the owner:", err)
		code = 1
	}
	os.RemoveAll(dir)
	os.Exit(code)
}

func build(cmd *exec.Cmd) {
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if raced {
		cmd.Env = append(os.Environ(), "CGO_ENABLED=1")
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "%v: %v\n%s", cmd, err, out)
		os.Exit(1)
	}
}

// patience is how long anything may take that a test waits for.
var patience = scale.Time(60 * time.Second)

// process is a program that a test has started, and ends with it.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	out  bytes.Buffer
	done chan error
}

// start starts a program whose output is collected.
func start(t *testing.T, args ...string) *process {
	t.Helper()
	p := newProcess(t, args...)
	p.begin(&p.out)
	return p
}

func newProcess(t *testing.T, args ...string) *process {
	return &process{t: t, cmd: exec.Command(args[0], args[1:]...), done: make(chan error, 1)}
}

// logged starts a program that writes to a file.
func logged(t *testing.T, log string, args ...string) *process {
	t.Helper()
	f, err := os.Create(log)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	p := newProcess(t, args...)
	p.begin(f)
	return p
}

func (p *process) begin(out io.Writer) {
	p.t.Helper()
	p.cmd.Stdout, p.cmd.Stderr = out, out
	p.cmd.WaitDelay = patience // a child that is left behind may have the pipe open
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	go func() { p.done <- p.cmd.Wait() }()
	p.t.Cleanup(func() {
		p.cmd.Process.Kill()
		p.wait()
	})
}

// wait waits for the end. It may be called again.
func (p *process) wait() *os.ProcessState {
	select {
	case err := <-p.done:
		p.done <- err
	case <-time.After(patience):
		p.t.Errorf("%v does not end", p.cmd)
		p.cmd.Process.Kill()
		p.done <- <-p.done
	}
	return p.cmd.ProcessState
}

func (p *process) pid() string { return fmt.Sprint(p.cmd.Process.Pid) }

// run runs a program to its end and returns what it has printed.
func run(t *testing.T, args ...string) (string, *os.ProcessState) {
	t.Helper()
	p := start(t, args...)
	state := p.wait()
	return p.out.String(), state
}

// ticker starts the program that ticks for ever.
func ticker(t *testing.T) *process {
	t.Helper()
	p := start(t, tick)
	p.cmd.Stdout = nil
	return p
}

// until waits until something is true.
func until(t *testing.T, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !f(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("waited in vain for: ", what)
		}
	}
}

// lines counts the lines of a file that contain a text.
func lines(path, text string) int {
	b, _ := os.ReadFile(path)
	n := 0
	for line := range strings.Lines(string(b)) {
		if strings.Contains(line, text) {
			n++
		}
	}
	return n
}

// grows waits until a log has more lines than now.
func grows(t *testing.T, path, text string) {
	t.Helper()
	n := lines(path, text)
	until(t, fmt.Sprintf("more lines with %q than %d in a log", text, n), func() bool { return lines(path, text) > n+5 })
}

// untraced waits until nobody traces a process, and checks that it lives.
func untraced(t *testing.T, p *process) {
	t.Helper()
	until(t, "the end of tracing", func() bool {
		status, err := os.ReadFile("/proc/" + p.pid() + "/status")
		if err != nil || bytes.Contains(status, []byte("State:\tZ")) {
			t.Fatalf("the traced program is dead: %v", err)
		}
		return bytes.Contains(status, []byte("TracerPid:\t0\n"))
	})
}
