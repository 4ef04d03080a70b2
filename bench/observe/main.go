// Command observe compares what it costs a program to be watched, by utrace strace
// that observes, by utrace strace that stops, and by strace, perf trace and
// bpftrace that write down the same. All tools take turns in one run, so that a
// machine whose speed drifts treats them alike. It prints a table for each program.
//
//	go run ./bench/observe bin/utrace [a] [b] [c] [d]
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/utrace/utrace/bench/internal/trial"
)

// rounds is how often each tool has its turn. The table shows the least, which was
// disturbed least by whatever else the machine does.
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

// A program is measured under each tool. Its measure is a number that grows with
// what the tool costs.
type program struct {
	name string
	// calls is how many there are, if the table is to show what each costs.
	calls float64
	// attached: the tool comes when it runs already.
	attached bool
	measure  func(t *tool) (float64, error)
}

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
		values := make([][]float64, len(tools))
		events := make([]int, len(tools))
		for range rounds {
			for i := range tools {
				if tools[i].missing != nil || p.attached && !tools[i].attaches() {
					continue
				}
				v, err := p.measure(&tools[i])
				if err != nil {
					trial.Fatal(fmt.Errorf("%s under %s: %w", p.name, tools[i].name, err))
				}
				values[i] = append(values[i], v)
				events[i] = tools[i].lines()
			}
		}
		p.print(tools, values, events)
	}
}

func (p *program) print(tools []tool, values [][]float64, events []int) {
	fmt.Printf("\n%s\n", p.name)
	plain, theirs := slices.Min(values[0]), 0.0
	for i := range tools {
		if p.attached && !tools[i].attaches() {
			continue
		}
		if tools[i].missing != nil {
			fmt.Printf("  %-26s %v\n", tools[i].name, tools[i].missing)
			continue
		}
		v := slices.Min(values[i])
		switch {
		case i == 0:
			fmt.Printf("  %-26s %8.3f s\n", tools[i].name, v)
			continue
		case i == 1:
			theirs = v - plain
		}
		fmt.Printf("  %-26s %8.3f s %+8.1f %%", tools[i].name, v, 100*(v-plain)/plain)
		if p.calls > 0 {
			fmt.Printf(" %8.2f us a call", (v-plain)/p.calls*1e6)
		}
		fmt.Printf(", %5.3f of what strace adds", (v-plain)/theirs)
		fmt.Printf(", %d lines\n", events[i])
	}
}
