// Command gdbserver compares utrace gdbserver with gdbserver, both in one run and
// in turn: steps, memory, and the time until a process of many threads stands. The
// client is the same small one for both, so that only the servers differ.
//
//	go run ./bench/gdbserver bin/utrace
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
)

// rounds is how often each pair is run; the table shows the median ratio.
const rounds = 5

// row is one line of the table. measure returns a rate: more is better.
type row struct {
	name    string
	unit    string
	target  float64
	measure func(*session) (float64, error)
	threads int
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: gdbserver UTRACE")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "bench/gdbserver:", err)
		os.Exit(1)
	}
}

func run(utrace string) error {
	utrace, err := filepath.Abs(utrace)
	if err != nil {
		return err
	}
	peer, err := exec.LookPath("gdbserver")
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	program, err := trial.Compile(dir, "loop", source, "-O1", "-no-pie", "-pthread")
	if err != nil {
		return err
	}
	// An owner of its own, which nobody else uses.
	os.Setenv("UTRACE_SOCKET", filepath.Join(dir, "owner"))
	owner := exec.Command(utrace, "serve", "--idle", "0")
	if err := owner.Start(); err != nil {
		return err
	}
	defer func() {
		_ = owner.Process.Signal(os.Interrupt)
		_ = owner.Wait()
	}()
	table := []row{
		{"single steps", "/s", 1, steps, 0},
		{"steps over a range, one packet each", "/s", 1, ranges, 0},
		{"memory", "MB/s", 1, memory, 0},
		{"registers (g)", "/s", 1, registers, 0},
		{"attach to 1000 threads", "/s", 3, attach, 1000},
	}
	fmt.Printf("utrace gdbserver against gdbserver: rates, median of %d pairs\n\n%-40s %12s %12s %8s %8s\n",
		rounds, "", "gdbserver", "utrace", "ratio", "target")
	var missed error
	for _, r := range table {
		var ours, theirs, ratios []float64
		for range rounds {
			a, err := once([]string{peer}, program, r)
			if err != nil {
				return fmt.Errorf("gdbserver, %s: %w", r.name, err)
			}
			b, err := once([]string{utrace, "gdbserver"}, program, r)
			if err != nil {
				return fmt.Errorf("utrace gdbserver, %s: %w", r.name, err)
			}
			theirs, ours, ratios = append(theirs, a), append(ours, b), append(ratios, b/a)
		}
		ratio := trial.Median(ratios)
		fmt.Printf("%-40s %12s %12s %8.2f %8.2f\n", r.name, rate(trial.Median(theirs), r.unit), rate(trial.Median(ours), r.unit), ratio, r.target)
		if ratio < r.target {
			missed = errors.Join(missed, fmt.Errorf("%s: %.2f, the target is %.2f", r.name, ratio, r.target))
		}
	}
	return missed
}

func rate(v float64, unit string) string { return strconv.FormatFloat(v, 'f', 1, 64) + " " + unit }

// once starts a server, has a session with it, and ends it.
func once(server []string, program string, r row) (float64, error) {
	s, err := start(server, program, r.threads)
	if err != nil {
		return 0, err
	}
	defer s.end()
	return r.measure(s)
}

// during counts how often f can be done in a while.
func during(f func() error) (float64, error) {
	const while = 400 * time.Millisecond
	begin, n := time.Now(), 0
	for time.Since(begin) < while {
		if err := f(); err != nil {
			return 0, err
		}
		n++
	}
	return float64(n) / time.Since(begin).Seconds(), nil
}
