package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"syscall"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/utrace/utrace/api"
	"github.com/utrace/utrace/client"
	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/strace"
)

func psCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "ps [--json]",
		Short: "List the traced threads, and who traces them",
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			list, err := tracees(cmd.Context())
			if err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(list)
			}
			return printTracees(cmd.OutOrStdout(), list)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON array")
	return cmd
}

// tracees asks the owner, and who observes.
func tracees(ctx context.Context) ([]api.Thread, error) {
	list, err := traced(ctx)
	if err != nil {
		return nil, err
	}
	observed, err := strace.Observed()
	return append(list, observed...), err
}

// traced asks the owner. Where there is none, nobody is traced.
func traced(ctx context.Context) ([]api.Thread, error) {
	c, err := client.Dial("")
	if errors.Is(err, syscall.ENOENT) || errors.Is(err, syscall.ECONNREFUSED) {
		return []api.Thread{}, nil
	}
	if err != nil {
		return nil, err
	}
	defer c.Close()
	return c.List(ctx)
}

// program is the name of a process's program, for people; empty if it is not known.
func program(pid int) string {
	if exe, err := procfs.Exe(pid); err == nil && pid != 0 {
		return " (" + filepath.Base(exe) + ")"
	}
	return ""
}

// printTracees prints a line for each engine on each thread.
func printTracees(w io.Writer, list []api.Thread) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "THREAD\tPROCESS\tPROGRAM\tBY\tSTATE\tENGINE\tHOLDS")
	for _, x := range list {
		state := "running"
		if x.Stopped != "" {
			state = "stopped: " + x.Stopped
		}
		for _, e := range x.Engines {
			name, holds := e.Name+program(e.Client), ""
			if e.State == "stopped" {
				name += ", stopped by " + strace.SignalName(e.Stop&0x7f)
				if !e.Waited {
					name += ", not waited for"
				}
			} else if e.State != "" {
				name += ", " + e.State
			}
			if e.Holds {
				holds = "holds it"
			}
			fmt.Fprintf(t, "%d\t%d\t%s\t%s\t%s\t%s\t%s\n", x.Thread, x.Process, filepath.Base(x.Program), x.Mechanism, state, name, holds)
		}
	}
	return t.Flush()
}
