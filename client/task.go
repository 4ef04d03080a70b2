package client

import (
	"context"
	"fmt"
	"os"
	"slices"
	"syscall"

	"github.com/utrace/utrace/api"
	"github.com/utrace/utrace/internal/denial"
	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/regset"
	"github.com/utrace/utrace/tracehook"
)

// task is a thread that the owner traces for us. It is owned by the loop.
type task struct {
	loop      *loop
	number    int // at the owner's
	id, group int
	start     uint64
	data      any
	interest  tracehook.Interest
	abi       regset.ABI // nil: not known yet

	state taskState
	kind  tracehook.Kind // of the event that it is stopped at
	seq   uint64         // of it; 0: it has been so from its birth
	// calls: system calls were wanted when it was resumed.
	calls bool
	info  tracehook.Siginfo
	// interrupted: an Interrupt is on its way. They do not add up.
	interrupted bool
	// answer is what the resumption is going to say, and entry the call as it was
	// before the last answer changed it.
	answer  api.TaskResume
	entry   tracehook.SyscallInfo
	entered bool // it was reported
	// watches are those that the owner has planted, slots the debug registers
	// that they stand for, and hits those that have matched.
	watches, slots, hits []regset.Watch
}

// taskState is what a task is doing, as far as the loop knows.
type taskState uint8

const (
	running taskState = iota
	stopped
	// gone: dead, or detached.
	gone
	// lost: the owner has let it go, or the connection has ended.
	lost
)

var _ tracehook.Task = (*task)(nil)

// Attach implements tracehook.Loop. The right to trace the thread is proved by
// opening its memory.
func (l *loop) Attach(id int, interest tracehook.Interest) (tracehook.Task, error) {
	if l.threads[id] != nil {
		return nil, fmt.Errorf("attach to thread %d: it has been attached to already: %w", id, tracehook.ErrNotPermitted)
	}
	if list, err := procfs.Threads(os.Getpid()); err == nil && slices.Contains(list, id) {
		return nil, refusal(id, syscall.EPERM) // it would wait for itself
	}
	proof, err := os.OpenFile(fmt.Sprintf("/proc/%d/mem", id), os.O_RDWR, 0)
	if err != nil {
		return nil, refusal(id, err)
	}
	defer proof.Close()
	var result api.Task
	params := api.TaskAttach{Attachment: l.core, Thread: id, Interest: interestNames(interest)}
	if err := l.client.Call(context.Background(), api.MethodTask, params, &result, int(proof.Fd())); err != nil {
		return nil, translate(err)
	}
	return l.newTask(&result, interest), nil
}

// refusal explains why the memory of a thread cannot be opened. Who has ended, and
// the kernel's own threads, have none.
func refusal(id int, err error) error {
	switch stat, gone := procfs.ReadStat(id); {
	case gone != nil || stat.State == 'Z':
		return fmt.Errorf("attach to thread %d: %w", id, tracehook.ErrGone)
	case stat.Kernel():
		err = syscall.EPERM
	}
	return translate(denial.Explain(id, err))
}

// newTask begins to keep a thread.
func (l *loop) newTask(from *api.Task, interest tracehook.Interest) *task {
	t := &task{
		loop: l, number: from.Task, id: from.Thread, group: from.Process, start: uint64(from.Start), interest: interest,
	}
	l.tasks[t.number], l.threads[t.id] = t, t
	return t
}

// forget ends what the loop knows of a task.
func (l *loop) forget(t *task) {
	delete(l.tasks, t.number)
	if l.threads[t.id] == t {
		delete(l.threads, t.id)
	}
	for _, other := range l.threads {
		if other.group == t.group {
			return
		}
	}
	delete(l.traps, t.group)
}

// ID implements tracehook.Subject.
func (t *task) ID() int { return t.id }

// Group implements tracehook.Subject.
func (t *task) Group() int { return t.group }

// Start implements tracehook.Subject.
func (t *task) Start() uint64 { return t.start }

// Data implements tracehook.Subject.
func (t *task) Data() any { return t.data }

// SetData implements tracehook.Subject.
func (t *task) SetData(v any) { t.data = v }

// check is the error of requests that need a stopped thread.
func (t *task) check() error {
	switch t.state {
	case running:
		return tracehook.ErrRunning
	case stopped:
		return nil
	}
	return tracehook.ErrGone
}

// call makes a request about the thread, which is stopped.
func (t *task) call(method string, params, result any) error {
	if err := t.check(); err != nil {
		return err
	}
	return translate(t.loop.client.Call(context.Background(), method, params, result))
}

// request makes a request that has no result, and waits until it has been carried
// out: who has attached, or asked for a stop, relies on that.
func (l *loop) request(method string, params any) error {
	return translate(l.client.Call(context.Background(), method, params, nil))
}

// SetInterest implements tracehook.Subject.
func (t *task) SetInterest(interest tracehook.Interest) bool {
	t.interest = interest
	if t.state > stopped {
		return false
	}
	_ = t.loop.request(api.MethodInterest, api.TaskInterest{
		Attachment: t.loop.core, Task: t.number, Interest: interestNames(interest),
	})
	return t.state == running && interest&(tracehook.WantSyscalls|tracehook.WantFiltered) != 0 && !t.calls
}

