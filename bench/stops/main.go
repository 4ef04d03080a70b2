// Command stops measures a stop of a tracer: on the kernel, answered by the barest
// loop in C that can serve these calls, and answered by utrace. All are measured
// in turn, so that a machine whose speed drifts treats them alike, on one processor
// and on all. It prints the least and the median of each, and ratios.
//
//	go run ./bench/stops bin/utrace
package main

import (
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/utrace/utrace/bench/internal/trial"
)

// rounds is how often each is run.
const rounds = 9

var (
	//go:embed testdata/stops.c
	tracer string
	//go:embed testdata/floor.c
	floor string
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: stops UTRACE")
		os.Exit(2)
	}
	utrace, err := filepath.Abs(os.Args[1])
	if err == nil {
		err = measure(utrace)
	}
	if err != nil {
		trial.Fatal(err)
	}
}

func measure(utrace string) error {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	stops, err := trial.Compile(dir, "stops", tracer, "-O2", "-Wall")
	if err != nil {
		return err
	}
	loop, err := trial.Compile(dir, "floor", floor, "-O2", "-Wall")
	if err != nil {
		return err
	}
	// An owner of its own for each, so that it uses the same processors.
	os.Setenv("UTRACE_SOCKET", filepath.Join(dir, "owner"))
	ways := [][]string{{stops}, {loop, stops}, {utrace, "run", stops}}
	fmt.Printf("ns for a stop: least and median of %d rounds\n\n", rounds)
	fmt.Printf("%-16s %17s %17s %17s %9s %9s\n", "", "kernel", "loop in C", "utrace", "to C", "to kernel")
	for name, pin := range map[string][]string{"one processor": {"taskset", "1"}, "all processors": nil} {
		if err := row(name, pin, ways, utrace); err != nil {
			return err
		}
	}
	return nil
}

// row prints one row.
func row(name string, pin []string, ways [][]string, utrace string) (err error) {
	owner := exec.Command(utrace, "serve", "--idle", "0")
	if pin != nil {
		owner = exec.Command(pin[0], append(slices.Clone(pin[1:]), owner.Args...)...)
	}
	if err := owner.Start(); err != nil {
		return err
	}
	defer func() {
		_ = owner.Process.Signal(os.Interrupt)
		_ = owner.Wait()
	}()
	var took [3][]int
	for range rounds {
		for i, way := range ways {
			line := slices.Concat(pin, way, []string{strconv.Itoa(trial.Times(10_000))})
			out, err := exec.Command(line[0], line[1:]...).Output()
			if err != nil {
				return fmt.Errorf("%q: %w", line, err)
			}
			ns, err := strconv.Atoi(strings.TrimSpace(string(out)))
			if err != nil {
				return fmt.Errorf("%q: %w", line, err)
			}
			took[i] = append(took[i], ns)
		}
	}
	fmt.Printf("%-16s", name)
	var least [3]float64
	for i := range took {
		median := trial.Median(took[i])
		least[i] = float64(took[i][0])
		fmt.Printf(" %8d %8d", took[i][0], median)
	}
	fmt.Printf(" %9.2f %9.2f\n", least[2]/least[1], least[2]/least[0])
	return nil
}
