package main

import (
	"path/filepath"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/utrace/utrace/strace"
	"github.com/utrace/utrace/tool"
)

// straceCommand leaves its command line to package strace, which knows strace's
// grammar, and ends as the traced program did.
func straceCommand(v *invocation) *cobra.Command {
	return &cobra.Command{
		Use:                "strace [--private] [OPTION]... {-p PID | PROG [ARG]...}",
		Short:              "Trace system calls and signals",
		DisableFlagParsing: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			private := len(args) != 0 && args[0] == "--private"
			if private {
				args = args[1:]
			}
			run := func() error { return ended(strace.Run(cmd.Context(), v.Env, v.straceName(), version, args)) }
			private = private || !v.worthSharing(args)
			if !private && !v.Shared() && v.observes(args) {
				// The owner is needed for stopping threads alone.
				o, err := strace.Observe(cmd.Context(), v.Env, v.straceName(), version, args)
				if err == nil {
					return ended(o)
				}
				args = append([]string{"--mode=stop"}, args...)
			}
			return v.share(cmd.Context(), private, run)
		},
	}
}

// observes reports whether the command stops no threads where it need not.
func (v *invocation) observes(args []string) bool {
	o, err := strace.ParseOptions(args)
	return err == nil && strace.Observes(v.straceName(), o)
}

// worthSharing reports whether threads may be stopped on a core that is shared.
func (v *invocation) worthSharing(args []string) bool {
	o, err := strace.ParseOptions(args)
	if err != nil || o.Help || o.Version || o.Daemon != strace.Foreground || o.Mode == strace.ModeObserve {
		return false
	}
	// The core that is shared does not measure processor time, and its threads do not
	// die with one who shares it.
	return !o.KillOnExit && (!o.Summary.Enabled || o.Summary.Wall)
}

// ended ends as a trace has ended.
func ended(o strace.Outcome) error {
	if o.Signal != 0 {
		return endLike(syscall.WaitStatus(o.Signal))
	}
	return endLike(tool.Exited(o.Code))
}

// isStrace reports whether the command was called strace: a link of that name
// stands in for strace, in other people's scripts too.
func isStrace(argv0 string) bool { return filepath.Base(argv0) == "strace" }

// straceName is what the command calls itself in messages about its options.
func (v *invocation) straceName() string {
	if isStrace(v.Name) {
		return v.Name
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
