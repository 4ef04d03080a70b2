package strace

import "syscall"

// Exit statuses of the command itself.
const (
	ExitOK    = 0 // -p without a command
	ExitUsage = 1 // the options cannot be followed, or nothing could be traced
)

// An Outcome is how the tracing command is to end, so that whoever started it
// sees what it would have seen of the program alone.
type Outcome struct {
	// Code is the exit status, if Signal is 0.
	Code int
	// Signal is what the command must kill itself with, without leaving a
	// second core file.
	Signal syscall.Signal
}

// Outcome returns how to end after everything that the log was told: like the
// launched command; without one successfully, unless nothing was ever traced.
func (l *Log) Outcome() Outcome {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.ended && l.command.Signaled():
		return Outcome{Signal: l.command.Signal()}
	case l.ended:
		return Outcome{Code: l.command.ExitStatus()}
	case l.traced:
		return Outcome{Code: ExitOK}
	}
	return Outcome{Code: ExitUsage}
}

// remember notes how the launched command ended.
func (l *Log) remember(t *Tracee, status syscall.WaitStatus) {
	if t.Origin == Launched && t.TID == t.PID {
		l.command, l.ended = status, true
	}
}
