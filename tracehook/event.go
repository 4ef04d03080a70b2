package tracehook

import "time"

// Kind says what happened to a thread.
type Kind uint8

// The kinds of events.
const (
	// SyscallEntry: the thread has entered a system call that has not begun.
	SyscallEntry Kind = iota + 1
	// SyscallExit: a system call has ended; signals have not been looked at.
	SyscallExit
	// Signal: a signal has been dequeued and has not taken effect.
	Signal
	// Clone: the thread has made a child or a thread that has not run yet.
	Clone
	// VforkDone: the child of vfork has released the memory of its parent.
	VforkDone
	// Exec: a new program is in place and has not run yet.
	Exec
	// Exit: the thread is about to end and still has all its state.
	Exit
	// Death: the thread is dead. It has no state any more.
	Death
	// Reap: the thread id is free. The last event of a task.
	Reap
	// Quiesce: the thread is on its way to user mode, in no other event.
	// Interrupt leads here; a SIGCONT may too.
	Quiesce
	// GroupStop: job control has stopped the thread.
	GroupStop
	// Continue: SIGCONT has ended a group-stop that the task listened in.
	Continue
	// Lost: an Observer had to drop events of this thread.
	Lost
	// Verdict: a seccomp filter has left a system call, which has not begun,
	// to the tracer (SECCOMP_RET_TRACE).
	Verdict
	// Sent: a signal was sent to the thread, or to its process and the kernel
	// has chosen this thread. Only observers that say so report it.
	Sent
)

var kindNames = [...]string{
	SyscallEntry: "syscall-entry", SyscallExit: "syscall-exit", Signal: "signal",
	Clone: "clone", VforkDone: "vfork-done", Exec: "exec", Exit: "exit",
	Death: "death", Reap: "reap", Quiesce: "quiesce", GroupStop: "group-stop",
	Continue: "continue", Lost: "lost",
	Verdict: "verdict", Sent: "sent",
}

// String returns the name of the kind, as it appears in logs and in JSON.
func (k Kind) String() string {
	if int(k) < len(kindNames) && kindNames[k] != "" {
		return kindNames[k]
	}
	return "unknown-event"
}

// Stops reports whether a Loop leaves the task stopped after an event of this
// kind, waiting for Resume or Detach.
func (k Kind) Stops() bool {
	switch k {
	case Death, Reap, Lost, Sent:
		return false
	}
	return true
}

// Event is one report about one thread.
//
// The Loop owns it and uses it again: it is valid until Handle returns. Fields
// that the kind does not mention are zero.
type Event struct {
	Kind Kind
	// Task is the thread, for events of a Loop. Its Data is the handler's.
	Task Task
	// Subject is the thread, for events of any Observer.
	Subject Subject
	// Time is the kernel's monotonic clock in nanoseconds when an Observer
	// took the event; 0 from a Loop, where the thread waits anyway.
	Time uint64

	// SystemTime is the processor time that the thread has used inside the
	// kernel so far, from a back end that was asked to measure it; else 0.
	SystemTime time.Duration

	// Syscall describes the call (SyscallEntry, SyscallExit, Verdict).
	Syscall SyscallInfo
	// Restarted is set on a SyscallEntry that continues a call which had begun
	// earlier: the kernel restarts it after an interruption, or the call was
	// in progress when reporting of system calls was switched on.
	Restarted bool

	// Captured is what an Observer has copied of the thread's memory as the
	// call began (SyscallEntry) or ended (SyscallExit), nil for nothing. What
	// is copied is for the maker of the Observer to say.
	Captured Memory
	// Late is, in a SyscallExit, what should have been copied as the call
	// began, but was not in memory then: it shows what was there at the end.
	Late Memory
	// Missed is set where something of that could not be read: in a
	// SyscallEntry, it may come Late; in a SyscallExit, it never comes.
	Missed bool

	// Chosen is set in the SyscallExit for which an Observer was asked to stop
	// the thread. Summoned says that it is stopping for the Loop that traces
	// it; without it somebody has to Interrupt the thread.
	Chosen, Summoned bool

	// Signal is the signal of Signal and GroupStop events.
	Signal int
	// Info is what an Observer knows of a Signal, nil for nothing.
	Info *Siginfo
	// Fate is what became of the signal that was Sent.
	Fate Fate
	// Trap tells traps that tracing caused from the program's own signals.
	Trap Trap
	// Addr is, for TrapBreakpoint, the address of the breakpoint instruction, and
	// for TrapHardware the one that the kernel gives: of what was accessed, where
	// it tells.
	Addr uint64

	// Child is the new thread, stopped (Clone). It is nil if it died before
	// it could be reported, or escaped by CLONE_UNTRACED.
	Child Task
	// ChildID is the id of the new thread, also where Child is nil.
	ChildID int
	// CloneFlags are the flags of clone(2), made up for fork and vfork.
	CloneFlags uint64

	// Data is what the filter said with its Verdict.
	Data uint32

	// Former is the id that the thread had before this Exec.
	Former int

	// Status is the wait status (wait(2)): of the thread that is going to end
	// (Exit), of the dead thread (Death), of the whole process (Reap of a
	// leader).
	Status int
	// ParentSignal is the signal that the parent got for a Death: normally
	// SIGCHLD, or NoParentSignal, or LeaderZombie.
	ParentSignal int

	// Count is the number of events that a Lost event stands for.
	Count uint64
}

