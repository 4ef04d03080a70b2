package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/utrace/utrace/strace"
	"github.com/utrace/utrace/tool"
	"github.com/utrace/utrace/top"
)

// topSource has the counts of calls.
type topSource interface {
	top.Source
	// Begun is closed when there is a thread, and Empty reports that there was none.
	Begun() <-chan struct{}
	Empty() bool
}

// source says where the counts come from, and what counts. Threads that cannot be
// observed are stopped, in the owner if that can be.
func (o *topOptions) source(v *invocation, opts *strace.Options) (topSource, func(context.Context) strace.Outcome, error) {
	model := new(top.Model)
	if opts.Mode == strace.ModeAuto {
		w, err := strace.NewWatcher(opts, nil)
		if err == nil {
			return model, func(ctx context.Context) strace.Outcome { return strace.Trace(ctx, v.Env, opts, w, model) }, nil
		}
		v.complain(fmt.Errorf("threads are stopped at each call, because %w", err))
		opts.Mode = strace.ModeStop
	}
	here := func(ctx context.Context) strace.Outcome { return strace.Trace(ctx, v.Env, opts, nil, model) }
	if opts.Mode == strace.ModeObserve || o.private {
		return model, here, nil
	}
	f, err := newFeed(model)
	if err != nil {
		return nil, nil, err
	}
	return f, func(ctx context.Context) strace.Outcome { return f.trace(ctx, v, here) }, nil
}

// A feed has the calls of threads that are stopped counted in the owner: the command
// runs there with pipes for its streams, gets a line for each sample that is wanted, and
// prints it. So the terminal, the keys and the screen stay this process's. Where the
// owner does not run it, the counts are those of model.
type feed struct {
	model *top.Model
	here  atomic.Bool // the model counts
	begun chan struct{}

	ask     *os.File // for samples; its end is that of the counting
	theirs  tool.Streams
	leave   func()           // closes theirs
	samples chan *top.Sample // closed when there are no more
	notices bytesBehind

	// Owned by who takes samples:

	asked bool // for one that has not come yet
	last  time.Time
}

// bytesBehind is what a pipe had, when done is closed.
type bytesBehind struct {
	text []byte
	done chan struct{}
}

// samplePatience is how long a screen waits for the owner.
const samplePatience = time.Second

func newFeed(model *top.Model) (*feed, error) {
	f := &feed{model: model, begun: make(chan struct{}), samples: make(chan *top.Sample), notices: bytesBehind{done: make(chan struct{})}, last: time.Now()}
	var ends [6]*os.File // of three pipes: where is read, and where is written
	var err error
	for i := 0; i < len(ends) && err == nil; i += 2 {
		ends[i], ends[i+1], err = os.Pipe()
	}
	for i, theirs := range []*os.File{ends[0], ends[3], ends[5]} {
		if err == nil {
			f.theirs[i], err = tool.Duplicate(theirs)
		}
		_ = theirs.Close()
	}
	if err != nil { // no descriptors are left
		return nil, err
	}
	f.leave = sync.OnceFunc(func() {
		for _, fd := range f.theirs {
			_ = syscall.Close(fd)
		}
	})
	f.ask = ends[1]
	answers, notices := ends[2], ends[4]
	go f.receive(answers)
	go func() {
		defer close(f.notices.done)
		f.notices.text, _ = io.ReadAll(notices)
		_ = notices.Close()
	}()
	return f, nil
}

// receive takes the samples in, until there are no more. The first one comes unasked,
// when there is a thread.
func (f *feed) receive(answers *os.File) {
	defer close(f.samples)
	defer answers.Close()
	for in := json.NewDecoder(answers); ; {
		s := new(top.Sample)
		switch {
		case in.Decode(s) != nil:
			return
		case f.Empty() && len(s.Lines) != 0:
			close(f.begun)
			continue
		}
		f.samples <- s
	}
}

// Begun implements topSource.
func (f *feed) Begun() <-chan struct{} { return f.begun }

// Empty implements topSource.
func (f *feed) Empty() bool {
	select {
	case <-f.begun:
		return false
	default:
		return f.model.Empty()
	}
}

// Sample implements top.Source. Of an owner that takes too long, it comes with a later
// one.
func (f *feed) Sample(at time.Time) *top.Sample {
	if !f.asked && !f.here.Load() {
		_, _ = f.ask.Write([]byte{'\n'}) // or it has ended, which is seen below
		f.asked = true
	}
	select {
	case s, more := <-f.samples:
		f.asked = false
		if more {
			f.last = at
			return s
		}
	case <-time.After(samplePatience):
		return &top.Sample{Over: at.Sub(f.last)}
	}
	if f.here.Load() {
		return f.model.Sample(at)
	}
	defer func() { f.last = at }()
	return &top.Sample{Over: at.Sub(f.last)} // it has ended
}

// trace counts until ctx ends or nothing is traced any more; here counts in this process.
func (f *feed) trace(ctx context.Context, v *invocation, here func(context.Context) strace.Outcome) (outcome strace.Outcome) {
	away, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() {
		_ = f.ask.Close()
		time.AfterFunc(handOverTime, cancel) // of an owner that stands still
	})()
	err := v.shareWith(away, false, v.args, f.theirs, func() error {
		f.here.Store(true)
		f.leave()
		go func() {
			<-f.model.Begun()
			close(f.begun)
		}()
		outcome = here(ctx)
		return nil
	})
	f.leave()
	<-f.notices.done
	_, _ = v.Stderr.Write(f.notices.text)
	var exit *exitError
	switch {
	case errors.As(err, &exit) && exit.like.Signaled():
		outcome.Signal = exit.like.Signal()
	case errors.As(err, &exit) && exit.err == nil:
		outcome.Code = exit.like.ExitStatus()
	case err != nil:
		v.complain(err)
		outcome.Code = strace.ExitUsage
	}
	return outcome
}

// count is the other end of a feed, in the owner.
func count(ctx context.Context, v *invocation, opts *strace.Options) error {
	ctx, end := context.WithCancel(ctx)
	defer end()
	model := new(top.Model)
	var mu sync.Mutex // over a sample and its printing
	sample := func() error {
		mu.Lock()
		defer mu.Unlock()
		return json.NewEncoder(v.Stdout).Encode(model.Sample(time.Now()))
	}
	v.Go(func() {
		defer end()
		select {
		case <-model.Begun():
		case <-ctx.Done():
		}
		if sample() != nil {
			return
		}
		for in := bufio.NewReader(v.Stdin); ; {
			if _, err := in.ReadByte(); err != nil || sample() != nil {
				return
			}
		}
	})
	outcome := strace.Trace(ctx, v.Env, opts, nil, model)
	if err := sample(); err != nil && !errors.Is(err, syscall.EPIPE) {
		return err
	}
	return ended(outcome)
}
