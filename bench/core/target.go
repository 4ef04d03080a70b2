package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/utrace/utrace/bench/internal/trial"
)

// The program has as much memory as it is told, which no compression or hole
// makes smaller, and a thread that looks at the clock all the time. For each line
// that it reads it says what the longest time was between two looks since the
// last line: how long it was stopped, as it has seen it itself.
const source = `
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

static _Atomic int64_t longest;

static int64_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void *beat(void *arg)
{
	const struct timespec pause = {0, 50000};
	for (int64_t last = now();;) {
		nanosleep(&pause, NULL);
		int64_t t = now();
		if (t - last > longest)
			longest = t - last;
		last = t;
	}
	return arg;
}

int main(int argc, char **argv)
{
	size_t n = (size_t)atol(argv[1]) << 20;
	uint64_t *memory = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), x = 88172645463325252;
	pthread_t t;
	if (memory == MAP_FAILED)
		return 1;
	for (size_t i = 0; i < n / 8; i++) {
		x ^= x << 13, x ^= x >> 7, x ^= x << 17;
		memory[i] = x;
	}
	pthread_create(&t, NULL, beat, NULL);
	do {
		printf("%lld\n", (long long)longest);
		fflush(stdout);
		longest = 0;
	} while (getchar() != EOF);
}
`

// target is the program while it runs.
type target struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func start(dir string, mebibytes uint64) (*target, error) {
	program, err := trial.Compile(dir, "beat", source, "-O1", "-pthread")
	if err != nil {
		return nil, err
	}
	t := &target{cmd: exec.Command(program, fmt.Sprint(mebibytes))}
	t.cmd.Stderr = os.Stderr
	out, err := t.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	t.out = bufio.NewReader(out)
	if t.in, err = t.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := t.cmd.Start(); err != nil {
		return nil, err
	}
	if _, err := t.line(); err != nil {
		t.end()
		return nil, fmt.Errorf("the program with %d MiB: %w", mebibytes, err)
	}
	return t, nil
}

func (t *target) line() (longest time.Duration, err error) {
	_, err = fmt.Fscanln(t.out, &longest)
	return longest, err
}

// during does something to the program and returns the longest time that it
// stood still meanwhile.
func (t *target) during(f func() error) (time.Duration, error) {
	if _, err := t.ask(); err != nil { // what came before does not count
		return 0, err
	}
	if err := f(); err != nil {
		return 0, err
	}
	return t.ask()
}

func (t *target) ask() (time.Duration, error) {
	if _, err := io.WriteString(t.in, "\n"); err != nil {
		return 0, err
	}
	return t.line()
}

func (t *target) end() {
	t.cmd.Process.Kill()
	t.cmd.Wait()
}
