// Run starts its arguments as a command, and ends as the command did.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"syscall"

	"github.com/utrace/utrace/launch"
	"golang.org/x/sys/unix"
)

func main() {
	foreground := flag.Bool("foreground", false, "make the command the terminal's foreground group")
	hold := flag.Bool("hold", false, "print the process id, and never release")
	pid := flag.Int("seize", 0, "trace this process, and wait for it when standard input ends")
	limits := flag.Bool("limits", false, "print what cannot be kept")
	like := flag.Int("like", -1, "end as a process with this wait status")
	flag.Parse()
	if *like >= 0 {
		launch.ExitLike(syscall.WaitStatus(*like))
	}
	if *limits {
		for _, limit := range launch.Limits() {
			fmt.Println(limit)
		}
		return
	}
	if *pid != 0 {
		seize(*pid)
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

func seize(pid int) {
	runtime.LockOSThread()
	_, _, errno := unix.Syscall6(unix.SYS_PTRACE, unix.PTRACE_SEIZE, uintptr(pid), 0, 0, 0, 0)
	if errno != 0 {
		check(errno)
	}
	fmt.Println("seized")
	_, err := io.Copy(io.Discard, os.Stdin)
	check(err)
	_, err = unix.Wait4(pid, nil, unix.WALL, nil)
	check(err)
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(launch.ExitCode(err))
	}
}
