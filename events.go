package utrace

import (
	"math/bits"
	"strings"
)

// Events is a set of events: what an engine wants to be called for.
type Events uint32

// The events. What each reports and what its answer does is said at the
// interface that receives it.
const (
	EventQuiesce Events = 1 << iota
	EventClone
	EventVforkDone
	EventExec
	EventExit
	EventDeath
	EventReap
	EventSyscallEntry
	EventSyscallExit
	// EventSignal is about signals that the process has a handler for.
	EventSignal
	// EventSignalIgnore is about signals that the process ignores, by its own
	// will or by default.
	EventSignalIgnore
	// EventSignalStop is about signals that stop the process by default.
	EventSignalStop
	// EventSignalTerm is about signals that terminate it by default.
	EventSignalTerm
	// EventSignalCore is about signals that terminate it with a core dump by
	// default. The traps of the program itself are among them.
	EventSignalCore
	EventJobControl
	// EventTrap is about the engine's own traps: its steps, its breakpoints.
	EventTrap
	// EventForeignTrap is about the traps of other engines, which are hidden
	// otherwise.
	EventForeignTrap
	// EventVerdict is about system calls that a seccomp filter of the program
	// leaves to the tracer (SECCOMP_RET_TRACE).
	EventVerdict

	numEvents = iota
)

// Sets of events that are often wanted together.
const (
	EventSyscall   = EventSyscallEntry | EventSyscallExit
	EventSignalAll = EventSignal | EventSignalIgnore | EventSignalStop | EventSignalTerm | EventSignalCore
)

var eventNames = [numEvents]string{
	"quiesce", "clone", "vfork-done", "exec", "exit", "death", "reap",
	"syscall-entry", "syscall-exit", "signal", "signal-ignore", "signal-stop",
	"signal-term", "signal-core", "job-control", "trap", "foreign-trap", "verdict",
}

// String lists the names of the events, joined by "|".
func (e Events) String() string {
	if e == 0 {
		return "none"
	}
	var names []string
	for rest := e; rest != 0; rest &= rest - 1 {
		i := bits.TrailingZeros32(uint32(rest))
		if i >= numEvents {
			return strings.Join(append(names, "invalid"), "|")
		}
		names = append(names, eventNames[i])
	}
	return strings.Join(names, "|")
}

// Has reports whether every event of x is in e.
func (e Events) Has(x Events) bool { return e&x == x }

// valid reports whether e holds known events only.
func (e Events) valid() bool { return e < 1<<numEvents }
