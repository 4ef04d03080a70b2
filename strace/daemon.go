package strace

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"

	"github.com/utrace/utrace/launch"
	"github.com/utrace/utrace/tool"
)

// With -D the program is the process that was started, and the tracer its
// grandchild, so that nobody who waits for the process or signals it meets the
// tracer. Three processes take part:
//
//	the one that was started   starts the middle, waits for it, waits until the
//	                           tracer has attached, and becomes the program
//	the middle                 starts the tracer and ends
//	the tracer                 attaches to the first, says so, and traces
//
// The last two are told what they are by the environment.

// Daemon is where the tracer runs.
type Daemon int

// The places.
const (
	Foreground   Daemon = iota // as the parent of the program
	Grandchild                 // as its grandchild (-D)
	ProcessGroup               // that, in a process group of its own (-DD)
	Session                    // that, in a session of its own (-DDD)
)

const (
	// middleVariable and tracerVariable have the id of the process to be traced.
	middleVariable = "UTRACE_STRACE_MIDDLE"
	tracerVariable = "UTRACE_STRACE_TRACER"
	// readyFD is the descriptor on which the tracer says that it has attached.
	readyFD = 3
)

// daemonize is for the process that was started and for the middle. It does not
// return there, unless something fails. In the tracer it returns the process to
// be traced, 0 without -D.
func daemonize(opts *Options, path string) (tracee int, err error) {
	if opts.Daemon == Foreground {
		return 0, nil
	}
	if text, ok := os.LookupEnv(tracerVariable); ok {
		os.Unsetenv(tracerVariable)
		return strconv.Atoi(text)
	}
	if text, ok := os.LookupEnv(middleVariable); ok {
		if err := again(opts, tracerVariable+"="+text, os.NewFile(readyFD, "ready"), false); err != nil {
			return 0, err
		}
		os.Exit(0)
	}
	ready, tell, err := os.Pipe()
	if err != nil {
		return 0, err
	}
	// The tracer is no ancestor (prctl(2), PR_SET_PTRACER); without Yama the call
	// fails, and is not needed.
	const setPtracer, any = 0x59616d61, ^uintptr(0)
	syscall.Syscall(syscall.SYS_PRCTL, setPtracer, any, 0)
	if err := again(opts, middleVariable+"="+itoa(os.Getpid()), tell, true); err != nil {
		return 0, err
	}
	tell.Close()
	if n, _ := ready.Read(make([]byte, 1)); n == 0 {
		os.Exit(ExitUsage) // the tracer has said why
	}
	ready.Close()
	if err := become(opts.User); err != nil {
		return 0, err
	}
	env, err := environment(tool.Here(), opts.Env)
	if err != nil {
		return 0, err
	}
	return 0, launch.Replace(&launch.Command{Path: path, Args: opts.Command, Env: env})
}

// become makes this process one of another user (-u), whose program it is about to
// be. The tracer has the rights of the first.
func become(name string) error {
	user, err := lookUpUser(name)
	if err != nil || user == nil {
		return err
	}
	groups := make([]int, len(user.Groups))
	for i, id := range user.Groups {
		groups[i] = int(id)
	}
	// Groups first: who has given up the user id may not change them.
	err = syscall.Setgroups(groups)
	if err == nil {
		err = syscall.Setgid(int(user.GID))
	}
	if err == nil {
		err = syscall.Setuid(int(user.UID))
	}
	if err != nil {
		return fmt.Errorf("become user %s: %w", name, err)
	}
	return nil
}

// again runs this program with the same arguments, told what it is.
func again(opts *Options, what string, ready *os.File, wait bool) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(self)
	cmd.Args = os.Args
	cmd.Env = append(os.Environ(), what)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.ExtraFiles = []*os.File{ready}
	if !wait {
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: opts.Daemon == ProcessGroup, Setsid: opts.Daemon == Session}
		return cmd.Start()
	}
	return cmd.Run()
}

// attachToParent traces the process that waits for it, from the exec on.
func (c *command) attachToParent(ctx context.Context) error {
	ready := os.NewFile(readyFD, "ready")
	defer ready.Close()
	if err := c.tracer.Attach(ctx, c.tracee, Launched); err != nil {
		return fmt.Errorf("attach to process %d: %w", c.tracee, err)
	}
	if c.opts.Quiet&QuietAttach == 0 {
		c.log.Notice("Process %d attached", c.tracee)
	}
	_, err := ready.Write([]byte{1})
	return err
}
