package utrace

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/utrace/utrace/tracehook"
)

// Mechanism is how a party that only observes is told of events.
type Mechanism uint8

const (
	// AnyMechanism does not stop threads where that is possible, and stops them
	// elsewhere.
	AnyMechanism Mechanism = iota
	// WithoutStops never stops a thread; what that takes must be there.
	WithoutStops
	// WithStops stops threads for each event.
	WithStops
)

// Observing says what a party that only observes wants to hear of. The zero value
// is about one process's signals, execs and ends.
type Observing struct {
	Scope Scope
	// Interest is what else: see tracehook.Interest. Births are followed as
	// Scope says, and reported with WantClones.
	Interest  tracehook.Interest
	Mechanism Mechanism
	// Monitor makes the observer, in place of that of Options: one that says what
	// memory to copy, or filters in the kernel.
	Monitor tracehook.Monitor
}

// Observation is what a party that only observes has. Its methods may be called
// from any goroutine.
type Observation struct {
	mechanism string
	fallback  error
	observer  tracehook.Observer // nil where threads are stopped
	group     *Group
	closed    chan struct{} // for the observer
	once      sync.Once
}

// Observe has the handler told what the threads of a process do, as the contract
// of a tracehook.Observer has it: nothing that it does has an effect on them. The
// core finds out whether that is possible without stopping them, and stops them
// otherwise; Observation.Mechanism says which it is. The differences:
//
//   - Threads that are stopped wait for the handler. It is called on the loop then,
//     and must not block; else by a goroutine of the observation.
//   - Event.Captured is the thread's whole memory where it is stopped, and what the
//     Monitor copied otherwise.
//   - Of the call that a thread is in when it begins to be observed, the beginning is
//     reported, too, where threads are stopped (Event.Restarted).
//   - Event.Time is 0 where threads are stopped: the event is happening. Signals
//     are reported there before other engines have chosen what becomes of them.
//
// The error is about the first thread that cannot be observed, or says why nothing
// can be without stops if that is asked for.
func (c *Core) Observe(ctx context.Context, pid int, handler tracehook.Handler, o Observing) (*Observation, error) {
	if handler == nil || o.Mechanism > WithStops || o.Scope > Tree {
		return nil, fmt.Errorf("observe process %d: %w", pid, ErrInvalid)
	}
	x := new(Observation)
	if o.Mechanism != WithStops {
		err := x.observe(ctx, c, pid, handler, o)
		if err == nil {
			return x, nil
		}
		if o.Mechanism == WithoutStops || !errors.Is(err, errNoObserver) {
			return nil, err
		}
		x.fallback = err
	}
	group, err := c.AttachGroup(ctx, pid, o.Scope, func(t *Thread) any { return &onlooker{thread: t, handler: handler} },
		WithName("observer"), WithLayer(nearKernel), WithEvents(eventsFor(o.Interest)))
	if err != nil {
		return nil, err
	}
	x.group, x.mechanism = group, c.Mechanism()
	return x, nil
}

// errNoObserver: threads cannot be observed without stops here.
var errNoObserver = errors.New("threads are stopped")

// noObserver says why.
type noObserver struct{ why error }

func (e noObserver) Error() string   { return e.why.Error() }
func (e noObserver) Unwrap() []error { return []error{e.why, errNoObserver} }

// observe begins to observe without stops.
func (x *Observation) observe(ctx context.Context, c *Core, pid int, handler tracehook.Handler, o Observing) error {
	monitor := o.Monitor
	if monitor == nil {
		monitor = c.options.Monitor
	}
	if monitor == nil {
		return noObserver{fmt.Errorf("observe without stops: the core has no monitor: %w", ErrNotSupported)}
	}
	if !c.loop.OnLoop() {
		if err := c.Admit(ctx, pid); err != nil {
			return err
		}
	}
	observer, err := monitor.NewObserver(&within{handler, pid, o.Scope, o.Interest&tracehook.WantClones != 0})
	if errors.Is(err, ErrNotSupported) || errors.Is(err, ErrNotPermitted) {
		return noObserver{err}
	}
	if err != nil {
		return err
	}
	x.observer, x.mechanism, x.closed = observer, observer.Name(), make(chan struct{})
	go observer.Run()
	go func() {
		select {
		case <-x.closed:
		case <-c.finished:
			x.Close()
		}
	}()
	if err := observeAll(observer, c.kernel, pid, o.Interest|tracehook.WantClones); err != nil {
		x.Close()
		return err
	}
	return nil
}

// observeAll observes the threads of a process: one that is born meanwhile has an
// observed parent, or is in a list that is read after its birth.
func observeAll(o tracehook.Observer, k tracehook.Kernel, pid int, interest tracehook.Interest) error {
	if _, err := o.Observe(pid, interest); err != nil {
		return err
	}
	known := map[int]bool{pid: true}
	for more := true; more; {
		more = false
		tids, err := k.Threads(pid)
		if errors.Is(err, ErrGone) {
			return nil // it has ended, and its end will be reported
		}
		if err != nil {
			return err
		}
		for _, tid := range tids {
			if known[tid] {
				continue
			}
			known[tid], more = true, true
			if _, err := o.Observe(tid, interest); err != nil && !errors.Is(err, ErrGone) {
				return err
			}
		}
	}
	return nil
}

// Mechanism is the name of the back end that reports: "ebpf" or "ptrace".
func (x *Observation) Mechanism() string { return x.mechanism }

// Fallback says why threads are stopped although it was not asked for; nil if
// they are not, or it was.
func (x *Observation) Fallback() error { return x.fallback }

// Close ends it, as does Core.Close. It does not wait for the handler, which may be called once more
// if that has just begun.
func (x *Observation) Close() error {
	if x.observer != nil {
		x.once.Do(func() { close(x.closed) })
		return x.observer.Close()
	}
	if err := x.group.Detach(); err != nil && !errors.Is(err, ErrInProgress) {
		return err
	}
	return nil
}

// within lets events through that are within the scope. Observers follow births
// whether or not they make new processes.
type within struct {
	handler tracehook.Handler
	pid     int
	scope   Scope
	clones  bool
}

// Handle implements tracehook.Handler.
func (w *within) Handle(e *tracehook.Event) {
	if w.scope == Process && e.Subject.Group() != w.pid {
		if s, ok := e.Subject.(tracehook.Forgetter); ok {
			s.Forget()
		}
		return
	}
	if e.Kind == tracehook.Clone && !w.clones {
		return
	}
	w.handler.Handle(e)
}
