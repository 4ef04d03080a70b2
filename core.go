package utrace

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/utrace/utrace/tracehook"
)

// Options adjusts a Core. The zero value is good for most programs.
type Options struct {
	// ExitHold bounds how long an engine may keep a thread stopped at its
	// exit, where SIGKILL does not reach it. 0 means DefaultExitHold.
	ExitHold time.Duration
	// SlowCallback is how long a callback may run before OnSlow hears of it.
	// 0 means DefaultSlowCallback.
	SlowCallback time.Duration
	// OnSlow is called from a goroutine of its own, once for a callback that
	// runs for longer than SlowCallback. Running Go code cannot be abandoned:
	// all threads of the core wait for it, and all that can be done is to
	// name the culprit. With nil there is no watchdog.
	OnSlow func(Slow)
	// OnFault is called on the loop when the back end refuses what cannot be
	// refused, such as to resume a stopped thread. With nil such errors are
	// dropped; the thread's death, the usual cause, never is one.
	OnFault func(thread int, err error)
	// Monitor observes threads without stopping them, for Core.Observe. With nil
	// they are stopped.
	Monitor tracehook.Monitor
	// Journal is told of what would be lost if this process died.
	Journal Journal
	// Stepper has threads step off planted traps without the traps being
	// lifted. With nil they are, and the other threads wait for that.
	Stepper Stepper
}

// The defaults of Options.
const (
	DefaultExitHold     = 5 * time.Second
	DefaultSlowCallback = time.Second
)

// Core keeps the threads that one loop of a back end traces, and the engines
// attached to them. Its methods may be called from any goroutine; methods that
// act on a thread go through the mailbox of the loop and wait for it.
type Core struct {
	*shared
	// lease is whose engines are attached through this Core; nil: it is the
	// one that New has made.
	lease *lease
}

// shared is what a core has in common with its leases.
type shared struct {
	// root is what New has made: threads know no leases.
	root    *Core
	kernel  tracehook.Kernel
	loop    tracehook.Loop
	options Options

	// current is the engine whose callback runs right now. Written by the
	// loop; Detach and SetEvents read it to tell whether they were in time.
	current atomic.Pointer[Engine]
	// calls numbers the callbacks, for the watchdog, if there is one. Written
	// by the loop.
	calls atomic.Uint64

	// Owned by the loop:
	threads map[int]*Thread
	spaces  map[int]*Space // by thread group
	seq     uint64         // order of attachment
	// Scratch space for one step of the work: registers, and code.
	gpr  [512]byte
	code [maxPatch]byte
	// drained is set by Close, and closed when no thread is left.
	drained chan struct{}

	running  atomic.Bool
	finished chan struct{} // closed when Run has returned
	// failure is why the loop has ended without Close. Written before finished is
	// closed.
	failure error
}

// New makes a core over a loop of the kernel. Nothing happens until Run or
// Start is called.
func New(kernel tracehook.Kernel, options Options) (*Core, error) {
	if options.ExitHold <= 0 {
		options.ExitHold = DefaultExitHold
	}
	if options.SlowCallback <= 0 {
		options.SlowCallback = DefaultSlowCallback
	}
	if options.Journal == nil {
		options.Journal = noJournal{}
	}
	c := &Core{shared: &shared{
		kernel:   kernel,
		options:  options,
		threads:  make(map[int]*Thread),
		spaces:   make(map[int]*Space),
		finished: make(chan struct{}),
	}}
	c.root = c
	loop, err := kernel.NewLoop(c)
	if err != nil {
		return nil, err
	}
	c.loop = loop
	return c, nil
}

// Run traces until Close. It occupies the calling goroutine and ties it to its
// operating system thread.
func (c *Core) Run() error {
	if !c.running.CompareAndSwap(false, true) {
		return ErrInvalid
	}
	return c.run()
}

func (c *Core) run() error {
	defer close(c.finished)
	if c.options.OnSlow != nil {
		stop := make(chan struct{})
		defer close(stop)
		go c.watchdog(stop)
	}
	c.failure = c.loop.Run()
	return c.failure
}

