package strace

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/utrace/utrace/tool"
)

// events makes a short trace.
func events(t testing.TB, l *Log) {
	p := attach(t, l, 100, Launched)
	for i := range 3000 {
		enter(l, p, i, "getpid")
		leave(l, p, i, 1)
	}
	l.Death(p, exited(0), at(1))
}

// A full disk: one message, an error at the end, and the log takes all events.
func TestOutputFull(t *testing.T) {
	for _, args := range []string{"-o /dev/full", "-o /dev/full --json", "-o /dev/full -C", "-o /dev/full -c"} {
		l, out := start(t, strings.Fields(args+" -e raw=all")...)
		events(t, l)
		err := l.Close()
		if !errors.Is(l.main.sink.err, syscall.ENOSPC) || err == nil {
			t.Errorf("%s: %v", args, err)
		}
		if got := string(out.text); got != "strace: /dev/full: No space left on device\n" {
			t.Errorf("%s: message %q", args, got)
		}
		select {
		case <-l.Failed():
		default:
			t.Errorf("%s: Failed is not closed", args)
		}
		if got := l.Outcome(); got != (Outcome{}) {
			t.Errorf("%s: outcome %+v: the command succeeded", args, got)
		}
	}
}

func TestOutputReaderGone(t *testing.T) {
	l, out := start(t, "-o", "!exec true", "-e", "raw=all")
	for range 100 {
		events(t, l)
	}
	if err := l.Close(); !errors.Is(l.main.sink.err, syscall.EPIPE) || err == nil {
		t.Errorf("%v", err)
	}
	if got := string(out.text); got != "strace: !exec true: Broken pipe\n" {
		t.Errorf("message %q", got)
	}
}

// A closed pipe as standard error does not kill the tracer.
func TestStandardErrorGone(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	r.Close()
	o, err := ParseOptions([]string{"-e", "raw=all", "prog"})
	if err != nil {
		t.Fatal(err)
	}
	l, err := newLog(to(nil, tool.Descriptor(w.Fd())), "strace", o)
	if err != nil {
		t.Fatal(err)
	}
	events(t, l)
	if err := l.Close(); err == nil || !strings.Contains(err.Error(), "Broken pipe") {
		t.Errorf("%v", err)
	}
}

func TestOutputCommand(t *testing.T) {
	name := filepath.Join(t.TempDir(), "out")
	l, _ := start(t, "-o", "|cat >"+name, "-e", "raw=all")
	events(t, l)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(data), "\n"); n != 3001 {
		t.Errorf("%d lines, want 3001", n)
	}
}

func TestOutputCannotBeOpened(t *testing.T) {
	o, err := ParseOptions([]string{"-ff", "-o", "/nonexistent/x", "prog"})
	if err != nil {
		t.Fatal(err)
	}
	l, err := NewLog(o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Attach(100, 100, Launched, epoch); !errors.Is(err, syscall.ENOENT) {
		t.Errorf("%v", err)
	}
	l.Close()
}

func BenchmarkText(b *testing.B)    { benchmark(b, "-e", "raw=all") }
func BenchmarkTimes(b *testing.B)   { benchmark(b, "-e", "raw=all", "-tt", "-T", "-f") }
func BenchmarkStaged(b *testing.B)  { benchmark(b, "-e", "raw=all", "-z") }
func BenchmarkSummary(b *testing.B) { benchmark(b, "-c") }
func BenchmarkJSON(b *testing.B)    { benchmark(b, "-e", "raw=all", "--json") }

// benchmark measures a call with three arguments, from entry to exit.
func benchmark(b *testing.B, args ...string) {
	l, err := ParseOptions(append(args, "-o", "/dev/null", "prog"))
	if err != nil {
		b.Fatal(err)
	}
	log, err := NewLog(l)
	if err != nil {
		b.Fatal(err)
	}
	defer log.Close()
	p := attach(b, log, 100, Launched)
	b.ReportAllocs()
	for b.Loop() {
		enter(log, p, 0, "lseek", 3, 100, 1)
		leave(log, p, 1, 100)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "lines/s")
}

// Printing a call allocates nothing.
func TestNoAllocations(t *testing.T) {
	for _, args := range []string{"-e raw=all", "-f -ttt -T -i -n -r -e raw=all", "-z -e raw=all", "-c", "--json -e raw=all", "--color -e raw=all"} {
		l, err := ParseOptions(append(strings.Fields(args), "-o", "/dev/null", "prog"))
		if err != nil {
			t.Fatal(err)
		}
		log, err := NewLog(l)
		if err != nil {
			t.Fatal(err)
		}
		p := attach(t, log, 100, Launched)
		n := testing.AllocsPerRun(1000, func() {
			enter(log, p, 0, "lseek", 3, 100, 1)
			leave(log, p, 1, -9)
		})
		if n != 0 {
			t.Errorf("%s: %v allocations per call", args, n)
		}
		log.Close()
	}
}

// TestMessagesFrom: what stands in for strace says so under the name that it was called by.
func TestMessagesFrom(t *testing.T) {
	for program, want := range map[string]string{"utrace strace": "strace", "strace": "strace", "../bin/strace": "../bin/strace"} {
		var out collector
		l, err := newLog(to(nil, &out), messagesFrom(program), &Options{})
		if err != nil {
			t.Fatal(err)
		}
		l.Notice("Process %d attached", 7)
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		if got := string(out.text); got != want+": Process 7 attached\n" {
			t.Errorf("%s: %q", program, got)
		}
	}
}
