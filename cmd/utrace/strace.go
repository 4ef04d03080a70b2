package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/utrace/utrace/launch"
	"github.com/utrace/utrace/strace"
)

// straceCommand leaves its command line to package strace, which knows strace's
// grammar, and ends as the traced program did.
func straceCommand() *cobra.Command {
	return &cobra.Command{
		Use:                "strace [OPTION]... {-p PID | PROG [ARG]...}",
		Short:              "Trace system calls and signals",
		DisableFlagParsing: true,
		RunE: func(_ *cobra.Command, args []string) error {
			outcome := strace.Run(straceName(), version, args, os.Stdout, os.Stderr)
			if outcome.Signal != 0 {
				launch.ExitLike(syscall.WaitStatus(outcome.Signal))
			}
			if outcome.Code != 0 {
				return &exitError{status: outcome.Code}
			}
			return nil
		},
	}
}

// isStrace reports whether the command was called strace: a link of that name
// stands in for strace, in other people's scripts too.
func isStrace(argv0 string) bool { return filepath.Base(argv0) == "strace" }

// straceName is what the command calls itself in messages about its options.
func straceName() string {
	if isStrace(os.Args[0]) {
		return os.Args[0]
	}
	return "utrace strace"
}

// daemonizes reports whether the arguments may ask for strace -D.
func daemonizes(args []string) bool {
	for _, arg := range args[1:] {
		if strings.HasPrefix(arg, "--daemon") || strings.HasPrefix(arg, "-") && !strings.HasPrefix(arg, "--") && strings.Contains(arg, "D") {
			return true
		}
	}
	return false
}
