//go:build linux && (amd64 || 386)

package keeper_test

import (
	"bytes"
	"fmt"
	"os"
	"syscall"
	"testing"

	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/internal/testprogram"
	"github.com/utrace/utrace/keeper"
)

// program says where its function is. It calls that when told to, or once a
// millisecond until told to end; or it runs itself anew.
const program = `
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

__attribute__((noinline)) int work(int i) { __asm__ volatile(""); return i + 1; }

int main(int argc, char **argv)
{
	char line[16];
	struct pollfd in = {0, POLLIN};
	int sum = 0;
	setvbuf(stdin, NULL, _IONBF, 0);
	printf("%lu\n", (unsigned long)work);
	fflush(stdout);
	if (argc > 1)
		while (poll(&in, 1, 1) == 0)
			sum = work(sum);
	while (fgets(line, sizeof line, stdin)) {
		if (!strcmp(line, "exec\n"))
			execv("/proc/self/exe", argv);
		printf("%d\n", work(1));
		fflush(stdout);
	}
	return 0;
}
`

// build compiles the program, with its functions at the same place in every run.
func build(t *testing.T) string {
	t.Helper()
	return testprogram.Build(t, "c", program, "-O1", "-no-pie")
}

// tracee is a running program with a function.
type tracee struct {
	*testprogram.Process
	work uint64
}

func start(t *testing.T, path string, args ...string) *tracee {
	t.Helper()
	p := &tracee{Process: testprogram.Start(t, path, args...)}
	p.begin(t)
	return p
}

// begin reads where the function is.
func (p *tracee) begin(t *testing.T) {
	t.Helper()
	if _, err := fmt.Sscan(p.Line(t), &p.work); err != nil {
		t.Fatal(err)
	}
}

// text reads the first bytes of the function; nil: the process has ended.
func (p *tracee) text(t *testing.T) []byte {
	t.Helper()
	mem, err := procfs.OpenMem(p.Pid)
	if err != nil {
		return nil
	}
	defer mem.Close()
	b := make([]byte, 4)
	if _, err := mem.Read(p.work, b); err != nil {
		return nil
	}
	return b
}

// write changes the text as a tracer does.
func (p *tracee) write(t *testing.T, addr uint64, text ...byte) {
	t.Helper()
	mem, err := procfs.OpenMem(p.Pid)
	if err != nil {
		t.Fatal(err)
	}
	defer mem.Close()
	if _, err := mem.Write(addr, text); err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T) *keeper.Keeper {
	t.Helper()
	k, err := keeper.Start()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func shut(t *testing.T, k *keeper.Keeper) {
	t.Helper()
	if err := k.Close(); err != nil {
		t.Error(err)
	}
}

// TestRestores: traps that were not taken out are, and nothing else is touched.
// Signals that end other programs make no difference.
func TestRestores(t *testing.T) {
	p := start(t, build(t))
	original := p.text(t)
	k := open(t)
	if name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", k.PID())); string(name) != "utrace-keeper\n" {
		t.Errorf("ps calls it %q, %v", name, err)
	}
	for i := range uint64(4) {
		k.TextChanged(p.Pid, p.work+i, original[i:i+1])
	}
	k.TextChanged(p.Pid, p.work, original[:1]) // as when memory under a trap is written
	p.write(t, p.work, 0xcc, 0xcc, 0x90, 0xcc) // one is not a trap any more
	k.TextRestored(p.Pid, p.work+3)            // one is the program's own by now
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGHUP} {
		if err := syscall.Kill(k.PID(), s); err != nil {
			t.Fatal(err)
		}
	}
	shut(t, k)
	want := append(bytes.Clone(original[:2]), 0x90, 0xcc)
	if now := p.text(t); !bytes.Equal(now, want) {
		t.Errorf("the text is % x; want % x", now, want)
	}
}

// TestOtherProgram: what an exec has put in the place of the text, or another
// process with the same id would have there, is none of its business.
func TestOtherProgram(t *testing.T) {
	p := start(t, build(t))
	k := open(t)
	k.TextChanged(p.Pid, p.work, p.text(t)[:1])
	p.Tell(t, "exec")
	p.begin(t)
	p.write(t, p.work, 0xcc)
	shut(t, k)
	if now := p.text(t); now[0] != 0xcc {
		t.Errorf("the text of the new program was changed to % x", now)
	}
}

// TestAnew: of a process that has no breakpoint any more nothing is known, so
// that it may be another program when it has one again.
func TestAnew(t *testing.T) {
	p := start(t, build(t))
	original := p.text(t)
	k := open(t)
	k.TextChanged(p.Pid, p.work, original[:1])
	k.TextRestored(p.Pid, p.work)
	p.Tell(t, "exec")
	p.begin(t)
	k.TextChanged(p.Pid, p.work, original[:1])
	p.write(t, p.work, 0xcc)
	shut(t, k)
	if now := p.text(t); !bytes.Equal(now, original) {
		t.Errorf("the text is % x; want % x", now, original)
	}
}

// TestNobody: a process that is gone has no text to be kept.
func TestNobody(t *testing.T) {
	p := start(t, build(t))
	p.End(t)
	k := open(t)
	k.TextChanged(p.Pid, p.work, []byte{0x90})
	k.TextRestored(p.Pid, p.work)
	shut(t, k)
}

// TestLost: if somebody kills the child the owner goes on, and hears of it in
// the end.
func TestLost(t *testing.T) {
	p := start(t, build(t))
	k := open(t)
	if err := syscall.Kill(k.PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for i := range uint64(4) {
		k.TextChanged(p.Pid, p.work+i, []byte{0x90})
	}
	if err := k.Close(); err == nil {
		t.Error("nobody was told that the child was killed")
	}
}
