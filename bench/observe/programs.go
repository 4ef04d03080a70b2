package main

import (
	"fmt"
	"strconv"
	"strings"

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
		{name: "(b) go build of " + built + " and what it imports, nothing cached: wall time", measure: launched(goBuild(dir))},
		{name: "(b) make of eight C files: wall time", measure: launched(tree)},
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
