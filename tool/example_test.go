package tool_test

import (
	"context"
	"fmt"

	"github.com/utrace/utrace/launch"
	"github.com/utrace/utrace/tool"
)

// A command that runs as well in the owner: it gets its core, and starts programs,
// from its environment.
func Example() {
	status := func(ctx context.Context, env *tool.Env) error {
		core, shut, err := env.Core(tool.CoreOptions{})
		if err != nil {
			return err
		}
		defer shut()
		p, err := env.Start(ctx, core, &launch.Command{Path: "/bin/sh", Args: []string{"sh", "-c", "exit 3"}}, func(int) error { return nil })
		if err != nil {
			return err
		}
		s, err := p.Wait(ctx)
		fmt.Println("exit status", s.ExitStatus())
		return err
	}
	if err := status(context.Background(), tool.Here()); err != nil {
		fmt.Println(err)
	}
	// Output: exit status 3
}
