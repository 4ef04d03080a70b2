package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"syscall"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/utrace/utrace/daemon"
	"github.com/utrace/utrace/vptrace"
)

func psCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "ps",
		Short: "List the threads that virtual tracers trace",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			list, err := tracees()
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

// tracees asks the owner. Where there is none, nobody is traced.
func tracees() ([]vptrace.Tracee, error) {
	client, err := daemon.Dial("")
	if errors.Is(err, syscall.ENOENT) || errors.Is(err, syscall.ECONNREFUSED) {
		return []vptrace.Tracee{}, nil
	}
	if err != nil {
		return nil, err
	}
	defer client.Close()
	return client.List()
}

func printTracees(w io.Writer, list []vptrace.Tracee) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "THREAD\tPROCESS\tTRACER\tSTATE\tHELD")
	for _, x := range list {
		state := x.State
		if x.Stop != 0 {
			state = fmt.Sprintf("%s (%v)", state, syscall.Signal(x.Stop&0x7f))
		}
		held := x.Held
		if x.Holds {
			held += " by this tracer"
		}
		fmt.Fprintf(t, "%d\t%d\t%d\t%s\t%s\n", x.Thread, x.Process, x.Tracer, state, held)
	}
	return t.Flush()
}
