package strace

import (
	"context"
	"fmt"
	"syscall"
	"time"

	"github.com/utrace/utrace/tool"
)

// Live is told of calls as they happen, by Trace: without their arguments and
// without text. Its methods must be quick and must not call back.
type Live interface {
	// Thread says what a thread is called; again when that changes.
	Thread(pid, tid int, name string)
	Enter(tid int, call string, at time.Time)
	Leave(tid int, call string, took time.Duration, failed bool)
	Gone(tid int)
}

// Trace is Run for a program that has the options already, and is itself told
// what happens: nothing is printed but notices. The watcher, if there is one, observes;
// its Detach is the caller's. It ends early with
// ctx: attached processes run on, a launched one gets SIGTERM.
func Trace(ctx context.Context, env *tool.Env, opts *Options, w *Watcher, live Live) Outcome {
	c := &command{env: env, opts: opts, watcher: w}
	path, err := c.find()
	if err == nil {
		c.log = &Log{env: env, called: "strace", opts: opts, failed: make(chan struct{}), told: live}
		err = c.log.open()
	}
	if err != nil {
		fmt.Fprintf(env.Stderr, "utrace: %v\n", err)
		return Outcome{Code: ExitUsage}
	}
	return c.run(ctx, path)
}

// liveForm tells a Live. It has no file.
type liveForm struct {
	silent
	live Live
}

func (f liveForm) attach(t *Tracee, _ time.Time) { f.live.Thread(t.PID, t.TID, t.Name) }

func (f liveForm) entry(t *Tracee, at time.Time) {
	f.live.Enter(t.TID, t.Call.ABI.CallName(t.Call.Nr), at)
}

func (f liveForm) exit(t *Tracee, _ time.Time, _ time.Duration, status StatusSet) {
	name := t.Call.ABI.CallName(t.Call.Nr)
	f.live.Leave(t.TID, name, t.took, status == Failed)
	if renames[name] {
		f.live.Thread(t.PID, t.TID, t.Name)
	}
}

func (f liveForm) exec(leader, t *Tracee, _ time.Time) {
	f.live.Gone(t.TID)
	f.live.Thread(leader.PID, leader.TID, t.Name)
}

func (f liveForm) death(t *Tracee, _ syscall.WaitStatus, _ time.Time) { f.live.Gone(t.TID) }
func (f liveForm) detach(t *Tracee, _ time.Time)                      { f.live.Gone(t.TID) }
