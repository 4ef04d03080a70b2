package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/utrace/utrace/daemon"
	"github.com/utrace/utrace/vptrace"
)

func serveCommand() *cobra.Command {
	var options daemon.Options
	var background, profile bool
	cmd := &cobra.Command{
		Use:   "serve [OPTION]...",
		Short: "Trace on behalf of the tracers that utrace run starts",
		Long: `serve is the owner process: it does the tracing for the tracers of this user
that "utrace run" starts, which starts it when none runs. It listens on a socket
in the user's runtime directory.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			options.Build = buildText()
			options.Command = run
			for _, path := range []*string{&options.Path, &options.Runtimes} { // a successor runs in another directory
				var err error
				if *path == "" {
					continue
				}
				if *path, err = filepath.Abs(*path); err != nil {
					return err
				}
			}
			if profile {
				return printProfile(cmd.OutOrStdout(), options.Runtimes)
			}
			if options.Runtimes != "" && !cmd.Flags().Changed("idle") {
				options.Idle = 0 // without, containers could not be started
			}
			if background {
				return serveInBackground(&options)
			}
			options.Successor = serveArguments(&options)
			starter := starter()
			options.Ready = func() { _ = starter.Close() }
			// Ctrl-C at a tracer's terminal is not for us.
			ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGINT, syscall.SIGTERM)
			defer stop()
			err := daemon.Serve(ctx, options)
			if err != nil {
				fmt.Fprint(starter, err) // where nobody waits for it, in vain
			}
			return err
		},
	}
	f := cmd.Flags()
	f.StringVar(&options.Path, "socket", "", "listen on this `PATH`")
	f.DurationVar(&options.Idle, "idle", 5*time.Second, "end when nobody has needed it for this `TIME`; 0: never")
	f.StringVar(&options.Runtimes, "oci", "", "listen on this `PATH` for container runtimes, too")
	f.BoolVar(&profile, "oci-seccomp", false, "print what a container's config.json needs for that, and end")
	f.BoolVar(&background, "background", false, "start another process that serves, and end")
	return cmd
}

// starterVariable in the environment of an owner is the number of a pipe to who
// waits for it: it is closed when the owner serves, and told if it cannot.
const starterVariable = "UTRACE_STARTER"

// starter is that pipe; nil: nobody waits.
func starter() *os.File {
	fd, err := strconv.Atoi(os.Getenv(starterVariable))
	_ = os.Unsetenv(starterVariable)
	if err != nil {
		return nil
	}
	syscall.CloseOnExec(fd)
	return os.NewFile(uintptr(fd), "starter")
}

// serveInBackground starts the owner as nobody's child, in a session of its own:
// the tracer that it is started for must not find it among its children. It
// returns when the owner serves.
func serveInBackground(options *daemon.Options) error {
	path, err := os.Executable()
	if err != nil {
		return err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	cmd := exec.Command(path, serveArguments(options)...)
	cmd.Args[0] = "utrace" // not what its file may be called
	cmd.Dir = "/"
	const first = "3" // of ExtraFiles
	cmd.Env = append(surroundings(os.Environ()), starterVariable+"="+first)
	cmd.ExtraFiles = []*os.File{w}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	err = cmd.Start()
	w.Close()
	if err != nil {
		return err
	}
	text, err := io.ReadAll(r)
	switch {
	case err != nil:
		return err
	case strings.Contains(string(text), daemon.ErrRunning.Error()): // another one was quicker
	case len(text) != 0:
		return errors.New(string(text))
	}
	return cmd.Process.Release()
}

// serveArguments is the command line of an owner with these options.
func serveArguments(options *daemon.Options) []string {
	args := []string{"serve", "--idle", options.Idle.String()}
	if options.Path != "" {
		args = append(args, "--socket", options.Path)
	}
	if options.Runtimes != "" {
		args = append(args, "--oci", options.Runtimes)
	}
	return args
}

// printProfile prints the part of a container's config.json that has its runtime
// bring the container's calls to a socket.
func printProfile(w io.Writer, path string) error {
	if path == "" {
		return misused("--oci-seccomp: for which socket? Give --oci PATH, too")
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(map[string]any{"linux": map[string]any{"seccomp": vptrace.OCIFilter(path)}})
}
