// Command break compares breakpoints of package breakpoint with those of gdb,
// and of gdb with gdbserver, all in one run: the same program, the same
// breakpoint, in turn, so that a machine whose speed drifts treats them alike.
// The program itself measures how long its hits take. It prints a table of
// ratios.
//
//	go run ./bench/break
package main

import (
	"fmt"
	"os"
	"time"

	"github.com/utrace/utrace/bench/internal/trial"
)

// rounds is how often each is run; the table shows the medians.
const rounds = 3

// target is the program.
const target = `#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

__attribute__((noinline)) void hit(long n) { __asm__ volatile ("" : : "r" (n) : "memory"); }

static long rounds;

static void *work(void *arg)
{
	for (long i = 0; i < rounds; i++)
		hit(i);
	return arg;
}

int main(int argc, char **argv)
{
	int threads = atoi(argv[1]);
	pthread_t t[64];
	struct timespec from, to;
	rounds = atol(argv[2]) / threads;
	printf("%p\n", (void *)hit);
	fflush(stdout);
	getchar();
	clock_gettime(CLOCK_MONOTONIC, &from);
	for (int i = 1; i < threads; i++)
		pthread_create(&t[i], NULL, work, NULL);
	work(NULL);
	for (int i = 1; i < threads; i++)
		pthread_join(t[i], NULL);
	clock_gettime(CLOCK_MONOTONIC, &to);
	printf("took %ld\n", (to.tv_sec - from.tv_sec) * 1000000000 + to.tv_nsec - from.tv_nsec);
	return 0;
}
`

// row is one comparison.
type row struct {
	name      string
	condition bool // one that is never true; else every hit is continued
	threads   int
	pinned    bool // to one processor
	want      float64
}

var table = []row{
	{"hit and continue, 1 thread, one CPU", false, 1, true, 1},
	{"hit and continue, 1 thread, free", false, 1, false, 1},
	{"hit and continue, 16 threads, free", false, 16, false, 1},
	{"condition false, 1 thread, one CPU", true, 1, true, 10},
	{"condition false, 1 thread, free", true, 1, false, 10},
	{"condition false, 16 threads, free", true, 16, false, 10},
}

// tool is one way to have a breakpoint.
type tool struct {
	name string
	run  func(program string, r *row, hits int) (time.Duration, error)
}

var tools = []tool{
	{"gdb", func(program string, r *row, hits int) (time.Duration, error) { return gdb(program, r, hits, false) }},
	{"gdbserver", func(program string, r *row, hits int) (time.Duration, error) { return gdb(program, r, hits, true) }},
	{"utrace", ours},
}

func main() {
	if len(os.Args) == 6 && os.Args[1] == "-hit" {
		if err := hit(os.Args[2], os.Args[3], os.Args[4], os.Args[5] == "true"); err != nil {
			trial.Fatal(err)
		}
		return
	}
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		trial.Fatal(err)
	}
	defer os.RemoveAll(dir)
	program, err := trial.Compile(dir, "target", target, "-O2", "-g", "-pthread")
	if err != nil {
		trial.Fatal(err)
	}
	hits := trial.Times(4000)
	fmt.Printf("breakpoints: hits per second, median of %d runs of %d hits; x is how much faster utrace is\n\n", rounds, hits)
	fmt.Printf("%-38s %10s %10s %10s %7s %7s %7s\n", "", "gdb", "gdbserver", "utrace", "x gdb", "x gdbs.", "target")
	for _, r := range table {
		var rates [3]float64
		var took [3][]time.Duration
		for range rounds {
			for i, tool := range tools {
				d, err := tool.run(program, &r, hits)
				if err != nil {
					trial.Fatal(fmt.Errorf("%s, %s: %w", tool.name, r.name, err))
				}
				took[i] = append(took[i], d)
			}
		}
		for i := range took {
			rates[i] = float64(hits) / trial.Median(took[i]).Seconds()
		}
		fmt.Printf("%-38s %10.0f %10.0f %10.0f %7.1f %7.1f %7.1f\n", r.name, rates[0], rates[1], rates[2],
			rates[2]/rates[0], rates[2]/rates[1], r.want)
	}
}
