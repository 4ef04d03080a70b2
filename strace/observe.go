package strace

import (
	"context"
	"errors"
	"sync"
	"syscall"
	"time"

	"github.com/utrace/utrace/internal/denial"
	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/strace/learn"
	"github.com/utrace/utrace/syscalls"
	"github.com/utrace/utrace/tracehook"
	"github.com/utrace/utrace/tracehook/bpf"
)

// A Watcher feeds a Log from threads that it observes and never stops. It is
// what a Tracer is for those that it stops.
type Watcher struct {
	opts     *Options
	log      *Log
	clock    bpf.Clock
	observer tracehook.Observer
	interest tracehook.Interest

	mu       sync.Mutex
	newborns map[int]*watched  // children by id, of which there was no event yet
	zombies  map[int]*watched  // leaders that have died before their threads
	live     map[*watched]bool // threads that have not ended
	lost     uint64            // events
	closed   bool
	done     chan struct{}
	ended    bool
}

// watched is what is known of one thread.
type watched struct {
	life
	group int
	held  heldCall
	used  time.Duration // processor time in calls before the one that it is in
}

// NewWatcher makes a Watcher without threads. The error says why threads cannot
// be observed here.
func NewWatcher(opts *Options, log *Log) (*Watcher, error) {
	clock, err := bpf.NewClock()
	if err != nil {
		return nil, err
	}
	w := &Watcher{opts: opts, log: log, clock: clock, done: make(chan struct{}),
		newborns: make(map[int]*watched), zombies: make(map[int]*watched), live: make(map[*watched]bool)}
	w.interest = tracehook.WantExit | tracehook.WantSyscalls
	if opts.Follow {
		w.interest |= tracehook.WantClones
	}
	calls, err := learn.Plan(opts.Decoding(nil), opts.observed)
	if err != nil {
		return nil, err
	}
	monitor := &bpf.Monitor{Usage: opts.Summary.Enabled && !opts.Summary.Wall, Calls: calls}
	if w.observer, err = monitor.NewObserver(w); err != nil {
		return nil, err
	}
	go w.observer.Run()
	return w, nil
}

// observed reports whether a call has to be reported: those to be shown, and those
// by which a program begins.
func (o *Options) observed(abi *syscalls.ABI, nr uint64) bool {
	if o.Trace.Reaches(abi, nr) {
		return true
	}
	call, ok := abi.Lookup(nr)
	return ok && call.Name == "execve"
}

// Attach observes a process: the thread of that id or, to follow, all threads and
// the children to come.
func (w *Watcher) Attach(_ context.Context, pid int, origin Origin) error {
	// A thread of the kernel makes no calls: to wait for them would be to wait for
	// ever. ptrace(2) refuses it, and so do we.
	var why *denial.Error
	if origin == Attached && errors.As(denial.Explain(pid, syscall.EPERM), &why) && why.Rule == denial.KernelThread {
		return why
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	err := w.observe(pid, origin)
	if err != nil || !w.opts.Follow || origin == Launched { // with -D, there are threads of ours
		return err
	}
	// A thread that is born meanwhile has an observed parent, or is in a list
	// that is read after its birth.
	for more := true; more; {
		more = false
		tids, err := procfs.Threads(pid)
		if err != nil {
			return nil // it has ended
		}
		for _, tid := range tids {
			if tid == pid {
				continue
			}
			before := len(w.live)
			if err := w.observe(tid, origin); err != nil && !errors.Is(err, tracehook.ErrGone) {
				return err
			}
			more = more || len(w.live) > before
		}
	}
	return nil
}

// observe begins with one thread. No event of it is handled meanwhile.
func (w *Watcher) observe(tid int, origin Origin) error {
	s, err := w.observer.Observe(tid, w.interest)
	if err != nil {
		return err
	}
	if s.Data() == nil && w.newborns[tid] == nil {
		x := w.begin(tid, s.Group(), origin)
		if x == nil {
			s.SetInterest(0)
			return w.log.Err()
		}
		s.SetData(x)
	}
	return nil
}

// begin opens the record of a thread, or returns nil if its output cannot be
// opened.
func (w *Watcher) begin(tid, pid int, origin Origin) *watched {
	t, err := w.log.Attach(tid, pid, origin, time.Now())
	if err != nil {
		w.log.Notice("%v", err)
		return nil
	}
	x := &watched{life: life{t: t, hidden: origin == Launched}, group: pid}
	w.live[x] = true
	return x
}

// Handle implements tracehook.Handler.
func (w *Watcher) Handle(e *tracehook.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return
	}
	x, _ := e.Subject.Data().(*watched)
	if x == nil {
		x = w.first(e.Subject)
		if x == nil {
			return
		}
		e.Subject.SetData(x)
	}
	if e.Kind != tracehook.SyscallExit {
		w.release(x, nil)
	}
	at := w.clock.Time(e.Time)
	switch e.Kind {
	case tracehook.SyscallEntry:
		w.entry(x, e, at)
	case tracehook.SyscallExit:
		w.exit(x, e, at)
	case tracehook.Signal:
		w.signal(x, e, at)
	case tracehook.Clone:
		w.clone(x, e)
	case tracehook.Exec:
		w.exec(x, e, at)
	case tracehook.Exit:
		w.log.Dying(x.t, at)
	case tracehook.Death:
		w.death(x, e, at)
	case tracehook.Reap:
		w.reap(x, e, at)
	case tracehook.Lost:
		w.lose(x, e, at)
	}
}

