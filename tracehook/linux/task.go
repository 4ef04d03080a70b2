package linux

import (
	"fmt"
	"syscall"

	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/internal/ptrace"
	"github.com/utrace/utrace/regset"
	"github.com/utrace/utrace/tracehook"
)

// state is what a task is doing, from the handler's point of view.
type state uint8

const (
	running   state = iota
	stopped         // in a ptrace-stop that the handler must answer
	pairing         // in a clone event whose child has not appeared yet
	pending         // in a ptrace-stop, with another event due for it (due.go)
	listening       // in a group-stop, restarted with PTRACE_LISTEN
	dead            // Death has been reported, Reap has not
	gone            // detached or reaped
)

// stop is the kind of ptrace-stop that a task is in or was in last.
type stop uint8

const (
	stopNone    stop = iota
	stopEntry        // system call entry, from PTRACE_SYSCALL or from a filter
	stopExit         // system call exit
	stopSignal       // signal-delivery
	stopGroup        // group-stop
	stopTrap         // PTRACE_EVENT_STOP that is no group-stop
	stopEvent        // other ptrace events
	stopVerdict      // a filter's, before or behind the entry
	stopSynth        // none of the kernel's: a step that ended with a system call exit
)

// task is a thread that the loop has attached.
type task struct {
	l         *Loop
	tid       int
	group     *group
	start     uint64 // 0: not read yet
	data      any
	abi       regset.ABI // nil: not known yet
	formerABI regset.ABI // before it was forgotten

	state state
	stop  stop
	mode  tracehook.Mode // how it was resumed last
	last  request        // the same in the kernel's words

	want     tracehook.Interest
	options  uintptr // what the kernel has
	filtered bool    // has ever wanted filtered calls, see optionsFor

	// doomed: a request found that the task had been killed in its stop. It is
	// going to tell by itself.
	doomed bool
	// interrupt: Interrupt was called and nothing reported since.
	interrupt bool
	// newborn: has not been resumed since it was born.
	newborn bool
	// exiting: a leader whose exit stop was seen; exitStatus came with it.
	exiting    bool
	zombie     bool // its Death was reported as LeaderZombie
	exitStatus int

	call      call
	step      step
	birth     birth
	parked    syscall.WaitStatus // a status that waits for the birth
	hasParked bool
	due       due
	groupSig  int // the stop signal of a newborn's group-stop, not reported yet

	signal int // of the signal-delivery-stop that it is in or was in last
	// atBreakpoint: by a breakpoint, so it comes from user mode, not from a call.
	atBreakpoint bool
	hole         uint64 // signals that we unblocked for the time of a run
	inject       []injection
	carrier      int // the signal that brings the first of them, 0 if none is under way
	token        uintptr

	inLimbo bool
	pidfd   int // of a zombie that its parent has yet to reap

	// parting: let go by the handler or by Close, but not by the kernel yet.
	parting bool
}

var _ tracehook.Task = (*task)(nil)

// group is what the threads of a process share here.
type group struct {
	tgid  int
	users int
	mem   *procfs.Mem // opened when first needed, by handle
}

// forgetMemory closes the handle on an address space that is not theirs any
// more.
func (g *group) forgetMemory() {
	if g.mem != nil {
		_ = g.mem.Close()
		g.mem = nil
	}
}

func (l *Loop) joinGroup(tgid int) *group {
	g := l.groups[tgid]
	if g == nil {
		g = &group{tgid: tgid}
		l.groups[tgid] = g
	}
	g.users++
	return g
}

func (l *Loop) leaveGroup(g *group) {
	if g.users--; g.users == 0 {
		g.forgetMemory()
		delete(l.groups, g.tgid)
	}
}

