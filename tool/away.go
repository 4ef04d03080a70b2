package tool

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"syscall"

	"github.com/utrace/utrace/api"
	"github.com/utrace/utrace/client"
)

// ErrNotRun: the owner does not run this command; it has to run here.
var ErrNotRun = errors.New("the owner does not run this command")

// OtherBuild is an owner that another build of the program runs. It may know other
// options, and decode in another way.
type OtherBuild struct {
	Owner int
	Build string
}

// Error implements error.
func (e *OtherBuild) Error() string {
	return fmt.Sprintf("the owner process %d is another build, %q", e.Owner, e.Build)
}

// Streams are the descriptors of a command's standard input, output and error.
type Streams [3]int

// RunAway runs a command in the owner, if that is of this build (api.Hello), and
// does here what it asks for. It returns how the command has ended; ErrNotRun: it has not begun.
func RunAway(ctx context.Context, c *client.Client, build, name string, args []string, streams Streams) (syscall.WaitStatus, error) {
	hello, err := c.Hello(ctx)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrNotRun, err)
	}
	if hello.Build != build {
		return 0, fmt.Errorf("%w: %w", ErrNotRun, &OtherBuild{hello.PID, hello.Build})
	}
	hands := NewHands(hello.PID)
	defer hands.close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c.Subscribe(api.NotifyAsk, func(params json.RawMessage, fds []int) {
		ask := new(api.Ask)
		if json.Unmarshal(params, ask) != nil {
			closeAll(fds)
			return
		}
		go answer(ctx, c, hands, ask, fds)
	})
	ended := make(chan api.Ended, 1)
	c.Subscribe(api.NotifyEnded, func(params json.RawMessage, fds []int) {
		closeAll(fds) // none belong here
		var e api.Ended
		if json.Unmarshal(params, &e) == nil {
			ended <- e
		}
	})
	var running api.Running
	run := api.Run{Name: name, Args: args, Ignored: Ignored()}
	if err := c.Call(ctx, api.MethodRun, run, &running, streams[:]...); err != nil {
		return 0, fmt.Errorf("%w: %w", ErrNotRun, err)
	}
	for {
		select {
		case e := <-ended:
			return syscall.WaitStatus(e.Status), nil
		case sig := <-hands.Signals():
			s := api.Signal{Command: running.Command, Signal: int(sig.(syscall.Signal))}
			_ = c.Call(ctx, api.MethodSignal, s, nil) // or it has ended
		case <-c.Done():
			select {
			case e := <-ended:
				return syscall.WaitStatus(e.Status), nil
			default:
			}
			return hands.orphaned(ctx, streams[2])
		}
	}
}

// answer does one thing that is asked for.
func answer(ctx context.Context, c *client.Client, hands *Hands, ask *api.Ask, came []int) {
	files := filesOf(came)
	told, file := hands.Do(ctx, ask, files...)
	closeFiles(files)
	var fds []int
	if file != nil {
		defer file.Close()
		fds = append(fds, int(file.Fd()))
	}
	_ = c.Call(ctx, api.MethodTell, told, nil, fds...)
}

// orphaned is the end of a command whose owner has died. A program that was
// started runs on, and its end is this command's.
func (h *Hands) orphaned(ctx context.Context, stderr int) (syscall.WaitStatus, error) {
	lost := fmt.Errorf("the owner process has ended: what was traced runs on: %w", syscall.EPIPE)
	p := h.left()
	if p == nil {
		return 0, lost
	}
	fmt.Fprintf(Descriptor(stderr), "utrace: %v\n", lost)
	status, err := p.Wait(ctx)
	return status.WaitStatus, err
}
