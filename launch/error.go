package launch

import (
	"errors"
	"syscall"
)

// ErrEnded is returned when the process is gone already. It matches ESRCH.
var ErrEnded error = ended{}

type ended struct{}

func (ended) Error() string        { return "launch: the process has ended" }
func (ended) Is(target error) bool { return target == syscall.ESRCH }

// ErrNotReleased is returned by [Process.ExecError] for a process that was
// killed, or given up, before it was released.
var ErrNotReleased = errors.New("launch: the process ended before its program was started")

// Error says which step towards the program's start failed, in this process
// or in the new one.
type Error struct {
	Op   string // the step, mostly the name of a system call: "exec", "chdir"
	Path string // what it was about, or empty
	Err  error  // a syscall.Errno
}

func (e *Error) Error() string {
	if e.Path == "" {
		return "launch: " + e.Op + ": " + e.Err.Error()
	}
	return "launch: " + e.Op + " " + e.Path + ": " + e.Err.Error()
}

// Unwrap returns the error number.
func (e *Error) Unwrap() error { return e.Err }

// ExitCode is the exit status by which commands that start others (env,
// nohup, shells) report an error of this package: 127 if there is no such
// program, 126 if it cannot be executed, 125 if it did not come to that.
func ExitCode(err error) int {
	var step *Error
	if !errors.As(err, &step) || step.Op != opExec && step.Op != opLook {
		return 125
	}
	if errors.Is(err, syscall.ENOENT) {
		return 127
	}
	return 126
}

const (
	opExec = "exec"
	opLook = "find"
)
