package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/utrace/utrace/bench/internal/trial"
)

// allPrograms makes the programs that are watched.
func allPrograms(dir string) ([]program, error) {
	loop, err := trial.Compile(dir, "loop", loopSource, "-O2", "-pthread")
	if err != nil {
		return nil, err
	}
	tree, err := makeTree(dir)
	if err != nil {
		return nil, err
	}
	calls, served := trial.Times(100_000), trial.Times(requestsServed)
	return []program{
		{name: fmt.Sprintf("(a) a loop of %d system calls: its own clock", calls), calls: float64(calls),
			measure: launched(loopOf(loop, 1, calls))},
		{name: "(b) make of a tree of C files: wall time", measure: launched(tree)},
		{name: fmt.Sprintf("(c) a web server on loopback: wall time of %d requests", served), requests: float64(served), attached: true,
			measure: requests},
		{name: fmt.Sprintf("(d) 200 threads that make %d system calls together: its own clock", calls), calls: float64(calls),
			measure: launched(loopOf(loop, 200, calls))},
	}, nil
}

// under is how a command line becomes that of a tool which runs it.
type under func(command []string) []string

// launched measures a program that a tool starts. The program measures itself, or
// whoever starts it does.
func launched(seconds func(under) (float64, error)) func(*tool, bool) (pair, error) {
	return func(t *tool, plainFirst bool) (p pair, err error) {
		plain := func() error {
			p.plain, err = seconds(func(command []string) []string { return command })
			return err
		}
		watched := func() error {
			p.watched, err = seconds(t.launch)
			return err
		}
		turns := []func() error{plain, watched}
		if !plainFirst {
			turns[0], turns[1] = turns[1], turns[0]
		}
		for _, turn := range turns {
			if err := turn(); err != nil {
				return p, err
			}
		}
		return p, nil
	}
}

// loopSource prints how many seconds its threads took for their calls.
const loopSource = `#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long calls;

static void *loop(void *unused)
{
	for (long n = calls; n > 0; n--)
		syscall(SYS_getppid);
	return unused;
}

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	int threads = atoi(argv[1]);
	pthread_t t[threads];
	calls = atol(argv[2]) / threads;
	double begin = now();
	for (int i = 1; i < threads; i++)
		pthread_create(&t[i], NULL, loop, NULL);
	loop(NULL);
	for (int i = 1; i < threads; i++)
		pthread_join(t[i], NULL);
	printf("%.9f\n", now() - begin);
}
`

func loopOf(loop string, threads, calls int) func(under) (float64, error) {
	return func(u under) (float64, error) {
		out, err := run(u([]string{loop, strconv.Itoa(threads), strconv.Itoa(calls)}))
		if err != nil {
			return 0, err
		}
		// bpftrace writes of its own to standard output.
		words := strings.Fields(string(out))
		if len(words) == 0 {
			return 0, fmt.Errorf("the loop has printed nothing")
		}
		return strconv.ParseFloat(words[len(words)-1], 64)
	}
}

// makeTree writes a tree of C files with a makefile, each about as long and with
// as many headers as real ones.
func makeTree(dir string) (func(under) (float64, error), error) {
	const files = 8
	maker, err := exec.LookPath("make") // bpftrace wants the whole name
	if err != nil {
		return nil, err
	}
	tree := filepath.Join(dir, "tree")
	if err := os.Mkdir(tree, 0o755); err != nil {
		return nil, err
	}
	var objects []string
	for i := range files {
		var text strings.Builder
		text.WriteString("#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n#include <unistd.h>\n#include <sys/socket.h>\n#include <netdb.h>\n#include <signal.h>\n")
		for f := range 80 {
			fmt.Fprintf(&text, "int f%d_%d(int n, char *s) { for (int i = 0; i < n; i++) s[i] = i %% %d + strlen(s); return printf(\"%%s\\n\", s); }\n", i, f, f+2)
		}
		if i == 0 {
			text.WriteString("int main(void) { return 0; }\n")
		}
		name := fmt.Sprintf("f%d", i)
		objects = append(objects, name+".o")
		if err := os.WriteFile(filepath.Join(tree, name+".c"), []byte(text.String()), 0o644); err != nil {
			return nil, err
		}
	}
	list := strings.Join(objects, " ")
	makefile := "CFLAGS = -O2\nprog: " + list + "\n\t$(CC) -o $@ " + list + "\nclean:\n\trm -f prog " + list + "\n"
	if err := os.WriteFile(filepath.Join(tree, "Makefile"), []byte(makefile), 0o644); err != nil {
		return nil, err
	}
	return func(u under) (float64, error) {
		if out, err := exec.Command(maker, "-C", tree, "clean").CombinedOutput(); err != nil {
			return 0, fmt.Errorf("make (package make): %w\n%s", err, out)
		}
		begin := time.Now()
		_, err := run(u([]string{maker, "-s", "-j2", "-C", tree}))
		return time.Since(begin).Seconds(), err
	}, nil
}
