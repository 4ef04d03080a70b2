package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"github.com/utrace/utrace/client"
	"github.com/utrace/utrace/tool"
)

// invocation is one call of the command: by a user, or by a client for whom it
// runs in this process, the owner.
type invocation struct {
	*tool.Env
	args []string
}

// complain prints an error: one line for each that was joined. That it was in
// package launch is of no use to people.
func (v *invocation) complain(err error) {
	for line := range strings.SplitSeq(err.Error(), "\n") {
		fmt.Fprintf(v.Stderr, "utrace: %s\n", strings.TrimPrefix(line, "launch: "))
	}
}

// share has the whole command run in the owner, on the core that everybody
// uses; an owner is started if there is none. Where it is not wanted, or cannot be,
// which is said, run runs the command here, with a core of its own: then no other
// tracer can join.
func (v *invocation) share(ctx context.Context, private bool, run func() error) error {
	return v.shareWith(ctx, private, v.args, tool.Streams{0, 1, 2}, run)
}

// shareWith is share for a command line, with streams, that are not those of this process.
func (v *invocation) shareWith(ctx context.Context, private bool, args []string, streams tool.Streams, run func() error) error {
	// An init process has to reap orphans.
	if private || v.Shared() || os.Getenv(privateVariable) != "" || os.Getpid() == 1 {
		return run()
	}
	c, err := dialOwner()
	if err != nil {
		v.alone(err)
		return run()
	}
	defer c.Close()
	status, err := tool.RunAway(ctx, c, buildText(), v.Name, args, streams)
	switch {
	case errors.Is(err, tool.ErrNotRun):
		v.warn(ctx, c, err)
		_ = c.Close() // it is not kept alive
		return run()
	case err != nil:
		return err
	case status != 0:
		return &exitError{like: status}
	}
	return nil
}

// warn tells why the owner has not run the command. That it is another build matters
// only if it has threads, which then cannot be traced from here.
func (v *invocation) warn(ctx context.Context, c *client.Client, err error) {
	if other := (*tool.OtherBuild)(nil); errors.As(err, &other) {
		if threads, err := c.List(ctx); err == nil && len(threads) != 0 {
			v.alone(other)
		}
		return
	}
	v.alone(err)
}

// alone tells that the command runs here, though nobody has asked for that.
func (v *invocation) alone(why error) {
	v.complain(fmt.Errorf("%w; this command traces by itself: others cannot join it, nor it them (--private does so without this message)", why))
}

// privateVariable in the environment is as --private.
const privateVariable = "UTRACE_PRIVATE"

// privateHelp explains --private.
const privateHelp = "trace from this process, not from the owner: no other tracer can join"

// dialOwner connects to the owner, which is started if none runs.
func dialOwner() (*client.Client, error) {
	path, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return client.DialOrStart("", path, "serve", "--background")
}

// endLike makes the error of a command that is to end like a program.
func endLike(status syscall.WaitStatus) error {
	if status == 0 {
		return nil
	}
	return &exitError{like: status}
}
