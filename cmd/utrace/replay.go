package main

import (
	"github.com/spf13/cobra"

	"github.com/utrace/utrace/strace"
)

// replayCommand leaves its command line to package strace, whose options it
// has.
func replayCommand(v *invocation) *cobra.Command {
	return &cobra.Command{
		Use:                "replay [OPTION]... FILE",
		Short:              "Print what utrace strace --record has recorded",
		DisableFlagParsing: true,
		RunE: func(_ *cobra.Command, args []string) error {
			return ended(strace.Replay(v.Env, "utrace replay", version, args))
		},
	}
}