// over is the error of those who come when the loop has ended.
func (c *Core) over() error {
	if c.running.Load() {
		<-c.finished
	}
	if c.failure != nil {
		return fmt.Errorf("%w: %w", ErrClosed, c.failure)
	}
	return ErrClosed
}

// Start has Run done by a goroutine of its own.
func (c *Core) Start() {
	if !c.running.CompareAndSwap(false, true) { // before Close can ask
		return
	}
	up := make(chan struct{})
	open := c.loop.Post(func() { close(up) })
	go c.run()
	if open {
		select { // until then the caller itself may count as the loop
		case <-up:
		case <-c.finished:
		}
	}
}

// Close detaches every engine, lets every thread go and waits until the loop
// has ended. The traced programs run on, with what was planted in them removed.
// The Close of a lease ends only that.
func (c *Core) Close() error {
	if c.lease != nil {
		return c.endLease()
	}
	if c.loop.OnLoop() {
		c.drain()
		return c.loop.Close()
	}
	if c.running.Load() {
		var drained chan struct{}
		if c.Do(context.Background(), func() error { drained = c.drain(); return nil }) == nil {
			select {
			case <-drained:
			case <-time.After(drainPatience): // some thread cannot come by
			}
		}
	}
	err := c.loop.Close()
	if c.running.Load() {
		<-c.finished
	}
	return err
}

// drainPatience is how long Close waits for threads that have to stop before
// they can be let go. A thread in an uninterruptible sleep may never.
const drainPatience = 2 * time.Second

// drain detaches every engine. On the loop.
func (c *Core) drain() chan struct{} {
	if c.drained == nil {
		c.drained = make(chan struct{})
		for _, t := range c.threads {
			t.everyone(func(e *Engine) { e.gone.Store(true) })
		}
		for _, t := range c.threads {
			t.unlinkGone()
			c.abandon(t)
		}
		c.checkDrained()
	}
	return c.drained
}

// abandon forgets a dead thread while the core is closing. When its parent will
// reap it, if ever, is not up to us.
func (c *Core) abandon(t *Thread) {
	if c.drained == nil || t.state != dead {
		return
	}
	t.state = reaped
	t.task.SetData(nil)
	c.removed(t)
}

// removed forgets a thread that has ended or was let go.
func (c *Core) removed(t *Thread) {
	t.parted()
	if c.threads[t.ID()] == t { // an exec may have given the id away
		delete(c.threads, t.ID())
	}
	c.checkDrained()
}

func (c *Core) checkDrained() {
	if c.drained != nil && len(c.threads) == 0 {
		select {
		case <-c.drained:
		default:
			close(c.drained)
		}
	}
}

// Loop is the back end's loop, for clients that need its descriptors and
// timers. Most do not.
func (c *Core) Loop() tracehook.Loop { return c.loop }

// Mechanism is the name of the back end.
func (c *Core) Mechanism() string { return c.loop.Name() }

// Do runs f on the loop, where the state of every thread is at hand, and waits
// for it. On the loop it runs f at once.
func (c *Core) Do(ctx context.Context, f func() error) error {
	if c.loop.OnLoop() {
		return f()
	}
	done := make(chan error, 1)
	if !c.loop.Post(func() { done <- f() }) {
		return c.over()
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-c.finished:
		select {
		case err := <-done:
			return err
		default:
			return c.over()
		}
	}
}

// Thread returns the traced thread with this id. It returns nil if there is
// none.
func (c *Core) Thread(ctx context.Context, id int) (t *Thread, err error) {
	err = c.Do(ctx, func() error {
		t = c.threads[id]
		return nil
	})
	return t, err
}

// Threads lists the traced threads, in no particular order.
func (c *Core) Threads(ctx context.Context) (list []*Thread, err error) {
	err = c.Do(ctx, func() error {
		for _, t := range c.threads {
			list = append(list, t)
		}
		return nil
	})
	return list, err
}

// fault reports an error that should not be. ErrGone is normal.
func (c *Core) fault(t *Thread, err error) {
	if err == nil || isGone(err) || c.options.OnFault == nil {
		return
	}
	c.options.OnFault(t.ID(), err)
}
