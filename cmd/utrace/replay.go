package main

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/utrace/utrace/strace"
)

// replayCommand leaves its command line to package strace, whose options it
// has.
func replayCommand() *cobra.Command {
	return &cobra.Command{
		Use:                "replay [OPTION]... FILE",
		Short:              "Print what utrace strace --record has recorded",
		DisableFlagParsing: true,
		RunE: func(_ *cobra.Command, args []string) error {
			if outcome := strace.Replay("utrace replay", version, args, os.Stdout, os.Stderr); outcome.Code != 0 {
				return &exitError{status: outcome.Code}
			}
			return nil
		},
	}
}
