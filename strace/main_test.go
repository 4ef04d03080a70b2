package strace

import (
	"io"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/utrace/utrace/strace/decode"
	"github.com/utrace/utrace/syscalls"
	"github.com/utrace/utrace/tool"
)

// memory is the memory of a pretended thread.
type memory map[uint64]string

func (m memory) ReadMemory(addr uint64, buf []byte) (int, error) {
	for start, data := range m {
		if addr >= start && addr < start+uint64(len(data)) {
			n := copy(buf, data[addr-start:])
			if n < len(buf) {
				return n, os.ErrInvalid
			}
			return n, nil
		}
	}
	return 0, os.ErrInvalid
}

// collector is standard error of a log under test.
type collector struct {
	text   []byte
	writes int
	err    error
}

func (c *collector) Write(p []byte) (int, error) {
	if c.err != nil {
		return 0, c.err
	}
	c.writes++
	c.text = append(c.text, p...)
	return len(p), nil
}

// to is an environment with other streams.
func to(stdout, stderr io.Writer) *tool.Env {
	env := tool.Here()
	env.Stdout, env.Stderr = stdout, stderr
	return env
}

// start parses options and returns a log whose standard error is collected.
func start(t testing.TB, args ...string) (*Log, *collector) {
	t.Helper()
	o, err := ParseOptions(append(args, "prog"))
	if err != nil {
		t.Fatal(err)
	}
	c := new(collector)
	l, err := newLog(to(nil, c), "strace", o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l, c
}

// epoch is when the pretended events happen.
var epoch = time.Date(2024, 5, 6, 7, 8, 9, 123456789, time.UTC)

func at(ms int) time.Time { return epoch.Add(time.Duration(ms) * time.Millisecond) }

func attach(t testing.TB, l *Log, tid int, o Origin) *Tracee {
	t.Helper()
	pid := tid
	if o == Followed {
		pid = 100
	}
	tr, err := l.Attach(tid, pid, o, epoch)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// enter logs the entry of an x86_64 call.
func enter(l *Log, t *Tracee, ms int, name string, args ...uint64) {
	c, ok := syscalls.X86_64.ByName(name)
	if !ok {
		panic("no call named " + name)
	}
	call := decode.Call{ABI: syscalls.X86_64, Nr: uint64(c.Number), TID: t.TID, Mem: t.Call.Mem}
	copy(call.Args[:], args)
	t.Call = call
	l.SyscallEntry(t, at(ms))
}

// leave logs the return of the call; a negative result is an error.
func leave(l *Log, t *Tracee, ms int, result int64) {
	t.Call.Result, t.Call.IsError = result, result < 0
	if result < 0 {
		t.Call.Result = -result
	}
	l.SyscallExit(t, at(ms), time.Microsecond)
}

// realStrace returns the path of strace for tests that compare with it.
func realStrace(t *testing.T) string {
	path, err := exec.LookPath("strace")
	if err != nil {
		t.Fatalf("%v: the test compares with strace (Debian: apt-get install strace)", err)
	}
	return path
}