// first finds the record of a thread of which this is the first event.
func (w *Watcher) first(s tracehook.Subject) *watched {
	if x := w.newborns[s.ID()]; x != nil {
		delete(w.newborns, s.ID())
		return x
	}
	return w.begin(s.ID(), s.Group(), Followed) // the news of its birth was lost
}

func (w *Watcher) entry(x *watched, e *tracehook.Event, at time.Time) {
	abi := syscalls.ByAuditArch(e.Syscall.Arch)
	if abi == nil || x.hidden && !x.begins(abi, e.Syscall.Nr) {
		return
	}
	c := &x.t.Call
	c.ABI, c.Nr, c.Args, c.SP = abi, e.Syscall.Nr, e.Syscall.Args, e.Syscall.SP
	x.t.IP, x.used = e.Syscall.PC, e.SystemTime
	if e.Missed {
		x.held.keep(e.Captured, at)
		return
	}
	c.Mem = e.Captured
	w.log.SyscallEntry(x.t, at)
}

// release logs the entry of a call that was held back until its end, because not
// all that it needs had been in memory.
func (w *Watcher) release(x *watched, late tracehook.Memory) {
	if !x.held.held {
		return
	}
	x.held.late = late
	x.t.Call.Mem = &x.held
	w.log.SyscallEntry(x.t, x.held.at)
	x.held.held, x.held.late = false, nil
}

func (w *Watcher) exit(x *watched, e *tracehook.Event, at time.Time) {
	w.release(x, e.Late)
	if !x.t.inCall || !e.Syscall.Paired {
		return
	}
	c := &x.t.Call
	c.Mem, c.Result, c.IsError = e.Captured, e.Syscall.Result, e.Syscall.Failed
	if c.IsError {
		c.Result = -c.Result
	}
	w.log.SyscallExit(x.t, at, e.SystemTime-x.used)
	x.returned()
}

func (w *Watcher) signal(x *watched, e *tracehook.Event, at time.Time) {
	if x.hidden {
		return
	}
	var info []byte
	if e.Info != nil {
		info = e.Info[:]
	}
	w.log.Signal(x.t, e.Signal, info, at)
	if e.Signal == int(syscall.SIGSTOP) { // the only one of which we know that it stops
		w.log.GroupStop(x.t, e.Signal, at)
	}
}

func (w *Watcher) clone(x *watched, e *tracehook.Event) {
	group := e.ChildID
	if e.CloneFlags&tracehook.CloneThread != 0 {
		group = x.group
	}
	if child := w.begin(e.ChildID, group, Followed); child != nil {
		w.newborns[e.ChildID] = child
	}
}

func (w *Watcher) exec(x *watched, e *tracehook.Event, at time.Time) {
	x.exec()
	id := e.Subject.ID()
	if leader := w.zombies[id]; leader != nil && e.Former != id {
		delete(w.zombies, id)
		w.log.ThreadExec(leader.t, x.t, at)
		w.over(leader)
	}
}

func (w *Watcher) death(x *watched, e *tracehook.Event, at time.Time) {
	leader := e.Subject.ID() == e.Subject.Group()
	if leader && (e.ParentSignal == tracehook.NoParentSignal || e.ParentSignal == tracehook.LeaderZombie) {
		// Another thread's exec will take its place, or its status comes
		// with the end of the process.
		w.zombies[x.t.TID] = x
		return
	}
	w.end(x, e.Status, at)
}

// reap ends a leader that has died before its threads. If there still are some, one of
// them takes its place in the next event.
func (w *Watcher) reap(x *watched, e *tracehook.Event, at time.Time) {
	if w.zombies[x.t.TID] != x {
		return
	}
	for other := range w.live {
		if other != x && other.group == x.group {
			delete(w.live, x)
			return
		}
	}
	delete(w.zombies, x.t.TID)
	w.end(x, e.Status, at)
}

func (w *Watcher) end(x *watched, status int, at time.Time) {
	w.log.Death(x.t, syscall.WaitStatus(status), at)
	w.over(x)
}

// over notices the end of the last thread.
func (w *Watcher) over(x *watched) {
	delete(w.live, x)
	if len(w.live) == 0 && !w.ended {
		w.ended = true
		close(w.done)
	}
}

// lose says that there is a gap. The call that the thread was in may have ended
// in it.
func (w *Watcher) lose(x *watched, e *tracehook.Event, at time.Time) {
	if w.lost == 0 {
		w.log.Notice("Events are lost: they come faster than they can be written")
	}
	w.lost += e.Count
	w.log.SyscallUnavailable(x.t, at)
}

// Done is closed when no thread is observed any more.
func (w *Watcher) Done() <-chan struct{} { return w.done }

// none reports whether no thread could be observed.
func (w *Watcher) none() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.live) == 0 && !w.ended
}

// Detach ends observing; the programs run on.
func (w *Watcher) Detach(context.Context) error {
	err := w.observer.Close()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return err
	}
	w.closed = true
	at := time.Now()
	for x := range w.live {
		w.release(x, nil)
		w.log.Detach(x.t, at)
	}
	if w.lost > 0 {
		w.log.Notice("%d events were lost", w.lost)
	}
	if !w.ended {
		w.ended = true
		close(w.done)
	}
	return err
}
