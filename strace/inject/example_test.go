package inject_test

import (
	"context"
	"fmt"
	"os"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/host"
	"github.com/utrace/utrace/launch"
	"github.com/utrace/utrace/strace/inject"
)

// A program whose second chdir fails. Any other engine may be attached at the
// same time.
func Example() {
	ctx := context.Background()
	core, err := host.Open(utrace.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer core.Close()
	plan := new(inject.Plan)
	if err := plan.Add(inject.Parse("chdir:error=EIO:when=2")); err != nil {
		fmt.Println(err)
		return
	}
	shell := &launch.Command{
		Path:  "/bin/sh",
		Args:  []string{"sh", "-c", "for i in 1 2 3; do cd / && echo $i; done"},
		Files: []*os.File{nil, os.Stdout},
	}
	process, err := host.Start(ctx, core, shell, func(pid int) error {
		_, err := inject.Attach(ctx, core, pid, plan)
		return err
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	process.Wait(ctx)
	// Output:
	// 1
	// 3
}
