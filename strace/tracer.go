package strace

import (
	"context"
	"sync"
	"syscall"
	"time"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/regset"
	"github.com/utrace/utrace/strace/inject"
	"github.com/utrace/utrace/syscalls"
)

// A Tracer feeds a Log from threads that it stops: an engine of the core on
// each of them.
type Tracer struct {
	core *utrace.Core
	opts *Options
	log  *Log

	// Owned by the loop of the core:

	// starting is how new threads came to be traced, until Attach is through.
	starting Origin
	// overtaken are leaders that another thread's exec has ended.
	overtaken map[int]*Tracee
	// alive counts the traced threads of each process that have not died.
	alive map[int]int
	// unborn are the accounts of faults of threads that have made no call yet.
	unborn map[*utrace.Thread]*inject.Thread
	// roots counts the threads that were not made by a traced one.
	roots int
	// stacks walks stacks; nil if nobody wants them.
	stacks *stacks

	mu     sync.Mutex
	single []*utrace.Engine
	groups []*utrace.Group
	left   int // engines
	done   chan struct{}
	ended  bool
}

// NewTracer makes a Tracer without threads.
func NewTracer(core *utrace.Core, opts *Options, log *Log) *Tracer {
	t := &Tracer{core: core, opts: opts, log: log,
		overtaken: make(map[int]*Tracee), alive: make(map[int]int), unborn: make(map[*utrace.Thread]*inject.Thread), done: make(chan struct{})}
	if opts.stacks() {
		t.stacks = newStacks()
	}
	return t
}

// Attach traces a process: the thread of that id or, to follow, all threads and
// the children to come.
func (t *Tracer) Attach(ctx context.Context, pid int, origin Origin) error {
	options := []utrace.AttachOption{
		utrace.WithName("strace"),
		utrace.WithEvents(t.events()),
		utrace.WithRelease(t.released),
	}
	if t.opts.Seccomp && origin == Launched {
		options = append(options, utrace.WithFilter())
	}
	if t.opts.Follow {
		return t.attachTree(ctx, pid, origin, options)
	}
	if err := t.core.Admit(ctx, pid); err != nil {
		return err
	}
	return t.core.Do(ctx, func() error {
		x := &tracee{Tracer: t, life: life{hidden: origin == Launched}}
		e, err := t.core.Attach(ctx, pid, x, options...)
		if err != nil {
			return err
		}
		if !x.begin(pid, e.Thread().Group(), origin) { // no report can come before this
			t.mu.Lock()
			t.left++ // released will count it
			t.mu.Unlock()
			e.Detach()
			return t.log.Err()
		}
		t.mu.Lock()
		t.single = append(t.single, e)
		t.mu.Unlock()
		return nil
	})
}

func (t *Tracer) attachTree(ctx context.Context, pid int, origin Origin, options []utrace.AttachOption) error {
	err := t.core.Do(ctx, func() error { t.starting = origin; return nil })
	if err != nil {
		return err
	}
	group, err := t.core.AttachGroup(ctx, pid, utrace.Tree, func(th *utrace.Thread) any {
		if t.starting == Launched && th.ID() != th.Group() {
			return nil // with -D, a thread of ours: the leader becomes the program
		}
		x := &tracee{Tracer: t, life: life{hidden: t.starting == Launched}}
		if !x.begin(th.ID(), th.Group(), t.starting) {
			return nil
		}
		return x
	}, options...)
	if err != nil {
		return err
	}
	t.mu.Lock()
	t.groups = append(t.groups, group)
	t.mu.Unlock()
	return t.core.Do(ctx, func() error { t.starting = Followed; return nil })
}

// events is what has to be reported for the options.
func (t *Tracer) events() utrace.Events {
	events := utrace.EventExec | utrace.EventExit | utrace.EventDeath | utrace.EventReap
	for _, abi := range syscalls.Native() {
		if len(t.opts.Trace.Numbers(abi)) != 0 {
			events |= utrace.EventSyscall
		}
	}
	if t.opts.Signals != 0 && (!t.opts.Summary.Only || t.opts.Outputs.any()) {
		events |= utrace.EventSignalAll | utrace.EventJobControl
	}
	if len(t.opts.Faults.Rules) > 0 {
		events |= utrace.EventClone
	}
	return events
}

