package launch_test

import (
	"context"
	"errors"
	"fmt"
	"syscall"

	"github.com/utrace/utrace/launch"
)

func ExampleStart() {
	path, err := launch.LookPath("sh")
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := launch.Start(&launch.Command{Path: path, Args: []string{"sh", "-c", "exit 3"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	// A tracer would attach to p.PID() here, after p.Traced().
	if err := p.Release(); err != nil {
		fmt.Println(err)
	}
	if err := p.ExecError(); err != nil {
		fmt.Println(err)
	}
	status, err := p.Wait(context.Background())
	fmt.Println(status.ExitStatus(), err)
	// Output: 3 <nil>
}

func ExampleExitCode() {
	_, err := launch.LookPath("no-such-program")
	fmt.Println(errors.Is(err, syscall.ENOENT), launch.ExitCode(err))
	// Output: true 127
}
