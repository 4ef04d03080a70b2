package vptrace_test

import (
	"context"
	"fmt"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/host"
	"github.com/utrace/utrace/vptrace"
)

// A server serves the listeners that it is given; until then it knows of nobody.
func Example() {
	core, err := host.Open(utrace.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer core.Close()
	server := vptrace.New(core)
	tracees, err := server.List(context.Background())
	fmt.Println(len(tracees), err)
	// Output: 0 <nil>
}
