// Command observe compares what it costs a program to be watched, by utrace strace
// that observes, by utrace strace that stops, and by strace, perf trace and
// bpftrace that write down the same. All tools take turns in one run, and each run
// under a tool is compared with one without, just before or after it, so that a
// machine whose speed drifts treats them alike. It prints a table for each program:
// medians, and from what to what the pairs went.
//
//	go run ./bench/observe bin/utrace [a] [b] [c] [d]
package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/utrace/utrace/bench/internal/trial"
)

// rounds is how often each tool has its turn.
const rounds = 5

func main() {
	if len(os.Args) == 2 && os.Args[1] == serverArgument {
		serve()
		return
	}
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: observe UTRACE [a] [b] [c] [d]")
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
	table(dir, utrace, os.Args[2:])
}

// A program is measured with and without each tool, in turn.
type program struct {
	name string
	// calls is how many there are, if the table is to show what each costs.
	calls float64
	// requests is how many are served, if the table is to show how many that is
	// in a second.
	requests float64
	// attached: the tool comes when it runs already.
	attached bool
	measure  func(t *tool, plainFirst bool) (pair, error)
}

// A pair is how many seconds something took by itself and under a tool, at about
// the same time.
type pair struct {
	plain, watched float64
	lines          int // that the tool wrote
}

func (p pair) added() float64 { return p.watched - p.plain }

func (p pair) percent() float64 { return 100 * p.added() / p.plain }

func table(dir, utrace string, chosen []string) {
	tools := allTools(dir, utrace)
	programs, err := allPrograms(dir)
	if err != nil {
		trial.Fatal(err)
	}
	for _, p := range programs {
		if len(chosen) > 0 && !slices.Contains(chosen, p.name[1:2]) {
			continue
		}
		pairs := make([][]pair, len(tools))
		for round := range rounds {
			for i := range tools {
				t := &tools[i]
				if t.missing != nil || p.attached && t.attach == nil {
					continue
				}
				v, err := p.measure(t, round%2 == 0)
				if err != nil {
					trial.Fatal(fmt.Errorf("%s under %s: %w", p.name, t.name, err))
				}
				v.lines = t.lines()
				pairs[i] = append(pairs[i], v)
			}
		}
		p.print(tools, pairs)
	}
}

// over is the median of a number of each pair.
func over(pairs []pair, number func(round int, p pair) float64) float64 {
	var list []float64
	for i, p := range pairs {
		list = append(list, number(i, p))
	}
	return trial.Median(list)
}

func (p *program) print(tools []tool, pairs [][]pair) {
	fmt.Printf("\n%s\n", p.name)
	theirs := pairs[0] // of strace
	for i, t := range tools {
		switch {
		case p.attached && t.attach == nil:
			continue
		case t.missing != nil:
			fmt.Printf("  %-28s %v\n", t.name, t.missing)
			continue
		}
		list := pairs[i]
		plain := over(list, func(_ int, v pair) float64 { return v.plain })
		watched := over(list, func(_ int, v pair) float64 { return v.watched })
		fmt.Printf("  %-28s %7.3f s to %7.3f s", t.name, plain, watched)
		if p.requests > 0 {
			fmt.Printf(", %5.0f to %5.0f a second", p.requests/plain, p.requests/watched)
		}
		byPercent := func(a, b pair) int { return cmp.Compare(a.percent(), b.percent()) }
		fmt.Printf(", %+7.1f %% (%+.1f to %+.1f)", over(list, func(_ int, v pair) float64 { return v.percent() }),
			slices.MinFunc(list, byPercent).percent(), slices.MaxFunc(list, byPercent).percent())
		if p.calls > 0 {
			fmt.Printf(", %6.2f us a call", over(list, func(_ int, v pair) float64 { return v.added() / p.calls * 1e6 }))
		}
		if len(theirs) > 0 {
			fmt.Printf(", %6.3f of strace's", over(list, func(round int, v pair) float64 { return v.added() / theirs[round].added() }))
		}
		fmt.Printf(", %.0f lines\n", over(list, func(_ int, v pair) float64 { return float64(v.lines) }))
	}
}
