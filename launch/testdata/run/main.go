// Run starts its arguments as a command, and ends as the command did.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/utrace/utrace/launch"
)

func main() {
	if len(os.Args) == 1 {
		for _, limit := range launch.Limits() {
			fmt.Println(limit)
		}
		return
	}
	path, err := launch.LookPath(os.Args[1])
	if err != nil {
		fail(err)
	}
	p, err := launch.Start(&launch.Command{Path: path, Args: os.Args[1:]})
	if err != nil {
		fail(err)
	}
	if err := p.Release(); err != nil {
		fail(err)
	}
	execErr := p.ExecError()
	status, err := p.Wait(context.Background())
	if execErr != nil {
		fail(execErr)
	}
	if err != nil {
		fail(err)
	}
	launch.ExitLike(status.WaitStatus)
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(launch.ExitCode(err))
}
