package sim

import (
	"slices"

	"github.com/utrace/utrace/tracehook"
)

// state says whether a thread can make a step, and if not, what it waits for.
type state uint8

const (
	born       state = iota // not started yet
	runnable                // in World.runq
	sleeping                // in an interruptible call
	waiting                 // for a vfork child or for siblings to die: killable only
	jobStopped              // in a group-stop, untraced
	traced                  // in a stop that its tracer must end
	listening               // in a group-stop, traced, after Resume with Listen
	zombie                  // dead, not reaped
	gone
)

// phase says where a thread is on its way through kernel and user mode: what
// its next step is.
type phase uint8

const (
	inUser      phase = iota // execute an instruction
	atEntry                  // report the entry of a call
	inCall                   // make the call
	afterClone               // report a new child
	inVfork                  // wait for the child to let go of the memory
	inExec                   // wait for the siblings to die, then replace the program
	atExit                   // report the exit of a call
	toUser                   // look for signals and stops
	afterSignal              // act on what the tracer said about a signal
	dying                    // die, the exit being reported
	dead
)

// thread is a simulated kernel task.
type thread struct {
	w        *World
	id       int
	start    uint64
	proc     *process
	regs     registers
	fp       *[512]byte // allocated when first touched
	debug    [8]uint64
	stack    uint64 // lowest address of its stack page
	loops    []loopCount
	frames   []frame // interrupted by signal handlers, innermost last
	state    state
	phase    phase
	runIndex int
	alarm    uint64 // identity of the timer that wakes it, 0 for none

	// The current call.
	call       tracehook.SyscallInfo
	inSyscall  bool // a call has begun whose restart is not decided
	reported   bool // its entry was reported
	deadline   int64
	restarting bool // the next entry continues a call
	repair     bool // EINTR is only a tracer's doing
	child      *thread
	vforkOf    *thread // the parent that waits for this thread's exec or end
	nextImage  *image  // what exec is going to run

	// Signals.
	mask     uint64
	pending  queue
	injected []tracehook.Siginfo
	trap     pendingTrap
	sig      tracehook.Siginfo // the signal of the current Signal stop
	deliver  int               // what the tracer said about it

	// Job control and tracing.
	killed      bool
	status      int // wait status of a dying thread
	stopPending bool
	trapStop    bool // Interrupt asked
	trapNotify  bool // a SIGCONT came by
	listened    bool
	stepping    tracehook.Mode
	task        *task

	// Observation.
	watched   []*subject
	entered   bool                  // the current call was noted
	continued bool                  // it continues an earlier one
	noted     tracehook.SyscallInfo // as it was made
}

// loopCount is a repeat that a thread is in.
type loopCount struct {
	slot int
	left int64
}

// frame is what a signal handler has interrupted.
type frame struct {
	regs       registers
	mask       uint64
	signal     int
	restarting bool
}

// pendingTrap is a SIGTRAP that the processor raised.
type pendingTrap struct {
	kind tracehook.Trap
	addr uint64
}

func (w *World) newThread(p *process) *thread {
	w.nextID++
	t := &thread{w: w, id: w.nextID, start: uint64(w.clock/tick) + uint64(w.nextID), proc: p}
	w.threads[t.id] = t
	p.threads = append(p.threads, t)
	p.live++
	w.ledger.Threads++
	return t
}

// begin puts a thread at the start of its process's program.
func (t *thread) begin() {
	t.stack = t.proc.mm.newStack()
	t.regs = registers{}
	t.regs[rip] = textBase
	t.regs[rsp] = t.stack + pageSize - 512
	t.regs[origRax] = noCall
	t.regs[cs], t.regs[ss], t.regs[eflags] = 0x33, 0x2b, 0x202
	t.loops, t.frames = t.loops[:0], t.frames[:0]
	t.phase = inUser
}

// run makes one step of the thread.
func (t *thread) run() {
	switch t.phase {
	case inUser:
		if t.hasWork() {
			t.phase = toUser
			t.returnToUser()
			return
		}
		t.execute()
	case atEntry:
		t.enterCall()
	case inCall:
		t.makeCall()
	case afterClone:
		t.cloned()
	case inVfork:
		t.vforked()
	case inExec:
		t.exec()
	case atExit:
		t.leaveCall()
	case toUser:
		t.returnToUser()
	case afterSignal:
		t.actOnSignal()
	case dying:
		t.die()
	case dead:
		panic("sim: a dead thread was run")
	}
}

// hasWork reports whether anything must be looked at before user mode; a
// sleeping call is interrupted for the same reasons (signal_pending()).
func (t *thread) hasWork() bool {
	return t.killed || t.stopPending || t.trapStop || t.trapNotify || t.trap.kind != tracehook.NoTrap ||
		len(t.injected) > 0 || (t.pending.set|t.proc.pending.set)&^t.mask != 0
}

// wake ends an interruptible sleep.
func (t *thread) wake() {
	if t.state == sleeping {
		t.w.makeRunnable(t)
	}
}

// kill is SIGKILL for one thread: it wins over every wait but the stop of an
// exit of the whole group (ptrace(2), PTRACE_EVENT_EXIT).
func (t *thread) kill() {
	if t.state == zombie || t.state == gone {
		return
	}
	inGroupExit := t.killed || t.proc.exiting
	if t.phase == dying && (inGroupExit || t.state != traced) {
		t.killed = true
		return
	}
	t.killed = true
	if t.phase != dying && t.phase != inExec && t.phase != inVfork && t.phase != afterClone {
		t.phase = toUser
	}
	switch k := t.task; {
	case k == nil:
	case k.newborn:
		k.forget() // nobody has heard of it, and nobody will
	default:
		k.voidStop()
	}
	if t.state != born { // else its creator starts it
		t.w.makeRunnable(t)
	}
}

// release frees the id of a dead thread.
func (t *thread) release() {
	t.note(tracehook.Event{Kind: tracehook.Reap, Status: t.status})
	t.state = gone
	delete(t.w.threads, t.id)
	if i := slices.Index(t.proc.threads, t); i >= 0 {
		t.proc.threads = slices.Delete(t.proc.threads, i, i+1)
	}
	t.proc.shrunk()
}