// begin opens the record of a thread. It returns false if its output cannot be
// opened.
func (x *tracee) begin(tid, pid int, origin Origin) bool {
	record, err := x.log.Attach(tid, pid, origin, time.Now())
	if err != nil {
		x.log.Notice("%v", err)
		return false
	}
	x.t = record
	x.alive[pid]++
	x.mu.Lock()
	x.left++
	x.mu.Unlock()
	return true
}

// released counts the engines that are gone.
func (t *Tracer) released() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.left--; t.left == 0 && !t.ended {
		t.ended = true
		if t.stacks != nil {
			_ = t.stacks.close() // of files that were read only
		}
		close(t.done)
	}
}

// Done is closed when no thread is traced any more.
func (t *Tracer) Done() <-chan struct{} { return t.done }

// tracee is the handler of one thread.
type tracee struct {
	*Tracer
	life
	// account is that of -e inject=; nil before the first call.
	account *inject.Thread
	// used is the system time at the entry of the call.
	used time.Duration
}

// ReportSyscallEntry implements utrace.SyscallEntryReporter.
func (x *tracee) ReportSyscallEntry(r *utrace.Report, s *utrace.Syscall) (answer utrace.SyscallAnswer) {
	abi := syscalls.ByAuditArch(s.Arch())
	if s.Resumed() && x.t.inCall {
		return x.tamper(r, s)
	}
	if abi == nil || s.Restarted() && x.t.inCall || x.hidden && !x.begins(abi, s.Number()) {
		return answer
	}
	c := &x.t.Call
	c.ABI, c.Nr, c.Args, c.Mem, c.SP = abi, s.Number(), s.Args(), r, s.SP()
	c.Demultiplex()
	x.t.IP, x.used = s.PC(), r.SystemTime()
	at := time.Now()
	if len(x.opts.Faults.Rules) > 0 && x.log.wants(&x.t.Call) {
		answer = x.tamper(r, s)
	}
	x.log.SyscallEntry(x.t, at)
	x.stackAtEntry(r)
	return answer
}

// ReportSyscallExit implements utrace.SyscallExitReporter.
func (x *tracee) ReportSyscallExit(r *utrace.Report, s *utrace.Syscall) utrace.Action {
	if !x.t.inCall {
		return utrace.Resume
	}
	action := utrace.Resume
	if x.account != nil {
		action = x.account.Exit(r, s)
		x.poked(x.account)
	}
	c := &x.t.Call
	c.Mem, c.Result, c.IsError = r, s.Result(), s.Failed()
	switch {
	case x.toldResult():
		c.IsError = false
	case s.Failed():
		c.Result = -c.Result
	}
	at := time.Now()
	x.stackAtExit(r)
	x.log.SyscallExit(x.t, at, r.SystemTime()-x.used)
	x.returned()
	if action == utrace.Resume && x.log.behind(r.Engine()) {
		return utrace.Stop
	}
	return action
}

// ReportSignal implements utrace.SignalReporter.
func (x *tracee) ReportSignal(r *utrace.Report, s *utrace.Signal) (answer utrace.SignalAnswer) {
	if s.Pass() != utrace.Dequeued || x.hidden {
		return answer
	}
	if x.stacks != nil && x.opts.Signals.Contains(s.Number()) {
		x.t.Stack = x.stacks.take(r)
	}
	if x.opts.InstructionPointer {
		x.t.IP = instruction(r)
	}
	info, err := s.Info()
	if err != nil {
		x.log.Signal(x.t, s.Number(), nil, time.Now())
		return answer
	}
	x.log.Signal(x.t, s.Number(), info[:], time.Now())
	if x.log.behind(r.Engine()) {
		answer.Action = utrace.Stop
	}
	return answer
}

