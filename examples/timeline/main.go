// Command timeline shows three engines at once on the same threads: a tracer of
// system calls, a logger of signals, and a crash holder. What they see comes
// out as one timeline, each engine in a colour of its own. None of them knows
// of the others.
//
// Without arguments the traced program is timeline itself, in another role: a
// program with several threads that starts processes, one of which crashes.
//
//	timeline [COMMAND [ARG...]]
//
// With -tracers and the utrace command, unmodified tracers are on the program: gdb
// with a breakpoint, and two straces, beside an engine in the process that
// serves them.
//
//	timeline -tracers bin/utrace
package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/hold"
	"github.com/utrace/utrace/host"
	"github.com/utrace/utrace/launch"
	"github.com/utrace/utrace/syscalls"
)

func main() {
	if len(os.Args) == 2 && os.Args[1] == roleArgument {
		playRole()
		return
	}
	if len(os.Args) == 2 && os.Args[1] == targetArgument {
		playTarget()
		return
	}
	if len(os.Args) == 3 && os.Args[1] == "-tracers" {
		fmt.Println("gdb with a breakpoint, two straces and an engine on one program; and what it prints")
		if err := together(os.Args[2], newTimeline(os.Stdout)); err != nil {
			fmt.Fprintln(os.Stderr, "timeline:", err)
			os.Exit(1)
		}
		return
	}
	args := os.Args[1:]
	if len(args) == 0 {
		args = []string{"/proc/self/exe", roleArgument}
	}
	fmt.Println("three engines on every thread: calls, signals, crashes; and what the program prints")
	status, err := run(args, newTimeline(os.Stdout))
	if err != nil {
		fmt.Fprintln(os.Stderr, "timeline:", err)
		os.Exit(launch.ExitCode(err))
	}
	launch.ExitLike(status.WaitStatus)
}

// interesting are the calls that the tracer shows. Showing all of them would
// bury the story.
const interesting = "openat,write,fork,vfork,clone,clone3,execve,wait4,waitid,kill,tgkill,exit_group"

// run starts the program with three engines on it.
func run(args []string, line *timeline) (status launch.Status, err error) {
	ctx := context.Background()
	core, err := host.Open(utrace.Options{})
	if err != nil {
		return status, err
	}
	defer core.Close()
	shown, err := syscalls.ParseSet(interesting)
	if err != nil {
		return status, err
	}
	path, err := launch.LookPath(args[0])
	if err != nil {
		return status, err
	}
	output, theirs, err := os.Pipe()
	if err != nil {
		return status, err
	}
	command := &launch.Command{
		Path: path, Args: args, Files: []*os.File{nil, theirs, theirs},
		// The Go runtime interrupts its own threads by signals, too often to be
		// interesting.
		Env: append(os.Environ(), "GODEBUG=asyncpreemptoff=1"),
	}

	var holder *hold.Holder
	p, err := host.Start(ctx, core, command, func(pid int) error {
		_, err := core.AttachGroup(ctx, pid, utrace.Tree,
			func(*utrace.Thread) any { return newCallTracer(line, shown) },
			utrace.WithName("calls"), utrace.WithEvents(utrace.EventSyscall))
		if err != nil {
			return err
		}
		_, err = core.AttachGroup(ctx, pid, utrace.Tree,
			func(*utrace.Thread) any { return &signalLogger{line} },
			utrace.WithName("signals"), utrace.WithEvents(utrace.EventSignalAll|utrace.EventDeath))
		if err != nil {
			return err
		}
		holder, err = hold.Attach(ctx, core, pid, utrace.Tree, hold.Options{
			OnCrash: func(c *hold.Crash) { showCrash(line, c) },
		})
		return err
	})
	theirs.Close()
	if err != nil {
		return status, err
	}
	var printed sync.WaitGroup
	printed.Go(func() { showOutput(line, output, p.PID()) })
	status, err = p.Wait(ctx)
	<-holder.Done()
	printed.Wait()
	return status, err
}

// showOutput puts what the program prints into the timeline.
func showOutput(line *timeline, from io.ReadCloser, pid int) {
	defer from.Close()
	for s := bufio.NewScanner(from); s.Scan(); {
		line.add(program, pid, pid, s.Text())
	}
}

// pauseAtCrash is how long the demonstration holds a crash.
const pauseAtCrash = 300 * time.Millisecond
