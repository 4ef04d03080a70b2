package main

import (
	"os"

	"github.com/spf13/cobra"
)

func shellCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "shell",
		Short: "Start a shell in which every tracer is virtual",
		Long: `shell starts $SHELL, or /bin/sh, as "utrace run" starts a tracer: whatever is
started from it can trace with others on one process.`,
		Args: noArguments,
		RunE: func(*cobra.Command, []string) error {
			shell := os.Getenv("SHELL")
			if shell == "" {
				shell = "/bin/sh"
			}
			return runVirtually([]string{shell})
		},
	}
}
