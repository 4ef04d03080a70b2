//go:build linux && (amd64 || arm64 || ppc64le)

package gdbserver_test

import (
	"bufio"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/utrace/utrace/internal/scale"
)

// debugger is a real gdb, driven through its machine interface (gdb's manual, "The
// gdb/mi Interface").
type debugger struct {
	t     testing.TB
	cmd   *exec.Cmd
	lines chan string
	in    interface{ Write([]byte) (int, error) }
	// stops are the *stopped records that nobody has waited for yet.
	stops []string
	token int
	ended bool
}

// newGDB starts gdb with the program's symbols.
func newGDB(t testing.TB, file string) *debugger {
	t.Helper()
	cmd := exec.Command("gdb", "-nx", "-q", "-i=mi2", "-iex", "set debuginfod enabled off",
		"-iex", "set sysroot", "-iex", "set confirm off", file)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("gdb: %v (scripts/deps test installs it)", err)
	}
	d := &debugger{t: t, cmd: cmd, in: in, lines: make(chan string, 1000)}
	go func() {
		defer close(d.lines)
		for scan := bufio.NewScanner(out); scan.Scan(); {
			d.lines <- scan.Text()
		}
	}()
	t.Cleanup(d.kill)
	d.do("set mi-async on")
	d.do("set pagination off")
	return d
}

// kill is what happens to gdb when it is killed with SIGKILL.
func (d *debugger) kill() {
	if d.ended {
		return
	}
	d.ended = true
	_ = d.cmd.Process.Kill()
	for range d.lines {
	}
	_ = d.cmd.Wait()
}

// read takes the next line of gdb's output.
func (d *debugger) read(what string) string {
	d.t.Helper()
	select {
	case line, open := <-d.lines:
		if !open {
			d.t.Fatalf("gdb has ended before %s", what)
		}
		if strings.HasPrefix(line, "*stopped") {
			d.stops = append(d.stops, line)
		}
		return line
	case <-time.After(scale.Time(30 * time.Second)):
		d.t.Fatalf("gdb does not answer %s", what)
	}
	return ""
}

// try carries a command out, and returns what gdb prints and its result record.
func (d *debugger) try(command string) (text, result string) {
	d.t.Helper()
	d.token++
	fmt.Fprintf(d.in, "%d%s\n", d.token, command)
	var b strings.Builder
	for {
		line := d.read(command)
		if rest, found := strings.CutPrefix(line, fmt.Sprintf("%d^", d.token)); found {
			return b.String(), rest
		}
		b.WriteString(line)
	}
}

// do carries a command out that must succeed.
func (d *debugger) do(command string) string {
	d.t.Helper()
	text, result := d.try(command)
	if strings.HasPrefix(result, "error") {
		d.t.Fatalf("gdb: %s: %s", command, result)
	}
	return text + result
}

// stop waits for the next stop, which must have something to do with all words.
func (d *debugger) stop(words ...string) string {
	d.t.Helper()
	for len(d.stops) == 0 {
		d.read("a stop with " + strings.Join(words, ", "))
	}
	stop := d.stops[0]
	d.stops = d.stops[1:]
	for _, word := range words {
		if !strings.Contains(stop, word) {
			d.t.Fatalf("gdb has stopped with %s, not with %q", stop, word)
		}
	}
	return stop
}

// quiet makes sure that gdb was told of no stop.
func (d *debugger) quiet() {
	d.t.Helper()
	d.do("info inferiors")
	if len(d.stops) != 0 {
		d.t.Fatalf("gdb was told of %s", d.stops[0])
	}
}

// run resumes everything.
func (d *debugger) run() {
	d.t.Helper()
	d.do("-exec-continue --all")
}
