// Command utrace runs and watches programs with engines of package utrace, as
// many at once as you like.
package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	// First of all, what the Go runtime would change is written down, for the
	// programs that are started from here.
	_ "github.com/utrace/utrace/launch/entry"

	"github.com/utrace/utrace/keeper"
)

// init keeps main on the first thread: for strace -D it has to be this one that
// executes the program.
func init() { runtime.LockOSThread() }

func main() {
	if !daemonizes(os.Args) {
		runtime.UnlockOSThread()
	}
	keeper.Main() // see openKept
	// The tracing loop sleeps in the kernel most of the time. With a single
	// processor the runtime would take its place away at every sleep; a spare
	// place makes that, and the threads that it would take, needless.
	runtime.GOMAXPROCS(max(2, runtime.GOMAXPROCS(0)))
	if isStrace(os.Args[0]) {
		os.Exit(run(append([]string{"strace"}, os.Args[1:]...)))
	}
	os.Exit(run(os.Args[1:]))
}

// exitError is an error with the exit status that conventions give it. With no
// error there is nothing to be said.
type exitError struct {
	status int
	err    error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit status %d", e.status)
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
	return &exitError{usage, fmt.Errorf(format, args...)}
}

// noArguments is for commands that take none.
func noArguments(_ *cobra.Command, args []string) error {
	if len(args) != 0 {
		return misused("what is %q for? The command takes no arguments", args[0])
	}
	return nil
}

// run runs the command line and returns the exit status.
func run(args []string) int {
	root := rootCommand()
	root.SetArgs(args)
	cmd, err := root.ExecuteC()
	if err == nil {
		return 0
	}
	exit := &exitError{status: failure, err: err}
	errors.As(err, &exit)
	if exit.err != nil {
		complain(exit.err)
		if exit.status == usage {
			fmt.Fprintf(os.Stderr, "Try '%s --help'.\n", cmd.CommandPath())
		}
	}
	return exit.status
}

// complain prints an error: one line for each that was joined.
func complain(err error) {
	for line := range strings.SplitSeq(err.Error(), "\n") {
		fmt.Fprintf(os.Stderr, "utrace: %s\n", line)
	}
}

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "utrace",
		Short: "Many tracers on one program",
		Long: `utrace traces programs on a stock Linux kernel. What traces is an engine, and
any number of engines may be attached to the same thread.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 0 {
				return misused("there is no command %q", args[0])
			}
			return nil
		},
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		SilenceErrors: true,
		SilenceUsage:  true,
		Version:       versionText(),
	}
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return misused("%w", err) })
	root.AddCommand(breakCommand(), coreCommand(), doctorCommand(), gdbserverCommand(), holdCommand(), psCommand(), replayCommand(), runCommand(), serveCommand(), shellCommand(), stackCommand(), straceCommand(), topCommand(), versionCommand())
	return root
}
