package stack_test

import (
	"context"
	"fmt"
	"os"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/host"
	"github.com/utrace/utrace/stack"
)

// Where are the threads of the parent process?
func Example() {
	core, err := host.Open(utrace.Options{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	defer core.Close()
	p, err := stack.Take(context.Background(), core, os.Getppid(), stack.Options{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	defer p.Close()
	for i := range p.Threads {
		for _, f := range p.Frames(&p.Threads[i], 10) {
			fmt.Fprintln(os.Stderr, p.Threads[i].ID, p.Space.Locate(f.Lookup()))
		}
	}
	// Output:
}
