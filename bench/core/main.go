// Command core compares utrace core with gcore: for how long a process stands
// still while its core is written. The process measures that itself.
//
//	go run ./bench/core bin/utrace
//	go run ./bench/core bin/utrace 2048
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/utrace/utrace/bench/internal/trial"
	"github.com/utrace/utrace/internal/procfs"
)

// rounds is how often all are run, in turn; the table shows medians. Who begins
// changes, since the memory that a core is written to is dearer for the first: a
// removed file's, which the next one gets, is at hand.
const rounds = 6

// How many MiB the process has if nobody says: as many as leave the machine room
// for a copy, and for the page cache that the core is written to.
const (
	most  = 2048
	share = 6
)

func main() {
	if len(os.Args) != 2 && len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: core UTRACE [MEBIBYTES]")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench/core:", err)
		os.Exit(1)
	}
}

// way is a way to write a core. target is the time stopped, of gcore's.
type way struct {
	name   string
	args   []string
	target float64

	stopped, took []time.Duration
	ratios        []float64
}

func run(utrace string, size []string) error {
	mebibytes, err := choose(size)
	if err != nil {
		return err
	}
	if utrace, err = filepath.Abs(utrace); err != nil {
		return err
	}
	gcore, err := exec.LookPath("gcore")
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	t, err := start(dir, mebibytes)
	if err != nil {
		return err
	}
	defer t.end()
	ways := []*way{
		{name: "gcore", args: []string{gcore, "-o"}},
		{name: "utrace core", args: []string{utrace, "core", "--private", "-q", "-o"}, target: 0.7},
		{name: "utrace core --snapshot", args: []string{utrace, "core", "--private", "-q", "--snapshot", "-o"}, target: 0.1},
	}
	for round := range rounds {
		for i := range ways {
			w := ways[(round+i)%len(ways)]
			if err := w.once(t, dir); err != nil {
				return fmt.Errorf("%s: %w", w.name, err)
			}
		}
		for _, w := range ways {
			w.ratios = append(w.ratios, float64(last(w.stopped))/float64(last(ways[0].stopped)))
		}
	}
	return print(ways, mebibytes)
}

func last(d []time.Duration) time.Duration { return d[len(d)-1] }

// once writes a core, and removes it.
func (w *way) once(t *target, dir string) error {
	prefix := filepath.Join(dir, "core")
	var took time.Duration
	stopped, err := t.during(func() error {
		cmd := exec.Command(w.args[0], append(w.args[1:], prefix, strconv.Itoa(t.cmd.Process.Pid))...)
		begin := time.Now()
		out, err := cmd.CombinedOutput()
		took = time.Since(begin)
		if err != nil {
			return fmt.Errorf("%w\n%s", err, out)
		}
		return nil
	})
	if err != nil {
		return err
	}
	w.stopped, w.took = append(w.stopped, stopped), append(w.took, took)
	return os.Remove(fmt.Sprintf("%s.%d", prefix, t.cmd.Process.Pid))
}

func print(ways []*way, mebibytes uint64) (missed error) {
	fmt.Printf("core of a process with %d MiB: how long it stood still, as it has seen it; median of %d rounds\n\n%-24s %12s %12s %8s %8s\n",
		mebibytes, rounds, "", "stopped", "whole", "ratio", "target")
	for _, w := range ways {
		fmt.Printf("%-24s %12v %12v", w.name, trial.Median(w.stopped).Round(10*time.Microsecond), trial.Median(w.took).Round(time.Millisecond))
		if w.target == 0 {
			fmt.Println()
			continue
		}
		ratio := trial.Median(w.ratios)
		fmt.Printf(" %8.3f %8.3f\n", ratio, w.target)
		if ratio > w.target {
			missed = errors.Join(missed, fmt.Errorf("%s: %.3f, the target is %.3f", w.name, ratio, w.target))
		}
	}
	return missed
}

// choose finds how much memory the process is to have.
func choose(args []string) (mebibytes uint64, err error) {
	if len(args) != 0 {
		return strconv.ParseUint(args[0], 10, 20)
	}
	spare, err := procfs.Spare()
	return min(most, spare>>20/share), err
}
