// Package hold suspends crashes: a thread that is about to die of a signal is
// held alive, with its whole process quiet, until somebody has had a look.
//
// It is a small client of the core, and an example of one. A process that is
// watched pays nothing for its system calls; each of its signals costs one
// short stop, which ptrace imposes. Deaths by SIGKILL and by a seccomp filter
// that kills cannot be held: no tracer is asked about them.
package hold

import (
	"context"
	"errors"
	"sync"
	"syscall"
	"time"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/internal/procfs"
)

// Options says what is held and for how long.
type Options struct {
	// Signals are the numbers of the signals that are held when they are about
	// to kill the process. None means those that dump core by default.
	Signals []int
	// Timeout lets a crash take its course after that time. 0 means never.
	Timeout time.Duration
	// OnCrash is called for each crash, from a goroutine of its own, when the
	// process is quiet. The process is held at least until it returns.
	OnCrash func(*Crash)
}

// Crash is a process that is held.
type Crash struct {
	// Engine is attached to the crashing thread and holds it.
	Engine *utrace.Engine
	// Signal is what the thread is about to die of.
	Signal utrace.Siginfo
	// Engines hold the threads of the process, as far as they have stopped in
	// time.
	Engines []*utrace.Engine

	holder  *Holder
	release sync.Once
	let     chan struct{}
}

// Release lets the process die as it would have.
func (c *Crash) Release() { c.release.Do(func() { close(c.let) }) }

// Cause is why a crash was let go.
type Cause string

// The causes.
const (
	Released  Cause = "released"
	Continued Cause = "SIGCONT"
	TimedOut  Cause = "timeout"
	Killed    Cause = "killed"
)

// Holder watches a process, or a tree of them.
type Holder struct {
	options Options
	group   *utrace.Group
	events  utrace.Events
	signals map[int]bool

	// mu guards the maps, and detached: nothing is held any more.
	mu       sync.Mutex
	held     map[int]*Crash // by process
	ended    map[int]Cause
	detached bool
	tasks    sync.WaitGroup
}

// Attach watches a process and its threads, or all of its descendants too. The
// holder comes behind all other engines: it acts on what they decide about a
// signal.
func Attach(ctx context.Context, core *utrace.Core, pid int, scope utrace.Scope, options Options) (*Holder, error) {
	h := &Holder{options: options, signals: map[int]bool{}, held: map[int]*Crash{}, ended: map[int]Cause{}}
	h.events = utrace.EventSignalCore
	for _, sig := range options.Signals {
		h.signals[sig] = true
		h.events |= utrace.EventSignalCore | utrace.EventSignalTerm
	}
	group, err := core.AttachGroup(ctx, pid, scope, func(*utrace.Thread) any { return h },
		utrace.WithName("hold"), utrace.WithEvents(h.events), utrace.WithLayer(lastResort))
	if err != nil {
		return nil, err
	}
	h.group = group
	return h, nil
}

// lastResort is the layer of the holder: the last to be asked about a signal.
const lastResort = 1 << 20

// Done is closed when all that is watched has ended.
func (h *Holder) Done() <-chan struct{} { return h.group.Done() }

// Detach stops watching and waits for what is held to be let go.
func (h *Holder) Detach() {
	h.mu.Lock()
	h.detached = true
	for _, c := range h.held {
		c.Release()
	}
	h.mu.Unlock()
	h.tasks.Wait()
	h.group.Detach()
}

// Cause says why the last crash of a process was let go; "" if there was none.
func (h *Holder) Cause(pid int) Cause {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.ended[pid]
}

// ReportSignal implements utrace.SignalReporter.
func (h *Holder) ReportSignal(r *utrace.Report, s *utrace.Signal) utrace.SignalAnswer {
	if s.Pass() != utrace.Dequeued || len(h.signals) != 0 && !h.signals[s.Number()] {
		return utrace.SignalAnswer{}
	}
	pid := r.Thread().Group()
	if choice := s.Choice(); choice != utrace.DumpCore && choice != utrace.Terminate {
		return utrace.SignalAnswer{} // it is not going to die of it
	}
	info, err := s.Info()
	if err != nil || info.Code() <= 0 && isInit(pid) {
		return utrace.SignalAnswer{}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.detached {
		return utrace.SignalAnswer{}
	}
	if h.held[pid] == nil { // else another thread crashes too: just wait
		c := &Crash{Engine: r.Engine(), Signal: info, holder: h, let: make(chan struct{})}
		h.held[pid] = c
		h.tasks.Add(1)
		go h.keep(pid, c)
	}
	return utrace.SignalAnswer{Action: utrace.Stop}
}

// keep holds a process until there is a reason not to.
func (h *Holder) keep(pid int, c *Crash) {
	defer h.tasks.Done()
	core := c.Engine.Thread().Core()
	c.Engines = quiet(pid, c.Engine.Group(), core)
	if h.options.OnCrash != nil {
		h.options.OnCrash(c)
	}
	cause := h.wait(pid, c)
	h.mu.Lock()
	delete(h.held, pid)
	h.ended[pid] = cause
	h.mu.Unlock()
	c.perish(context.Background(), core)
	core.ControlAll(context.Background(), c.Engines, utrace.Resume)
}

// quiet stops all threads of a process, also those that are made meanwhile, and
// returns their engines. It does not wait long: a thread that waits for its
// vfork child cannot stop, and does nothing either.
func quiet(pid int, group *utrace.Group, core *utrace.Core) (engines []*utrace.Engine) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	seen := map[*utrace.Engine]bool{}
	for {
		var fresh []*utrace.Engine
		for _, e := range group.Engines() {
			if e.Thread().Group() == pid && !seen[e] {
				seen[e] = true
				fresh = append(fresh, e)
			}
		}
		if len(fresh) == 0 {
			return engines
		}
		engines = append(engines, fresh...)
		core.ControlAll(context.Background(), fresh, utrace.Stop)
		for _, e := range fresh {
			e.WaitStopped(ctx) // or it died, which is as quiet
		}
	}
}

// patience bounds the wait for a process to be quiet.
const patience = 100 * time.Millisecond

// wait waits for the end of the hold. A SIGCONT to a process of which all
// threads are held raises no event; it shows among its pending signals.
func (h *Holder) wait(pid int, c *Crash) Cause {
	var timeout <-chan time.Time
	if h.options.Timeout > 0 {
		timer := time.NewTimer(h.options.Timeout)
		defer timer.Stop()
		timeout = timer.C
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-c.let:
			if _, err := c.Engine.Examine(context.Background()); errors.Is(err, utrace.ErrGone) {
				return Killed
			}
			return Released
		case <-timeout:
			return TimedOut
		case <-tick.C:
			status, err := procfs.ReadStatus(pid)
			if err != nil {
				return Killed
			}
			if (status.Pending|status.SharedPending)&(1<<(syscall.SIGCONT-1)) != 0 {
				return Continued
			}
			if _, err := c.Engine.Examine(context.Background()); errors.Is(err, utrace.ErrGone) {
				return Killed
			}
		}
	}
}
