package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"

	"github.com/klauspost/compress/zstd"
	"github.com/spf13/cobra"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/coredump"
	"github.com/utrace/utrace/host"
)

// coreOptions are the options of utrace core.
type coreOptions struct {
	prefix string
	zstd   bool
	quiet  bool
}

func coreCommand() *cobra.Command {
	var o coreOptions
	cmd := &cobra.Command{
		Use:   "core [OPTION]... PID...",
		Short: "Write core files of running processes, which go on",
		Long: `core writes PREFIX.PID for each process: a core file as the kernel would write it
if the process crashed now. The process stands still meanwhile, and goes on then.
What of its memory is written its coredump_filter says (core(5)).`,
		Example: `  utrace core 1234 && gdb /proc/1234/exe core.1234
  utrace core --zstd -o /var/tmp/server 1234`,
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), args) },
	}
	f := cmd.Flags()
	f.StringVarP(&o.prefix, "output", "o", "core", "write to `PREFIX`.PID")
	f.BoolVar(&o.zstd, "zstd", false, "compress, to PREFIX.PID.zst")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "do not say what was written")
	return cmd
}

func (o *coreOptions) run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return misused("the core of what? Give a process id")
	}
	var pids []int
	for _, text := range args {
		pid, err := strconv.Atoi(text)
		if err != nil || pid <= 0 {
			return misused("%q is not a process id", text)
		}
		pids = append(pids, pid)
	}
	core, err := host.Open(utrace.Options{})
	if err != nil {
		return err
	}
	defer core.Close()
	var failed error
	for _, pid := range pids {
		err := o.one(ctx, core, pid)
		switch {
		case errors.Is(err, syscall.ESRCH) && syscall.Kill(pid, 0) == syscall.ESRCH:
			err = fmt.Errorf("there is no process %d", pid)
		case err == nil:
			continue
		}
		complain(err)
		failed = &exitError{status: failure}
	}
	return failed
}

// one writes one core, under another name until it is complete. It has what the
// process keeps secret, so it is for the user only.
func (o *coreOptions) one(ctx context.Context, core *utrace.Core, pid int) error {
	name := fmt.Sprintf("%s.%d", o.prefix, pid)
	if o.zstd {
		name += ".zst"
	}
	partial := name + ".partial"
	file, err := os.OpenFile(partial, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	result, err := o.dump(ctx, core, pid, file)
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(partial, name)
	}
	if err != nil {
		os.Remove(partial)
		return err
	}
	if !o.quiet {
		fmt.Fprintf(os.Stderr, "utrace: %s: %d threads, %d MiB, stopped for %v\n", name, result.Threads, result.Size>>20, result.Stopped)
	}
	return nil
}

func (o *coreOptions) dump(ctx context.Context, core *utrace.Core, pid int, file *os.File) (coredump.Result, error) {
	if !o.zstd {
		return coredump.Dump(ctx, core, pid, file, coredump.Options{})
	}
	// The process waits for the compression, so that is to be quick.
	w, err := zstd.NewWriter(file, zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		return coredump.Result{}, err
	}
	result, err := coredump.Dump(ctx, core, pid, w, coredump.Options{})
	return result, errors.Join(err, w.Close())
}
