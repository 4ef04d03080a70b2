// Run starts its arguments as a command, and ends as the command did.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	"github.com/utrace/utrace/launch"
)

func main() {
	foreground := flag.Bool("foreground", false, "make the command the terminal's foreground group")
	hold := flag.Bool("hold", false, "print the process id, and never release")
	limits := flag.Bool("limits", false, "print what cannot be kept")
	flag.Parse()
	if *limits {
		for _, limit := range launch.Limits() {
			fmt.Println(limit)
		}
		return
	}
	path, err := launch.LookPath(flag.Arg(0))
	check(err)
	p, err := launch.Start(&launch.Command{Path: path, Args: flag.Args(), Foreground: *foreground})
	check(err)
	if *hold {
		fmt.Println(p.PID())
		select {}
	}
	check(p.Release())
	execErr := p.ExecError()
	status, err := p.Wait(context.Background())
	check(execErr)
	check(err)
	launch.ExitLike(status.WaitStatus)
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(launch.ExitCode(err))
	}
}