// Attach seizes a thread. It neither stops it nor sends it anything.
func (l *Loop) Attach(id int, interest tracehook.Interest) (tracehook.Task, error) {
	if id <= 0 {
		return nil, fmt.Errorf("attach to thread %d: thread ids are positive: %w", id, tracehook.ErrInvalid)
	}
	if !l.OnLoop() {
		return nil, offLoop(fmt.Sprintf("attach to thread %d", id))
	}
	if l.stage != open {
		return nil, fmt.Errorf("attach to thread %d: %w", id, tracehook.ErrClosed)
	}
	if t := l.tasks.get(id); t != nil && t.state != dead {
		return nil, fmt.Errorf("attach to thread %d: this loop traces it already: %w", id, syscall.EEXIST)
	}
	t := &task{l: l, tid: id, want: interest}
	t.filtered = interest&tracehook.WantFiltered != 0
	t.options = t.wantedOptions()
	if err := ptrace.Seize(id, t.options); err != nil {
		if l.bears(id) {
			return nil, fmt.Errorf("attach to thread %d: it is being born, and a Clone event will bring it: %w", id, tracehook.ErrGone)
		}
		return nil, explainAttach(id, err)
	}
	// From now on the id cannot be used again before we have waited for it, so
	// that what /proc says is about this thread.
	t.group = l.joinGroup(l.groupOf(id))
	l.tasks.put(t)
	return t, nil
}

// groupOf finds out of which process a thread is. Processes are mostly attached
// one after the other, so it is probably that of the last one: tgkill(2) fails with
// ESRCH for a thread of another process, and signal 0 is none. Reading /proc takes
// longer than all the rest of attaching.
func (l *Loop) groupOf(tid int) int {
	if last := l.lastGroup; last != 0 && syscall.Tgkill(last, tid, 0) == nil {
		return last
	}
	l.lastGroup = tid
	if status, err := procfs.ReadStatus(tid); err == nil {
		l.lastGroup = status.Group
	}
	// Otherwise it has died meanwhile: its wait status is on the way, and a
	// task that knows little is better than one that nobody expects.
	return l.lastGroup
}

// bears reports whether a thread that is no task yet is traced by this loop: the
// child of a clone whose event has not been read.
func (l *Loop) bears(id int) bool {
	if l.tasks.get(id) != nil {
		return false
	}
	status, err := procfs.ReadStatus(id)
	return err == nil && status.Tracer == syscall.Gettid()
}

// forget takes a task that is detached or reaped out of the loop.
func (t *task) forget() {
	t.state = gone
	t.l.tasks.remove(t)
	t.l.leaveGroup(t.group)
}

// ID is the thread id.
func (t *task) ID() int { return t.tid }

// Group is the thread group id.
func (t *task) Group() int { return t.group.tgid }

// Start is the time at which the thread started, or 0 if it was gone before
// anybody asked.
func (t *task) Start() uint64 {
	if t.start == 0 && t.state != gone {
		if stat, err := procfs.ReadStat(t.tid); err == nil {
			t.start = stat.Start
		}
	}
	return t.start
}

// Data returns the handler's value.
func (t *task) Data() any { return t.data }

// SetData keeps a value for the handler.
func (t *task) SetData(v any) { t.data = v }

// leader reports whether the task is the thread that waits for the process.
func (t *task) leader() bool { return t.tid == t.group.tgid }

// mustStop says whether a request that needs a stopped thread can be made.
func (t *task) mustStop() error {
	if t.parting {
		return tracehook.ErrGone
	}
	switch t.state {
	case stopped:
		return nil
	case dead, gone:
		return tracehook.ErrGone
	}
	if t.doomed {
		return tracehook.ErrGone
	}
	return tracehook.ErrRunning
}

// killed notes that the task has left its stop without having been resumed,
// which only SIGKILL brings about.
func (t *task) killed() {
	t.state, t.doomed = running, true
	t.forgetGeneral()
}

// result turns the error of a request about a stopped task into ours: ESRCH
// then means that it was killed.
func result(err error) error {
	if err == syscall.ESRCH {
		return tracehook.ErrGone
	}
	return err
}
