// Command deny runs a program that may not open a file for the nth time: a
// small fault injector, and the example of docs/writing-an-engine.md.
//
//	deny 3 /etc/hostname sh -c 'for i in 1 2 3 4; do cat /etc/hostname; done'
package main

import (
	"context"
	"fmt"
	"os"
	"strconv"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/host"
	"github.com/utrace/utrace/launch"
)

func main() {
	if len(os.Args) < 4 {
		fmt.Fprintln(os.Stderr, "usage: deny N FILE COMMAND [ARG...]")
		os.Exit(2)
	}
	nth, err := strconv.Atoi(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, "deny:", err)
		os.Exit(2)
	}
	status, err := run(&denier{path: os.Args[2], nth: nth}, os.Args[3:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "deny:", err)
		os.Exit(launch.ExitCode(err))
	}
	launch.ExitLike(status.WaitStatus)
}

// run starts a program with the engine on it and all that it starts, and waits
// for its end.
func run(d *denier, args []string, files ...*os.File) (launch.Status, error) {
	ctx := context.Background()
	core, err := host.Open(utrace.Options{})
	if err != nil {
		return launch.Status{}, err
	}
	defer core.Close()

	path, err := launch.LookPath(args[0])
	if err != nil {
		return launch.Status{}, err
	}
	p, err := host.Start(ctx, core, &launch.Command{Path: path, Args: args, Files: files}, func(pid int) error {
		_, err := core.AttachGroup(ctx, pid, utrace.Tree,
			func(*utrace.Thread) any { return d },
			utrace.WithName("deny"), utrace.WithEvents(utrace.EventSyscallEntry))
		return err
	})
	if err != nil {
		return launch.Status{}, err
	}
	return p.Wait(ctx)
}
