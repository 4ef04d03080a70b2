package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/coredump"
	"github.com/utrace/utrace/tool"
)

// coreOptions are the options of utrace core.
type coreOptions struct {
	prefix   string
	all      bool
	snapshot bool
	zstd     bool
	quiet    bool

	*invocation
	private bool
}

func coreCommand(v *invocation) *cobra.Command {
	o := coreOptions{invocation: v}
	cmd := &cobra.Command{
		Use:   "core [OPTION]... PID...",
		Short: "Write core files of running processes, which go on",
		Long: `core writes PREFIX.PID for each process: a core file as the kernel would write it
if the process crashed now. The process stands still while its memory is copied.
With --snapshot it stands still only until it has been forked, and the memory of the
fork is written. What of its memory is written its coredump_filter says (core(5)).
With -o - it goes to standard output.`,
		Example: `  utrace core 1234 && gdb /proc/1234/exe core.1234
  utrace core --snapshot 1234
  utrace core --zstd -o /var/tmp/server 1234
  ssh server utrace core --zstd -o - 1234 > core.zst`,
		RunE: func(cmd *cobra.Command, args []string) error {
			pids, err := o.check(args)
			if err != nil {
				return err
			}
			return v.share(cmd.Context(), o.private, func() error { return o.run(cmd.Context(), pids) })
		},
	}
	f := cmd.Flags()
	f.BoolVarP(&o.all, "all", "a", false, "all memory, whatever the filter and the program say")
	f.StringVarP(&o.prefix, "output", "o", "core", "write to `PREFIX`.PID, or to standard output: -")
	f.BoolVar(&o.snapshot, "snapshot", false, "fork the process, and let it go on while the fork's memory is written")
	f.BoolVar(&o.zstd, "zstd", false, "compress, to PREFIX.PID.zst")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "do not say what was written")
	f.BoolVar(&o.private, "private", false, privateHelp)
	return cmd
}

// check finds mistakes before anything is done.
func (o *coreOptions) check(args []string) (pids []int, err error) {
	if len(args) == 0 {
		return nil, misused("the core of what? Give a process id")
	}
	for _, text := range args {
		pid, err := strconv.Atoi(text)
		if err != nil || pid <= 0 {
			return nil, misused("%q is not a process id", text)
		}
		pids = append(pids, pid)
	}
	switch {
	case o.prefix != "-":
	case len(pids) != 1:
		return nil, misused("-o - takes one process")
	case !o.Shared() && term.IsTerminal(1): // the owner is asked by who has asked here
		return nil, misused("-o - does not write to a terminal")
	}
	return pids, nil
}

// run writes one core after the other.
func (o *coreOptions) run(ctx context.Context, pids []int) error {
	// The process goes on, and nothing incomplete stays.
	ctx, stop := o.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	core, shut, err := o.Core(tool.CoreOptions{})
	if err != nil {
		return err
	}
	defer shut()
	var failed error
	for _, pid := range pids {
		err := o.one(ctx, core, pid)
		switch {
		case errors.Is(err, syscall.ESRCH) && syscall.Kill(pid, 0) == syscall.ESRCH:
			err = fmt.Errorf("there is no process %d", pid)
		case err == nil:
			continue
		case ctx.Err() != nil:
			return fmt.Errorf("interrupted: there is no core of process %d, which goes on", pid)
		}
		o.complain(err)
		failed = &exitError{status: failure}
	}
	return failed
}

// one writes one core.
func (o *coreOptions) one(ctx context.Context, core *utrace.Core, pid int) (err error) {
	dump := func(w io.Writer) (coredump.Result, error) {
		return coredump.Dump(ctx, core, pid, w, coredump.Options{Snapshot: o.snapshot, All: o.all})
	}
	file, result := coreFile{path: fmt.Sprintf("%s.%d", o.prefix, pid), zstd: o.zstd}.named(), coredump.Result{}
	if o.prefix == "-" {
		file.path = "standard output"
		result, err = pour(ctx, o.Stdout, o.zstd, dump)
	} else {
		result, err = file.write(o, dump)
	}
	if err != nil {
		return err
	}
	if !o.quiet {
		fmt.Fprintf(o.Stderr, "utrace: %s: %s\n", file.path, describeCore(result))
	}
	if result.Zombie != 0 {
		o.complain(fmt.Errorf("the snapshot %d could not be waited for: it stays a zombie until process %d ends", result.Zombie, pid))
	}
	return nil
}