// instruction is where a thread stands, 0 if that cannot be read.
func instruction(r *utrace.Report) uint64 {
	gpr := make([]byte, r.ABI().GeneralSize())
	n, err := r.ReadRegset(regset.NotePRStatus, gpr)
	if err != nil {
		return 0
	}
	return r.ABI().PC(gpr[:n])
}

// ReportJobControl implements utrace.JobControlReporter.
func (x *tracee) ReportJobControl(_ *utrace.Report, j utrace.JobControl) utrace.Action {
	if j.Stopped && !x.hidden {
		x.log.GroupStop(x.t, j.Signal, time.Now())
	}
	return utrace.Resume
}

// ReportExec implements utrace.ExecReporter.
func (x *tracee) ReportExec(r *utrace.Report, former int) utrace.Action {
	first := x.exec()
	id := r.Thread().ID()
	if leader := x.overtaken[id]; leader != nil && former != id {
		delete(x.overtaken, id)
		x.log.ThreadExec(leader, x.t, time.Now())
	}
	if x.opts.DetachOnExec && !first { // a launched program begins with an exec
		x.log.Detach(x.t, time.Now())
		x.lost(r.Thread().Group())
		return utrace.Detach
	}
	return utrace.Resume
}

// ReportExit implements utrace.ExitReporter: the call that a thread ends in has
// no exit.
func (x *tracee) ReportExit(*utrace.Report, utrace.Status) utrace.Action {
	x.log.Dying(x.t, time.Now())
	return utrace.Resume
}

// ReportDeath implements utrace.DeathReporter.
func (x *tracee) ReportDeath(r *utrace.Report, d *utrace.Death) utrace.Action {
	th := r.Thread()
	delete(x.unborn, th)
	x.lost(th.Group())
	switch leader := th.ID() == th.Group(); {
	case leader && d.Signal == utrace.NoParentSignal:
		// The end of a leader that nobody hears of: another thread's exec
		// takes its place, and is about to be reported.
		x.overtaken[th.ID()] = x.t
		return utrace.Detach
	case d.Signal == utrace.LeaderZombie:
		return utrace.Resume // its status comes with the end of the process
	}
	x.log.Death(x.t, syscall.WaitStatus(d.Status), time.Now())
	return utrace.Detach
}

// lost is told that a thread of a process has died or is let go.
func (t *Tracer) lost(pid int) {
	if t.alive[pid]--; t.alive[pid] <= 0 {
		delete(t.alive, pid)
	}
}

// ReportReap implements utrace.ReapReporter. A leader that ended before its threads
// is reaped with the last of them, or when one of them takes its place by an exec.
func (x *tracee) ReportReap(r *utrace.Report, status utrace.Status) {
	if th := r.Thread(); th.ID() == th.Group() && x.alive[th.Group()] > 0 {
		x.overtaken[th.ID()] = x.t
		return
	}
	x.log.Death(x.t, syscall.WaitStatus(status), time.Now())
}

// Detach lets all threads go; the programs run on, or are killed if that is asked
// for (--kill-on-exit). Done tells when that is through.
func (t *Tracer) Detach(ctx context.Context) error {
	t.mu.Lock()
	engines, groups := t.single, t.groups
	t.mu.Unlock()
	return t.core.Do(ctx, func() error {
		now := time.Now()
		for _, g := range groups {
			engines = append(engines, g.Engines()...)
		}
		if t.opts.KillOnExit {
			for _, e := range engines {
				if e.Events() != 0 { // not for one that is gone, whose id may be another's
					_ = syscall.Kill(e.Thread().Group(), syscall.SIGKILL)
				}
			}
			return nil
		}
		for _, e := range engines {
			if e.Events() != 0 {
				t.log.Detach(e.Handler().(*tracee).t, now)
			}
		}
		for _, g := range groups {
			g.Detach()
		}
		for _, e := range engines {
			e.Detach()
		}
		return nil
	})
}
