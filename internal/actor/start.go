package actor

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/utrace/utrace/internal/scale"
)

// patience is how long a process may take for anything that a test waits for.
var patience = scale.Time(20 * time.Second)

// Process is a running script on the real kernel.
//
// It is not a child of the test, because a wait for a child by the process
// that traces it takes the tracing stops too. Its parent is a copy of the
// program that does nothing but report what wait(2) says. Both, and all that
// the script starts, are one process group, which is killed when the test ends.
type Process struct {
	// PID is the process that runs the script.
	PID int

	tb     testing.TB
	parent *exec.Cmd
	stdin  io.WriteCloser

	mu       sync.Mutex
	changed  *sync.Cond
	output   strings.Builder
	statuses []syscall.WaitStatus
	complete bool // all that was written before the end has been read
}

// Start starts a script in a process of the test's own word size.
func Start(tb testing.TB, script string) *Process {
	tb.Helper()
	return start(tb, Command, script)
}

// Start64 starts a script in a 64-bit process.
func Start64(tb testing.TB, script string) *Process {
	tb.Helper()
	return start(tb, Command64, script)
}

// Start32 starts a script in a 32-bit process.
func Start32(tb testing.TB, script string) *Process {
	tb.Helper()
	return start(tb, Command32, script)
}

func start(tb testing.TB, command func(testing.TB, string) (string, []string), script string) *Process {
	tb.Helper()
	path, argv := command(tb, script)
	p := &Process{tb: tb, parent: exec.Command(path)}
	p.changed = sync.NewCond(&p.mu)
	p.parent.Args = append([]string{path, "supervise"}, argv[1:]...)
	p.parent.Stderr = os.Stderr
	p.parent.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}

	reports, reportsEnd, err := os.Pipe()
	if err != nil {
		tb.Fatal(err)
	}
	stdout, stdoutEnd, err := os.Pipe()
	if err != nil {
		tb.Fatal(err)
	}
	p.parent.ExtraFiles = []*os.File{reportsEnd}
	p.parent.Stdout = stdoutEnd
	if p.stdin, err = p.parent.StdinPipe(); err != nil {
		tb.Fatal(err)
	}
	err = p.parent.Start()
	reportsEnd.Close()
	stdoutEnd.Close()
	if err != nil {
		tb.Fatal(err)
	}
	lines := bufio.NewReader(reports)
	first, err := lines.ReadString('\n')
	if err != nil {
		tb.Fatalf("the parent of a program under test does not report: %v", err)
	}
	if p.PID, err = strconv.Atoi(strings.TrimSpace(first)); err != nil {
		tb.Fatal(err)
	}
	var readers sync.WaitGroup
	readers.Go(func() { p.readReports(lines); reports.Close() })
	readers.Go(func() { p.readOutput(stdout); stdout.Close() })
	tb.Cleanup(func() {
		syscall.Kill(-p.parent.Process.Pid, syscall.SIGKILL)
		p.stdin.Close()
		// What another test traces is not our child, so this wait takes
		// nothing away from anybody.
		p.parent.Wait()
		readers.Wait()
	})
	return p
}

func (p *Process) readReports(lines *bufio.Reader) {
	for {
		line, err := lines.ReadString('\n')
		status, bad := strconv.Atoi(strings.TrimSpace(line))
		p.mu.Lock()
		if err == nil && bad == nil {
			p.statuses = append(p.statuses, syscall.WaitStatus(status))
		}
		p.changed.Broadcast()
		p.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (p *Process) readOutput(from io.Reader) {
	buf := make([]byte, 4096)
	for {
		n, err := from.Read(buf)
		p.mu.Lock()
		text := buf[:n]
		if end := bytes.IndexByte(text, 0); end >= 0 {
			text = slices.Delete(text, end, end+1)
			p.complete = true
		}
		p.output.Write(text)
		p.changed.Broadcast()
		p.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// await waits until done, called with the lock held, says so.
func (p *Process) await(what string, done func() bool) bool {
	late := false
	timer := time.AfterFunc(patience, func() {
		p.mu.Lock()
		late = true
		p.changed.Broadcast()
		p.mu.Unlock()
	})
	defer timer.Stop()
	p.mu.Lock()
	defer p.mu.Unlock()
	for !done() && !late {
		p.changed.Wait()
	}
	if !done() {
		p.tb.Errorf("process %d: no %s within %v; its output so far: %q", p.PID, what, patience, p.output.String())
		return false
	}
	return true
}

// Expect waits until the output contains text.
func (p *Process) Expect(text string) bool {
	p.tb.Helper()
	return p.await(fmt.Sprintf("output %q", text), func() bool { return strings.Contains(p.output.String(), text) })
}

// Release lets one barrier pass.
func (p *Process) Release() {
	p.tb.Helper()
	if _, err := p.stdin.Write([]byte{'\n'}); err != nil {
		p.tb.Errorf("process %d: release: %v", p.PID, err)
	}
}

// Output is what the script has written so far.
func (p *Process) Output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.output.String()
}

// Statuses are the wait statuses that the parent has had so far: stops,
// continues and the end.
func (p *Process) Statuses() []syscall.WaitStatus {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]syscall.WaitStatus(nil), p.statuses...)
}

// WaitStatus waits until the parent has had n statuses, and returns them.
func (p *Process) WaitStatus(n int) []syscall.WaitStatus {
	p.tb.Helper()
	p.await(fmt.Sprintf("wait status number %d", n), func() bool { return len(p.statuses) >= n })
	return p.Statuses()
}

// Wait waits for the end and returns how the parent heard of it. Output has by
// then all that the process has written.
func (p *Process) Wait() syscall.WaitStatus {
	p.tb.Helper()
	ended := func() (status syscall.WaitStatus, ok bool) {
		if n := len(p.statuses); n > 0 {
			status = p.statuses[n-1]
		}
		return status, len(p.statuses) > 0 && (status.Exited() || status.Signaled())
	}
	p.await("end", func() bool { _, ok := ended(); return ok && p.complete })
	p.mu.Lock()
	defer p.mu.Unlock()
	status, _ := ended()
	return status
}
