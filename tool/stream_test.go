package tool

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/internal/testpty"
)

// sleeper is a process that job control may stop.
func sleeper(t *testing.T) *exec.Cmd {
	t.Helper()
	p := exec.Command("sleep", "1000")
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Process.Kill(); p.Wait() })
	return p
}

// A client that is stopped is shown nothing on its terminal, and waited for by
// nobody. When it goes on it sees what was kept, and how much was not.
func TestStoppedClient(t *testing.T) {
	p := sleeper(t)
	master, terminal := testpty.Open(t)
	s := newStream(terminal, newJob(p.Process.Pid), nil)
	relay := RelayTo(s)
	fmt.Fprintln(relay, "before")
	if err := p.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	for !s.job.stopped() {
		time.Sleep(time.Millisecond)
	}
	line := strings.Repeat("x", 1023) + "\n"
	const kept, lines = maxKept / 1024, 100
	for range lines {
		if n, err := relay.Write([]byte(line)); n != len(line) || err != nil {
			t.Fatalf("%d, %v", n, err)
		}
	}
	if relay.Behind(nil) {
		t.Error("a thread is to wait for a client that is stopped")
	}
	// What comes first on the terminal from here on is what is written past the relay.
	fmt.Fprintln(s, "past it")
	if err := p.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	closed := make(chan error)
	go func() { closed <- relay.Close() }()
	shown := bufio.NewScanner(master)
	var text bytes.Buffer
	n := 0
	for shown.Scan() {
		if strings.HasPrefix(shown.Text(), "x") {
			n++
			continue
		}
		fmt.Fprintln(&text, shown.Text())
		if strings.Contains(shown.Text(), "left out") {
			break
		}
	}
	want := fmt.Sprintf("before\npast it\n\nutrace: this command was stopped: %d lines are left out\n", lines-kept)
	if text.String() != want || n != kept {
		t.Errorf("%d lines were kept, want %d, beside\n%s\nwant\n%s", n, kept, text.String(), want)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
}

// A stream that is no terminal, and a process that has gone, are never stopped.
func TestStoppedNobody(t *testing.T) {
	p := sleeper(t)
	if err := p.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	for stat, err := procfs.ReadStat(p.Process.Pid); stat.State != 'T'; stat, err = procfs.ReadStat(p.Process.Pid) {
		if err != nil {
			t.Fatal(err)
		}
	}
	file, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if newStream(file, newJob(p.Process.Pid), nil).job.stopped() {
		t.Error("a file is stopped with the client")
	}
	j := newJob(p.Process.Pid)
	if !j.stopped() {
		t.Error("the client is stopped, and it is not seen")
	}
	p.Process.Kill()
	p.Wait()
	for j.stopped() {
		time.Sleep(time.Millisecond)
	}
}

// What a command prints after its client's end is seen by nobody.
func TestGoneClient(t *testing.T) {
	path := filepath.Join(t.TempDir(), "stream")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	gone := make(chan struct{})
	s := newStream(file, nil, gone)
	relay := RelayTo(s)
	fmt.Fprintln(s, "by itself")
	fmt.Fprintln(relay, "by the relay")
	close(gone)
	for _, w := range []io.Writer{s, relay} {
		if _, err := fmt.Fprintln(w, "late"); !errors.Is(err, syscall.EPIPE) {
			t.Errorf("%T: %v, want EPIPE", w, err)
		}
	}
	if err := relay.Close(); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("Close: %v, want EPIPE", err)
	}
	if text, err := os.ReadFile(path); string(text) != "by itself\nby the relay\n" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
}
