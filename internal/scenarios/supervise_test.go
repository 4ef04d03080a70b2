package scenarios_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// supervised is a program under a supervisor.
type supervised struct {
	*program
	pid     int
	release *os.File

	mu       sync.Mutex
	statuses []string
	ended    chan struct{}
}

// supervise starts a program, held. The command may have a terminal.
func supervise(t testing.TB, path string, terminal *os.File, args ...string) *supervised {
	t.Helper()
	s := &supervised{ended: make(chan struct{})}
	held, release, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	reports, reportsEnd, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, args...)
	cmd.Env = append(os.Environ(), "PS1=$ ", "TERM=dumb", "HISTFILE=/dev/null", "LC_ALL=C")
	cmd.ExtraFiles = []*os.File{held, reportsEnd}
	attr := &syscall.SysProcAttr{Setsid: true}
	if terminal != nil {
		attr.Setctty = true

	}
	s.program = startProgramOn(t, attr, cmd, terminal)
	held.Close()
	reportsEnd.Close()
	s.release = release
	lines := bufio.NewScanner(reports)
	if !lines.Scan() {
		t.Fatal("the supervisor does not report")
	}
	fmt.Sscan(lines.Text(), &s.pid)
	go func() {
		defer close(s.ended)
		defer reports.Close()
		for lines.Scan() {
			s.mu.Lock()
			s.statuses = append(s.statuses, lines.Text())
			s.mu.Unlock()
		}
	}()
	t.Cleanup(func() {
		release.Close()
		killSession(s.cmd.Process.Pid)
		<-s.ended
	})
	return s
}

// waits is what the parent was told so far.
func (s *supervised) waits() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.statuses, " ")
}

func (s *supervised) begin() {
	s.Helper()
	if _, err := s.release.Write([]byte{'\n'}); err != nil {
		s.Fatal(err)
	}
}

// finish waits for the end of the program.
func (s *supervised) finish() {
	s.Helper()
	until(s, "the end of the program; output: "+s.output(), func() bool {
		select {
		case <-s.ended:
			return true
		default:
			return false
		}
	})
	s.end()
}

// killSession kills all processes of a session.
func killSession(session int) {
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		var pid int
		if _, err := fmt.Sscan(e.Name(), &pid); err == nil && sessionOf(pid) == session {
			syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}