// interestNames are the names of what is reported only if wanted.
func interestNames(interest tracehook.Interest) (names []string) {
	for _, x := range []struct {
		interest tracehook.Interest
		name     string
	}{
		{tracehook.WantSyscalls, "syscalls"},
		{tracehook.WantFiltered, "filtered"},
		{tracehook.WantClones, "clones"},
		{tracehook.WantVforkDone, "vfork-done"},
		{tracehook.WantExit, "exit"},
		{tracehook.WantVerdicts, "verdicts"},
	} {
		if interest&x.interest != 0 {
			names = append(names, x.name)
		}
	}
	return names
}

// Resume implements tracehook.Task.
func (t *task) Resume(mode tracehook.Mode, signal int) error {
	if err := t.check(); err != nil {
		return err
	}
	if mode == tracehook.Listen && t.kind != tracehook.GroupStop {
		return fmt.Errorf("thread %d listens in no group-stop: %w", t.id, syscall.EIO)
	}
	t.state = running
	return translate(t.loop.client.notify(api.MethodResume, t.reply(mode.String(), signal)))
}

// reply is what ends the stop.
func (t *task) reply(mode string, signal int) api.TaskResume {
	answer := t.answer
	t.answer = api.TaskResume{}
	answer.Attachment, answer.Task, answer.Seq = t.loop.core, t.number, t.seq
	answer.Mode = mode
	if t.kind == tracehook.Signal {
		answer.Signal = signal
	}
	if answer.Signal == 0 {
		answer.Info = nil
	}
	t.calls = t.interest&(tracehook.WantSyscalls|tracehook.WantFiltered) != 0
	return answer
}

// Interrupt implements tracehook.Task.
func (t *task) Interrupt() error {
	switch t.state {
	case gone:
		return tracehook.ErrGone
	case lost:
		t.loop.Post(t.comeBy)
		return nil
	}
	if t.state == running && t.interrupted {
		return nil
	}
	t.interrupted = true
	return t.loop.request(api.MethodInterrupt, api.TaskInterrupt{Attachment: t.loop.core, Task: t.number})
}

// comeBy lets the handler take leave of a thread that is not ours any more.
func (t *task) comeBy() {
	if t.data == nil {
		return
	}
	t.loop.event = tracehook.Event{Kind: tracehook.Quiesce, Task: t, Subject: t}
	t.loop.handler.Handle(&t.loop.event)
}

// Detach implements tracehook.Task.
func (t *task) Detach(signal int) error {
	switch {
	case t.state == lost:
		t.loop.forget(t)
		return nil
	case t.check() != nil:
		return t.check()
	}
	t.state = gone
	t.loop.forget(t)
	return t.loop.request(api.MethodResume, t.reply("detach", signal))
}

// Siginfo implements tracehook.Task.
func (t *task) Siginfo(info *tracehook.Siginfo) error {
	if err := t.atSignal(); err != nil {
		return err
	}
	*info = t.info
	return nil
}

// SetSiginfo implements tracehook.Task.
func (t *task) SetSiginfo(info *tracehook.Siginfo) error {
	if err := t.atSignal(); err != nil {
		return err
	}
	t.info = *info
	t.answer.Info = t.info[:]
	return nil
}

func (t *task) atSignal() error {
	if err := t.check(); err != nil {
		return err
	}
	if t.kind != tracehook.Signal {
		return fmt.Errorf("siginfo of thread %d, which is at no signal: %w", t.id, tracehook.ErrInvalid)
	}
	return nil
}

// SignalMask implements tracehook.Task.
func (t *task) SignalMask() (uint64, error) {
	var m api.SignalMask
	err := t.call(api.MethodMask, api.SignalMask{Attachment: t.loop.core, Thread: t.id}, &m)
	if err != nil || m.Mask == nil {
		return 0, err
	}
	return uint64(*m.Mask), nil
}

// SetSignalMask implements tracehook.Task.
func (t *task) SetSignalMask(mask uint64) error {
	return t.call(api.MethodMask, api.SignalMask{Attachment: t.loop.core, Thread: t.id, Mask: (*api.Uint64)(&mask)}, nil)
}

// Disposition implements tracehook.Task.
func (t *task) Disposition(signal int) (tracehook.Disposition, error) {
	if signal < 1 || signal > 64 {
		return 0, fmt.Errorf("disposition of signal %d: %w", signal, tracehook.ErrInvalid)
	}
	if err := t.check(); err != nil {
		return 0, err
	}
	status, err := procfs.ReadStatus(t.id)
	switch bit := uint64(1) << (signal - 1); {
	case err != nil:
		return 0, tracehook.ErrGone
	case status.Caught&bit != 0:
		return tracehook.DispositionHandler, nil
	case status.Ignored&bit != 0:
		return tracehook.DispositionIgnore, nil
	}
	return tracehook.DispositionDefault, nil
}

// Inject implements tracehook.Task.
func (t *task) Inject(info *tracehook.Siginfo) error {
	return t.call(api.MethodInject, api.Inject{Attachment: t.loop.core, Thread: t.id, Info: info[:]}, nil)
}