// Values of Event.ParentSignal that are not signals.
const (
	// NoParentSignal: a thread other than the leader, which nobody waits for.
	NoParentSignal = -1
	// LeaderZombie: the leader died before its threads. The parent hears of
	// it when the last of them has ended.
	LeaderZombie = -2
)

// Trap classifies a Signal event by who caused it.
type Trap uint8

// The kinds of traps.
const (
	// NoTrap: an ordinary signal, none of tracing's doing.
	NoTrap Trap = iota
	// TrapStep: one instruction was executed, as Resume in a stepping mode asked.
	TrapStep
	// TrapBlock: a taken branch ended a BlockStep.
	TrapBlock
	// TrapHandler: a step entered a signal handler. Nothing of it has run.
	TrapHandler
	// TrapBreakpoint: a breakpoint instruction was executed, whoever planted it.
	TrapBreakpoint
	// TrapHardware: a debug register matched.
	TrapHardware
)

var trapNames = [...]string{"none", "step", "block-step", "handler", "breakpoint", "hardware"}

// String returns the name of the trap.
func (t Trap) String() string {
	if int(t) < len(trapNames) {
		return trapNames[t]
	}
	return "unknown-trap"
}

// Fate is what the kernel does with a signal when it is sent.
type Fate uint8

// The fates, in the order of TRACE_SIGNAL_* in the kernel's trace/events/signal.h.
const (
	// Queued: it will be delivered.
	Queued Fate = iota
	// Ignored: the process ignores it.
	Ignored
	// Merged: the same one was waiting already.
	Merged
	// Refused: there was no room in the queue, and the sender was told.
	Refused
	// Stripped: it is queued, but there was no room for its siginfo.
	Stripped
)

var fateNames = [...]string{"queued", "ignored", "merged", "refused", "stripped"}

// String returns the name of the fate.
func (f Fate) String() string {
	if int(f) < len(fateNames) {
		return fateNames[f]
	}
	return "unknown-fate"
}

// SyscallInfo describes a system call, in the words of PTRACE_GET_SYSCALL_INFO.
type SyscallInfo struct {
	// Arch is the AUDIT_ARCH_* value of the ABI that the call came through.
	// It may differ from the thread's own (int 0x80 in a 64-bit program).
	Arch uint32
	// PC and SP are the instruction and stack pointers.
	PC, SP uint64
	// Nr is the number and Args are the arguments. In a SyscallExit they are
	// those of its entry, if that was seen; see Paired.
	Nr   uint64
	Args [6]uint64
	// Paired is set in a SyscallExit whose entry was reported.
	Paired bool
	// Result is the raw result of a SyscallExit, and Failed the kernel's
	// judgement that it is an errno.
	Result int64
	Failed bool
}

// CLONE_* flags of Event.CloneFlags that the core looks at (clone(2)).
const (
	CloneVM     = 0x00000100
	CloneVfork  = 0x00004000
	CloneThread = 0x00010000
)

// Handler receives the events of a loop, on the loop. It must not block: every
// thread of the loop waits for it.
type Handler interface {
	Handle(*Event)
}
