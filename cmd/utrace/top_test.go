package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/term"

	"github.com/utrace/utrace/internal/testpty"
)

// screen collects what is written to a terminal.
type screen struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *screen) read(master *os.File) {
	buf := make([]byte, 4096)
	for {
		n, err := master.Read(buf)
		if err != nil {
			return
		}
		s.mu.Lock()
		s.text.Write(buf[:n])
		s.mu.Unlock()
	}
}

// take returns what was written since the last call.
func (s *screen) take() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	text := s.text.String()
	s.text.Reset()
	return text
}

// shows reports whether words were written since the last take, in any order.
func (s *screen) shows(words ...string) func() bool {
	return func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, word := range words {
			if !strings.Contains(s.text.String(), word) {
				return false
			}
		}
		return true
	}
}

// into presses the key that goes into a line until the screen shows where that leads:
// a table of a moment without a call has no line to go into. The screen is drawn
// again each time, since otherwise only the cells that differ are written.
func (s *screen) into(t *testing.T, master *os.File, what string, words ...string) {
	t.Helper()
	var pressed time.Time
	eventually(t, what, func() bool {
		if s.shows(words...)() {
			return true
		}
		if time.Since(pressed) > 2*time.Second {
			pressed = time.Now()
			master.WriteString("\r\x0c")
		}
		return false
	})
}

// TestTopScreen: the screen shows the processes, goes into one, follows the size of
// the terminal, and leaves the terminal as it was: when asked by its keys, by a
// signal, and when the terminal is hung up on. It is the same if the owner counts.
func TestTopScreen(t *testing.T) {
	for _, mode := range []string{"auto", "stop"} {
		for _, end := range []string{"q", "\x03", "SIGTERM", "SIGHUP"} {
			topScreen(t, mode, end)
		}
	}
}

