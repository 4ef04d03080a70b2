package client

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/api"
	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/tracehook"
)

// Kernel is a back end whose threads the owner process stops and controls. A core
// over it is a core like any other: engines run on it unchanged, in this process,
// and share their threads with those of everybody else. [Open] makes one.
type Kernel struct {
	// Path is the owner's socket; empty: that of api.SocketPath.
	Path string
	// Label names this program, for people who list who is there; empty:
	// "engine".
	Label string
}

var _ tracehook.Kernel = Kernel{}

// Open returns a core, with its loop running, whose threads the owner traces. It
// takes the place of host.Open: what a program does with the core is the same.
//
// ENOENT or ECONNREFUSED: there is no owner. When the connection ends, or the
// owner withdraws a thread as this program may not trace what it executes, the
// engines concerned are detached, as by Detach, and the core is closed, or goes
// on. The program's callbacks run in this process: one that is slow keeps the
// threads of this program waiting, and no others; one that takes longer than the
// owner's patience (api.Opened) ends the connection.
func Open(kernel Kernel, options utrace.Options) (*utrace.Core, error) {
	core, err := utrace.New(kernel, options)
	if err != nil {
		return nil, err
	}
	l := core.Loop().(*loop)
	l.withdraw = func(thread int) {
		engines, _ := core.Engines(context.Background(), thread)
		for _, e := range engines {
			_ = e.Detach()
		}
	}
	core.Start()
	go func() {
		<-l.client.Done()
		l.Post(l.lose)
		_ = core.Close()
	}()
	return core, nil
}

// Name implements tracehook.Kernel.
func (Kernel) Name() string { return "owner" }

// Threads implements tracehook.Kernel.
func (Kernel) Threads(pid int) ([]int, error) {
	list, err := procfs.Threads(pid)
	if err != nil {
		return nil, translate(err)
	}
	slices.Sort(list)
	if i := slices.Index(list, pid); i > 0 {
		list = slices.Insert(slices.Delete(list, i, i+1), 0, pid)
	}
	return list, nil
}

// NewLoop implements tracehook.Kernel: a connection of its own.
func (k Kernel) NewLoop(h tracehook.Handler) (tracehook.Loop, error) {
	c, err := Dial(k.Path)
	if err != nil {
		return nil, err
	}
	l := newLoop(c, h)
	var core api.Opened
	name := k.Label
	if name == "" {
		name = "engine"
	}
	if err := c.Call(context.Background(), api.MethodOpen, api.Open{Name: name}, &core); err != nil {
		_ = c.Close()
		return nil, err
	}
	l.core = core.Attachment
	return l, nil
}

// translate makes errors those of package tracehook.
func translate(err error) error {
	for errno, condition := range map[syscall.Errno]*tracehook.Error{
		syscall.ESRCH: tracehook.ErrGone, syscall.EPIPE: tracehook.ErrGone,
		syscall.EPERM: tracehook.ErrNotPermitted, syscall.EACCES: tracehook.ErrNotPermitted,
	} {
		if errors.Is(err, errno) && !errors.Is(err, condition) {
			return fmt.Errorf("%w: %w", condition, err)
		}
	}
	return err
}
