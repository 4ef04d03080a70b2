package main

import (
	"debug/elf"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync/atomic"
	"syscall"
	"time"
)

// source is a program that comes to the function come_by so often in a second, and writes
// a line each time.
const source = `#include <stdlib.h>
#include <time.h>
#include <unistd.h>

__attribute__((noinline)) void come_by(void) { __asm__ volatile ("" : : : "memory"); }

int main(int argc, char **argv)
{
	long rate = atol(argv[1]);
	struct timespec period = { rate == 1, rate == 1 ? 0 : 1000000000 / rate };
	for (;;) {
		come_by();
		if (write(1, "\n", 1) != 1)
			return 1;
		nanosleep(&period, NULL);
	}
}
`

// patience is how long gdb, and a program, may take for what they do.
const patience = time.Minute

// walker is a program and the gdb that has a breakpoint in it.
type walker struct {
	program, gdb *exec.Cmd
	// steps counts how often it has come by; ended is closed with its output.
	steps atomic.Int64
	ended chan struct{}
}

// startWalker starts both and waits until the program has come to its breakpoint.
func startWalker(utrace, program string, rate int) (*walker, error) {
	w := &walker{program: exec.Command(program, fmt.Sprint(rate)), ended: make(chan struct{})}
	out, err := w.program.StdoutPipe()
	if err == nil {
		err = w.program.Start()
	}
	if err != nil {
		return nil, err
	}
	go w.count(out)
	w.gdb = exec.Command(utrace, "run", "--", "gdb", "-nx", "-q", "-batch", "-p", fmt.Sprint(w.program.Process.Pid),
		"-ex", "break *come_by", "-ex", `python gdb.execute("commands 1\nsilent\ncontinue\nend")`, "-ex", "continue")
	said, err := w.gdb.StdoutPipe()
	w.gdb.Stderr = w.gdb.Stdout
	if err == nil {
		err = w.gdb.Start()
	}
	if err != nil {
		w.gdb = nil
		return w, err
	}
	return w, w.armed(said)
}

// count counts the steps until the program's end.
func (w *walker) count(out io.Reader) {
	defer close(w.ended)
	for buf := make([]byte, 4096); ; {
		n, err := out.Read(buf)
		w.steps.Add(int64(n))
		if err != nil {
			return
		}
	}
}

// armed waits until the breakpoint is planted and the program has gone on from it. gdb
// itself would tell of hits by the page.
func (w *walker) armed(out io.Reader) error {
	gone := make(chan string, 1)
	go func() {
		text, _ := io.ReadAll(out)
		gone <- string(text)
	}()
	address, err := addressOf(w.program.Path, "come_by")
	if err != nil {
		return err
	}
	memory, err := os.Open(fmt.Sprintf("/proc/%d/mem", w.program.Process.Pid))
	if err != nil {
		return err
	}
	defer memory.Close()
	const int3 = 0xcc
	for deadline, planted := time.Now().Add(patience), int64(-1); time.Now().Before(deadline); {
		var text [1]byte
		if _, err := memory.ReadAt(text[:], address); err != nil {
			return err
		}
		steps := w.steps.Load()
		switch {
		case planted >= 0 && steps >= planted+2:
			return nil
		case planted < 0 && text[0] == int3:
			planted = steps
		}
		select {
		case said := <-gone:
			return fmt.Errorf("gdb has ended: %s", said)
		case <-time.After(time.Millisecond):
		}
	}
	return fmt.Errorf("gdb has planted no breakpoint within %v", patience)
}

// addressOf is where a function of a program is.
func addressOf(program, function string) (int64, error) {
	file, err := elf.Open(program)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	symbols, err := file.Symbols()
	for _, s := range symbols {
		if s.Name == function {
			return int64(s.Value), err
		}
	}
	return 0, fmt.Errorf("%s has no function %s: %w", program, function, err)
}

// livesOn waits until the program has come by the place three times more, or has died:
// of SIGTRAP, or that is an error.
func (w *walker) livesOn(period time.Duration) (bool, error) {
	before := w.steps.Load()
	for deadline := time.Now().Add(patience); ; {
		select {
		case <-w.ended:
			_ = w.program.Wait()
			if status := w.program.ProcessState.Sys().(syscall.WaitStatus); status.Signal() != syscall.SIGTRAP {
				return false, fmt.Errorf("the program has ended: %v", w.program.ProcessState)
			}
			return false, nil
		case <-time.After(period / 4):
		}
		switch {
		case w.steps.Load() >= before+3:
			return true, nil
		case time.Now().After(deadline):
			return false, fmt.Errorf("program %d stands still", w.program.Process.Pid)
		}
	}
}

// end ends both.
func (w *walker) end() {
	for _, cmd := range []*exec.Cmd{w.gdb, w.program} {
		if cmd != nil {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	}
}
