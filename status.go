package utrace

import (
	"fmt"
	"syscall"
)

// Status is a wait status (wait(2)): how a thread or a process ended.
type Status int

// Exited reports whether it ended by itself, with what code.
func (s Status) Exited() (code int, ok bool) {
	w := syscall.WaitStatus(s)
	return w.ExitStatus(), w.Exited()
}

// Killed reports whether a signal ended it, and which.
func (s Status) Killed() (signal int, ok bool) {
	w := syscall.WaitStatus(s)
	return int(w.Signal()), w.Signaled()
}

// CoreDump reports whether a core was dumped.
func (s Status) CoreDump() bool { return syscall.WaitStatus(s).CoreDump() }

// String says it as a shell user would.
func (s Status) String() string {
	if code, ok := s.Exited(); ok {
		return fmt.Sprintf("exited with %d", code)
	}
	if sig, ok := s.Killed(); ok {
		if s.CoreDump() {
			return fmt.Sprintf("killed by %v (core dumped)", syscall.Signal(sig))
		}
		return fmt.Sprintf("killed by %v", syscall.Signal(sig))
	}
	return fmt.Sprintf("status %#x", int(s))
}