func topScreen(t *testing.T, mode, end string) {
	master, terminal := testpty.Open(t)
	testpty.Resize(t, master, 100, 24)
	before, err := term.GetState(int(terminal.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	var s screen
	go s.read(master)
	pid := target(t)
	cmd := command(t, "top", "--mode", mode, "-d", "0.1", "-p", fmt.Sprint(pid))
	cmd.Env = append(cmd.Env, "TERM=xterm")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = terminal, terminal, terminal
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a table", s.shows("utrace top", "PROCESS", fmt.Sprint(pid)))
	s.take()
	s.into(t, master, "its threads", fmt.Sprintf("threads of process %d", pid))
	s.take()
	s.into(t, master, "its calls", fmt.Sprintf("calls of process %d", pid), "read")
	s.take()
	// The last line is cut where the screen ends: of a narrow one, before this word.
	testpty.Resize(t, master, 40, 12)
	eventually(t, "a smaller page", func() bool { return s.shows("enter: into")() && !s.shows("q: quit")() })
	switch end {
	case "SIGTERM":
		cmd.Process.Signal(syscall.SIGTERM)
	case "SIGHUP":
		cmd.Process.Signal(syscall.SIGHUP)
	default:
		master.WriteString(end)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%q: %v", end, err)
	}
	// The other screen is left, and the cursor shown.
	eventually(t, "the first screen", s.shows("\x1b[?1049l", "\x1b[?25h"))
	if after, err := term.GetState(int(terminal.Fd())); err != nil || !reflect.DeepEqual(after, before) {
		t.Errorf("%q: the terminal was %+v and is %+v, %v", end, before, after, err)
	}
}

// Threads that utrace top stops are the owner's, and an unmodified strace has them, too.
// When top is killed that goes on; its terminal was not the owner's.
func TestTopShares(t *testing.T) {
	pid := target(t)
	file := filepath.Join(t.TempDir(), "trace")
	strace, _ := background(t, "run", "--", "strace", "-o", file, "-p", fmt.Sprint(pid))
	eventually(t, "the trace", written(file, "wait4("))
	cmd := command(t, "top", "--mode=stop", "-b", "-d", "0.05", "-p", fmt.Sprint(pid))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); ; {
		if !lines.Scan() {
			t.Fatalf("there is no table: %v", lines.Err())
		}
		if strings.Contains(lines.Text(), fmt.Sprint(pid)) {
			break
		}
	}
	if err := os.Truncate(file, 0); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the trace beside the table", written(file, "wait4("))
	cmd.Process.Kill()
	cmd.Wait()
	eventually(t, "the end of counting", func() bool {
		return !strings.Contains(utraceCommand(t, "ps").stdout, fmt.Sprintf(", process %d", cmd.Process.Pid))
	})
	if tracerOf(t, pid) == 0 {
		t.Error("the other trace has ended, too")
	}
	strace.Process.Signal(syscall.SIGINT)
	strace.Wait()
	eventually(t, "the end of tracing", func() bool { return tracerOf(t, pid) == 0 })
}

// Who observes is listed like who stops, although no owner is needed for it; and is not
// when it was killed.
func TestObserversListed(t *testing.T) {
	pid := target(t)
	file := filepath.Join(t.TempDir(), "trace")
	cmd, _ := background(t, "strace", "--mode=observe", "-o", file, "-p", fmt.Sprint(pid))
	eventually(t, "the trace", written(file, "wait4("))
	want := regexp.MustCompile(fmt.Sprintf(`(?m)^%d +%d +\S+ +ebpf +running +strace, process %d`, pid, pid, cmd.Process.Pid))
	if list := utraceCommand(t, "ps").stdout; !want.MatchString(list) {
		t.Errorf("utrace ps lists\n%s", list)
	}
	cmd.Process.Kill()
	cmd.Wait()
	if list := utraceCommand(t, "ps").stdout; strings.Contains(list, fmt.Sprint(cmd.Process.Pid)) {
		t.Errorf("utrace ps lists who was killed:\n%s", list)
	}
	if left, err := filepath.Glob(os.Getenv("UTRACE_SOCKET") + ".*" + fmt.Sprint(cmd.Process.Pid)); len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestTopDumb: where there is no screen, none is used.
func TestTopDumb(t *testing.T) {
	_, terminal := testpty.Open(t)
	cmd := command(t, "top", "-p", fmt.Sprint(os.Getpid()))
	cmd.Env = append(cmd.Env, "TERM=dumb")
	var said bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = terminal, terminal, &said
	if err := cmd.Run(); cmd.ProcessState.ExitCode() != 2 || !strings.Contains(said.String(), "-b prints tables") {
		t.Errorf("%v: %s", err, &said)
	}
}

// TestObserveUnread: a program is not slowed down by a trace that nobody reads, be it
// in a pipe or on a terminal. What was not read is there later, or is counted as lost.
func TestObserveUnread(t *testing.T) {
	for _, c := range []struct {
		name string
		open func() (reader, writer *os.File)
	}{
		{"pipe", func() (r, w *os.File) {
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { r.Close() })
			return r, w
		}},
		{"terminal", func() (r, w *os.File) { return testpty.Open(t) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, w := c.open()
			observeUnread(t, r, w)
		})
	}
}

func observeUnread(t *testing.T, r, w *os.File) {
	const calls = 20000 // is more than pipes and buffers hold
	file := t.TempDir() + "/done"
	cmd := command(t, "strace", "--mode=observe", "--color=never", "-f", "sh", "-c", fmt.Sprintf("dd if=/dev/zero of=/dev/null bs=1 count=%d 2>&-; echo done >%s", calls, file))
	cmd.Stderr = w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	eventually(t, "the end of the program", written(file, "done"))
	var trace bytes.Buffer
	trace.ReadFrom(r) // a terminal that nobody has open ends with EIO
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	text := trace.String()
	reads := strings.Count(text, "read(0, ")
	if reads < calls && !strings.Contains(text, "lost") || !strings.Contains(text, "+++ exited with 0 +++") {
		t.Errorf("%d of %d reads, and the end is %q", reads, calls, text[max(0, len(text)-500):])
	}
	t.Logf("%d of %d reads", reads, calls)
}
