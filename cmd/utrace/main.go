// Command utrace runs and watches programs with engines of package utrace, as
// many at once as you like.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"

	"github.com/spf13/cobra"

	// First of all, what the Go runtime would change is written down, for the
	// programs that are started from here.
	_ "github.com/utrace/utrace/launch/entry"

	"github.com/utrace/utrace/keeper"
	"github.com/utrace/utrace/launch"
	"github.com/utrace/utrace/tool"
)

// init keeps main on the first thread: for strace -D it has to be this one that
// executes the program, and for gdbserver the one that traces.
func init() { runtime.LockOSThread() }

func main() {
	onFirst := tracesOnFirstThread(os.Args)
	if !daemonizes(os.Args) && !onFirst {
		runtime.UnlockOSThread()
	}
	keeper.Main() // the child of a core that plants breakpoints
	// The tracing loop sleeps in the kernel most of the time. With a single
	// processor the runtime would take its place away at every sleep; a spare
	// place makes that, and the threads that it would take, needless.
	runtime.GOMAXPROCS(max(2, runtime.GOMAXPROCS(0)))
	args := os.Args[1:]
	if isStrace(os.Args[0]) {
		args = append([]string{"strace"}, args...)
	}
	command := func() { launch.ExitLike(run(context.Background(), tool.Here(), args)) }
	if onFirst {
		tool.FirstThread(command)
	}
	command()
}

// exitError is an error with the exit status that conventions give it. With no
// error there is nothing to be said.
type exitError struct {
	status int
	err    error
	// like is how another program has ended, as which this one is to end.
	like syscall.WaitStatus
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit status %d", max(e.status, int(e.like)))
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// failure is the exit status of errors that have no other, and usage of those
// that a look at the manual would have prevented.
const (
	failure = 1
	usage   = 2
)

// misused makes an error of the command line.
func misused(format string, args ...any) error {
	return &exitError{status: usage, err: fmt.Errorf(format, args...)}
}

// noArguments is for commands that take none.
func noArguments(_ *cobra.Command, args []string) error {
	if len(args) != 0 {
		return misused("what is %q for? The command takes no arguments", args[0])
	}
	return nil
}

// run runs the command line and returns how to end.
func run(ctx context.Context, env *tool.Env, args []string) syscall.WaitStatus {
	v := &invocation{env, args}
	root := rootCommand(v)
	root.SetArgs(args)
	out := &output{Writer: env.Stdout}
	root.SetOut(out)
	addCompletion(root) // which takes the output at once
	root.SetErr(env.Stderr)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		err = out.err
	}
	switch {
	case err == nil:
		return 0
	case readerGone(err):
		return syscall.WaitStatus(syscall.SIGPIPE)
	}
	exit := &exitError{status: failure, err: err}
	errors.As(err, &exit)
	if exit.err != nil {
		v.complain(exit.err)
		if exit.status == usage {
			fmt.Fprintf(env.Stderr, "Try '%s --help'.\n", cmd.CommandPath())
		}
	}
	if exit.like != 0 {
		return exit.like
	}
	return tool.Exited(exit.status)
}

func rootCommand(v *invocation) *cobra.Command {
	root := &cobra.Command{
		Use:   "utrace",
		Short: "Many tracers on one program",
		Long: `utrace traces programs on a stock Linux kernel. What traces is an engine, and
any number of engines may be attached to the same thread.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 0 {
				return noCommand(cmd, args[0])
			}
			return nil
		},
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		SilenceErrors: true,
		SilenceUsage:  true,
		Version:       versionText(),
	}
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetFlagErrorFunc(flagError)
	root.AddCommand(breakCommand(v), coreCommand(v), gdbserverCommand(v), holdCommand(v), stackCommand(v), straceCommand(v), topCommand(v))
	if !v.Shared() { // the others are about this process
		root.AddCommand(doctorCommand(), psCommand(), replayCommand(v), runCommand(), serveCommand(),
			shellCommand(), versionCommand())
	}
	root.SetHelpCommand(helpCommand(root))
	root.SuggestionsMinimumDistance = 2
	for _, cmd := range root.Commands() {
		cmd.DisableFlagsInUseLine = true // Use has them
	}
	return root
}
