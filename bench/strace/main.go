// Command strace compares utrace strace with strace, both in one run: the same
// program, the same system calls, in turn, so that a machine whose speed
// drifts treats them alike. It prints a table of ratios.
//
//	go run ./bench/strace bin/utrace
package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/utrace/utrace/bench/internal/trial"
)

// rounds is how often each pair is run; the table shows the median ratio.
const rounds = 7

// comparison is one row of the table.
type comparison struct {
	name   string
	target float64
	strace []string // options of strace
	utrace []string // options of utrace strace
	cmd    []string
	pinned bool
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: strace UTRACE")
		os.Exit(2)
	}
	utrace, err := filepath.Abs(os.Args[1])
	if err != nil {
		trial.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		trial.Fatal(err)
	}
	defer os.RemoveAll(dir)
	loop, err := trial.Compile(dir, "loop", loopSource, "-O2")
	if err != nil {
		trial.Fatal(err)
	}
	tight := []string{loop, strconv.Itoa(trial.Times(30_000))}
	build := []string{"sh", "-c", "for i in 1 2 3 4 5 6 7 8; do ls -l /usr/include /usr/bin >/dev/null; grep -c x /etc/passwd >/dev/null; done"}
	some := []string{"-f", "-e", "trace=openat,%process"}
	table := []comparison{
		{"every call of a tight loop, one CPU", 1.0, nil, nil, tight, true},
		{"every call of a tight loop, free", 1.0, nil, nil, tight, false},
		{"every call of a shell script, one CPU", 1.0, []string{"-f"}, []string{"-f"}, build, true},
		{"every call of a shell script, free", 1.0, []string{"-f"}, []string{"-f"}, build, false},
		{"some calls of a shell script, --seccomp-bpf against none, one CPU", 0.6, some, append([]string{"--seccomp-bpf"}, some...), build, true},
		{"some calls of a shell script, --seccomp-bpf against none, free", 0.6, some, append([]string{"--seccomp-bpf"}, some...), build, false},
	}
	fmt.Printf("utrace strace against strace: wall time, median of %d pairs\n\n", rounds)
	fmt.Printf("%-66s %9s %9s %7s %7s\n", "", "strace", "utrace", "ratio", "target")
	for _, c := range table {
		c.run(utrace)
	}
}

// run prints one row.
func (c *comparison) run(utrace string) {
	theirs := c.command("strace", c.strace)
	ours := c.command(utrace, append([]string{"strace"}, c.utrace...))
	var a, b []time.Duration
	var ratios []float64
	for i := range rounds + 1 {
		x, y := clock(theirs), clock(ours)
		if i == 0 {
			continue // warm-up
		}
		a, b = append(a, x), append(b, y)
		ratios = append(ratios, float64(y)/float64(x))
	}
	fmt.Printf("%-66s %8.3fs %8.3fs %7.2f %7.1f\n", c.name,
		trial.Median(a).Seconds(), trial.Median(b).Seconds(), trial.Median(ratios), c.target)
}

// command makes a tracer's command line: to a file that costs nothing.
func (c *comparison) command(tracer string, options []string) []string {
	line := append([]string{tracer}, options...)
	line = append(append(line, "-o", "/dev/null"), c.cmd...)
	if c.pinned {
		line = append([]string{"taskset", "1"}, line...)
	}
	return line
}

func clock(line []string) time.Duration {
	cmd := exec.Command(line[0], line[1:]...)
	cmd.Stderr = os.Stderr
	begin := time.Now()
	if err := cmd.Run(); err != nil {
		trial.Fatal(fmt.Errorf("%q: %w", line, err))
	}
	return time.Since(begin)
}

// loopSource does nothing but system calls.
const loopSource = `#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(int argc, char **argv) {
	for (int n = atoi(argv[1]); n > 0; n--)
		syscall(SYS_getppid);
	return 0;
}
`
